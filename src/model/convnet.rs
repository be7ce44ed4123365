//! The convolutional net: blocks of convolution, batch normalisation, ReLU and pooling, then the mean over each plane.
//!
//! The net is a list of [`Block`]s. One batch of images passes block by block, because batch normalisation needs the
//! whole batch; inside a block images are shared out in fixed groups, and what is summed over images is summed in their
//! order, so the number of threads changes nothing.

use super::composed::Net;
use super::conv::{Convolve, Plane, pack};
use super::features::Features;
use super::lanes::{blocked, blocks};
use super::means::means;
use super::network::{Start, Tensor};
use super::norm::{MOMENTUM, PoolAndSum, Sums};
use super::workers::Workers;

mod backward;
mod workspace;

pub(super) use workspace::Workspace;
use workspace::group_size;

/// One block. Its parameters are the convolution's weights `[out][in][y][x]`, then the normalisation's weights and
/// biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub cin: usize,
    pub cout: usize,
    /// Of the convolution's input and output; the block's output is [`Plane::pooled`].
    pub plane: Plane,
}

impl Block {
    pub fn weights(&self) -> usize {
        self.span() * self.cout
    }
    /// Weights of one output.
    pub fn span(&self) -> usize {
        self.cin * self.plane.taps()
    }
    pub fn parameters(&self) -> usize {
        self.weights() + 2 * self.cout
    }
}

/// Running mean and (unbiased) variance of one block's channels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Running {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

impl Running {
    pub fn new(channels: usize) -> Self {
        Running { mean: vec![0.0; channels], variance: vec![1.0; channels] }
    }

    /// Moves towards mean and (biased) variance of a batch of so many pixels.
    pub fn follow(&mut self, mean: &[f64], variance: &[f64], pixels: usize) {
        let pixels = pixels as f64;
        let unbiased = if pixels > 1.0 { pixels / (pixels - 1.0) } else { 1.0 };
        let mix = |old: f32, new: f64| ((1.0 - MOMENTUM) * f64::from(old) + MOMENTUM * new) as f32;
        self.mean.iter_mut().zip(mean).for_each(|(old, new)| *old = mix(*old, *new));
        self.variance.iter_mut().zip(variance).for_each(|(old, new)| *old = mix(*old, *new * unbiased));
    }
}

/// The blocks of a net over grey images of the first block's size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConvNet {
    pub blocks: Vec<Block>,
}

impl ConvNet {
    /// A net over `plane`-sized grey images.
    pub fn new(channels: &[usize], plane: Plane) -> ConvNet {
        let mut list = Vec::with_capacity(channels.len());
        let (mut cin, mut plane) = (1, plane);
        for &cout in channels {
            list.push(Block { cin, cout, plane });
            (cin, plane) = (cout, plane.pooled());
        }
        ConvNet { blocks: list }
    }

    #[allow(clippy::too_many_arguments)]
    fn forward_block(
        &self,
        index: usize,
        weights: &[f32],
        affine: &[f32],
        running: &Running,
        training: bool,
        space: &mut Workspace,
        workers: &Workers,
    ) {
        let block = self.blocks[index];
        let count = blocks(block.cout);
        let (before, after) = space.layers.split_at_mut(index);
        let (layer, previous) = (&mut after[0], before.last());
        pack(weights, block.span(), &mut layer.weights);
        let (gains, biases) = affine.split_at(block.cout);
        let sign = blocked(gains.iter().map(|&gain| if gain < 0.0 { -1.0 } else { 1.0 }));
        let centre = blocked(running.mean.iter().copied());

        let size = group_size(space.images);
        let (area, small) = (count * block.plane.area(), count * block.plane.pooled().area());
        let items: Vec<_> = space
            .groups
            .iter_mut()
            .zip(layer.z.chunks_mut(size * area))
            .zip(layer.pooled.chunks_mut(size * small))
            .zip(layer.sums.chunks_mut(size * count))
            .enumerate()
            .collect();
        let (source, packed) = (&space.source, &layer.weights);
        workers.each(items, |(number, (((group, z), pooled), sums))| {
            group.clear_input(&block, previous.is_some());
            let images = z.chunks_exact_mut(area).zip(pooled.chunks_exact_mut(small)).zip(sums.chunks_exact_mut(count));
            for (position, ((z, pooled), sums)) in images.enumerate() {
                let image = number * size + position;
                let input = group.fill_input(&block, previous, source, image, workers.level);
                let convolve = Convolve { input, cin: block.cin, plane: block.plane, weights: packed, output: z };
                workers.level.run(convolve);
                let pool = PoolAndSum { plane: block.plane, z, sign: &sign, centre: &centre, pooled, sums };
                workers.level.run(pool);
            }
        });

        if training {
            let pixels = (space.images * block.plane.area()) as f64;
            let total = total(&layer.sums, count);
            for channel in 0..block.cout {
                let sums = &total[channel / 16];
                let distance = sums.first[channel % 16] / pixels;
                layer.mean[channel] = f64::from(running.mean[channel]) + distance;
                // `f64::max` would hide a NaN.
                let variance = sums.second[channel % 16] / pixels - distance * distance;
                layer.variance[channel] = if variance < 0.0 { 0.0 } else { variance };
            }
        } else {
            for channel in 0..block.cout {
                layer.mean[channel] = f64::from(running.mean[channel]);
                layer.variance[channel] = f64::from(running.variance[channel]);
            }
        }
        for channel in 0..block.cout {
            let (mean, variance) = (layer.mean[channel], layer.variance[channel]);
            layer.norm[channel / 16].set(channel % 16, mean, variance, gains[channel], biases[channel]);
        }
    }
}

