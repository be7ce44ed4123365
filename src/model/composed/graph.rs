//! dfdx's own operations on vectors and matrices of any device, on one tape.
//!
//! Tensors carry no tape here: the graph has it, lends it to each operation and takes it back. So a tensor can be read as
//! often as one likes. Without a tape ([`dfdx::tensor::NoneTape`]) nothing is kept for the way back.

use crate::model::ModelError;
use dfdx::shapes::{Axis, HasShape, Shape};
use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{
    BroadcastTo, Device, GatherTo, MeanTo, ReshapeTo, SumTo, TryAdd, TryConcatAlong, TryMatMul, TryMul, TrySub,
};
use std::cell::Cell;

pub(super) type Vector<D> = Tensor<(usize,), f32, D>;
pub(super) type Matrix<D> = Tensor<(usize, usize), f32, D>;
/// Rows, or numbers, of another tensor.
pub(super) type Index<D> = Tensor<(usize,), usize, D>;

/// What a device says when it fails.
pub(super) fn failed(error: impl std::fmt::Debug) -> ModelError {
    ModelError::Device { message: format!("{error:?}") }
}

/// A device, and the tape of what was computed on it.
pub(super) struct Graph<D: Device<f32>, T> {
    device: D,
    tape: Cell<T>,
}

impl<D: Device<f32>, T: Tape<f32, D>> Graph<D, T> {
    pub fn new(device: &D) -> Self {
        Graph { device: device.clone(), tape: Cell::default() }
    }

    /// The tape, at the end.
    pub fn into_tape(self) -> T {
        self.tape.into_inner()
    }

    pub fn vector(&self, values: Vec<f32>) -> Result<Vector<D>, ModelError> {
        let shape = (values.len(),);
        self.device.try_tensor_from_vec(values, shape).map_err(failed)
    }

    pub fn matrix(&self, values: Vec<f32>, columns: usize) -> Result<Matrix<D>, ModelError> {
        let shape = (values.len() / columns, columns);
        self.device.try_tensor_from_vec(values, shape).map_err(failed)
    }

    pub fn index(&self, places: Vec<usize>) -> Result<Index<D>, ModelError> {
        let shape = (places.len(),);
        self.device.try_tensor_from_vec(places, shape).map_err(failed)
    }

    /// An operation on the tape.
    fn on<I: Shape, O: Shape>(
        &self,
        input: &Tensor<I, f32, D>,
        operation: impl FnOnce(Tensor<I, f32, D, T>) -> Result<Tensor<O, f32, D, T>, D::Err>,
    ) -> Result<Tensor<O, f32, D>, ModelError> {
        let output = operation(input.clone().put_tape(self.tape.take())).map_err(failed)?;
        let (output, tape) = output.split_tape();
        self.tape.set(tape);
        Ok(output)
    }

    pub fn rows(&self, matrix: &Matrix<D>, which: &Index<D>) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, |matrix| matrix.try_gather(which.clone()))
    }

    pub fn numbers(&self, vector: &Vector<D>, which: &Index<D>) -> Result<Vector<D>, ModelError> {
        self.on(vector, |vector| vector.try_gather(which.clone()))
    }

    pub fn shaped<I: Shape, O: Shape>(
        &self,
        tensor: &Tensor<I, f32, D>,
        shape: O,
    ) -> Result<Tensor<O, f32, D>, ModelError> {
        self.on(tensor, |tensor| tensor.try_reshape_like(&shape))
    }

    pub fn product(&self, one: &Matrix<D>, other: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(one, |one| one.try_matmul(other.clone()))
    }

    pub fn sum<S: Shape>(
        &self,
        one: &Tensor<S, f32, D>,
        other: &Tensor<S, f32, D>,
    ) -> Result<Tensor<S, f32, D>, ModelError> {
        self.on(one, |one| one.try_add(other.clone()))
    }

    pub fn difference<S: Shape>(
        &self,
        one: &Tensor<S, f32, D>,
        other: &Tensor<S, f32, D>,
    ) -> Result<Tensor<S, f32, D>, ModelError> {
        self.on(one, |one| one.try_sub(other.clone()))
    }

    /// Number by number.
    pub fn times<S: Shape>(
        &self,
        one: &Tensor<S, f32, D>,
        other: &Tensor<S, f32, D>,
    ) -> Result<Tensor<S, f32, D>, ModelError> {
        self.on(one, |one| one.try_mul(other.clone()))
    }

    /// The greater of two, number by number.
    pub fn greater(&self, one: &Matrix<D>, other: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(one, |one| one.try_maximum(other.clone()))
    }

    pub fn rectified(&self, matrix: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, Tensor::try_relu)
    }

    pub fn logistic(&self, matrix: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, Tensor::try_sigmoid)
    }

    pub fn tanh(&self, matrix: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, Tensor::try_tanh)
    }

    pub fn square(&self, matrix: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, Tensor::try_square)
    }

    /// The softmax of each row.
    pub fn shares(&self, matrix: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, |matrix| matrix.try_softmax::<Axis<1>>())
    }

    /// `1 / √(v + more)`.
    pub fn inverse_root(&self, vector: &Vector<D>, more: f64) -> Result<Vector<D>, ModelError> {
        self.on(vector, |vector| vector.try_add(more as f32)?.try_sqrt()?.try_recip())
    }

    pub fn scaled(&self, matrix: &Matrix<D>, factor: f64) -> Result<Matrix<D>, ModelError> {
        self.on(matrix, |matrix| matrix.try_mul(factor as f32))
    }

    /// The mean over rows.
    pub fn mean(&self, matrix: &Matrix<D>) -> Result<Vector<D>, ModelError> {
        self.on(matrix, |matrix| matrix.try_mean::<(usize,), Axis<0>>())
    }

    /// The sum over so many rows, and over the next as many, and so on.
    pub fn sums(&self, matrix: &Matrix<D>, size: usize) -> Result<Matrix<D>, ModelError> {
        let (rows, columns) = *matrix.shape();
        self.on(matrix, |matrix| {
            matrix.try_reshape_like(&(rows / size, size, columns))?.try_sum::<(usize, usize), Axis<1>>()
        })
    }

    /// The same in each of so many rows.
    pub fn in_each_row(&self, vector: &Vector<D>, rows: usize) -> Result<Matrix<D>, ModelError> {
        let (columns,) = *vector.shape();
        self.on(vector, |vector| vector.try_broadcast_like::<_, Axis<0>>(&(rows, columns)))
    }

    /// The same in each of so many columns.
    pub fn in_each_column(&self, vector: &Vector<D>, columns: usize) -> Result<Matrix<D>, ModelError> {
        let (rows,) = *vector.shape();
        self.on(vector, |vector| vector.try_broadcast_like::<_, Axis<1>>(&(rows, columns)))
    }

    /// One beside the other.
    pub fn beside(&self, one: &Matrix<D>, other: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(one, |one| (one, other.clone()).try_concat_along(Axis::<1>))
    }

    /// One above the other.
    pub fn above(&self, one: &Matrix<D>, other: &Matrix<D>) -> Result<Matrix<D>, ModelError> {
        self.on(one, |one| (one, other.clone()).try_concat_along(Axis::<0>))
    }
}
