//! Metrics of frames: what was found on each against what is there.
//!
//! All of them are a sum over frames divided by another sum over the same frames, so that a draw of patients is two
//! weighted sums.

use rayon::prelude::*;

use super::bootstrap::{Draws, Estimate, effective_patients};
use super::clip_counts::ClipCount;
use super::entry::Entry;
use super::surface::Surface;
use super::{Metric, Outlines};

/// How much was found on a frame, is there, and is both: pixels, lines or origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Found.
    pub found: u64,
    /// There.
    pub there: u64,
    /// Both.
    pub shared: u64,
}

/// A frame that is scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameCase {
    /// Index of the patient, below the number of patients the bootstrap draws from.
    pub patient: u32,
    /// Its pixels, where masks are compared.
    pub pixels: Option<Counts>,
    /// Its lines, matched, where lines are compared.
    pub lines: Option<Counts>,
    /// The origins of its lines, matched.
    pub origins: Option<Counts>,
    /// How many lines, or origins, were found and are there, whatever matches.
    pub numbers: Option<[u64; 2]>,
    /// How far the outlines of its masks lie apart, where that is asked for.
    pub outlines: Option<Outlines>,
    /// The number of lines of its clip, where that is asked for.
    pub clip: Option<ClipCount>,
}

impl FrameCase {
    /// A frame of which nothing is known but whose it is.
    pub fn of(patient: u32) -> Self {
        Self { patient, pixels: None, lines: None, origins: None, numbers: None, outlines: None, clip: None }
    }
}

/// What a metric of frames makes of a frame: what it adds above and below the line.
pub(super) type Share = fn(&FrameCase) -> Option<(f64, f64)>;

const fn entry(name: &'static str, title: &'static str, share: Share) -> Entry {
    Entry { frames: Some(share), ..Entry::new(name, title, |_| None) }
}

/// The same of what is the better the smaller it is.
pub(super) const fn error(name: &'static str, title: &'static str, share: Share) -> Entry {
    Entry { smaller_is_better: true, ..entry(name, title, share) }
}

/// The mean over frames of `2 |A ∩ B| / (|A| + |B|)` (Dice 1945). A frame where nothing is and nothing was found is left out.
pub(super) const DICE: Entry = entry("dice", "Dice", |case| {
    let Counts { found, there, shared } = case.pixels?;
    Some(mean_of(2.0 * shared as f64, (found + there) as f64))
});

/// The mean over frames of `|A ∩ B| / |A ∪ B|` (Jaccard 1912). A frame where nothing is and nothing was found is left out.
pub(super) const IOU: Entry = entry("iou", "IoU", |case| {
    let Counts { found, there, shared } = case.pixels?;
    Some(mean_of(shared as f64, (found + there - shared) as f64))
});

/// F1 of lines over all frames: `2 TP / (2 TP + FP + FN)`.
pub(super) const LINE_F1: Entry = entry("line-f1", "F1 of lines", |case| Some(f1(case.lines?)));

/// F1 of origins over all frames.
pub(super) const ORIGIN_F1: Entry = entry("origin-f1", "F1 of origins", |case| Some(f1(case.origins?)));

/// The share of the origins that were found that are there.
pub(super) const ORIGIN_PRECISION: Entry = entry("origin-precision", "Precision of origins", |case| {
    let Counts { found, shared, .. } = case.origins?;
    Some((shared as f64, found as f64))
});

/// The share of the origins that are there that were found.
pub(super) const ORIGIN_RECALL: Entry = entry("origin-recall", "Recall of origins", |case| {
    let Counts { there, shared, .. } = case.origins?;
    Some((shared as f64, there as f64))
});

/// The mean over frames of the absolute difference of the number of lines.
pub(super) const COUNT_MAE: Entry =
    error("count-mae", "Mean absolute error of the number of lines", |case| Some((difference(case)?, 1.0)));

/// The mean over frames of the squared difference of the number of lines.
pub(super) const COUNT_MSE: Entry =
    error("count-mse", "Mean squared error of the number of lines", |case| Some((difference(case)?.powi(2), 1.0)));

