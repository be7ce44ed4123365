//! Nets with branches: a list of layers, each a convolution, batch normalisation and ReLU, and where it reads.
//!
//! ```text
//! the list of a U-Net of three levels          what it means
//!
//! 0  Grey                                      image ─0─1─┬──────────────8─9─▶ map
//! 1  Plain(0)                                             │pool     ▲up
//! 2  Pooled(1)                                            └──2─3─┬──6─7─┘
//! 3  Plain(2)                                                    │pool ▲up
//! 4  Pooled(3)                                                   └─4─5─┘
//! 5  Plain(4)
//! 6  Joined { up: 5, skip: 3, .. }
//! 7  Plain(6)
//! 8  Joined { up: 7, skip: 1, .. }
//! 9  Plain(8)
//! ```
//!
//! As in [`super::convnet`], the whole batch passes layer by layer, images are shared out in fixed groups, and what is
//! summed over images is summed in their order. Only what convolutions put out is kept (and its pooled choice, where a
//! layer reads that); normalised values, halves and doubles are made anew for each image when they are read.

use super::conv::pack;
use super::convnet::Running;
use super::lanes::{Pixel, blocked, blocks};
use super::norm::{Coefficients, PoolAndSum, Sums};
use super::workers::Workers;
use gradients::Gradients;
use kernels::Sum;

mod averages;
mod backward;
mod bilinear;
mod gradients;
mod head;
mod kernels;
mod layer;
mod means;
mod memory;
mod reading;

pub(super) use head::MapHead;
pub(super) use layer::{Layer, Source};
pub(super) use means::Averaged;

/// The layers, each reading those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayerList {
    pub layers: Vec<Layer>,
    /// Images that belong together, one after the other: frames of a clip, or 1.
    pub frames: usize,
    /// Where what comes after the last layer reads.
    pub end: Source,
}

/// Room to work in, made once and used for every update.
#[derive(Debug, Default)]
pub(super) struct Space {
    images: usize,
    /// Images in a group, the last perhaps excepted.
    size: usize,
    source: Vec<f32>,
    kept: Vec<Kept>,
    groups: Vec<Scratch>,
    gradients: Gradients,
}

/// What is kept of a layer.
#[derive(Debug, Default)]
struct Kept {
    /// What the convolution put out.
    z: Vec<Pixel>,
    /// The greatest (or least, where the normalisation falls) of each 2×2 of it, where a layer reads that.
    pooled: Vec<Pixel>,
    norm: Vec<Coefficients>,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

/// Of one group of images, for one image after the other.
#[derive(Debug, Default)]
struct Scratch {
    grey: Vec<f32>,
    input: Vec<Pixel>,
    output: Vec<Pixel>,
    told: Vec<Pixel>,
    weights: Vec<Pixel>,
}

/// Groups a batch is divided into, whatever the number of threads.
const GROUPS: usize = 16;

impl LayerList {
    fn is_pooled(&self, layer: usize) -> bool {
        let sources = self.layers.iter().map(|layer| layer.source);
        sources.chain([self.end]).any(|source| source == Source::Pooled(layer))
    }

    /// The number of trainable parameters.
    #[cfg(test)]
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(Layer::parameters).sum()
    }

    /// Six layers on two levels of 8×8 and 4×4 pixels: two above, two below, two above.
    #[cfg(test)]
    fn of_two_levels() -> Self {
        use super::{conv::Plane, upsample::Upsample};
        let large = Plane::new(8, 8, 3);
        let layer = |source, cin, cout, plane| Layer { source, cin, cout, plane };
        let joined = Source::Joined { up: 3, skip: 1, by: Upsample::Nearest };
        let layers = vec![
            layer(Source::Grey, 1, 16, large),
            layer(Source::Plain(0), 16, 16, large),
            layer(Source::Pooled(1), 16, 32, large.pooled()),
            layer(Source::Plain(2), 32, 32, large.pooled()),
            layer(joined, 48, 16, large),
            layer(Source::Plain(4), 16, 16, large),
        ];
        Self { layers, frames: 1, end: Source::Plain(5) }
    }

    fn prepare(&self, space: &mut Space, images: usize) {
        if space.images == images && space.kept.len() == self.layers.len() {
            return;
        }
        space.images = images;
        let keep = |(at, layer): (usize, &Layer)| {
            let count = blocks(layer.cout);
            Kept {
                z: vec![Pixel::ZERO; images * layer.stored()],
                pooled: vec![Pixel::ZERO; images * self.pooled(at)],
                norm: vec![Coefficients::ZERO; count],
                mean: vec![0.0; layer.cout],
                variance: vec![0.0; layer.cout],
            }
        };
        space.kept = self.layers.iter().enumerate().map(keep).collect();
        // A group holds whole clips, so that no image's neighbours are in another.
        space.size = images.div_ceil(self.frames).div_ceil(GROUPS).max(1) * self.frames;
        space.groups.resize_with(images.div_ceil(space.size), Scratch::default);
    }

