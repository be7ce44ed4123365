//! The way back through the list, layer by layer.

use super::averages::AddHalved;
use super::bilinear::AddBetween;
use super::gradients::Target;
use super::kernels::{AddDouble, AddPlain, AddPooled, Through};
use super::reading::frame;
use super::{Kept, Layer, LayerList, Source, Space, total};
use crate::model::conv::{Convolve, Input, Plane, WeightGradient, pack_turned, unpack_into};
use crate::model::lanes::{Pixel, blocks};
use crate::model::norm::{EPSILON, GradientSums, Sums};
use crate::model::upsample::Upsample;
use crate::model::workers::Workers;

impl LayerList {
    /// Adds the parameters' gradient to `gradient`, once the last layer's has been set by
    /// [`super::MapHead::backward`] after a training pass.
    pub fn backward(&self, parameters: &[f32], space: &mut Space, gradient: &mut [f32], workers: &Workers) {
        let mut end = parameters.len();
        for at in (0..self.layers.len()).rev() {
            let start = end - self.layers[at].parameters();
            self.backward_layer(at, &parameters[start..end], space, &mut gradient[start..end], workers);
            end = start;
        }
    }

    /// Sums over each image of the gradient that passes ReLU, and its product with `z − mean`.
    fn gradient_sums(&self, at: usize, space: &Space, workers: &Workers) -> Vec<Sums> {
        let (layer, kept) = (&self.layers[at], &space.kept[at]);
        let (count, stored) = (blocks(layer.cout), layer.stored());
        let mut sums = vec![Sums::ZERO; space.images * count];
        let images = kept.z.chunks_exact(stored).zip(space.gradients.of(at).chunks_exact(stored));
        let items: Vec<_> = images.zip(sums.chunks_exact_mut(count)).collect();
        workers.each(items, |((z, gradient), sums)| {
            workers.level.run(GradientSums { plane: layer.put(), pooled: z, norm: &kept.norm, gradient, sums });
        });
        sums
    }

    fn backward_layer(
        &self,
        at: usize,
        parameters: &[f32],
        space: &mut Space,
        gradient: &mut [f32],
        workers: &Workers,
    ) {
        let layer = &self.layers[at];
        let (count, stored) = (blocks(layer.cout), layer.stored());
        let (own, affine) = gradient.split_at_mut(layer.weights());
        let total = total(&self.gradient_sums(at, space, workers), count);
        let pixels = (space.images * layer.put().area()) as f64;
        let (mut slope, mut level) = (vec![Pixel::ZERO; count], vec![Pixel::ZERO; count]);
        for channel in 0..layer.cout {
            let (number, lane) = (channel / 16, channel % 16);
            let (sum, product) = (total[number].first[lane], total[number].second[lane]);
            let inverse = 1.0 / (space.kept[at].variance[channel] + EPSILON).sqrt();
            let scale = f64::from(parameters[layer.weights() + channel]) * inverse;
            affine[channel] += (product * inverse) as f32;
            affine[layer.cout + channel] += sum as f32;
            slope[number].0[lane] = (scale * inverse * inverse * product / pixels) as f32;
            level[number].0[lane] = (scale * sum / pixels) as f32;
        }

        let (cin, inner) = (self.stored_channels(layer), blocks(self.stored_channels(layer)));
        let (taps, span) = (layer.plane.taps(), self.stored_span(layer));
        let mut turned = Vec::new();
        pack_turned(&self.spread(layer, &parameters[..layer.weights()]), span, taps, &mut turned);
        let Space { images, size, source, kept, groups, gradients } = space;
        let (images, size, source, kept) = (*images, *size, &*source, &*kept);
        let targets: Vec<usize> = targets_of(layer.source).collect();
        let (own_gradient, targets) = gradients.around(at, &targets);
        // Where the layer read last is told pixel for pixel, and first by this one, it is told at once.
        let straight = targets.last().filter(|last| last.is_first && layer.source.copies_last());
        let others = targets.len() - usize::from(straight.is_some());
        let inner = inner - straight.map_or(0, |last| blocks(self.layers[last.layer].cout));
        let (to_add, to_set) = turned.split_at(inner * layer.cout * taps);
        let added = inner * layer.plane.area();
        // What each group tells, of one target or two.
        let mut parts: Vec<Vec<Target<'_>>> = groups.iter().map(|_| Vec::new()).collect();
        for Target { layer, pixels, is_first } in targets {
            let chunks = pixels.chunks_mut(size * self.layers[layer].stored());
            let chunks = chunks.map(|pixels| Target { layer, pixels, is_first });
            parts.iter_mut().zip(chunks).for_each(|(part, chunk)| part.push(chunk));
        }
        let items: Vec<_> = groups.iter_mut().zip(parts).enumerate().collect();
        workers.each(items, |(number, (scratch, mut parts))| {
            self.clear_input(layer, scratch);
            if layer.plane.step > 1 {
                // What lies between the places of the kernel is never written.
                scratch.output.clear();
            }
            frame(&mut scratch.output, count, layer.plane, Pixel::ZERO);
            scratch.weights.clear();
            scratch.weights.resize(count * span, Pixel::ZERO);
            parts[..others].iter_mut().filter(|part| part.is_first).for_each(|part| part.pixels.fill(Pixel::ZERO));
            if scratch.told.len() < added {
                scratch.told.resize(added, Pixel::ZERO);
            }
            for position in 0..size.min(images - number * size) {
                let image = number * size + position;
                workers.level.run(Through {
                    plane: layer.plane,
                    z: &kept[at].z[image * stored..][..stored],
                    norm: &kept[at].norm,
                    gradient: &own_gradient[image * stored..][..stored],
                    slope: &slope,
                    level: &level,
                    output: &mut scratch.output,
                });
                self.fill_input(layer, kept, source, image, scratch, workers.level);
                let input = match layer.source {
                    Source::Grey => Input::Grey(&scratch.grey),
                    _ => Input::Blocked(&scratch.input),
                };
                workers.level.run(WeightGradient {
                    input,
                    cin,
                    plane: layer.plane,
                    output: &scratch.output,
                    gradient: &mut scratch.weights,
                });
                if layer.source == Source::Grey {
                    continue;
                }
                let tell = |weights: &[Pixel], told: &mut [Pixel]| {
                    let plane = Plane { step: 1, ..layer.plane };
                    let input = Input::Blocked(&scratch.output);
                    workers.level.run(Convolve { input, cin: layer.cout, plane, weights, output: told });
                };
                for last in &mut parts[others..] {
                    let stored = self.layers[last.layer].stored();
                    tell(to_set, &mut last.pixels[position * stored..][..stored]);
                }
                tell(to_add, &mut scratch.told[..added]);
                self.tell(layer, kept, (image, position), &scratch.told[..added], &mut parts, workers);
            }
        });
        let (first, others) = groups.split_at_mut(1);
        for group in others {
            for (sum, pixel) in first[0].weights.iter_mut().zip(&group.weights) {
                sum.0.iter_mut().zip(pixel.0).for_each(|(sum, value)| *sum += value);
            }
        }
        let mut spread = vec![0.0; layer.cout * span];
        unpack_into(&first[0].weights, span, &mut spread);
        self.gather(layer, &spread, own);
    }

