//! A gated recurrent unit over time (Cho et al. 2014, in PyTorch's variant: the reset gate multiplies the recurrent
//! product after its bias is added).
//!
//! With gates in the order reset, update, new, and `·` over the columns of the weights:
//! `r = σ(Wr x + br + Ur h + cr)`, `u = σ(Wu x + bu + Uu h + cu)`, `n = tanh(Wn x + bn + r (Un h + cn))`,
//! `h ← (1 − u) n + u h`, from `h = 0`.

use super::elementary::{logistic, tanh};
use super::lanes::{Level, blocks};
use super::matrix::Matrix;

/// Sizes of a unit. Its parameters are, as in PyTorch, `weight_ih [3·hidden][inputs]`, `weight_hh [3·hidden][hidden]`,
/// `bias_ih [3·hidden]`, `bias_hh [3·hidden]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gru {
    pub inputs: usize,
    pub hidden: usize,
}

/// What a forward pass leaves for the backward pass. Rows are in the order `[time][clip]`, columns are hidden units,
/// filled up to blocks of sixteen.
#[derive(Debug)]
pub(super) struct Memory {
    clips: usize,
    frames: usize,
    /// One more time step than the others: `h` before the first.
    states: Matrix,
    reset: Matrix,
    update: Matrix,
    new: Matrix,
    /// `Un h + cn`.
    recurrent: Matrix,
}

impl Gru {
    pub fn parameters(&self) -> usize {
        3 * self.hidden * (self.inputs + self.hidden + 2)
    }

    /// Hidden units filled up to whole blocks: the width of one gate.
    fn padded(&self) -> usize {
        blocks(self.hidden) * 16
    }

