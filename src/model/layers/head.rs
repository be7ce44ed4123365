//! The end of a net over frames: one number a pixel, a weighted sum of the last layer's channels (a 1×1 convolution).

use super::{LayerList, Space};
use crate::model::conv::Plane;
use crate::model::lanes::{Kernel, Lanes, Pixel, blocked, blocks};
use crate::model::norm::{Coefficients, Sums};
use crate::model::workers::Workers;

/// Channels of the last layer. Parameters are one weight each, then the bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct MapHead {
    pub channels: usize,
}

impl MapHead {
    /// Logits `[image][y][x]`, after [`LayerList::forward`].
    pub fn forward(&self, parameters: &[f32], list: &LayerList, space: &Space, workers: &Workers) -> Vec<f32> {
        let Some((layer, kept)) = list.layers.last().zip(space.kept.last()) else { return Vec::new() };
        let weights = blocked(parameters[..self.channels].iter().copied());
        let mut logits = vec![0.0; space.images * layer.put().area()];
        let items: Vec<_> =
            kept.z.chunks_exact(layer.stored()).zip(logits.chunks_exact_mut(layer.put().area())).collect();
        workers.each(items, |(z, logits)| {
            let bias = parameters[self.channels];
            workers.level.run(Dot { plane: layer.put(), z, norm: &kept.norm, weights: &weights, bias, logits });
        });
        logits
    }

    /// Adds the gradient of the head's parameters to `gradient` and sets that of the last layer, given the logits'.
    pub fn backward(
        &self,
        parameters: &[f32],
        told: &[f32],
        list: &LayerList,
        space: &mut Space,
        gradient: &mut [f32],
        workers: &Workers,
    ) {
        let images = space.images;
        let Some((layer, kept)) = list.layers.last().zip(space.kept.last()) else { return };
        let (count, stored, area) = (blocks(self.channels), layer.stored(), layer.put().area());
        let weights = blocked(parameters[..self.channels].iter().copied());
        space.gradients.begin(list, images);
        let mut sums = vec![Sums::ZERO; images * count];
        let size = space.size;
        let items: Vec<_> = kept
            .z
            .chunks(size * stored)
            .zip(space.gradients.last().chunks_mut(size * stored))
            .zip(told.chunks(size * area))
            .zip(sums.chunks_mut(size * count))
            .collect();
        let norm = &kept.norm;
        workers.each(items, |(((z, gradient), told), sums)| {
            let images = z.chunks_exact(stored).zip(gradient.chunks_exact_mut(stored));
            for (((z, gradient), told), sums) in images.zip(told.chunks_exact(area)).zip(sums.chunks_exact_mut(count)) {
                workers.level.run(DotBackward { plane: layer.put(), z, norm, weights: &weights, told, gradient, sums });
            }
        });
        let total = super::total(&sums, count);
        for (channel, sum) in gradient[..self.channels].iter_mut().enumerate() {
            *sum += total[channel / 16].first[channel % 16] as f32;
        }
        gradient[self.channels] += told.iter().map(|&told| f64::from(told)).sum::<f64>() as f32;
    }
}

/// One image's logits.
struct Dot<'a> {
    plane: Plane,
    z: &'a [Pixel],
    norm: &'a [Coefficients],
    /// One for each block.
    weights: &'a [Pixel],
    bias: f32,
    logits: &'a mut [f32],
}

impl Kernel for Dot<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let area = self.plane.area();
        for (at, logit) in self.logits.iter_mut().enumerate() {
            let mut sum = L::splat(0.0);
            for (block, weights) in self.weights.iter().enumerate() {
                let norm = &self.norm[block];
                let z = L::load(&self.z[block * area + at]);
                let value = L::splat(0.0).max(z.mul_add(L::load(&norm.scale), L::load(&norm.shift)));
                sum = value.mul_add(L::load(weights), sum);
            }
            let mut lanes = Pixel::ZERO;
            sum.store(&mut lanes);
            *logit = lanes.0.iter().fold(self.bias, |sum, value| sum + value);
        }
    }
}

/// One image's gradient of the last layer, and the sums that make the weights'.
struct DotBackward<'a> {
    plane: Plane,
    z: &'a [Pixel],
    norm: &'a [Coefficients],
    weights: &'a [Pixel],
    told: &'a [f32],
    gradient: &'a mut [Pixel],
    /// One for each block; the first of the two sums is used.
    sums: &'a mut [Sums],
}

impl Kernel for DotBackward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (plane, area) = (self.plane, self.plane.area());
        for (block, weights) in self.weights.iter().enumerate() {
            let norm = &self.norm[block];
            let (scale, shift, weights) = (L::load(&norm.scale), L::load(&norm.shift), L::load(weights));
            self.sums[block] = Sums::ZERO;
            let z = self.z[block * area..][..area].chunks_exact(plane.width);
            let out = self.gradient[block * area..][..area].chunks_exact_mut(plane.width);
            for ((z, out), told) in z.zip(out).zip(self.told.chunks_exact(plane.width)) {
                let mut first = L::splat(0.0);
                for ((pixel, out), &told) in z.iter().zip(out).zip(told) {
                    let told = L::splat(told);
                    let value = L::splat(0.0).max(L::load(pixel).mul_add(scale, shift));
                    first = value.mul_add(told, first);
                    weights.mul(told).store(out);
                }
                self.sums[block].add(first, L::splat(0.0));
            }
        }
    }
}