impl Features for ConvNet {
    type Space = Workspace;

    fn net(&self) -> Net {
        Net::Chain(self.clone())
    }

    fn width(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.cout)
    }

    fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = Vec::new();
        for (index, block) in self.blocks.iter().enumerate() {
            // He et al. 2015.
            let (bound, side) = ((6.0 / block.span() as f64).sqrt(), block.plane.side());
            let start = Start::Uniform { bound, stream: 2 + index as u64 };
            tensors.push(Tensor::new(format!("conv.{index}.weight"), &[block.cout, block.cin, side, side], start));
            tensors.push(Tensor::new(format!("norm.{index}.weight"), &[block.cout], Start::All(1.0)));
            tensors.push(Tensor::new(format!("norm.{index}.bias"), &[block.cout], Start::All(0.0)));
        }
        tensors
    }

    fn norms(&self) -> Vec<(String, usize)> {
        self.blocks.iter().enumerate().map(|(index, block)| (format!("norm.{index}"), block.cout)).collect()
    }

    fn forward(
        &self,
        parameters: &[f32],
        running: &[Running],
        training: bool,
        source: Vec<f32>,
        space: &mut Workspace,
        workers: &Workers,
    ) -> Vec<f32> {
        let images = source.len() / self.blocks[0].plane.area();
        space.prepare(&self.blocks, images);
        space.source = source;
        let mut offset = 0;
        for (index, (block, running)) in self.blocks.iter().zip(running).enumerate() {
            let (weights, rest) = parameters[offset..][..block.parameters()].split_at(block.weights());
            offset += block.parameters();
            self.forward_block(index, weights, rest, running, training, space, workers);
        }
        let block = self.blocks[self.blocks.len() - 1];
        let layer = &space.layers[self.blocks.len() - 1];
        means([block.plane.pooled(); 2], block.cout, &layer.pooled, &layer.norm, workers.level)
    }

    fn follow(&self, space: &Workspace, running: &mut [Running]) {
        for ((block, layer), running) in self.blocks.iter().zip(&space.layers).zip(running) {
            running.follow(&layer.mean, &layer.variance, space.images * block.plane.area());
        }
    }

    fn backward(
        &self,
        parameters: &[f32],
        features: &[f32],
        space: &mut Workspace,
        gradient: &mut [f32],
        workers: &Workers,
    ) {
        self.go_back(parameters, features, space, gradient, workers);
    }

    fn operations(&self) -> usize {
        self.blocks.iter().map(|block| block.weights() * block.plane.area()).sum()
    }

    fn workspace(&self) -> u64 {
        let pixels = |channels: usize, area: usize| channels.div_ceil(16) * 16 * area;
        // The convolution's output, its pooled choice, and the gradient of that.
        let of = |block: &Block| {
            pixels(block.cout, block.plane.area()) + 2 * pixels(block.cout, block.plane.pooled().area())
        };
        4 * (self.blocks.iter().map(of).sum::<usize>() + self.blocks[0].plane.area()) as u64
    }
}

/// Sums over images, in their order.
fn total(sums: &[Sums], count: usize) -> Vec<Sums> {
    let mut total = vec![Sums::ZERO; count];
    for image in sums.chunks_exact(count) {
        for (total, sums) in total.iter_mut().zip(image) {
            total.merge(sums);
        }
    }
    total
}
