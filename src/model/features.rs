//! Nets that make numbers of frames, as a classifier sees them.

use super::composed::Net;
use super::convnet::Running;
use super::network::Tensor;
use super::workers::Workers;

/// A net that makes so many numbers of each frame, and its way back.
pub(super) trait Features: std::fmt::Debug + 'static {
    /// Room to work in. It belongs to one forward pass until its backward pass is done, then to the next.
    type Space: Default + std::fmt::Debug + 'static;

    /// What it is without kernels.
    fn net(&self) -> Net;
    /// Numbers it makes of each frame.
    fn width(&self) -> usize;
    /// Its parameters, in their order.
    fn tensors(&self) -> Vec<Tensor>;
    /// Name and channels of each batch normalisation.
    fn norms(&self) -> Vec<(String, usize)>;
    /// The features `[clip · frame][width]` of grey values `[clip][frame][y][x]`. In training, normalises by the batch's
    /// statistics, which [`Features::follow`] then reads; otherwise by the running ones.
    fn forward(
        &self,
        parameters: &[f32],
        running: &[Running],
        training: bool,
        source: Vec<f32>,
        space: &mut Self::Space,
        workers: &Workers,
    ) -> Vec<f32>;
    /// Moves running statistics towards those of the last training batch.
    fn follow(&self, space: &Self::Space, running: &mut [Running]);
    /// Adds the parameters' gradient to `gradient`, given the features' after a training pass.
    fn backward(
        &self,
        parameters: &[f32],
        features: &[f32],
        space: &mut Self::Space,
        gradient: &mut [f32],
        workers: &Workers,
    );
    /// Multiplications and additions on one frame.
    fn operations(&self) -> usize;
    /// Bytes that a training step on one frame works in.
    fn workspace(&self) -> u64;
}
