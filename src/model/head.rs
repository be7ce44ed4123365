//! The linear layer at the end, dropout before it, and the logarithm of the softmax.

use super::gates::Told;
use super::network::{Start, Tensor};
use crate::random;
use rand::Rng;

/// Sizes of a linear layer. Its parameters are `weight [outputs][inputs]` and `bias [outputs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Linear {
    pub inputs: usize,
    pub outputs: usize,
}

impl Linear {
    /// `head`, uniform within ±1/√inputs, as PyTorch does.
    pub fn tensors(&self) -> Vec<Tensor> {
        let start = Start::Uniform { bound: 1.0 / (self.inputs as f64).sqrt(), stream: 1 };
        vec![
            Tensor::new("head.weight", &[self.outputs, self.inputs], start),
            Tensor::new("head.bias", &[self.outputs], start),
        ]
    }

    /// `[row][output]` of `[row][input]`.
    pub fn forward(&self, parameters: &[f32], rows: &[f32]) -> Vec<f32> {
        let (weights, biases) = parameters.split_at(self.outputs * self.inputs);
        let mut out = Vec::with_capacity(rows.len() / self.inputs * self.outputs);
        for row in rows.chunks_exact(self.inputs) {
            for (weights, bias) in weights.chunks_exact(self.inputs).zip(biases) {
                out.push(weights.iter().zip(row).fold(*bias, |sum, (weight, value)| sum + weight * value));
            }
        }
        out
    }

    /// Adds the gradients of rows and parameters, given that of the outputs.
    pub fn backward(&self, parameters: &[f32], rows: &[f32], outputs: &[f32], told: Told<'_>) {
        let Told { inputs, parameters: gradient } = told;
        let (weights, _) = parameters.split_at(self.outputs * self.inputs);
        let (weights_told, biases_told) = gradient.split_at_mut(self.outputs * self.inputs);
        let each = outputs.chunks_exact(self.outputs).zip(rows.chunks_exact(self.inputs));
        for ((outputs, row), told) in each.zip(inputs.chunks_exact_mut(self.inputs)) {
            for (number, &output) in outputs.iter().enumerate() {
                let span = number * self.inputs..(number + 1) * self.inputs;
                weights_told[span.clone()].iter_mut().zip(row).for_each(|(sum, value)| *sum += output * value);
                told.iter_mut().zip(&weights[span]).for_each(|(sum, weight)| *sum += output * weight);
                biases_told[number] += output;
            }
        }
    }
}

/// What each of so many numbers is multiplied with: 0 for a share of about `rate`, `1 / (1 − rate)` for the others
/// (Srivastava et al. 2014). Depends on seed and update alone.
pub(super) fn dropout(rate: f64, len: usize, seed: u64, update: u64) -> Vec<f32> {
    let mut draws = random::stream(seed, "dropout", &[update]);
    let kept = (1.0 / (1.0 - rate)) as f32;
    let bound = (rate * f64::from(u32::MAX)) as u32;
    (0..len).map(|_| if draws.next_u32() < bound { 0.0 } else { kept }).collect()
}

/// `ln softmax` of one row of logits, in f64.
pub(super) fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().fold(f64::NEG_INFINITY, |largest, &value| f64::from(value).max(largest));
    let total: f64 = logits.iter().map(|&value| libm::exp(f64::from(value) - largest)).sum();
    let shift = largest + libm::log(total);
    logits.iter().map(|&value| f64::from(value) - shift).collect()
}
