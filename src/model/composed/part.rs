//! One part of the parameters on a device, and its tensors, taken off the front one after the other.

use super::graph::{Graph, Matrix, Vector};
use crate::model::ModelError;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use std::ops::Range;

pub(super) struct Part<'g, D: Device<f32>, T> {
    pub graph: &'g Graph<D, T>,
    all: &'g Vector<D>,
    taken: usize,
}

impl<'g, D: Device<f32>, T: Tape<f32, D>> Part<'g, D, T> {
    pub fn new(graph: &'g Graph<D, T>, all: &'g Vector<D>) -> Self {
        Part { graph, all, taken: 0 }
    }

    fn next(&mut self, len: usize) -> Range<usize> {
        self.taken += len;
        self.taken - len..self.taken
    }

    pub fn vector(&mut self, len: usize) -> Result<Vector<D>, ModelError> {
        let which = self.graph.index(self.next(len).collect())?;
        self.graph.numbers(self.all, &which)
    }

    /// `[outputs][inputs]`, with a row for each input.
    pub fn matrix(&mut self, outputs: usize, inputs: usize) -> Result<Matrix<D>, ModelError> {
        let from = self.next(outputs * inputs).start;
        let cell = |at: usize| from + at % outputs * inputs + at / outputs;
        self.picked((0..outputs * inputs).map(cell).collect(), inputs, outputs)
    }

    /// The weights of a convolution, `[outputs][inputs][taps]`, with a row for each tap and input.
    pub fn kernels(&mut self, outputs: usize, inputs: usize, taps: usize) -> Result<Matrix<D>, ModelError> {
        let from = self.next(taps * outputs * inputs).start;
        let cell = |at: usize| {
            let (row, output) = (at / outputs, at % outputs);
            from + (output * inputs + row % inputs) * taps + row / inputs
        };
        self.picked((0..taps * outputs * inputs).map(cell).collect(), taps * inputs, outputs)
    }

    fn picked(&self, which: Vec<usize>, rows: usize, columns: usize) -> Result<Matrix<D>, ModelError> {
        let numbers = self.graph.numbers(self.all, &self.graph.index(which)?)?;
        self.graph.shaped(&numbers, (rows, columns))
    }
}
