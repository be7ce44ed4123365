//! One clip: echoes under speckle, log-compressed, scan-converted, with the lines an ideal observer would draw.

use super::Cohort;
use super::anatomy::{Patient, Scene, class};
use super::echo::{Beam, Moment, amplitude};
use super::fan::{Fan, scan_convert};
use super::speckle::{Field, Film, normal_pair};
use crate::random::stream;

/// Least share of its full brightness at which a B-line counts as visible in a frame.
const VISIBLE: f64 = 0.35;

/// One simulated clip and the truth about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedClip {
    /// `p003-c2`: patient and clip, both counted from 1.
    pub id: String,
    /// `p003`.
    pub patient: String,
    /// 0 none, 1 discrete, 2 confluent.
    pub class: usize,
    /// Frames.
    pub frames: usize,
    /// Rows of a frame.
    pub height: usize,
    /// Columns of a frame.
    pub width: usize,
    /// Frames per second: 5, 10 or 12.5, which GIF holds exactly.
    pub fps: f64,
    /// Grey values `[frames, height, width]`, 0 outside the fan.
    pub pixels: Vec<u8>,
    /// For each frame its visible B-lines as x1, y1, x2, y2 in pixels, from the pleural line to the bottom of the fan; a
    /// confluent band has one line along its middle.
    pub lines: Vec<Vec<[f64; 4]>>,
    /// Where the fan lies in the image.
    pub fan: Fan,
}

/// See [`Cohort::render`].
pub(super) fn clip(cohort: &Cohort, seed: u64, index: usize) -> SimulatedClip {
    let per_patient = cohort.clips_per_patient as usize;
    let number = index / per_patient;
    let class = class(cohort, seed, index);
    let patient = Patient::draw(cohort, seed, number as u64);
    let scene = Scene::draw(class, &mut stream(seed, "phantom scene", &[index as u64]));
    let (width, height, frames) = (cohort.width as usize, cohort.height as usize, cohort.frames as usize);
    let levels = echoes(&patient, &scene, frames, seed, index);
    let beams = patient.fan.samples().1;
    let lookup = patient.fan.lookup(width, height);
    let mut pixels = Vec::with_capacity(frames * height * width);
    for grey in compress(&patient, levels, beams) {
        scan_convert(&grey, beams, &lookup, &mut pixels);
    }
    let name = format!("p{:03}", number + 1);
    SimulatedClip {
        id: format!("{name}-c{}", index % per_patient + 1),
        patient: name,
        class,
        frames,
        height,
        width,
        fps: patient.fps,
        pixels,
        lines: (0..frames).map(|frame| lines(&Moment::new(&patient, &scene, frame), &patient, &scene)).collect(),
        fan: patient.fan,
    }
}

/// The echo level of every polar sample in dB, frame by frame.
fn echoes(patient: &Patient, scene: &Scene, frames: usize, seed: u64, index: usize) -> Vec<Vec<f64>> {
    let rng = &mut stream(seed, "phantom speckle", &[index as u64]);
    let (depths, beams) = patient.fan.samples();
    // The lung slides under the probe, so its field is wider than the fan by the way it slides.
    let margin = libm::ceil(scene.slide * beams as f64) as usize + 1;
    let wide = beams + 2 * margin;
    let wall = Film::draw(frames, 12.0, (depths, beams), patient.spread, rng);
    let lung = Film::draw(frames, 5.0, (depths, wide), patient.spread, rng);
    let texture = Field::draw(1, wide, 0.0, 0.02 * beams as f64, rng);
    let noise: Vec<f64> = (0..2 * depths * beams).map(|_| normal_pair(rng).0).collect();
    let noise_level = amplitude(patient.noise);
    (0..frames)
        .map(|frame| {
            let moment = Moment::new(patient, scene, frame);
            let shift = margin as f64 - moment.slide() * beams as f64;
            let (wall, lung) = (wall.frame(frame), lung.frame(frame));
            let columns: Vec<Beam> = (0..beams)
                .map(|beam| {
                    let texture = texture.at(0, beam as f64 + shift)[0] * std::f64::consts::SQRT_2;
                    Beam::new(&moment, beam as f64 / (beams - 1) as f64, texture)
                })
                .collect();
            // Electronic noise is new in each frame: the tape is read from another place each time.
            let start = (frame * 7919 + 13 * frame * frame) % noise.len();
            let mut levels = Vec::with_capacity(depths * beams);
            for depth in 0..depths {
                let share = depth as f64 / (depths - 1) as f64;
                for (beam, column) in columns.iter().enumerate() {
                    let [diffuse, specular] = column.at(patient, scene, share);
                    let deep = share > 0.8 * patient.pleura;
                    let echo = if deep { lung.at(depth, beam as f64 + shift) } else { wall.at(depth, beam as f64) };
                    let speckle = (echo[0] * echo[0] + echo[1] * echo[1]).sqrt();
                    let place = start + 2 * (depth * beams + beam);
                    let hiss = [noise[place % noise.len()], noise[(place + 1) % noise.len()]];
                    // Reflections and reverberations are not the sum of many scatterers; speckle only roughens them.
                    let re = diffuse * speckle + specular * (0.5 + 0.5 * speckle) + noise_level * hiss[0];
                    let im = noise_level * hiss[1];
                    let slope = patient.slope * (share - 0.5);
                    levels.push(10.0 * libm::log10(re * re + im * im + 1e-12) + slope);
                }
            }
            levels
        })
        .collect()
}