    /// Passes grey images `[image][y][x]` through all layers. In training, normalises by the batch's statistics, which
    /// [`LayerList::follow`] then reads; otherwise by the running ones.
    pub fn forward(
        &self,
        parameters: &[f32],
        running: &[Running],
        training: bool,
        source: Vec<f32>,
        space: &mut Space,
        workers: &Workers,
    ) {
        self.prepare(space, source.len() / self.layers[0].plane.area());
        space.source = source;
        let mut rest = parameters;
        for (at, (layer, running)) in self.layers.iter().zip(running).enumerate() {
            let (own, later) = rest.split_at(layer.parameters());
            rest = later;
            let (weights, affine) = own.split_at(layer.weights());
            let mut packed = Vec::new();
            pack(&self.spread(layer, weights), self.stored_span(layer), &mut packed);
            let sums = self.convolve(at, &packed, affine, running, space, workers);
            normalise(layer, &mut space.kept[at], affine, running, training.then_some((&sums, space.images)));
        }
    }

    /// The convolution of a layer over all images, and the sums of each image.
    fn convolve(
        &self,
        at: usize,
        packed: &[Pixel],
        affine: &[f32],
        running: &Running,
        space: &mut Space,
        workers: &Workers,
    ) -> Vec<Sums> {
        let layer = &self.layers[at];
        let (count, size) = (blocks(layer.cout), space.size);
        let sign = blocked(affine[..layer.cout].iter().map(|&gain| if gain < 0.0 { -1.0 } else { 1.0 }));
        let centre = blocked(running.mean.iter().copied());
        let (plane, stored) = (layer.put(), layer.stored());
        let small = count * plane.pooled().area();
        let mut sums = vec![Sums::ZERO; space.images * count];
        let mut z = std::mem::take(&mut space.kept[at].z);
        let mut pooled = std::mem::take(&mut space.kept[at].pooled);
        let pools = self.is_pooled(at);
        let mut each_pooled: Vec<&mut [Pixel]> =
            if pools { pooled.chunks_mut((size * small).max(1)).collect() } else { Vec::new() };
        each_pooled.resize_with(space.groups.len(), Default::default);
        let items: Vec<_> = space
            .groups
            .iter_mut()
            .zip(z.chunks_mut(size * stored))
            .zip(each_pooled)
            .zip(sums.chunks_mut(size * count))
            .enumerate()
            .collect();
        let (source, kept) = (&space.source, &space.kept);
        workers.each(items, |(number, (((scratch, z), pooled), sums))| {
            self.clear_input(layer, scratch);
            for (position, (z, sums)) in z.chunks_exact_mut(stored).zip(sums.chunks_exact_mut(count)).enumerate() {
                let input = self.fill_input(layer, kept, source, number * size + position, scratch, workers.level);
                workers.level.run(super::conv::Convolve {
                    input,
                    cin: self.stored_channels(layer),
                    plane: layer.plane,
                    weights: packed,
                    output: z,
                });
                if pools {
                    let pooled = &mut pooled[position * small..][..small];
                    workers.level.run(PoolAndSum { plane, z, sign: &sign, centre: &centre, pooled, sums });
                } else {
                    workers.level.run(Sum { plane, z, centre: &centre, sums });
                }
            }
        });
        (space.kept[at].z, space.kept[at].pooled) = (z, pooled);
        sums
    }

    /// Moves running statistics towards those of the last training batch.
    pub fn follow(&self, space: &Space, running: &mut [Running]) {
        for ((layer, kept), running) in self.layers.iter().zip(&space.kept).zip(running) {
            running.follow(&kept.mean, &kept.variance, space.images * layer.put().area());
        }
    }
}

/// Sets a layer's normalisation, by the batch's sums or by running statistics.
fn normalise(layer: &Layer, kept: &mut Kept, affine: &[f32], running: &Running, batch: Option<(&Vec<Sums>, usize)>) {
    let count = blocks(layer.cout);
    let (gains, biases) = affine.split_at(layer.cout);
    let totals = batch.map(|(sums, images)| (total(sums, count), (images * layer.put().area()) as f64));
    for channel in 0..layer.cout {
        let old = f64::from(running.mean[channel]);
        (kept.mean[channel], kept.variance[channel]) = match &totals {
            None => (old, f64::from(running.variance[channel])),
            Some((totals, pixels)) => {
                let sums = &totals[channel / 16];
                let distance = sums.first[channel % 16] / pixels;
                let variance = sums.second[channel % 16] / pixels - distance * distance;
                // `f64::max` would hide a NaN.
                (old + distance, if variance < 0.0 { 0.0 } else { variance })
            }
        };
        let (mean, variance) = (kept.mean[channel], kept.variance[channel]);
        kept.norm[channel / 16].set(channel % 16, mean, variance, gains[channel], biases[channel]);
    }
}

/// Sums over images, in their order.
fn total(sums: &[Sums], count: usize) -> Vec<Sums> {
    let mut total = vec![Sums::ZERO; count];
    for image in sums.chunks_exact(count) {
        total.iter_mut().zip(image).for_each(|(total, sums)| total.merge(sums));
    }
    total
}
