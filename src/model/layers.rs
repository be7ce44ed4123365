//! Nets with branches: a list of layers, each a 3×3 convolution, batch normalisation and ReLU, and where it reads.
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
//! 6  Joined { up: 5, skip: 3 }
//! 7  Plain(6)
//! 8  Joined { up: 7, skip: 1 }
//! 9  Plain(8)
//! ```
//!
//! As in [`super::convnet`], the whole batch passes layer by layer, images are shared out in fixed groups, and what is
//! summed over images is summed in their order. Only what convolutions put out is kept (and its pooled choice, where a
//! layer reads that); normalised values, halves and doubles are made anew for each image when they are read.

use super::conv::{Plane, pack};
use super::convnet::Running;
use super::lanes::{Level, Pixel, blocked, blocks};
use super::norm::{Activate, Coefficients, PoolAndSum, Sums};
use super::workers::Workers;
use kernels::{ActivateDouble, Sum};

mod backward;
mod head;
mod kernels;

pub(super) use head::MapHead;

/// Where a layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The image.
    Grey,
    /// What a layer puts out.
    Plain(usize),
    /// The greatest of each 2×2 of what a layer puts out; an odd last row or column is dropped.
    Pooled(usize),
    /// What layer `up` puts out, each pixel twice as wide and high and the last ones wider where `skip` is odd, then what
    /// layer `skip` puts out.
    Joined { up: usize, skip: usize },
}

/// A layer. Its parameters are the convolution's weights `[out][in][3][3]`, then the normalisation's weights and biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layer {
    pub source: Source,
    pub cin: usize,
    pub cout: usize,
    pub plane: Plane,
}

impl Layer {
    pub fn weights(&self) -> usize {
        9 * self.cin * self.cout
    }

    fn parameters(&self) -> usize {
        self.weights() + 2 * self.cout
    }

    /// Stored pixels of an image.
    fn stored(&self) -> usize {
        blocks(self.cout) * self.plane.area()
    }
}

/// The layers, each reading those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayerList {
    pub layers: Vec<Layer>,
}

/// Room to work in, made once and used for every update.
#[derive(Debug, Default)]
pub(super) struct Space {
    images: usize,
    source: Vec<f32>,
    kept: Vec<Kept>,
    groups: Vec<Scratch>,
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
    /// The gradient of what the layer puts out.
    gradient: Vec<Pixel>,
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

fn group_size(images: usize) -> usize {
    images.div_ceil(GROUPS).max(1)
}

/// Makes `buffer` so many planes with a halo of zeros; what is inside is written before it is read.
fn frame<T: Copy>(buffer: &mut Vec<T>, planes: usize, plane: Plane, zero: T) {
    buffer.resize(planes * plane.haloed(), zero);
    for plane_of in buffer.chunks_exact_mut(plane.haloed()) {
        for row in plane_of.chunks_exact_mut(plane.stride()) {
            (row[0], row[plane.stride() - 1]) = (zero, zero);
        }
        plane_of[..plane.stride()].fill(zero);
        plane_of[plane.haloed() - plane.stride()..].fill(zero);
    }
}

impl LayerList {
    fn is_pooled(&self, layer: usize) -> bool {
        self.layers.iter().any(|other| other.source == Source::Pooled(layer))
    }

    /// Channels that a layer's input is stored in: those of two layers don't share a block.
    fn stored_channels(&self, layer: &Layer) -> usize {
        match layer.source {
            Source::Joined { up, skip } => 16 * blocks(self.layers[up].cout) + self.layers[skip].cout,
            _ => layer.cin,
        }
    }

    /// Weights `[out][in][9]` with zeros between the channels of two layers, as their input is stored.
    fn spread(&self, layer: &Layer, weights: &[f32]) -> Vec<f32> {
        let Source::Joined { up, .. } = layer.source else { return weights.to_vec() };
        let (first, stored) = (9 * self.layers[up].cout, 9 * self.stored_channels(layer));
        let gap = 16 * 9 * blocks(self.layers[up].cout) - first;
        let mut spread = Vec::with_capacity(layer.cout * stored);
        for kernels in weights.chunks_exact(9 * layer.cin) {
            spread.extend_from_slice(&kernels[..first]);
            spread.extend(std::iter::repeat_n(0.0, gap));
            spread.extend_from_slice(&kernels[first..]);
        }
        spread
    }

    /// Adds what [`LayerList::spread`] would have spread.
    fn gather(&self, layer: &Layer, spread: &[f32], weights: &mut [f32]) {
        let stored = 9 * self.stored_channels(layer);
        let first = match layer.source {
            Source::Joined { up, .. } => 9 * self.layers[up].cout,
            _ => 9 * layer.cin,
        };
        let rest = 9 * layer.cin - first;
        for (spread, kernels) in spread.chunks_exact(stored).zip(weights.chunks_exact_mut(9 * layer.cin)) {
            let (from_first, from_second) = (&spread[..first], &spread[stored - rest..]);
            let values = from_first.iter().chain(from_second);
            kernels.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }

    /// The number of trainable parameters.
    #[cfg(test)]
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(Layer::parameters).sum()
    }

