//! Convolution, batch normalisation, pooling and upsampling of planes whose pixels are rows and whose channels are columns.

use super::graph::{Graph, Matrix, Vector};
use super::part::Part;
use super::walks::{Walk, Walks};
use crate::model::ModelError;
use crate::model::conv::Plane;
use crate::model::convnet::Running;
use crate::model::device::values;
use crate::model::norm::EPSILON;
use crate::model::upsample::{Between, Upsample, between};
use dfdx::shapes::HasShape;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;

/// What normalisation goes by.
pub(super) enum Norms<'a> {
    /// The batch; running statistics move towards it.
    Batch(&'a mut [Running]),
    Running(&'a [Running]),
}

/// Images under way through the layers.
pub(super) struct Planes<'g, D: Device<f32>, T> {
    pub graph: &'g Graph<D, T>,
    pub walks: &'g Walks<D>,
    pub images: usize,
    pub norms: Norms<'g>,
}

impl<D: Device<f32>, T: Tape<f32, D>> Planes<'_, D, T> {
    /// Convolution and normalisation number `number`, whose parameters `part` has next; `walk` says which pixels it reads for
    /// each.
    pub fn layer(
        &mut self,
        number: usize,
        part: &mut Part<'_, D, T>,
        input: &Matrix<D>,
        walk: Walk,
        [cin, cout]: [usize; 2],
    ) -> Result<Matrix<D>, ModelError> {
        let graph = self.graph;
        let (plane, taps) = walk.read();
        let kernels = part.kernels(cout, cin, taps)?;
        let framed = graph.above(input, &graph.matrix(vec![0.0; cin], cin)?)?;
        let near = graph.rows(&framed, &self.walks.index(graph, walk, self.images)?)?;
        let pixels = self.images * plane.area();
        let z = graph.product(&graph.shaped(&near, (pixels, taps * cin))?, &kernels)?;
        let (gains, biases) = (part.vector(cout)?, part.vector(cout)?);
        let (centred, variance) = self.centred(number, &z, pixels)?;
        let scale = graph.times(&gains, &graph.inverse_root(&variance, EPSILON)?)?;
        let scaled = graph.times(&centred, &graph.in_each_row(&scale, pixels)?)?;
        graph.sum(&scaled, &graph.in_each_row(&biases, pixels)?)
    }

    /// `z` less its mean, and its variance.
    fn centred(&mut self, number: usize, z: &Matrix<D>, pixels: usize) -> Result<(Matrix<D>, Vector<D>), ModelError> {
        let graph = self.graph;
        let less = |mean: &Vector<D>| graph.difference(z, &graph.in_each_row(mean, pixels)?);
        match &mut self.norms {
            Norms::Running(running) => {
                let Running { mean, variance } = running[number].clone();
                Ok((less(&graph.vector(mean)?)?, graph.vector(variance)?))
            }
            Norms::Batch(running) => {
                let mean = graph.mean(z)?;
                let centred = less(&mean)?;
                let variance = graph.mean(&graph.square(&centred)?)?;
                let wide = |vector: &Vector<D>| -> Vec<f64> { values(vector).into_iter().map(f64::from).collect() };
                running[number].follow(&wide(&mean), &wide(&variance), pixels);
                Ok((centred, variance))
            }
        }
    }

    /// The greatest of each 2×2. Where several are equal they share the gradient, which the fused net gives to the first.
    pub fn pooled(&self, input: &Matrix<D>, plane: Plane) -> Result<Matrix<D>, ModelError> {
        let [first, others @ ..] = self.corners(input, plane)?;
        others.iter().try_fold(first, |greatest, other| self.graph.greater(&greatest, other))
    }

    /// The mean of each 2×2.
    pub fn halved(&self, input: &Matrix<D>, plane: Plane) -> Result<Matrix<D>, ModelError> {
        let [first, others @ ..] = self.corners(input, plane)?;
        let sum = others.iter().try_fold(first, |sum, other| self.graph.sum(&sum, other))?;
        self.graph.scaled(&sum, 0.25)
    }

    fn corners(&self, input: &Matrix<D>, plane: Plane) -> Result<[Matrix<D>; 4], ModelError> {
        let corner = |corner: usize| {
            let walk = Walk::Corner(plane, corner);
            self.graph.rows(input, &self.walks.index(self.graph, walk, self.images)?)
        };
        Ok([corner(0)?, corner(1)?, corner(2)?, corner(3)?])
    }

    /// The same planes, larger.
    pub fn larger(&self, input: &Matrix<D>, small: Plane, plane: Plane, by: Upsample) -> Result<Matrix<D>, ModelError> {
        let graph = self.graph;
        let read = |walk| graph.rows(input, &self.walks.index(graph, walk, self.images)?);
        if by == Upsample::Nearest {
            return read(Walk::Doubled(small, plane));
        }
        let (rows, columns) = (between(small.height, plane.height), between(small.width, plane.width));
        let (_, channels) = *input.shape();
        let share = |near: bool, line: &Between| if near { line.rest() } else { line.share };
        let corner = |corner: usize| {
            let across = |row| columns.iter().map(move |column| row * share(corner.is_multiple_of(2), column));
            let shares: Vec<f32> = rows.iter().flat_map(|row| across(share(corner / 2 == 0, row))).collect();
            let shares = graph.in_each_column(&graph.vector(shares.repeat(self.images))?, channels)?;
            graph.times(&read(Walk::Between { small, plane, corner })?, &shares)
        };
        (1..4).try_fold(corner(0)?, |sum, next| graph.sum(&sum, &corner(next)?))
    }
}
