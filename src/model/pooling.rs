//! From what is known of each frame to one clip.

use super::elementary::{exp, tanh};
use super::gates::Told;
use super::network::{Start, Tensor};

/// The mean over time, `[clip][width]`, of `[clip][frame][width]`.
pub(super) fn mean(states: &[f32], frames: usize, width: usize) -> Vec<f32> {
    let mut means = vec![0.0; states.len() / frames];
    for (mean, clip) in means.chunks_exact_mut(width).zip(states.chunks_exact(frames * width)) {
        for state in clip.chunks_exact(width) {
            mean.iter_mut().zip(state).for_each(|(mean, value)| *mean += value);
        }
        mean.iter_mut().for_each(|mean| *mean /= frames as f32);
    }
    means
}

/// Adds the gradient of the states, given that of their mean.
pub(super) fn mean_backward(told: &[f32], frames: usize, width: usize, states: &mut [f32]) {
    for (clip, told) in states.chunks_exact_mut(frames * width).zip(told.chunks_exact(width)) {
        for state in clip.chunks_exact_mut(width) {
            state.iter_mut().zip(told).for_each(|(sum, value)| *sum += value / frames as f32);
        }
    }
}

/// For each clip the row of its frame with the greatest expected class, classes being ordered by severity; the first
/// of several. With two classes that is the frame with the greatest probability of the second, so that a clip is judged
/// by the maximum over its frames (the clip baseline of Lucassen et al. 2023). `logits` is `[clip · frame][class]`.
pub(super) fn severest(logits: &[f32], frames: usize, classes: usize) -> Vec<usize> {
    let severity = |row: &[f32]| -> f64 {
        let logarithms = super::head::log_softmax(row);
        logarithms.iter().enumerate().map(|(class, value)| class as f64 * libm::exp(*value)).sum()
    };
    let rows: Vec<f64> = logits.chunks_exact(classes).map(severity).collect();
    rows.chunks_exact(frames)
        .enumerate()
        .map(|(clip, rows)| {
            // A NaN is taken, so that it is seen in the loss.
            let better = |row: f64, best: f64| row > best || row.is_nan();
            let best = (1..frames).fold(0, |best, frame| if better(rows[frame], rows[best]) { frame } else { best });
            clip * frames + best
        })
        .collect()
}

/// A weighted mean over time whose weights are learned (Bahdanau et al. 2015; for bags of instances Ilse et al. 2018):
/// `e = w · tanh(V h + b)` for each frame, `a = softmax over time of e`, and the clip is `Σ a h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attention {
    pub inputs: usize,
    pub hidden: usize,
}

/// What attention made of each frame.
#[derive(Debug)]
pub(super) struct Attended {
    /// `tanh(V h + b)`, `[clip · frame][hidden]`.
    bent: Vec<f32>,
    /// `[clip · frame]`.
    weights: Vec<f32>,
}

impl Attention {
    /// As `Sequential(Linear(inputs, hidden), Tanh(), Linear(hidden, 1, bias=False))` would be named.
    pub fn tensors(&self) -> Vec<Tensor> {
        let start = |width: usize| Start::Uniform { bound: 1.0 / (width as f64).sqrt(), stream: u64::MAX };
        vec![
            Tensor::new("attention.0.weight", &[self.hidden, self.inputs], start(self.inputs)),
            Tensor::new("attention.0.bias", &[self.hidden], start(self.inputs)),
            Tensor::new("attention.2.weight", &[1, self.hidden], start(self.hidden)),
        ]
    }

    fn split<'a>(&self, parameters: &'a [f32]) -> [&'a [f32]; 3] {
        let (matrix, rest) = parameters.split_at(self.hidden * self.inputs);
        let (bias, scores) = rest.split_at(self.hidden);
        [matrix, bias, scores]
    }

    /// The weighted means `[clip][inputs]` of `[clip][frame][inputs]`.
    pub fn forward(&self, parameters: &[f32], states: &[f32], frames: usize) -> (Vec<f32>, Attended) {
        let [matrix, bias, scores] = self.split(parameters);
        let mut bent = Vec::with_capacity(states.len() / self.inputs * self.hidden);
        let mut weights = Vec::with_capacity(states.len() / self.inputs);
        for state in states.chunks_exact(self.inputs) {
            let mut score = 0.0;
            for ((row, bias), factor) in matrix.chunks_exact(self.inputs).zip(bias).zip(scores) {
                let value = tanh(row.iter().zip(state).fold(*bias, |sum, (weight, value)| sum + weight * value));
                bent.push(value);
                score += factor * value;
            }
            weights.push(score);
        }
        for clip in weights.chunks_exact_mut(frames) {
            let largest = clip.iter().fold(f32::NEG_INFINITY, |largest, &score| largest.max(score));
            clip.iter_mut().for_each(|score| *score = exp(*score - largest));
            let total: f32 = clip.iter().sum();
            clip.iter_mut().for_each(|score| *score /= total);
        }
        let mut out = vec![0.0; states.len() / frames];
        let clips = states.chunks_exact(frames * self.inputs).zip(weights.chunks_exact(frames));
        for ((clip, weights), out) in clips.zip(out.chunks_exact_mut(self.inputs)) {
            for (state, weight) in clip.chunks_exact(self.inputs).zip(weights) {
                out.iter_mut().zip(state).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        (out, Attended { bent, weights })
    }

    /// Adds the gradients of states and parameters, given that of the weighted means.
    pub fn backward(
        &self,
        parameters: &[f32],
        states: &[f32],
        frames: usize,
        attended: &Attended,
        means: &[f32],
        told: Told<'_>,
    ) {
        let Told { inputs: input_gradient, parameters: gradient } = told;
        let [matrix, _, scores] = self.split(parameters);
        let (matrix_told, rest) = gradient.split_at_mut(self.hidden * self.inputs);
        let (bias_told, scores_told) = rest.split_at_mut(self.hidden);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b);
        for (clip, means) in means.chunks_exact(self.inputs).enumerate() {
            let rows = clip * frames..(clip + 1) * frames;
            let state = |row: usize| &states[row * self.inputs..][..self.inputs];
            let by_weight: Vec<f32> = rows.clone().map(|row| dot(means, state(row))).collect();
            let expected = dot(&by_weight, &attended.weights[rows.clone()]);
            for (row, by_weight) in rows.zip(by_weight) {
                let weight = attended.weights[row];
                let score = weight * (by_weight - expected);
                let inputs = &mut input_gradient[row * self.inputs..][..self.inputs];
                inputs.iter_mut().zip(means).for_each(|(sum, mean)| *sum += weight * mean);
                for unit in 0..self.hidden {
                    let bent = attended.bent[row * self.hidden + unit];
                    scores_told[unit] += score * bent;
                    let before = score * scores[unit] * (1.0 - bent * bent);
                    bias_told[unit] += before;
                    let span = unit * self.inputs..(unit + 1) * self.inputs;
                    matrix_told[span.clone()]
                        .iter_mut()
                        .zip(state(row))
                        .for_each(|(sum, value)| *sum += before * value);
                    inputs.iter_mut().zip(&matrix[span]).for_each(|(sum, weight)| *sum += before * weight);
                }
            }
        }
    }
}
