//! Long short-term memory over time (Hochreiter & Schmidhuber 1997, with forget gates of Gers et al. 2000), as PyTorch's.
//!
//! With gates in the order input, forget, cell, output, and `·` over the columns of the weights:
//! `i = σ(Wi x + bi + Ui h + ci)`, `f = σ(…)`, `g = tanh(…)`, `o = σ(…)`, `c ← f c + i g`, `h ← o tanh(c)`, from
//! `c = h = 0`.

use super::composed::Unit;
use super::elementary::{logistic, tanh};
use super::gates::{Gates, Sums, Told};
use super::lanes::Level;
use super::matrix::Matrix;
use super::network::Tensor;
use super::recurrence::{Frames, Memory, Recurrence};

/// Sizes of a unit; its parameters are those of [`Gates`] with four gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lstm {
    pub inputs: usize,
    pub hidden: usize,
}

/// What a forward pass leaves for the backward pass, as of the gated recurrent unit.
#[derive(Debug)]
struct Kept {
    gates: Gates,
    /// One more time step than the others: before the first.
    states: Matrix,
    cells: Matrix,
    /// Input, forget, cell and output gate.
    open: [Matrix; 4],
}

impl Lstm {
    fn gates(&self) -> Gates {
        Gates { gates: 4, inputs: self.inputs, hidden: self.hidden }
    }
}

impl Recurrence for Lstm {
    fn outputs(&self) -> usize {
        self.hidden
    }

    fn unit(&self) -> Unit {
        Unit::Lstm(self.gates())
    }

    fn tensors(&self, suffix: &str) -> Vec<Tensor> {
        self.gates().tensors("lstm", suffix, 0)
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
        let all = || Matrix::zeros((frames + 1) * clips, self.hidden);
        let open = [(); 4].map(|()| Matrix::zeros(frames * clips, self.hidden));
        let mut kept = Kept { gates, states: all(), cells: all(), open };
        let mut states = vec![0.0; clips * frames * self.hidden];
        for time in 0..frames {
            let mut inner = start.clone();
            let from = time * clips * padded;
            inner.add_product(&kept.states.flat()[from..from + clips * padded], padded, 1, &recurrent, level);
            for clip in 0..clips {
                let row = time * clips + clip;
                let (x, h) = (outer.row(clip * frames + time), inner.row(clip));
                for unit in 0..self.hidden {
                    let sum = |gate: usize| x[gate * padded + unit] + h[gate * padded + unit];
                    let [i, f, o] = [0, 1, 3].map(|gate| logistic(sum(gate)));
                    let g = tanh(sum(2));
                    let cell = f * kept.cells.row(row)[unit] + i * g;
                    let state = o * tanh(cell);
                    for (gate, value) in kept.open.iter_mut().zip([i, f, g, o]) {
                        gate.row_mut(row)[unit] = value;
                    }
                    kept.cells.row_mut(row + clips)[unit] = cell;
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
        // Gradients of the four gates' sums, as the inputs and as the states see them: the same in another order.
        let mut outer = Matrix::zeros(clips * frames, wide);
        let mut inner = Matrix::zeros(frames * clips, wide);
        let mut state_carried = Matrix::zeros(clips, hidden);
        let mut cell_carried = Matrix::zeros(clips, hidden);
        for time in (0..frames).rev() {
            for clip in 0..clips {
                let row = time * clips + clip;
                let [i, f, g, o] = [0, 1, 2, 3].map(|gate: usize| self.open[gate].row(row));
                let (before, after) = (self.cells.row(row), self.cells.row(row + clips));
                let told = &states[(clip * frames + time) * hidden..][..hidden];
                for unit in 0..hidden {
                    let [i, f, g, o] = [i[unit], f[unit], g[unit], o[unit]];
                    let state = state_carried.row(clip)[unit] + told[unit];
                    let bent = tanh(after[unit]);
                    let cell = cell_carried.row(clip)[unit] + state * o * (1.0 - bent * bent);
                    let sums = [
                        cell * g * i * (1.0 - i),
                        cell * before[unit] * f * (1.0 - f),
                        cell * i * (1.0 - g * g),
                        state * bent * o * (1.0 - o),
                    ];
                    for (gate, value) in sums.into_iter().enumerate() {
                        outer.row_mut(clip * frames + time)[gate * padded + unit] = value;
                        inner.row_mut(row)[gate * padded + unit] = value;
                    }
                    cell_carried.row_mut(clip)[unit] = cell * f;
                }
            }
            let from = time * clips * wide;
            state_carried = Matrix::zeros(clips, hidden);
            state_carried.add_product(&inner.flat()[from..from + clips * wide], wide, 1, &recurrent, level);
        }
        let before = self.states.first_rows(frames * clips);
        let sums = Sums { outer: &outer, inner: &inner, before: &before };
        self.gates.follow(parameters, inputs.values, &sums, told, level);
    }
}
