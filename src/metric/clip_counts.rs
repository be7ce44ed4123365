//! From the number of lines on frames to that of their clip.

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::frames::{FrameCase, error};

/// How the number of lines on its frames makes that of a clip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameToClip {
    /// The most on any of its frames, as a reader who scrolls through a clip counts.
    #[default]
    Max,
    /// The mean over its frames.
    Mean,
}

/// The number of lines of a clip, or nothing where another frame of the clip has told it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClipCount {
    /// As many were found as are there.
    Of {
        /// Found.
        found: f64,
        /// There.
        there: f64,
    },
    /// Another frame of the clip tells.
    Told,
}

/// Tells the number of lines of every clip on the first of its frames; `clip_of` has the clip of every frame.
///
/// # Panics
/// Panics where there are not as many clips as frames.
pub fn tell_clip_counts(cases: &mut [FrameCase], clip_of: &[usize], how: FrameToClip) {
    assert_eq!(cases.len(), clip_of.len(), "one clip a frame");
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by_key(|frame| clip_of[*frame]);
    for frames in order.chunk_by(|a, b| clip_of[*a] == clip_of[*b]) {
        let counts: Option<Vec<[f64; 2]>> = frames
            .iter()
            .map(|frame| cases[*frame].numbers.map(|[found, there]| [found as f64, there as f64]))
            .collect();
        let Some(counts) = counts else { continue };
        let side = |side: usize| {
            let of = counts.iter().map(|count| count[side]);
            match how {
                FrameToClip::Max => of.fold(0.0, f64::max),
                FrameToClip::Mean => of.sum::<f64>() / counts.len() as f64,
            }
        };
        let told = ClipCount::Of { found: side(0), there: side(1) };
        for (nth, frame) in frames.iter().enumerate() {
            cases[*frame].clip = Some(if nth == 0 { told } else { ClipCount::Told });
        }
    }
}

/// The mean over clips of the absolute difference of the number of lines.
pub(super) const CLIP_COUNT_MAE: Entry =
    error("clip-count-mae", "Mean absolute error of the number of lines of a clip", |case| over_clips(case, f64::abs));

/// The mean over clips of the squared difference of the number of lines.
pub(super) const CLIP_COUNT_MSE: Entry =
    error("clip-count-mse", "Mean squared error of the number of lines of a clip", |case| {
        over_clips(case, |difference| difference * difference)
    });

fn over_clips(case: &FrameCase, cost: fn(f64) -> f64) -> Option<(f64, f64)> {
    Some(match case.clip? {
        ClipCount::Of { found, there } => (cost(found - there), 1.0),
        ClipCount::Told => (0.0, 0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Draws, Metric, estimate_frames};
    use super::*;

    /// By hand: clip 0 has 2, 0 and 4 lines where 1, 1 and 3 are there, clip 1 has 1 of 0. The most are 4 of 3 and 1 of 0, the
    /// means 2 of 5/3 and 1 of 0.
    #[test]
    fn clips_are_counted_by_the_most_or_the_mean_of_their_frames() {
        let case = |patient, found, there| FrameCase { numbers: Some([found, there]), ..FrameCase::of(patient) };
        let frames = [case(0, 2, 1), case(1, 1, 0), case(0, 0, 1), case(0, 4, 3)];
        let clip_of = [0, 1, 0, 0];
        let metrics = [Metric::ClipCountMae, Metric::ClipCountMse];
        for (how, expected) in
            [(FrameToClip::Max, [1.0, 1.0]), (FrameToClip::Mean, [(1.0 / 3.0 + 1.0) / 2.0, (1.0 / 9.0 + 1.0) / 2.0])]
        {
            let mut cases = frames.to_vec();
            tell_clip_counts(&mut cases, &clip_of, how);
            let found = estimate_frames(&metrics, &[cases], &Draws::new(2, 1, 0, 1));
            for (found, expected) in found.iter().zip(expected) {
                assert!((found.value.unwrap() - expected).abs() < 1e-12, "{how:?}: {found:?}");
            }
        }
        let mut unknown = [FrameCase::of(0)];
        tell_clip_counts(&mut unknown, &[0], FrameToClip::Max);
        assert!(!super::super::is_defined(Metric::ClipCountMae, &unknown));
    }
}