/// The mean over frames of the 95th percentile of the distances between the outlines. A frame where nothing is and nothing
/// was found has 0; one where only one side has a pixel has no distance and is left out.
pub(super) const HD95: Entry = Entry {
    unit: "mm",
    undefined: ONE_SIDED,
    ..error("hd95", "95th percentile of the Hausdorff distance", |case| {
        Some(apart(case.outlines?, |surface| surface.hd95))
    })
};

/// The mean over frames of the mean distance between the outlines, frames taken as for [`HD95`].
pub(super) const ASSD: Entry = Entry {
    unit: "mm",
    undefined: ONE_SIDED,
    ..error("assd", "Average symmetric surface distance", |case| Some(apart(case.outlines?, |surface| surface.assd)))
};

const ONE_SIDED: &str = "not estimable: on no frame both sides have pixels, or both have none";

fn apart(outlines: Outlines, of: fn(&Surface) -> f64) -> (f64, f64) {
    match outlines {
        Outlines::Apart(surface) => (of(&surface), 1.0),
        Outlines::OneSided => (0.0, 0.0),
    }
}

fn mean_of(above: f64, below: f64) -> (f64, f64) {
    if below > 0.0 { (above / below, 1.0) } else { (0.0, 0.0) }
}

fn f1(counts: Counts) -> (f64, f64) {
    (2.0 * counts.shared as f64, (counts.found + counts.there) as f64)
}

fn difference(case: &FrameCase) -> Option<f64> {
    let [found, there] = case.numbers?;
    Some(found.abs_diff(there) as f64)
}

/// Whether a metric is of frames, and every frame has what it needs.
pub fn is_defined(metric: Metric, cases: &[FrameCase]) -> bool {
    metric.entry().frames.is_some_and(|share| cases.iter().all(|case| share(case).is_some()))
}

/// Estimates each metric for one arm, given its frames for each training seed, as [`super::estimate`] does for clips.
///
/// # Panics
/// Panics where `by_seed` has another number of seeds than `draws`, or a case's patient is not below the number of
/// patients of `draws`.
pub fn estimate_frames(metrics: &[Metric], by_seed: &[Vec<FrameCase>], draws: &Draws) -> Vec<Estimate> {
    assert_eq!(by_seed.len(), draws.seeds(), "one list of frames for each training seed of the draws");
    metrics
        .iter()
        .map(|metric| {
            let patients: Vec<Vec<(f64, f64)>> = by_seed.iter().map(|cases| sums(*metric, cases, draws)).collect();
            let value = |patient_times: &[u32], seed_times: &[u32]| {
                let (mut sum, mut drawn) = (0.0, 0.0);
                for (patients, &times) in patients.iter().zip(seed_times).filter(|(_, times)| **times > 0) {
                    let (mut above, mut below) = (0.0, 0.0);
                    for ((a, b), &times) in patients.iter().zip(patient_times) {
                        above += a * f64::from(times);
                        below += b * f64::from(times);
                    }
                    sum += f64::from(times) * above / below;
                    drawn += f64::from(times);
                }
                sum / drawn
            };
            let (all, seeds) = (vec![1; draws.number_of_patients()], vec![1; by_seed.len()]);
            let once = value(&all, &seeds);
            let without = |patient: usize| {
                let mut others = all.clone();
                others[patient] = 0;
                value(&others, &seeds)
            };
            let drawn: Vec<(&[u32], &[u32])> = draws.each().collect();
            // What stands below the line is the size of a patient: frames, or lines, or pixels.
            let size = |patient: usize| patients.iter().map(|patients| patients[patient].1).sum();
            Estimate {
                value: once.is_finite().then_some(once),
                replicates: drawn.into_par_iter().map(|(patients, seeds)| value(patients, seeds)).collect(),
                jackknife: (0..all.len()).into_par_iter().map(without).collect(),
                effective_patients: effective_patients((0..all.len()).map(size)),
            }
        })
        .collect()
}