    fn split<'a>(&self, parameters: &'a [f32]) -> [&'a [f32]; 4] {
        let gates = 3 * self.hidden;
        let (wi, rest) = parameters.split_at(gates * self.inputs);
        let (wh, rest) = rest.split_at(gates * self.hidden);
        let (bi, bh) = rest.split_at(gates);
        [wi, wh, bi, bh]
    }

    /// Row of the weights for column `column` of three padded gates, if it is one.
    fn gate_row(&self, column: usize) -> Option<usize> {
        let (gate, unit) = (column / self.padded(), column % self.padded());
        (unit < self.hidden).then_some(gate * self.hidden + unit)
    }

    /// Weights `[3·hidden][width]` transposed: one row for each input, three padded gates as columns.
    fn transposed(&self, weights: &[f32], width: usize) -> Matrix {
        Matrix::from_fn(width, 3 * self.padded(), |input, column| {
            self.gate_row(column).map_or(0.0, |row| weights[row * width + input])
        })
    }

    /// The same, not transposed: one row for each column of three padded gates.
    fn upright(&self, weights: &[f32], width: usize) -> Matrix {
        Matrix::from_fn(3 * self.padded(), width, |column, input| {
            self.gate_row(column).map_or(0.0, |row| weights[row * width + input])
        })
    }

    /// The states `[clip][frame][hidden]` over `inputs`, `[clip][frame][inputs]`.
    pub fn forward(
        &self,
        parameters: &[f32],
        inputs: &[f32],
        clips: usize,
        frames: usize,
        level: Level,
    ) -> (Vec<f32>, Memory) {
        let [wi, wh, bi, bh] = self.split(parameters);
        let (wide, padded) = (3 * self.padded(), self.padded());
        let bias = |values: &[f32], rows| {
            Matrix::from_fn(rows, wide, |_, column| self.gate_row(column).map_or(0.0, |row| values[row]))
        };
        let mut outer = bias(bi, clips * frames);
        outer.add_product(inputs, self.inputs, 1, &self.transposed(wi, self.inputs), level);
        let recurrent = self.transposed(wh, self.hidden);
        let start = bias(bh, clips);

        let steps = || Matrix::zeros(frames * clips, self.hidden);
        let mut memory = Memory {
            clips,
            frames,
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
            inner.add_product(&memory.states.flat()[from..from + clips * padded], padded, 1, &recurrent, level);
            for clip in 0..clips {
                let row = time * clips + clip;
                let (x, h) = (outer.row(clip * frames + time), inner.row(clip));
                for unit in 0..self.hidden {
                    let r = logistic(x[unit] + h[unit]);
                    let u = logistic(x[padded + unit] + h[padded + unit]);
                    let candidate = h[2 * padded + unit];
                    let n = tanh(x[2 * padded + unit] + r * candidate);
                    let state = (1.0 - u) * n + u * memory.states.row(row)[unit];
                    memory.reset.row_mut(row)[unit] = r;
                    memory.update.row_mut(row)[unit] = u;
                    memory.new.row_mut(row)[unit] = n;
                    memory.recurrent.row_mut(row)[unit] = candidate;
                    memory.states.row_mut(row + clips)[unit] = state;
                    states[(clip * frames + time) * self.hidden + unit] = state;
                }
            }
        }
        (states, memory)
    }

    /// Adds the gradients of inputs and parameters, given that of the states.
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        &self,
        parameters: &[f32],
        inputs: &[f32],
        memory: &Memory,
        states: &[f32],
        input_gradient: &mut [f32],
        gradient: &mut [f32],
        level: Level,
    ) {
        let [wi, wh, _, _] = self.split(parameters);
        let (clips, frames, hidden, padded) = (memory.clips, memory.frames, self.hidden, self.padded());
        let wide = 3 * padded;
        let recurrent = self.upright(wh, hidden);
        // Gradients of the three gates' sums: as the inputs see them, `[clip][time]`, and the states, `[time][clip]`.
        let mut outer = Matrix::zeros(clips * frames, wide);
        let mut inner = Matrix::zeros(frames * clips, wide);
        let mut carried = Matrix::zeros(clips, hidden);
        for time in (0..frames).rev() {
            let mut next = Matrix::zeros(clips, hidden);
            for clip in 0..clips {
                let row = time * clips + clip;
                let (r, u, n) = (memory.reset.row(row), memory.update.row(row), memory.new.row(row));
                let (candidate, before) = (memory.recurrent.row(row), memory.states.row(row));
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

        let mut told = Matrix::zeros(clips * frames, self.inputs);
        told.add_product(outer.flat(), wide, 1, &self.upright(wi, self.inputs), level);
        for (row, target) in input_gradient.chunks_exact_mut(self.inputs).enumerate() {
            target.iter_mut().zip(told.row(row)).for_each(|(target, value)| *target += value);
        }
        let inputs = Matrix::from_fn(clips * frames, self.inputs, |row, column| inputs[row * self.inputs + column]);
        let before = Matrix {
            rows: frames * clips,
            blocks: memory.states.blocks,
            data: memory.states.data[..frames * clips * memory.states.blocks].to_vec(),
        };
        let mut input_weights = Matrix::zeros(wide, self.inputs);
        input_weights.add_product(outer.flat(), 1, wide, &inputs, level);
        let mut state_weights = Matrix::zeros(wide, hidden);
        state_weights.add_product(inner.flat(), 1, wide, &before, level);
        let ones = vec![1.0; clips * frames];
        let (mut input_bias, mut state_bias) = (Matrix::zeros(1, wide), Matrix::zeros(1, wide));
        input_bias.add_product(&ones, 0, 1, &outer, level);
        state_bias.add_product(&ones, 0, 1, &inner, level);

        let (wi, rest) = gradient.split_at_mut(3 * hidden * self.inputs);
        let (wh, rest) = rest.split_at_mut(3 * hidden * hidden);
        let (bi, bh) = rest.split_at_mut(3 * hidden);
        for column in 0..wide {
            let Some(row) = self.gate_row(column) else { continue };
            let add = |target: &mut [f32], values: &[f32]| {
                target.iter_mut().zip(values).for_each(|(target, value)| *target += value);
            };
            add(&mut wi[row * self.inputs..][..self.inputs], input_weights.row(column));
            add(&mut wh[row * hidden..][..hidden], state_weights.row(column));
            bi[row] += input_bias.row(0)[column];
            bh[row] += state_bias.row(0)[column];
        }
    }
}
