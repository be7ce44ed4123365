//! The lines annotators draw on frames.

use rand_chacha::ChaCha8Rng;

use super::anatomy::{between, chance};
use super::annotate::{Annotator, annotators, judges};
use super::speckle::normal_pair;
use super::{CLASSES, Panel, SimulatedClip};
use crate::random::stream;

/// A line an annotator drew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// Index of the clip.
    pub clip: usize,
    /// Index of the frame.
    pub frame: usize,
    /// Index of the annotator, as [`opinions`](super::opinions) with the same seed and prefix orders them.
    pub annotator: usize,
    /// x1, y1, x2, y2 in percent of the frame's width and height.
    pub line: [f64; 4],
}

/// A frame an annotator looked at, whether or not they drew on it: clip, frame, annotator.
pub type Viewed = (usize, usize, usize);

/// Draws the lines a group puts on `frames_drawn` frames of each clip, evenly spread over it, and which frames they saw.
/// Those who judge a clip are those who draw on it. The less skilled miss more lines, place them less exactly and draw
/// more where there is none; those who guess draw at chance level, like anyone whose skill is 1 in [`CLASSES`].
pub fn drawings(
    panel: &Panel,
    clips: &[SimulatedClip],
    frames_drawn: u32,
    seed: u64,
    prefix: &str,
) -> (Vec<Drawn>, Vec<Viewed>) {
    let people = annotators(panel, prefix, CLASSES, seed);
    let (mut drawn, mut viewed) = (Vec::new(), Vec::new());
    for (index, clip) in clips.iter().enumerate() {
        let drawers = judges(people.len(), panel.opinions_per_clip, prefix, seed, index);
        let wanted = (frames_drawn as usize).min(clip.frames);
        for frame in (0..wanted).map(|order| (2 * order + 1) * clip.frames / (2 * wanted)) {
            for &annotator in &drawers {
                let place = [index as u64, frame as u64, annotator as u64];
                let rng = &mut stream(seed, &format!("phantom drawing {prefix}"), &place);
                let lines = by_hand(clip, frame, skill(&people[annotator]), rng);
                drawn.extend(lines.into_iter().map(|line| Drawn { clip: index, frame, annotator, line }));
                viewed.push((index, frame, annotator));
            }
        }
    }
    (drawn, viewed)
}

/// Mean of the diagonal of the confusion matrix.
fn skill(annotator: &Annotator) -> f64 {
    let diagonal = annotator.confusion.iter().enumerate().map(|(class, row)| row[class]);
    diagonal.sum::<f64>() / annotator.confusion.len() as f64
}

/// What someone of this skill draws on a frame, in percent of its sides.
fn by_hand(clip: &SimulatedClip, frame: usize, skill: f64, rng: &mut ChaCha8Rng) -> Vec<[f64; 4]> {
    let want = 1.0 - skill;
    let size = [clip.width as f64, clip.height as f64, clip.width as f64, clip.height as f64];
    let percent = |line: [f64; 4], shake: [f64; 4]| {
        let mut corners = [0.0; 4];
        for (axis, corner) in corners.iter_mut().enumerate() {
            *corner = (100.0 * line[axis] / size[axis] + shake[axis]).clamp(0.0, 100.0);
        }
        corners
    };
    let mut lines = Vec::new();
    for &line in &clip.lines[frame] {
        let (across, ends) = (normal_pair(rng), normal_pair(rng));
        if chance(rng, 0.8 * want) {
            continue;
        }
        // Sideways by about 1 % of the width for experts, 3 % for the crowd; along the line people are less careful.
        let (side, along) = (0.4 + 6.0 * want, 1.0 + 8.0 * want);
        lines.push(percent(line, [side * across.0, along * ends.0, side * across.1, along * ends.1]));
    }
    if chance(rng, 0.5 * want) {
        let across = between(rng, 0.15, 0.85);
        let [x1, y1] = clip.fan.point(between(rng, 0.16, 0.3), across);
        let [x2, y2] = clip.fan.point(between(rng, 0.8, 1.0), across);
        lines.push(percent([x1, y1, x2, y2], [0.0; 4]));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Drawn, drawings};
    use crate::phantom::{Cohort, Panel, SimulatedClip, opinions};

    fn clips() -> Vec<SimulatedClip> {
        let cohort = Cohort { patients: 20, frames: 4, width: 48, height: 48, ..Cohort::default() };
        (0..cohort.clips()).map(|index| cohort.render(8, index)).collect()
    }

    /// Share of true lines that somebody's line comes near to at the pleura (3 % of the width), by hand of one group.
    fn found(clips: &[SimulatedClip], panel: &Panel) -> f64 {
        let (drawn, viewed) = drawings(panel, clips, 2, 1, "x");
        let (mut hit, mut all) = (0.0, 0.0);
        for (clip, frame, annotator) in viewed {
            for line in &clips[clip].lines[frame] {
                let x = 100.0 * line[2] / clips[clip].width as f64;
                let near = |d: &&Drawn| (d.clip, d.frame, d.annotator) == (clip, frame, annotator);
                all += 1.0;
                hit += f64::from(u8::from(drawn.iter().filter(near).any(|d| (d.line[2] - x).abs() < 3.0)));
            }
        }
        hit / all
    }

    #[test]
    fn the_skilled_draw_better() {
        let clips = clips();
        let experts = found(&clips, &Cohort::default().experts);
        let crowd = found(&clips, &Panel::default());
        assert!(experts > 0.8 && crowd < experts - 0.15, "experts {experts}, crowd {crowd}");
        let sure = Panel { annotators: 1, opinions_per_clip: 1, skill: [1.0, 1.0], guessers: 0.0 };
        let (drawn, viewed) = drawings(&sure, &clips, 2, 1, "x");
        let lines: usize = viewed.iter().map(|&(clip, frame, _)| clips[clip].lines[frame].len()).sum();
        assert_eq!(drawn.len(), lines, "perfect skill misses nothing and invents nothing");
    }

    #[test]
    fn those_who_judge_a_clip_draw_on_it() {
        let clips = clips();
        let truths: Vec<usize> = clips.iter().map(|clip| clip.class).collect();
        let (_, rows) = opinions(&Panel::default(), "crowd-", &truths, 3, 5);
        let (drawn, viewed) = drawings(&Panel::default(), &clips, 2, 5, "crowd-");
        assert_eq!(viewed.len(), 2 * rows.len());
        for row in &rows {
            assert!([1, 3].iter().all(|&frame| viewed.contains(&(row.clip, frame, row.annotator))));
        }
        assert!(drawn.iter().all(|d| viewed.contains(&(d.clip, d.frame, d.annotator))));
        assert!(drawn.iter().flat_map(|d| d.line).all(|percent| (0.0..=100.0).contains(&percent)));
        assert!(drawn.iter().any(|d| truths[d.clip] == 0), "some lines are false");
        assert_eq!(drawings(&Panel::default(), &clips, 0, 5, "crowd-"), (vec![], vec![]));
    }
}
