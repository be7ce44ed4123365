//! The terms. Each adds `share` times its gradient and returns `share` times its value; sums over clips, frames and
//! pixels are means over their number, whatever the weights.

use super::Targets;
use crate::model::head::log_softmax;

/// `−mean over clips of weight · Σ class weight · target · (1 − p)^γ · ln p` (cross-entropy with γ = 0).
pub(super) fn classes(logits: &[f32], targets: &Targets, share: f64, gamma: f64, gradient: &mut [f64]) -> f64 {
    let classes = targets.class_weights.len();
    let scale = share * classes as f64 / logits.len() as f64;
    let rows = logits.chunks_exact(classes).zip(targets.values.chunks_exact(classes)).zip(&targets.weights);
    let mut sum = 0.0;
    for (((row, target), weight), gradient) in rows.zip(gradient.chunks_exact_mut(classes)) {
        let weight = f64::from(*weight);
        let logarithms = log_softmax(row);
        let p: Vec<f64> = logarithms.iter().map(|value| libm::exp(*value)).collect();
        // By the logarithm of each probability.
        let slopes: Vec<f64> = (0..classes)
            .map(|class| {
                let share = weight * f64::from(targets.class_weights[class]) * f64::from(target[class]);
                // A class with no share is no part of the sum, however improbable it is.
                if share == 0.0 {
                    return 0.0;
                }
                let (value, slope) = focal(logarithms[class], p[class], gamma);
                sum += share * value;
                share * slope
            })
            .collect();
        let total: f64 = slopes.iter().sum();
        for (class, gradient) in gradient.iter_mut().enumerate() {
            *gradient += scale * (slopes[class] - p[class] * total);
        }
    }
    scale * sum
}

/// `−(1 − p)^γ ln p` and its derivative by `ln p`.
fn focal(logarithm: f64, p: f64, gamma: f64) -> (f64, f64) {
    if gamma == 0.0 {
        return (-logarithm, -1.0);
    }
    let far = libm::pow(1.0 - p, gamma);
    let near = if p < 1.0 { gamma * libm::pow(1.0 - p, gamma - 1.0) * p * logarithm } else { 0.0 };
    (-far * logarithm, near - far)
}

/// `ln σ(x)`, without overflow.
fn log_logistic(x: f64) -> f64 {
    if x < 0.0 { x - libm::log1p(libm::exp(x)) } else { -libm::log1p(libm::exp(-x)) }
}

/// The same for one number a pixel: `−mean over pixels of weight · (class weight · target · (1 − p)^γ · ln p +
/// (1 − target) · p^γ · ln (1 − p))`.
pub(super) fn pixels(logits: &[f32], targets: &Targets, share: f64, gamma: f64, gradient: &mut [f64]) -> f64 {
    let area = logits.len() / targets.weights.len().max(1);
    let scale = share / logits.len() as f64;
    let belongs = f64::from(targets.class_weights[0]);
    let mut sum = 0.0;
    for (index, ((&logit, &target), gradient)) in logits.iter().zip(&targets.values).zip(gradient).enumerate() {
        let weight = f64::from(targets.weights[index / area]);
        let (logit, target) = (f64::from(logit), f64::from(target));
        let (inside, outside) = (log_logistic(logit), log_logistic(-logit));
        let p = libm::exp(inside);
        let (in_value, in_slope) = focal(inside, p, gamma);
        let (out_value, out_slope) = focal(outside, 1.0 - p, gamma);
        let (yes, no) = (weight * belongs * target, weight * (1.0 - target));
        sum += yes * in_value + no * out_value;
        *gradient += scale * (yes * in_slope * (1.0 - p) - no * out_slope * p);
    }
    scale * sum
}

/// `mean over frames of weight · (1 − (2 Σ p t + ε) / (Σ p + Σ t + ε))`, `ε = 1e-5`: MONAI's `DiceLoss(sigmoid=True)`.
pub(super) fn dice(logits: &[f32], targets: &Targets, area: usize, share: f64, gradient: &mut [f64]) -> f64 {
    const EPSILON: f64 = 1e-5;
    let scale = share * area as f64 / logits.len() as f64;
    let frames = logits.chunks_exact(area).zip(targets.values.chunks_exact(area)).zip(&targets.weights);
    let mut sum = 0.0;
    for (((logits, values), weight), gradient) in frames.zip(gradient.chunks_exact_mut(area)) {
        let weight = f64::from(*weight);
        let p: Vec<f64> = logits.iter().map(|&logit| libm::exp(log_logistic(f64::from(logit)))).collect();
        let (mut both, mut all) = (0.0, 0.0);
        for (p, &value) in p.iter().zip(values) {
            both += p * f64::from(value);
            all += p + f64::from(value);
        }
        let (above, below) = (2.0 * both + EPSILON, all + EPSILON);
        sum += weight * (1.0 - above / below);
        for ((gradient, p), &value) in gradient.iter_mut().zip(p).zip(values) {
            let slope = (above / below - 2.0 * f64::from(value)) / below;
            *gradient += scale * weight * slope * p * (1.0 - p);
        }
    }
    scale * sum
}
