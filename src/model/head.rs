//! The linear head on the mean over time, and the logarithm of the softmax.

/// Sizes of a head. Its parameters are `weight [classes][hidden]` and `bias [classes]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub hidden: usize,
    pub classes: usize,
}

impl Head {
    pub fn parameters(&self) -> usize {
        self.classes * (self.hidden + 1)
    }

    /// The mean over time, `[clip][hidden]`.
    fn means(&self, states: &[f32], frames: usize) -> Vec<f32> {
        let mut means = vec![0.0; states.len() / frames];
        for (mean, clip) in means.chunks_exact_mut(self.hidden).zip(states.chunks_exact(frames * self.hidden)) {
            for state in clip.chunks_exact(self.hidden) {
                mean.iter_mut().zip(state).for_each(|(mean, value)| *mean += value);
            }
            mean.iter_mut().for_each(|mean| *mean /= frames as f32);
        }
        means
    }

    /// Logits `[clip][class]` of states `[clip][frame][hidden]`.
    pub fn forward(&self, parameters: &[f32], states: &[f32], frames: usize) -> Vec<f32> {
        let (weights, biases) = parameters.split_at(self.classes * self.hidden);
        let mut logits = Vec::new();
        for mean in self.means(states, frames).chunks_exact(self.hidden) {
            for (weights, bias) in weights.chunks_exact(self.hidden).zip(biases) {
                logits.push(weights.iter().zip(mean).fold(*bias, |sum, (weight, value)| sum + weight * value));
            }
        }
        logits
    }

    /// Adds the gradients of states and parameters, given that of the logits.
    pub fn backward(
        &self,
        parameters: &[f32],
        states: &[f32],
        frames: usize,
        logits: &[f32],
        state_gradient: &mut [f32],
        gradient: &mut [f32],
    ) {
        let (weights, _) = parameters.split_at(self.classes * self.hidden);
        let (weight_gradient, bias_gradient) = gradient.split_at_mut(self.classes * self.hidden);
        let means = self.means(states, frames);
        let clips = logits.chunks_exact(self.classes).zip(means.chunks_exact(self.hidden));
        for ((logits, mean), told) in clips.zip(state_gradient.chunks_exact_mut(frames * self.hidden)) {
            let mut shared = vec![0.0; self.hidden];
            for (class, &logit) in logits.iter().enumerate() {
                let row = class * self.hidden..(class + 1) * self.hidden;
                weight_gradient[row.clone()].iter_mut().zip(mean).for_each(|(sum, value)| *sum += logit * value);
                shared.iter_mut().zip(&weights[row]).for_each(|(sum, weight)| *sum += logit * weight);
                bias_gradient[class] += logit;
            }
            for state in told.chunks_exact_mut(self.hidden) {
                state.iter_mut().zip(&shared).for_each(|(sum, value)| *sum += value / frames as f32);
            }
        }
    }
}

/// `ln softmax` of one clip's logits, in f64.
pub(super) fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().fold(f64::NEG_INFINITY, |largest, &value| f64::from(value).max(largest));
    let total: f64 = logits.iter().map(|&value| libm::exp(f64::from(value) - largest)).sum();
    let shift = largest + libm::log(total);
    logits.iter().map(|&value| f64::from(value) - shift).collect()
}

/// Adds the gradient of the logits of [`log_softmax`] given that of its values.
pub(super) fn log_softmax_backward(values: &[f32], told: &[f32], gradient: &mut [f32]) {
    let total: f64 = told.iter().map(|&value| f64::from(value)).sum();
    for ((gradient, &value), &told) in gradient.iter_mut().zip(values).zip(told) {
        *gradient += (f64::from(told) - libm::exp(f64::from(value)) * total) as f32;
    }
}
