//! Logistic recalibration (Cox, Biometrika 1958;45:562-565): how the log odds of being positive depend on those that were
//! predicted,
//!
//! ```text
//! logit P(positive) = intercept + slope · logit(probability)
//! ```
//!
//! shared by the calibration slope (both are fitted) and the calibration intercept (the slope is 1). Fitted by maximum
//! likelihood, cases weighing as told, all strata pooled. A probability is taken for one from 1e-15 to 1 - 1e-15.

use super::probability::LEAST;

/// How many steps a fit may take; a handful is usual.
const STEPS: usize = 100;

/// A step that changes less than this, against the size of what it changes, is the last: the next would be about its square.
const SMALL: f64 = 1e-9;

/// A case as it is fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logit {
    unit: u32,
    positive: bool,
    /// The log odds that were predicted.
    predicted: f64,
}

impl Logit {
    pub(super) fn new(unit: u32, probability: f64, positive: bool) -> Self {
        let probability = probability.clamp(LEAST, 1.0 - LEAST);
        Self { unit, positive, predicted: libm::log(probability) - libm::log1p(-probability) }
    }
}

/// What is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fitted {
    /// Intercept and slope.
    Both,
    /// The intercept, with a slope of 1.
    Intercept,
}

/// A case of some weight.
struct Weighed {
    weight: f64,
    positive: f64,
    predicted: f64,
}

/// Slope of the log-likelihood, and its curvature with the sign turned.
#[derive(Default)]
struct Shape {
    gradient: [f64; 2],
    curvature: [f64; 3],
}

/// Intercept and slope, fitted from `start`. `None` where there is no finite best fit: a side has no weight, or, with a slope
/// to fit, no probability of a positive case lies below one of a negative case or none above (Albert & Anderson,
/// Biometrika 1984;71:1-10).
pub(super) fn fit(logits: &[Logit], weights: &[f64], fitted: Fitted, start: [f64; 2]) -> Option<[f64; 2]> {
    let cases: Vec<Weighed> = logits
        .iter()
        .filter(|case| weights[case.unit as usize] > 0.0)
        .map(|case| Weighed {
            weight: weights[case.unit as usize],
            positive: f64::from(u8::from(case.positive)),
            predicted: case.predicted,
        })
        .collect();
    if !has_a_best_fit(&cases, fitted) {
        return None;
    }
    let mut at = start;
    let mut shape = shape(&cases, at);
    for _ in 0..STEPS {
        let step = step(&shape, fitted)?;
        let along = |shape: &Shape| shape.gradient[0] * step[0] + shape.gradient[1] * step[1];
        let rise = along(&shape);
        // The log-likelihood is concave: a step is too long where it falls steeply at its end.
        let mut share = 1.0;
        let (next, shape_there) = loop {
            let next = [at[0] + share * step[0], at[1] + share * step[1]];
            let there = self::shape(&cases, next);
            if along(&there) >= -0.5 * rise || share < 1e-18 {
                break (next, there);
            }
            share /= 2.0;
        };
        let is_small = (0..2).all(|of| (next[of] - at[of]).abs() <= SMALL * (1.0 + next[of].abs()));
        (at, shape) = (next, shape_there);
        if is_small {
            return Some(at);
        }
    }
    None
}

fn has_a_best_fit(cases: &[Weighed], fitted: Fitted) -> bool {
    let range = |side: f64| {
        let of = cases.iter().filter(|case| case.positive == side).map(|case| case.predicted);
        of.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
    };
    let (negative, positive) = (range(0.0), range(1.0));
    match fitted {
        Fitted::Intercept => negative.0 <= negative.1 && positive.0 <= positive.1,
        Fitted::Both => positive.0 < negative.1 && negative.0 < positive.1,
    }
}

fn shape(cases: &[Weighed], [intercept, slope]: [f64; 2]) -> Shape {
    let mut shape = Shape::default();
    for case in cases {
        let odds = intercept + slope * case.predicted;
        let small = libm::exp(-odds.abs());
        let larger = 1.0 / (1.0 + small);
        let expected = if odds >= 0.0 { larger } else { small * larger };
        let residual = case.weight * (case.positive - expected);
        let spread = case.weight * small * larger * larger;
        shape.gradient[0] += residual;
        shape.gradient[1] += residual * case.predicted;
        shape.curvature[0] += spread;
        shape.curvature[1] += spread * case.predicted;
        shape.curvature[2] += spread * case.predicted * case.predicted;
    }
    shape
}

/// Newton's step; `None` where the likelihood is too flat to tell one.
fn step(shape: &Shape, fitted: Fitted) -> Option<[f64; 2]> {
    let ([up, along], [first, mixed, second]) = (shape.gradient, shape.curvature);
    let step = match fitted {
        Fitted::Intercept => [up / first, 0.0],
        Fitted::Both => {
            let determinant = first * second - mixed * mixed;
            [(second * up - mixed * along) / determinant, (first * along - mixed * up) / determinant]
        }
    };
    step.iter().all(|step| step.is_finite()).then_some(step)
}
