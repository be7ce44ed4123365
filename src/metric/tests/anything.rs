//! Whatever the cases, a metric has a value in its range or none: never NaN, never a panic.

use proptest::{collection::vec, prelude::*, sample::select};

use super::super::{
    Case, Counts, Draws, FrameCase, FrameToClip, Metric, Outlines, Prepared, Problem, Surface, estimate_frames,
    estimate_prepared, tell_clip_counts,
};

/// What a metric can be, with K classes.
fn range(metric: Metric, classes: usize) -> (f64, f64) {
    match metric {
        Metric::CohenKappa | Metric::QuadraticKappa | Metric::LinearKappa | Metric::Mcc => (-1.0, 1.0),
        Metric::OrdinalMae => (0.0, (classes - 1) as f64),
        Metric::LogLoss => (0.0, -libm::log(1e-15)),
        Metric::CalibrationSlope | Metric::CalibrationIntercept => (f64::MIN, f64::MAX),
        _ => (0.0, 1.0),
    }
}

/// Few patients, strata and scores, so that empty sides, separation and ties are usual.
fn case(classes: u16) -> impl Strategy<Value = Case> {
    let score = prop_oneof![
        8 => select(vec![0.0, 0.25, 0.5, 0.75, 1.0]),
        4 => 0.0..=1.0,
        2 => select(vec![1e-300, 1.0 + f64::EPSILON, 1e-15]),
    ];
    (0..4_u32, 0..3_u32, 0..classes, 0..classes, score).prop_map(|(patient, stratum, reference, predicted, score)| {
        Case { patient, stratum, reference, predicted, score }
    })
}

#[derive(Debug, Clone)]
struct Anything {
    classes: usize,
    positive: Option<Vec<bool>>,
    cases: Vec<Case>,
    probabilities: Vec<f64>,
    weights: Vec<f64>,
}