/// Log compression to grey values 0..=255. The operator turns the gain until the picture has the brightness they like,
/// so the gain, and with it the mean grey value, says little about the class.
fn compress(patient: &Patient, mut levels: Vec<Vec<f64>>, beams: usize) -> Vec<Vec<f64>> {
    let grey = |level: f64, gain: f64| (255.0 * ((level + gain) / patient.range + 1.0)).clamp(0.0, 255.0);
    let depths = levels[0].len() / beams;
    // Deeper samples cover more pixels: weigh them by their radius.
    let radius = |sample: usize| {
        let depth = (sample / beams) as f64 / (depths - 1) as f64;
        patient.fan.near + depth * (patient.fan.far - patient.fan.near)
    };
    let weight: f64 = (0..levels[0].len()).map(radius).sum();
    let (mut low, mut high) = (-30.0, 40.0);
    for _ in 0..12 {
        let gain = 0.5 * (low + high);
        let sum: f64 = levels[0].iter().enumerate().map(|(s, &level)| radius(s) * grey(level, gain)).sum();
        if sum / weight < patient.comfort { low = gain } else { high = gain }
    }
    levels.iter_mut().flatten().for_each(|level| *level = grey(*level, low));
    levels
}

/// The visible B-lines of a frame in pixels.
fn lines(moment: &Moment<'_>, patient: &Patient, scene: &Scene) -> Vec<[f64; 4]> {
    let visible = scene.artefacts.iter().filter(|line| line.b_line && moment.wax(line) >= VISIBLE);
    visible
        .map(|line| {
            let across = moment.across(line);
            let [x1, y1] = patient.fan.point(moment.pleura(across), across);
            let [x2, y2] = patient.fan.point(1.0, across);
            [x1, y1, x2, y2]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::SimulatedClip;
    use crate::phantom::{CLASSES, Cohort};

    fn small() -> Cohort {
        Cohort { patients: 30, clips_per_patient: 4, frames: 6, ..Cohort::default() }
    }

    fn render(cohort: &Cohort, seed: u64) -> Vec<SimulatedClip> {
        (0..cohort.clips()).map(|index| cohort.render(seed, index)).collect()
    }

    /// Area under the ROC curve by counting pairs.
    fn auroc(scores: &[f64], truths: &[bool]) -> f64 {
        let of = |wanted: bool| scores.iter().zip(truths).filter(move |(_, t)| **t == wanted).map(|(s, _)| *s);
        let (mut won, mut pairs) = (0.0, 0.0);
        for sick in of(true) {
            for well in of(false) {
                won += if sick > well { 1.0 } else { f64::from(u8::from(sick == well)) * 0.5 };
                pairs += 1.0;
            }
        }
        won / pairs
    }

    /// Mean grey value of a frame around a point of the fan; 0 outside the image.
    fn grey(clip: &SimulatedClip, frame: usize, [x, y]: [f64; 2]) -> f64 {
        let (x, y) = (x.floor(), y.floor());
        if x < 0.0 || y < 0.0 || x >= clip.width as f64 || y >= clip.height as f64 {
            return 0.0;
        }
        f64::from(clip.pixels[(frame * clip.height + y as usize) * clip.width + x as usize])
    }

    /// The greatest share of depths below the pleura at which a beam outshines the median beam by 12 grey levels.
    fn streak(clip: &SimulatedClip) -> f64 {
        const BEAMS: usize = 48;
        let mut best: f64 = 0.0;
        for frame in 0..clip.frames {
            let mut share = [0.0; BEAMS];
            for step in 0..24 {
                let depth = 0.5 + 0.45 * f64::from(step) / 23.0;
                let beam = |b: usize| grey(clip, frame, clip.fan.point(depth, 0.04 + 0.92 * b as f64 / 47.0));
                let row: Vec<f64> = (0..BEAMS).map(beam).collect();
                let mut sorted = row.clone();
                sorted.sort_by(f64::total_cmp);
                for (count, value) in share.iter_mut().zip(&row) {
                    *count += if *value > sorted[BEAMS / 3] + 12.0 { 1.0 / 24.0 } else { 0.0 };
                }
            }
            best += share.iter().copied().fold(0.0, f64::max) / clip.frames as f64;
        }
        best
    }

    #[test]
    fn brightness_does_not_give_the_class_away_but_streaks_do() {
        let clips = render(&small(), 11);
        let truths: Vec<bool> = clips.iter().map(|clip| clip.class > 0).collect();
        let mean = |clip: &SimulatedClip| clip.pixels.iter().map(|&p| f64::from(p)).sum::<f64>();
        let brightness = auroc(&clips.iter().map(mean).collect::<Vec<_>>(), &truths);
        let streaks = auroc(&clips.iter().map(streak).collect::<Vec<_>>(), &truths);
        println!("AUROC of brightness {brightness:.3}, of streaks {streaks:.3}");
        assert!((0.25..0.75).contains(&brightness), "brightness reaches {brightness}");
        assert!(streaks > 0.85 && streaks < 0.999, "streaks reach {streaks}");
    }

    #[test]
    fn lines_are_brighter_than_their_sides_and_only_where_there_are_b_lines() {
        let (mut brighter, mut all) = (0.0, 0.0);
        for clip in render(&small(), 12) {
            for (frame, lines) in clip.lines.iter().enumerate() {
                assert!(clip.class > 0 || lines.is_empty(), "{} has lines but no class", clip.id);
                assert!(clip.class == 0 || !lines.is_empty(), "{} has a class but no lines", clip.id);
                for &[x1, y1, x2, y2] in lines.iter().filter(|_| clip.class == 1) {
                    let along = |side: f64| -> f64 {
                        let at = |t: f64| [x1 + t * (x2 - x1) + side, y1 + t * (y2 - y1)];
                        (0..20).map(|step| grey(&clip, frame, at(0.25 + 0.035 * f64::from(step)))).sum()
                    };
                    all += 1.0;
                    brighter += f64::from(u8::from(along(0.0) > along(-5.0).max(along(5.0))));
                }
            }
        }
        assert!(all > 200.0 && brighter / all > 0.9, "{brighter} of {all} lines are brighter");
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_in_any_order() {
        let cohort = Cohort { patients: 3, ..small() };
        let clips = render(&cohort, 5);
        for index in [7, 0, 11] {
            assert_eq!(cohort.render(5, index), clips[index]);
        }
        assert_eq!((clips[9].id.as_str(), clips[9].patient.as_str()), ("p003-c2", "p003"));
        assert_ne!(cohort.render(6, 0).pixels, clips[0].pixels);
        assert_eq!(clips[0].pixels.len(), 6 * 72 * 72);
    }

    /// A change here changes what everybody's experiments are made of: raise `VERSION` with it.
    #[test]
    fn the_bytes_of_this_version_stay() {
        let mut hasher = blake3::Hasher::new();
        let clips = render(&Cohort { patients: 4, ..small() }, 1);
        assert!((0..CLASSES).all(|class| clips.iter().any(|clip| clip.class == class)));
        clips.iter().for_each(|clip| {
            hasher.update(&clip.pixels);
        });
        assert_eq!(&hasher.finalize().to_hex()[..16], "95840c4ab9c6708b");
    }

    #[test]
    fn odd_sizes_and_single_frames_are_drawn() {
        for (width, height) in [(32, 32), (32, 300), (300, 32), (128, 96)] {
            let cohort = Cohort { width, height, frames: 1, frames_drawn: 1, patients: 3, ..Cohort::default() };
            cohort.check().unwrap();
            for clip in render(&cohort, 1) {
                assert_eq!(clip.pixels.len(), (width * height) as usize);
                assert!(clip.pixels.iter().any(|&grey| grey > 100), "{} is dark", clip.id);
            }
        }
    }

    /// Clips of a patient share a tendency, so the effective number of draws is smaller than that of clips: with four
    /// clips and loyalty one half the intraclass correlation is 1/4 and the design effect 1 + 3/4.
    #[test]
    fn classes_follow_the_prevalence_and_cluster_in_patients() {
        let cohort = Cohort { patients: 1500, ..small() };
        let classes: Vec<usize> =
            (0..cohort.clips()).map(|index| crate::phantom::anatomy::class(&cohort, 3, index)).collect();
        let n = classes.len() as f64;
        for class in 0..CLASSES {
            let share = classes.iter().filter(|&&c| c == class).count() as f64 / n;
            let wanted = cohort.prevalence[class];
            let error = (wanted * (1.0 - wanted) * 1.75 / n).sqrt();
            assert!((share - wanted).abs() < 4.0 * error, "class {class}: {share}, wanted {wanted}");
        }
        // P(two clips of a patient agree) = 1/4 + 3/4 Σp² = 0.535 here; two strangers agree with Σp² = 0.38.
        let agree = classes.chunks_exact(4).filter(|clips| clips[0] == clips[1]).count() as f64 / 1500.0;
        assert!((agree - 0.535).abs() < 0.05, "{agree}");
    }
}