    /// Bytes that a training step on one image works in.
    pub fn workspace(&self) -> u64 {
        let of = |(at, layer): (usize, &Layer)| {
            let pooled = if self.is_pooled(at) { blocks(layer.cout) * layer.plane.pooled().area() } else { 0 };
            64 * (2 * layer.stored() + pooled) as u64
        };
        self.layers.iter().enumerate().map(of).sum()
    }

    fn prepare(&self, space: &mut Space, images: usize) {
        if space.images == images && space.kept.len() == self.layers.len() {
            return;
        }
        space.images = images;
        let keep = |(at, layer): (usize, &Layer)| {
            let count = blocks(layer.cout);
            let pooled = if self.is_pooled(at) { count * layer.plane.pooled().area() } else { 0 };
            Kept {
                z: vec![Pixel::ZERO; images * layer.stored()],
                pooled: vec![Pixel::ZERO; images * pooled],
                norm: vec![Coefficients::ZERO; count],
                mean: vec![0.0; layer.cout],
                variance: vec![0.0; layer.cout],
                gradient: Vec::new(),
            }
        };
        space.kept = self.layers.iter().enumerate().map(keep).collect();
        space.groups.resize_with(images.div_ceil(group_size(images)), Scratch::default);
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
            pack(&self.spread(layer, weights), self.stored_channels(layer), layer.cout, &mut packed);
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
        let (count, size) = (blocks(layer.cout), group_size(space.images));
        let sign = blocked(affine[..layer.cout].iter().map(|&gain| if gain < 0.0 { -1.0 } else { 1.0 }));
        let centre = blocked(running.mean.iter().copied());
        let (stored, small) = (layer.stored(), count * layer.plane.pooled().area());
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
                    workers.level.run(PoolAndSum { plane: layer.plane, z, sign: &sign, centre: &centre, pooled, sums });
                } else {
                    workers.level.run(Sum { plane: layer.plane, z, centre: &centre, sums });
                }
            }
        });
        (space.kept[at].z, space.kept[at].pooled) = (z, pooled);
        sums
    }

    /// Makes room for a layer's input, with a halo of zeros.
    fn clear_input(&self, layer: &Layer, scratch: &mut Scratch) {
        match layer.source {
            Source::Grey => frame(&mut scratch.grey, 1, layer.plane, 0.0),
            _ => frame(&mut scratch.input, blocks(self.stored_channels(layer)), layer.plane, Pixel::ZERO),
        }
    }

    /// Makes a layer's input for one image.
    fn fill_input<'s>(
        &self,
        layer: &Layer,
        kept: &[Kept],
        source: &[f32],
        image: usize,
        scratch: &'s mut Scratch,
        level: Level,
    ) -> super::conv::Input<'s> {
        use super::conv::Input;
        let plane = layer.plane;
        let of = |at: usize| {
            let stored = self.layers[at].stored();
            (&kept[at].z[image * stored..][..stored], &kept[at].norm[..])
        };
        match layer.source {
            Source::Grey => {
                let rows = source[image * plane.area()..][..plane.area()].chunks_exact(plane.width);
                for (row, out) in rows.zip(scratch.grey[plane.stride()..].chunks_mut(plane.stride())) {
                    out[1..=plane.width].copy_from_slice(row);
                }
                return Input::Grey(&scratch.grey);
            }
            Source::Plain(at) => {
                let (z, norm) = of(at);
                level.run(Activate { plane, pooled: z, norm, output: &mut scratch.input });
            }
            Source::Pooled(at) => {
                let size = blocks(self.layers[at].cout) * plane.area();
                let pooled = &kept[at].pooled[image * size..][..size];
                level.run(Activate { plane, pooled, norm: &kept[at].norm, output: &mut scratch.input });
            }
            Source::Joined { up, skip } => {
                let middle = blocks(self.layers[up].cout) * plane.haloed();
                let (first, second) = scratch.input.split_at_mut(middle);
                let (z, norm) = of(up);
                level.run(ActivateDouble { small: self.layers[up].plane, plane, z, norm, output: first });
                let (z, norm) = of(skip);
                level.run(Activate { plane, pooled: z, norm, output: second });
            }
        }
        Input::Blocked(&scratch.input)
    }

    /// Moves running statistics towards those of the last training batch.
    pub fn follow(&self, space: &Space, running: &mut [Running]) {
        for ((layer, kept), running) in self.layers.iter().zip(&space.kept).zip(running) {
            running.follow(&kept.mean, &kept.variance, space.images * layer.plane.area());
        }
    }
}

/// Sets a layer's normalisation, by the batch's sums or by running statistics.
fn normalise(layer: &Layer, kept: &mut Kept, affine: &[f32], running: &Running, batch: Option<(&Vec<Sums>, usize)>) {
    let count = blocks(layer.cout);
    let (gains, biases) = affine.split_at(layer.cout);
    let totals = batch.map(|(sums, images)| (total(sums, count), (images * layer.plane.area()) as f64));
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