fn anything() -> impl Strategy<Value = Anything> {
    (2..5_usize, 0..14_usize).prop_flat_map(|(classes, count)| {
        let positive = proptest::option::weighted(0.9, vec(any::<bool>(), classes));
        let cases = vec(case(classes as u16), count);
        let probabilities = vec(select(vec![0.0, 0.2, 0.5, 0.7, 1.0]), count * classes);
        let weights = vec(prop_oneof![select(vec![0.0, 1.0, 2.0, 3.0]), 0.0..3.0], count);
        (positive, cases, probabilities, weights).prop_map(move |(positive, cases, probabilities, weights)| Anything {
            classes,
            positive,
            cases,
            probabilities,
            weights,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(4000), ..ProptestConfig::default() })]

    #[test]
    fn a_value_lies_in_its_range_or_there_is_none(anything in anything()) {
        let Anything { classes, positive, cases, probabilities, weights } = anything;
        let problem = Problem { classes, positive: positive.as_deref() };
        let prepared = Prepared::new(problem, &cases).with_probabilities(&probabilities);
        for metric in Metric::OF_CLIPS {
            let (low, high) = range(metric, classes);
            if let Some(value) = prepared.value(metric, &weights) {
                prop_assert!((low - 1e-9..=high + 1e-9).contains(&value), "{} is {value}", metric.name());
            }
        }
        let draws = Draws::new(4, 1, 5, 3);
        let by_patient = Prepared::by_patient(problem, &cases, 4).with_probabilities(&probabilities);
        for (metric, estimate) in Metric::OF_CLIPS.into_iter().zip(estimate_prepared(&Metric::OF_CLIPS, &[by_patient], &draws)) {
            // Where everything weighs nothing in some draw the replicate is NaN, which stands for undefined there.
            let of = estimate.value.into_iter().chain(estimate.replicates.into_iter().filter(|value| !value.is_nan()));
            for value in of {
                let (low, high) = range(metric, classes);
                prop_assert!((low - 1e-9..=high + 1e-9).contains(&value), "{} is {value}", metric.name());
            }
        }
    }

    /// A curve of anything stays in the unit square.
    #[test]
    fn curves_lie_in_the_unit_square(anything in anything()) {
        let problem = Problem { classes: anything.classes, positive: anything.positive.as_deref() };
        let unit = 0.0..=1.0 + 1e-12;
        for (x, y) in super::super::precision_recall(problem, &anything.cases).into_iter().chain(super::super::roc(problem, &anything.cases)) {
            prop_assert!(unit.contains(&x) && unit.contains(&y), "{x} {y}");
        }
        let bins = super::super::reliability(problem, &anything.cases);
        for bin in &bins {
            prop_assert!(unit.contains(&bin.predicted) && unit.contains(&bin.observed) && bin.cases > 0, "{bin:?}");
        }
        let counted: u64 = bins.iter().map(|bin| bin.cases).sum();
        prop_assert_eq!(counted as usize, if anything.positive.is_some() { anything.cases.len() } else { 0 });
    }
}

/// A frame with counts that a frame can have.
fn frame() -> impl Strategy<Value = FrameCase> {
    let counts = || {
        let counts = (0..5_u64, 0..5_u64, 0..5_u64);
        counts.prop_map(|(found, there, shared)| Counts { found, there, shared: shared.min(found).min(there) })
    };
    let outlines = prop_oneof![
        Just(Outlines::OneSided),
        (0.0..9.0, 0.0..9.0).prop_map(|(hd95, assd)| Outlines::Apart(Surface { hd95, assd })),
    ];
    (0..3_u32, counts(), counts(), outlines).prop_map(|(patient, pixels, lines, outlines)| FrameCase {
        pixels: Some(pixels),
        lines: Some(lines),
        origins: Some(lines),
        numbers: Some([lines.found, lines.there]),
        outlines: Some(outlines),
        ..FrameCase::of(patient)
    })
}

proptest! {
    #[test]
    fn a_value_of_frames_lies_in_its_range_or_there_is_none(frames in vec((frame(), 0..3_usize), 0..8)) {
        let (mut frames, clip_of): (Vec<FrameCase>, Vec<usize>) = frames.into_iter().unzip();
        tell_clip_counts(&mut frames, &clip_of, FrameToClip::Mean);
        let draws = Draws::new(3, 1, 5, 3);
        for (metric, estimate) in Metric::OF_FRAMES.into_iter().zip(estimate_frames(&Metric::OF_FRAMES, &[frames], &draws)) {
            let high = if metric.smaller_is_better() { 25.0 } else { 1.0 };
            let of = estimate.value.into_iter().chain(estimate.replicates.into_iter().filter(|value| !value.is_nan()));
            for value in of {
                prop_assert!((0.0..=high).contains(&value), "{} is {value}", metric.name());
            }
        }
    }
}

/// Every metric that has a value where all cases are in order has one where one patient holds them all.
#[test]
fn ties_everywhere_and_one_class_have_a_value_or_a_reason() {
    let case = |reference: u16, predicted: u16| Case { patient: 0, stratum: 0, reference, predicted, score: 0.5 };
    let sides = [false, true];
    let problem = Problem { classes: 2, positive: Some(&sides) };
    let tied = [case(0, 0), case(1, 0), case(0, 1), case(1, 1)];
    let of = |metric, cases: &[Case]| {
        Prepared::new(problem, cases)
            .with_probabilities(&[0.5; 8][..2 * cases.len()])
            .value(metric, &vec![1.0; cases.len()])
    };
    let without = |cases: &[Case]| -> Vec<&str> {
        Metric::OF_CLIPS.into_iter().filter(|metric| of(*metric, cases).is_none()).map(Metric::name).collect()
    };
    assert_eq!(without(&tied), ["calibration-slope"]);
    for metric in [Metric::Auroc, Metric::AurocOvr, Metric::AurocOvo, Metric::AveragePrecision] {
        assert_eq!(of(metric, &tied), Some(0.5), "{}", metric.name());
    }
    let one_class = [case(1, 1), case(1, 1)];
    let undefined = [
        "specificity",
        "cohen-kappa",
        "quadratic-kappa",
        "auroc",
        "npv",
        "mcc",
        "linear-kappa",
        "average-precision",
        "auroc-ovr",
        "auroc-ovo",
        "calibration-slope",
        "calibration-intercept",
    ];
    assert_eq!(without(&one_class), undefined);
    for name in undefined {
        let metric = Metric::OF_CLIPS.into_iter().find(|metric| metric.name() == name).unwrap();
        assert!(metric.undefined().starts_with("not "), "{name}");
    }
}