    /// Adds what a layer's input is told to the gradients of the layers it read, given those of the image's whole group,
    /// in which it has a position. Of two layers the second may have been told already: then `told` ends before it.
    fn tell(
        &self,
        layer: &Layer,
        kept: &[Kept],
        (image, position): (usize, usize),
        told: &[Pixel],
        parts: &mut [Target<'_>],
        workers: &Workers,
    ) {
        let level = workers.level;
        let own = |of: usize, position: usize| {
            let stored = self.layers[of].stored();
            position * stored..(position + 1) * stored
        };
        match (layer.source, parts) {
            (Source::Plain(at), [group]) => {
                level.run(AddPlain { told, gradient: &mut group.pixels[own(at, position)] })
            }
            (Source::Pooled(at), [group]) => {
                let small = blocks(self.layers[at].cout) * layer.plane.area();
                level.run(AddPooled {
                    plane: self.layers[at].put(),
                    z: &kept[at].z[own(at, image)],
                    pooled: &kept[at].pooled[image * small..][..small],
                    told,
                    gradient: &mut group.pixels[own(at, position)],
                });
            }
            (Source::Halved(at), [group]) => {
                let (large, gradient) = (self.layers[at].put(), &mut group.pixels[own(at, position)]);
                level.run(AddHalved { large, plane: layer.plane, told, gradient });
            }
            (Source::Joined { up, skip, by }, [first, second]) => {
                let (small, plane) = (self.layers[up].put(), layer.plane);
                let (to_up, to_skip) = told.split_at(blocks(self.layers[up].cout) * plane.area());
                let gradient = &mut first.pixels[own(up, position)];
                match by {
                    Upsample::Nearest => level.run(AddDouble { small, plane, told: to_up, gradient }),
                    Upsample::Bilinear => level.run(AddBetween { small, plane, told: to_up, gradient }),
                }
                level.run(AddPlain { told: to_skip, gradient: &mut second.pixels[own(skip, position)] });
            }
            (Source::Frames { of, span }, [group]) => {
                for (number, told) in told.chunks_exact(self.layers[of].stored()).enumerate() {
                    if self.neighbour(image, number, span).is_some() {
                        let gradient = &mut group.pixels[own(of, position + number - span / 2)];
                        level.run(AddPlain { told, gradient });
                    }
                }
            }
            _ => {}
        }
    }
}

/// The layers that are read.
pub(super) fn targets_of(source: Source) -> impl Iterator<Item = usize> {
    let targets = match source {
        Source::Grey => [None, None],
        Source::Plain(at) | Source::Pooled(at) | Source::Halved(at) | Source::Frames { of: at, .. } => [Some(at), None],
        Source::Joined { up, skip, .. } => [Some(up), Some(skip)],
    };
    targets.into_iter().flatten()
}
