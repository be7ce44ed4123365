//! Fans found in real clips.

use super::{videos::clips, *};
use geometry::{Found, Mask};

/// What is to be found in a clip: how, between which shares of the frame, marks and title frames.
type Expected = (&'static str, &'static str, (f64, f64), usize, &'static [usize]);

/// As looked at by eye on contact sheets of all clips. Clips of one device, cut alike, have fans of one size unless they
/// end in the dark; of patient 6 the sides lie outside the frame.
const COVID_BLUES: [Expected; 9] = [
    ("patient_10_R2.mp4", "fan", (0.92, 0.95), 1, &[]),
    ("patient_17_R3.mp4", "half-fan", (0.88, 0.94), 0, &[]),
    ("patient_24_R3.mp4", "fan", (0.92, 0.95), 1, &[]),
    ("patient_26_L3.mp4", "fan", (0.85, 0.90), 0, &[0, 1]),
    ("patient_39_R1.mp4", "fan", (0.86, 0.91), 1, &[0, 1]),
    ("patient_3_L3.mp4", "fan", (0.89, 0.93), 1, &[]),
    ("patient_5_L2.mp4", "outline", (0.70, 0.90), 1, &[]),
    ("patient_6_R2.mp4", "outline", (0.99, 1.0), 0, &[0, 1]),
    ("patient_9_L3.mp4", "fan", (0.91, 0.95), 0, &[]),
];
const POCOVID: [Expected; 4] = [
    // A linear probe.
    ("Cov-Atlas-pleural.mp4", "rectangle", (0.93, 0.96), 0, &[]),
    ("Cov_combatting_Image1.mp4", "fan", (0.97, 1.0), 0, &[]),
    ("Pneu_Avi_Video_004.mp4", "fan", (0.63, 0.67), 0, &[]),
    ("Vir_whitelung_h1n1.mp4", "fan", (0.82, 0.86), 0, &[]),
];

#[test]
fn fans_of_real_clips_are_found_without_their_marks() {
    for (folder, expected) in [("covid_blues/lus_videos", &COVID_BLUES[..]), ("pocovid", &POCOVID[..])] {
        for path in clips(folder, usize::MAX) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Some((_, how, (least, most), marks, titles)) = expected.iter().find(|(clip, ..)| *clip == name) else {
                continue;
            };
            let settings = Settings {
                geometry: geometry::Settings { mask: Mask::Auto, ..geometry::Settings::default() },
                ..all()
            };
            let clip = run(&path, &settings).unwrap();
            let found = &clip.findings;
            let kind = found.found.map_or("nothing", Found::name);
            assert_eq!((kind, found.marks.len(), &found.title_frames[..]), (*how, *marks, *titles), "{name}");
            assert!((*least..=*most).contains(&found.fan_share.unwrap()), "{name}: {found:?}");
            // What was a stroke is now as dark as what was around it, here everywhere below 100.
            let area = clip.width * clip.height;
            for mark in &found.marks {
                for y in mark.top..mark.bottom {
                    for x in mark.left..mark.right {
                        let at = y as usize * clip.width + x as usize;
                        let dark = clip.pixels.chunks(area).skip(titles.len()).all(|frame| frame[at] < 100);
                        assert!(dark, "{name}: {x}, {y}");
                    }
                }
            }
        }
    }
}
