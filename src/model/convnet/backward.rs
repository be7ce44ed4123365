//! The way back through the net, block by block.
//!
//! Each image's share is computed while its planes are near: the gradient of the convolution's output, from that the
//! weights' gradient, the gradient of the block before, and the sums that block will need.

use super::workspace::{Layer, clear, group_size};
use super::{ConvNet, Workspace, total};
use crate::model::conv::{Convolve, Input, WeightGradient, pack_turned, unpack_into};
use crate::model::lanes::{Pixel, blocks};
use crate::model::means::spread;
use crate::model::norm::{EPSILON, GradientSums, Sums, Unpool};
use crate::model::workers::Workers;

impl ConvNet {
    /// Adds the parameters' gradient to `gradient`, given the features' `[image][channel]` after a training pass.
    pub(super) fn go_back(
        &self,
        parameters: &[f32],
        features: &[f32],
        space: &mut Workspace,
        gradient: &mut [f32],
        workers: &Workers,
    ) {
        let last = self.blocks.len() - 1;
        let block = self.blocks[last];
        let (small, count) = (block.plane.pooled(), blocks(block.cout));
        let layer = &mut space.layers[last];
        clear(&mut layer.gradient, layer.pooled.len(), Pixel::ZERO);
        let images = layer.gradient.chunks_exact_mut(count * small.area());
        features.chunks_exact(block.cout).zip(images).for_each(|(told, gradient)| spread(told, [small; 2], gradient));
        for image in 0..space.images {
            let range = image * count * small.area()..(image + 1) * count * small.area();
            workers.level.run(GradientSums {
                plane: small,
                pooled: &layer.pooled[range.clone()],
                norm: &layer.norm,
                gradient: &layer.gradient[range],
                sums: &mut layer.sums[image * count..(image + 1) * count],
            });
        }
        let mut end = parameters.len();
        for index in (0..self.blocks.len()).rev() {
            let start = end - self.blocks[index].parameters();
            self.backward_block(index, &parameters[start..end], space, &mut gradient[start..end], workers);
            end = start;
        }
    }

    fn backward_block(
        &self,
        index: usize,
        parameters: &[f32],
        space: &mut Workspace,
        gradient: &mut [f32],
        workers: &Workers,
    ) {
        let block = self.blocks[index];
        let count = blocks(block.cout);
        let (before, after) = space.layers.split_at_mut(index);
        let (layer, previous) = (&mut after[0], before.last_mut());
        let (weights, affine) = gradient.split_at_mut(block.weights());

        let total = total(&layer.sums, count);
        let pixels = (space.images * block.plane.area()) as f64;
        let (mut slope, mut level) = (vec![Pixel::ZERO; count], vec![Pixel::ZERO; count]);
        for channel in 0..block.cout {
            let (number, lane) = (channel / 16, channel % 16);
            let (sum, product) = (total[number].first[lane], total[number].second[lane]);
            let inverse = 1.0 / (layer.variance[channel] + EPSILON).sqrt();
            let scale = f64::from(parameters[block.weights() + channel]) * inverse;
            affine[channel] += (product * inverse) as f32;
            affine[block.cout + channel] += sum as f32;
            slope[number].0[lane] = (scale * inverse * inverse * product / pixels) as f32;
            level[number].0[lane] = (scale * sum / pixels) as f32;
        }

        let size = group_size(space.images);
        let Layer { z, pooled, gradient: outer, norm, turned, .. } = layer;
        pack_turned(&parameters[..block.weights()], block.span(), block.plane.taps(), turned);
        let (area, small) = (count * block.plane.area(), count * block.plane.pooled().area());
        let inner = blocks(block.cin);
        // What the previous block is told: its gradient and, while that is warm, its sums.
        let (previous, mut told, mut sums) = match previous {
            None => (None, Vec::new(), Vec::new()),
            Some(layer) => {
                let told = std::mem::take(&mut layer.gradient);
                (Some(&*layer), told, vec![Sums::ZERO; space.images * inner])
            }
        };
        let told_size = if previous.is_some() { inner * block.plane.area() } else { 0 };
        told.resize(space.images * told_size, Pixel::ZERO);
        let tellings: Vec<(&mut [Pixel], &mut [Sums])> = match previous {
            None => space.groups.iter().map(|_| (&mut [][..], &mut [][..])).collect(),
            Some(_) => told.chunks_mut(size * told_size).zip(sums.chunks_mut(size * inner)).collect(),
        };
        let items: Vec<_> = space.groups.iter_mut().zip(tellings).enumerate().collect();
        let source = &space.source;
        workers.each(items, |(number, (group, (told, sums)))| {
            group.clear_input(&block, previous.is_some());
            clear(&mut group.output, count * block.plane.haloed(), Pixel::ZERO);
            clear(&mut group.weights, count * block.span(), Pixel::ZERO);
            for position in 0..size.min(space.images - number * size) {
                let image = number * size + position;
                workers.level.run(Unpool {
                    plane: block.plane,
                    z: &z[image * area..][..area],
                    pooled: &pooled[image * small..][..small],
                    norm,
                    gradient: &outer[image * small..][..small],
                    slope: &slope,
                    level: &level,
                    output: &mut group.output,
                });
                group.fill_input(&block, previous, source, image, workers.level);
                workers.level.run(WeightGradient {
                    input: if previous.is_some() { Input::Blocked(&group.input) } else { Input::Grey(&group.grey) },
                    cin: block.cin,
                    plane: block.plane,
                    output: &group.output,
                    gradient: &mut group.weights,
                });
                if let Some(previous) = previous {
                    let told = &mut told[position * told_size..][..told_size];
                    workers.level.run(Convolve {
                        input: Input::Blocked(&group.output),
                        cin: block.cout,
                        plane: block.plane,
                        weights: turned,
                        output: told,
                    });
                    workers.level.run(GradientSums {
                        plane: block.plane,
                        pooled: &previous.pooled[image * told_size..][..told_size],
                        norm: &previous.norm,
                        gradient: told,
                        sums: &mut sums[position * inner..][..inner],
                    });
                }
            }
        });
        let (first, others) = space.groups.split_at_mut(1);
        for group in others {
            for (sum, pixel) in first[0].weights.iter_mut().zip(&group.weights) {
                for (sum, value) in sum.0.iter_mut().zip(pixel.0) {
                    *sum += value;
                }
            }
        }
        unpack_into(&first[0].weights, block.span(), weights);
        if let Some(layer) = space.layers[..index].last_mut() {
            layer.gradient = told;
            layer.sums = sums;
        }
    }
}
