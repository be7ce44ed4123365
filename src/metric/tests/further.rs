//! Values of the metrics that have to be asked for, against scikit-learn 1.5.2 (numpy 2.4.6).
//!
//! The figures follow the recipe in `values.rs`, with these lines at its end:
//!
//! ```python
//! q = np.clip(np.c_[1 - score, score], 1e-15, 1)
//! precision_score(r, p, sample_weight=w), precision_score(r, p, pos_label=False, sample_weight=w)
//! f1_score(r, p, sample_weight=w), f1_score(ref[k], pred[k], average="weighted", sample_weight=w[k])
//! matthews_corrcoef(ref, pred, sample_weight=w)
//! cohen_kappa_score(ref, pred, labels=range(K), weights="linear", sample_weight=w)
//! mean_absolute_error(ref, pred, sample_weight=w), average_precision_score(r, score, sample_weight=w)
//! brier_score_loss(r, score, sample_weight=w), log_loss(r, q, sample_weight=w)
//! ```

use super::super::{Case, Metric, Problem, value};
use super::values::{STRATA, check, equal_weights, recipe, scored, unequal_weights};

/// Those of the two sides and of tallies; the files beside this have the others.
const FURTHER: [Metric; 10] = [
    Metric::Ppv,
    Metric::Npv,
    Metric::F1,
    Metric::WeightedF1,
    Metric::Mcc,
    Metric::LinearKappa,
    Metric::OrdinalMae,
    Metric::AveragePrecision,
    Metric::Brier,
    Metric::LogLoss,
];

const SIDES: Problem<'static> = Problem { classes: 2, positive: Some(&[false, true]) };

#[test]
fn the_usual_metrics_and_the_further_ones_are_all_of_clips() {
    let others = [
        Metric::MicroF1,
        Metric::AurocOvr,
        Metric::AurocOvo,
        Metric::Ece,
        Metric::CalibrationSlope,
        Metric::CalibrationIntercept,
    ];
    assert_eq!(Metric::OF_CLIPS.to_vec(), [&Metric::USUAL[..], &FURTHER, &others].concat());
    assert_eq!(Metric::ALL.to_vec(), [&Metric::OF_CLIPS[..], &Metric::OF_FRAMES].concat());
    let errors = Metric::OF_CLIPS.into_iter().filter(|metric| metric.smaller_is_better());
    assert_eq!(errors.collect::<Vec<_>>(), [Metric::OrdinalMae, Metric::Brier, Metric::LogLoss, Metric::Ece]);
    let aimed = Metric::OF_CLIPS.into_iter().filter_map(|metric| Some((metric, metric.target()?)));
    assert_eq!(aimed.collect::<Vec<_>>(), [(Metric::CalibrationSlope, 1.0), (Metric::CalibrationIntercept, 0.0)]);
}

#[test]
fn two_classes_as_scikit_learn() {
    let cases = recipe(2, None, None);
    let equal = [
        0.7222222222222222,
        0.8636363636363636,
        0.7647058823529411,
        0.8015345268542198,
        0.5949422064001082,
        0.5918367346938775,
        0.2,
        0.37536668375484167,
        0.36015625,
        3.3938103084697793,
    ];
    check(&FURTHER, &cases, &equal_weights(&cases), &[false, true], &equal);
    let unequal = [
        0.7,
        0.9,
        0.7777777777777778,
        0.8020202020202021,
        0.6123724356957946,
        0.6,
        0.2,
        0.35703452687689113,
        0.3654296875,
        2.617090500502841,
    ];
    check(&FURTHER, &cases, &unequal_weights(&cases), &[false, true], &unequal);
}

#[test]
fn three_classes_as_scikit_learn() {
    let cases = recipe(3, None, None);
    let equal = [
        0.96875,
        0.5,
        0.9253731343283582,
        0.7531135531135531,
        0.6276549457921307,
        0.6491228070175439,
        0.25,
        0.915461150427537,
        0.305859375,
        3.223827481050107,
    ];
    check(&FURTHER, &cases, &equal_weights(&cases), &[false, true, true], &equal);
    let unequal = [
        1.0,
        0.5714285714285714,
        0.9387755102040817,
        0.7472050414284046,
        0.6648901982201081,
        0.6734397677793904,
        0.25,
        0.8808244533285953,
        0.34518229166666664,
        3.59145429861564,
    ];
    check(&FURTHER, &cases, &unequal_weights(&cases), &[false, true, true], &unequal);
}

