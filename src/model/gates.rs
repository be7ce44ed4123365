//! What recurrent units share: weights of several gates side by side, filled up to whole blocks of sixteen units.

use super::lanes::{Level, blocks};
use super::matrix::Matrix;
use super::network::{Start, Tensor};

/// Sizes of a unit. Its parameters are, as in PyTorch, `weight_ih [gates·hidden][inputs]`, `weight_hh
/// [gates·hidden][hidden]`, `bias_ih [gates·hidden]`, `bias_hh [gates·hidden]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gates {
    pub gates: usize,
    pub inputs: usize,
    pub hidden: usize,
}

impl Gates {
    /// Hidden units filled up to whole blocks: the width of one gate.
    pub fn padded(&self) -> usize {
        blocks(self.hidden) * 16
    }

    /// The width of all gates.
    pub fn wide(&self) -> usize {
        self.gates * self.padded()
    }

    /// PyTorch's names of the first layer's tensors after `prefix`, such as `gru.weight_ih_l0`; all start uniform
    /// within ±1/√hidden.
    pub fn tensors(&self, prefix: &str, suffix: &str, stream: u64) -> Vec<Tensor> {
        let start = Start::Uniform { bound: 1.0 / (self.hidden as f64).sqrt(), stream };
        let rows = self.gates * self.hidden;
        let named = |name: &str, shape: &[usize]| Tensor::new(format!("{prefix}.{name}_l0{suffix}"), shape, start);
        vec![
            named("weight_ih", &[rows, self.inputs]),
            named("weight_hh", &[rows, self.hidden]),
            named("bias_ih", &[rows]),
            named("bias_hh", &[rows]),
        ]
    }

    /// Weights of inputs and states, then their biases.
    pub fn split<'a>(&self, parameters: &'a [f32]) -> [&'a [f32]; 4] {
        let rows = self.gates * self.hidden;
        let (wi, rest) = parameters.split_at(rows * self.inputs);
        let (wh, rest) = rest.split_at(rows * self.hidden);
        let (bi, bh) = rest.split_at(rows);
        [wi, wh, bi, bh]
    }

    /// Row of the weights for column `column` of all padded gates, if it is one.
    fn row(&self, column: usize) -> Option<usize> {
        let (gate, unit) = (column / self.padded(), column % self.padded());
        (unit < self.hidden).then_some(gate * self.hidden + unit)
    }

    /// Weights `[gates·hidden][width]` transposed: one row for each input, the padded gates as columns.
    pub fn transposed(&self, weights: &[f32], width: usize) -> Matrix {
        Matrix::from_fn(width, self.wide(), |input, column| {
            self.row(column).map_or(0.0, |row| weights[row * width + input])
        })
    }

    /// The same, not transposed: one row for each column of the padded gates.
    pub fn upright(&self, weights: &[f32], width: usize) -> Matrix {
        Matrix::from_fn(self.wide(), width, |column, input| {
            self.row(column).map_or(0.0, |row| weights[row * width + input])
        })
    }

    /// A bias in each of so many rows.
    pub fn bias(&self, values: &[f32], rows: usize) -> Matrix {
        Matrix::from_fn(rows, self.wide(), |_, column| self.row(column).map_or(0.0, |row| values[row]))
    }

    /// Adds the gradients of inputs and parameters, given those of the gates' sums: `outer` as the inputs see them,
    /// `[clip · time]`, and `inner` as the states do, `[time · clip]` like `before`, the states before each step.
    pub fn follow(&self, parameters: &[f32], inputs: &[f32], sums: &Sums<'_>, told: Told<'_>, level: Level) {
        let Told { inputs: input_gradient, parameters: gradient } = told;
        let [wi, ..] = self.split(parameters);
        let (rows, wide, hidden) = (sums.outer.rows, self.wide(), self.hidden);
        let mut back = Matrix::zeros(rows, self.inputs);
        back.add_product(sums.outer.flat(), wide, 1, &self.upright(wi, self.inputs), level);
        for (row, target) in input_gradient.chunks_exact_mut(self.inputs).enumerate() {
            target.iter_mut().zip(back.row(row)).for_each(|(target, value)| *target += value);
        }
        let inputs = Matrix::from_fn(rows, self.inputs, |row, column| inputs[row * self.inputs + column]);
        let mut input_weights = Matrix::zeros(wide, self.inputs);
        input_weights.add_product(sums.outer.flat(), 1, wide, &inputs, level);
        let mut state_weights = Matrix::zeros(wide, hidden);
        state_weights.add_product(sums.inner.flat(), 1, wide, sums.before, level);
        let ones = vec![1.0; rows];
        let (mut input_bias, mut state_bias) = (Matrix::zeros(1, wide), Matrix::zeros(1, wide));
        input_bias.add_product(&ones, 0, 1, sums.outer, level);
        state_bias.add_product(&ones, 0, 1, sums.inner, level);

        let count = self.gates * hidden;
        let (wi, rest) = gradient.split_at_mut(count * self.inputs);
        let (wh, rest) = rest.split_at_mut(count * hidden);
        let (bi, bh) = rest.split_at_mut(count);
        for column in 0..wide {
            let Some(row) = self.row(column) else { continue };
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

/// Gradients of the gates' sums, and the states they were computed from.
#[derive(Debug)]
pub(super) struct Sums<'a> {
    pub outer: &'a Matrix,
    pub inner: &'a Matrix,
    pub before: &'a Matrix,
}

/// Where gradients are added.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub inputs: &'a mut [f32],
    pub parameters: &'a mut [f32],
}
