//! A list of layers as a net that makes numbers of frames: the last layer's channels, each as its mean over what stands at
//! the list's end.

use super::kernels::AddPooled;
use super::{Layer, LayerList, Source, Space};
use crate::model::composed::Net;
use crate::model::conv::Plane;
use crate::model::convnet::Running;
use crate::model::down::Down;
use crate::model::features::Features;
use crate::model::lanes::{Pixel, blocks};
use crate::model::means::{means, spread};
use crate::model::network::Tensor;
use crate::model::workers::Workers;

/// A list whose end is that of its last layer, as it is or smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Averaged(pub LayerList);

impl Averaged {
    /// Blocks over `plane`-sized grey images, each of one layer that puts out so many channels, made smaller as `down` says.
    pub fn blocks(channels: &[usize], plane: Plane, down: Down) -> Averaged {
        let mut layers: Vec<Layer> = Vec::with_capacity(channels.len());
        let (mut source, mut cin, mut plane) = (Source::Grey, 1, plane);
        for &cout in channels {
            let layer = Layer { source, cin, cout, plane: down.read(plane) };
            (source, cin) = (down.source(layers.len()), cout);
            plane = source.plane(layer.put());
            layers.push(layer);
        }
        Averaged(LayerList { layers, frames: 1, end: source })
    }

    /// What means are over, of what a layer of this plane puts out: the plane that is read and how much of it is seen.
    fn seen(&self, put: Plane) -> [Plane; 2] {
        match self.0.end {
            Source::Pooled(_) => [put.pooled(); 2],
            // The mean of means of 2×2 is that of all their pixels.
            Source::Halved(_) => [put, Plane { height: put.height / 2 * 2, width: put.width / 2 * 2, ..put }],
            _ => [put; 2],
        }
    }
}

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
        let values = if matches!(self.0.end, Source::Pooled(_)) { &kept.pooled } else { &kept.z };
        means(self.seen(layer.put()), layer.cout, values, &kept.norm, workers.level)
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
        let Some((layer, kept)) = self.0.layers.last().zip(space.kept.last()) else { return };
        let (plane, stored) = (layer.put(), layer.stored());
        let small = blocks(layer.cout) * plane.pooled().area();
        space.gradients.begin(&self.0, images);
        let (seen, rows) = (self.seen(plane), features.chunks_exact(layer.cout));
        let items: Vec<_> = space.gradients.last().chunks_exact_mut(stored).zip(rows).enumerate().collect();
        workers.each(items, |(image, (gradient, row))| {
            gradient.fill(Pixel::ZERO);
            if !matches!(self.0.end, Source::Pooled(_)) {
                return spread(row, seen, gradient);
            }
            let mut told = vec![Pixel::ZERO; small];
            spread(row, seen, &mut told);
            let (z, pooled) = (&kept.z[image * stored..][..stored], &kept.pooled[image * small..][..small]);
            workers.level.run(AddPooled { plane, z, pooled, told: &told, gradient });
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
