//! A list of layers as a net that makes numbers of frames: the last layer's channels, each as its mean over the frame.

use super::kernels::AddPooled;
use super::{LayerList, Space};
use crate::model::composed::Net;
use crate::model::convnet::Running;
use crate::model::features::Features;
use crate::model::lanes::{Pixel, blocks};
use crate::model::means::{means, spread};
use crate::model::network::Tensor;
use crate::model::workers::Workers;

/// A list whose last layer is pooled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Averaged(pub LayerList);

impl Features for Averaged {
    type Space = Space;

    fn net(&self) -> Net {
        Net::List(self.0.clone())
    }

    fn width(&self) -> usize {
        self.0.layers.last().map_or(0, |layer| layer.cout)
    }

    fn tensors(&self) -> Vec<Tensor> {
        self.0.tensors()
    }

    fn norms(&self) -> Vec<(String, usize)> {
        self.0.norms()
    }

    fn forward(
        &self,
        parameters: &[f32],
        running: &[Running],
        training: bool,
        source: Vec<f32>,
        space: &mut Space,
        workers: &Workers,
    ) -> Vec<f32> {
        self.0.forward(parameters, running, training, source, space, workers);
        let Some((layer, kept)) = self.0.layers.last().zip(space.kept.last()) else { return Vec::new() };
        means(layer.plane.pooled(), layer.cout, &kept.pooled, &kept.norm, workers.level)
    }

    fn follow(&self, space: &Space, running: &mut [Running]) {
        self.0.follow(space, running);
    }

    fn backward(
        &self,
        parameters: &[f32],
        features: &[f32],
        space: &mut Space,
        gradient: &mut [f32],
        workers: &Workers,
    ) {
        let images = space.images;
        let Some((layer, kept)) = self.0.layers.last().zip(space.kept.last_mut()) else { return };
        let (stored, small) = (layer.stored(), blocks(layer.cout) * layer.plane.pooled().area());
        kept.gradient.resize(images * stored, Pixel::ZERO);
        let (z, pooled) = (kept.z.chunks_exact(stored), kept.pooled.chunks_exact(small));
        let items: Vec<_> =
            z.zip(pooled).zip(kept.gradient.chunks_exact_mut(stored)).zip(features.chunks_exact(layer.cout)).collect();
        workers.each(items, |(((z, pooled), gradient), row)| {
            let mut told = vec![Pixel::ZERO; small];
            spread(row, layer.plane.pooled(), &mut told);
            workers.level.run(AddPooled { plane: layer.plane, z, pooled, told: &told, gradient });
        });
        self.0.backward(parameters, space, gradient, workers);
    }

    fn operations(&self) -> usize {
        self.0.layers.iter().map(super::Layer::operations).sum()
    }

    fn workspace(&self) -> u64 {
        self.0.workspace()
    }
}