/// What each patient's frames add above and below the line.
fn sums(metric: Metric, cases: &[FrameCase], draws: &Draws) -> Vec<(f64, f64)> {
    let mut sums = vec![(0.0, 0.0); draws.number_of_patients()];
    for case in cases {
        let (above, below) = metric.entry().frames.and_then(|share| share(case)).unwrap_or((f64::NAN, f64::NAN));
        let sum = &mut sums[case.patient as usize];
        *sum = (sum.0 + above, sum.1 + below);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(patient: u32, pixels: [u64; 3], lines: [u64; 3]) -> FrameCase {
        let counts = |[found, there, shared]: [u64; 3]| Some(Counts { found, there, shared });
        let numbers = Some([lines[0], lines[1]]);
        FrameCase {
            pixels: counts(pixels),
            lines: counts(lines),
            origins: counts(lines),
            numbers,
            ..FrameCase::of(patient)
        }
    }

    /// By hand: Dice 2·2/(4+4) = .5, 1 and one frame left out; F1 2·(1+2+0)/(2+1+2+2+0+1).
    #[test]
    fn values_are_those_of_the_definitions() {
        let cases = [case(0, [4, 4, 2], [2, 1, 1]), case(0, [3, 3, 3], [2, 2, 2]), case(1, [0, 0, 0], [0, 1, 0])];
        let draws = Draws::new(2, 1, 200, 3);
        let metrics = [
            (Metric::Dice, 0.75),
            (Metric::Iou, (2.0 / 6.0 + 1.0) / 2.0),
            (Metric::LineF1, 6.0 / 8.0),
            (Metric::OriginF1, 6.0 / 8.0),
            (Metric::OriginPrecision, 3.0 / 4.0),
            (Metric::OriginRecall, 3.0 / 4.0),
            (Metric::CountMae, 2.0 / 3.0),
            (Metric::CountMse, 2.0 / 3.0),
        ];
        let asked = metrics.map(|(metric, _)| metric);
        assert_eq!(asked, Metric::USUAL_OF_FRAMES);
        let found = estimate_frames(&asked, &[cases.to_vec()], &draws);
        for ((metric, expected), estimate) in metrics.iter().zip(&found) {
            assert!(is_defined(*metric, &cases));
            assert!((estimate.value.unwrap() - expected).abs() < 1e-12, "{}", metric.name());
        }
        // A draw of the second patient alone has no frame with pixels.
        assert!(found[0].replicates.iter().any(|value| value.is_nan()));
        assert!(found[6].replicates.iter().all(|value| (0.5..=1.0).contains(value)));
        assert!(!is_defined(Metric::Accuracy, &cases));
        assert!(!is_defined(Metric::Dice, &[FrameCase { pixels: None, ..cases[0] }]));
    }

    /// By hand: 2 and 4 mm apart, and nothing on either side; where one side is empty there is no distance.
    #[test]
    fn a_frame_with_one_empty_side_is_left_out_of_distances() {
        let of = |patient, outlines| FrameCase { outlines: Some(outlines), ..FrameCase::of(patient) };
        let apart = |mm| Outlines::Apart(Surface { hd95: 2.0 * mm, assd: mm });
        let cases = [of(0, apart(1.0)), of(0, apart(2.0)), of(1, apart(0.0)), of(1, Outlines::OneSided)];
        let found = estimate_frames(&[Metric::Hd95, Metric::Assd], &[cases.to_vec()], &Draws::new(2, 1, 0, 1));
        assert_eq!([found[0].value, found[1].value], [Some(2.0), Some(1.0)]);
        let one_sided = estimate_frames(&[Metric::Hd95], &[vec![cases[3]]], &Draws::new(2, 1, 0, 1));
        assert_eq!(one_sided[0].value, None);
    }

    #[test]
    fn seeds_are_averaged_and_drawn() {
        let seed = |shared| vec![case(0, [4, 4, shared], [1, 1, 1]), case(1, [4, 4, shared], [1, 1, 1])];
        let draws = Draws::new(2, 2, 100, 3);
        let found = estimate_frames(&[Metric::Dice], &[seed(4), seed(2)], &draws);
        assert_eq!(found[0].value, Some(0.75));
        let mut values = found[0].replicates.clone();
        values.sort_by(f64::total_cmp);
        values.dedup();
        assert_eq!(values, [0.5, 0.75, 1.0]);
    }
}
