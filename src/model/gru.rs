//! A gated recurrent unit over time (Cho et al. 2014, in PyTorch's variant: the reset gate multiplies the recurrent
//! product after its bias is added).
//!
//! With gates in the order reset, update, new, and `·` over the columns of the weights:
//! `r = σ(Wr x + br + Ur h + cr)`, `u = σ(Wu x + bu + Uu h + cu)`, `n = tanh(Wn x + bn + r (Un h + cn))`,
//! `h ← (1 − u) n + u h`, from `h = 0`.

use super::composed::Unit;
use super::elementary::{logistic, tanh};
use super::gates::{Gates, Sums, Told};
use super::lanes::Level;
use super::matrix::Matrix;
use super::network::Tensor;
use super::recurrence::{Frames, Memory, Recurrence};

/// Sizes of a unit; its parameters are those of [`Gates`] with three gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gru {
    pub inputs: usize,
    pub hidden: usize,
}

/// What a forward pass leaves for the backward pass. Rows are in the order `[time][clip]`, columns are hidden units,
/// filled up to blocks of sixteen.
#[derive(Debug)]
struct Kept {
    gates: Gates,
    /// One more time step than the others: `h` before the first.
    states: Matrix,
    reset: Matrix,
    update: Matrix,
    new: Matrix,
    /// `Un h + cn`.
    recurrent: Matrix,
}

impl Gru {
    fn gates(&self) -> Gates {
        Gates { gates: 3, inputs: self.inputs, hidden: self.hidden }
    }
}

impl Recurrence for Gru {
    fn outputs(&self) -> usize {
        self.hidden
    }

    fn unit(&self) -> Unit {
        Unit::Gru(self.gates())
    }

    fn tensors(&self, suffix: &str) -> Vec<Tensor> {
        self.gates().tensors("gru", suffix, 0)
    }

    fn forward(&self, parameters: &[f32], inputs: Frames<'_>, level: Level) -> (Vec<f32>, Box<dyn Memory>) {
        let gates = self.gates();
        let Frames { clips, frames, .. } = inputs;
        let [wi, wh, bi, bh] = gates.split(parameters);
        let padded = gates.padded();
        let mut outer = gates.bias(bi, clips * frames);
        outer.add_product(inputs.values, self.inputs, 1, &gates.transposed(wi, self.inputs), level);
        let recurrent = gates.transposed(wh, self.hidden);
        let start = gates.bias(bh, clips);

        let steps = || Matrix::zeros(frames * clips, self.hidden);
        let mut kept = Kept {
            gates,
            states: Matrix::zeros((frames + 1) * clips, self.hidden),
            reset: steps(),
            update: steps(),
            new: steps(),
            recurrent: steps(),
        };
        let mut states = vec![0.0; clips * frames * self.hidden];
        for time in 0..frames {
            let mut inner = start.clone();
            let from = time * clips * padded;
            inner.add_product(&kept.states.flat()[from..from + clips * padded], padded, 1, &recurrent, level);
            for clip in 0..clips {
                let row = time * clips + clip;
                let (x, h) = (outer.row(clip * frames + time), inner.row(clip));
                for unit in 0..self.hidden {
                    let r = logistic(x[unit] + h[unit]);
                    let u = logistic(x[padded + unit] + h[padded + unit]);
                    let candidate = h[2 * padded + unit];
                    let n = tanh(x[2 * padded + unit] + r * candidate);
                    let state = (1.0 - u) * n + u * kept.states.row(row)[unit];
                    kept.reset.row_mut(row)[unit] = r;
                    kept.update.row_mut(row)[unit] = u;
                    kept.new.row_mut(row)[unit] = n;
                    kept.recurrent.row_mut(row)[unit] = candidate;
                    kept.states.row_mut(row + clips)[unit] = state;
                    states[(clip * frames + time) * self.hidden + unit] = state;
                }
            }
        }
        (states, Box::new(kept))
    }
}

impl Memory for Kept {
    fn backward(&self, parameters: &[f32], inputs: Frames<'_>, states: &[f32], told: Told<'_>, level: Level) {
        let [_, wh, _, _] = self.gates.split(parameters);
        let Frames { clips, frames, .. } = inputs;
        let (hidden, padded, wide) = (self.gates.hidden, self.gates.padded(), self.gates.wide());
        let recurrent = self.gates.upright(wh, hidden);
        // Gradients of the three gates' sums: as the inputs see them, `[clip][time]`, and the states, `[time][clip]`.
        let mut outer = Matrix::zeros(clips * frames, wide);
        let mut inner = Matrix::zeros(frames * clips, wide);
        let mut carried = Matrix::zeros(clips, hidden);
        for time in (0..frames).rev() {
            let mut next = Matrix::zeros(clips, hidden);
            for clip in 0..clips {
                let row = time * clips + clip;
                let (r, u, n) = (self.reset.row(row), self.update.row(row), self.new.row(row));
                let (candidate, before) = (self.recurrent.row(row), self.states.row(row));
                let told = &states[(clip * frames + time) * hidden..][..hidden];
                for unit in 0..hidden {
                    let state = carried.row(clip)[unit] + told[unit];
                    let new = state * (1.0 - u[unit]) * (1.0 - n[unit] * n[unit]);
                    let update = state * (before[unit] - n[unit]) * u[unit] * (1.0 - u[unit]);
                    let reset = new * candidate[unit] * r[unit] * (1.0 - r[unit]);
                    for (gates, last) in
                        [(outer.row_mut(clip * frames + time), new), (inner.row_mut(row), new * r[unit])]
                    {
                        gates[unit] = reset;
                        gates[padded + unit] = update;
                        gates[2 * padded + unit] = last;
                    }
                    next.row_mut(clip)[unit] = state * u[unit];
                }
            }
            let from = time * clips * wide;
            next.add_product(&inner.flat()[from..from + clips * wide], wide, 1, &recurrent, level);
            carried = next;
        }
        let before = self.states.first_rows(frames * clips);
        let sums = Sums { outer: &outer, inner: &inner, before: &before };
        self.gates.follow(parameters, inputs.values, &sums, told, level);
    }
}