#[test]
fn absent_classes_as_scikit_learn() {
    let positive = [false, false, true, true];
    // Class 2 is predicted, but no case has it as reference.
    let cases = recipe(4, Some(2), None);
    let predicted = [
        0.0967741935483871,
        0.9655172413793104,
        0.17142857142857143,
        0.46568561872909703,
        0.3220528940709621,
        0.1071428571428572,
        1.1666666666666667,
        0.062104781183728544,
        0.2996744791666667,
        0.8439446410626879,
    ];
    check(&FURTHER, &cases, &unequal_weights(&cases), &positive, &predicted);
    // Class 2 occurs nowhere, yet keeps its place between classes 1 and 3.
    let cases = recipe(4, Some(2), Some(2));
    let nowhere = [
        0.2727272727272727,
        0.9795918367346939,
        0.4,
        0.7739860139860141,
        0.5844527598560116,
        0.47429906542056066,
        0.5,
        0.062104781183728544,
        0.2996744791666667,
        0.8439446410626879,
    ];
    check(&FURTHER, &cases, &unequal_weights(&cases), &positive, &nowhere);
}

/// `average_precision_score` of stratum 7 (one positive), of stratum 0 (two), and of all nine cases in one stratum:
/// 0.5, 0.8333333333333333 and 0.6916666666666667.
#[test]
fn average_precision_compares_within_a_stratum() {
    // Nothing is to be ranked in a stratum of positives.
    let cases = [&STRATA[..], &[scored(5, 1, 0.7)]].concat();
    let found = value(Metric::AveragePrecision, SIDES, &cases, &[1.0; 9]).unwrap();
    assert!((found - (0.5 + 2.0 * 0.8333333333333333) / 3.0).abs() < 1e-12, "{found}");
    let pooled: Vec<Case> = cases.iter().map(|case| Case { stratum: 0, ..*case }).collect();
    let found = value(Metric::AveragePrecision, SIDES, &pooled, &[1.0; 9]).unwrap();
    assert!((found - 0.6916666666666667).abs() < 1e-12, "{found}");
}

#[test]
fn what_needs_the_other_side_has_no_value_without_it() {
    let of = |metric, cases: &[Case]| value(metric, SIDES, cases, &vec![1.0; cases.len()]);
    let positives = [scored(0, 1, 0.5), scored(0, 1, 0.6)];
    for metric in [Metric::Npv, Metric::Mcc, Metric::LinearKappa, Metric::AveragePrecision] {
        assert_eq!(of(metric, &positives), None, "{} of positives", metric.name());
    }
    let negatives = [scored(0, 0, 0.5), scored(0, 0, 0.4)];
    for metric in [Metric::Ppv, Metric::F1, Metric::Mcc, Metric::LinearKappa, Metric::AveragePrecision] {
        assert_eq!(of(metric, &negatives), None, "{} of negatives", metric.name());
    }
    // Nothing is called positive: there is no share of that, and F1 is 0.
    let missed = [scored(0, 0, 0.5), Case { predicted: 0, ..scored(0, 1, 0.4) }];
    for (metric, expected) in [(Metric::Ppv, None), (Metric::F1, Some(0.0)), (Metric::Mcc, None)] {
        assert_eq!(of(metric, &missed), expected, "{} of nothing called positive", metric.name());
    }
    // What holds a case against itself needs no other: by hand, (0.5² + 0.4²) / 2.
    for (metric, expected) in [(Metric::WeightedF1, 1.0), (Metric::OrdinalMae, 0.0), (Metric::Brier, 0.205)] {
        let found = of(metric, &positives).unwrap();
        assert!((found - expected).abs() < 1e-12, "{} of positives: {found}", metric.name());
    }
}

#[test]
fn certainty_costs_a_finite_loss_and_the_same_on_either_side() {
    let loss = |case: Case| value(Metric::LogLoss, SIDES, &[case], &[1.0]).unwrap();
    // A sum of probabilities may exceed 1 by a rounding.
    for (right, wrong) in
        [(scored(0, 1, 1.0 + f64::EPSILON), scored(0, 1, 0.0)), (scored(0, 0, 0.0), scored(0, 0, 1.0))]
    {
        assert_eq!(loss(right).to_bits(), 0.0_f64.to_bits());
        assert_eq!(loss(wrong), -libm::log(1e-15));
    }
}
