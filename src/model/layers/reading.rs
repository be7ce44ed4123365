//! What a layer reads, made anew for each image from what is kept of the layers before it, and how its weights lie beside
//! that.

use super::averages::ActivateHalve;
use super::bilinear::ActivateBetween;
use super::kernels::ActivateDouble;
use super::{Kept, Layer, LayerList, Scratch, Source};
use crate::model::conv::{Input, Plane};
use crate::model::lanes::{Level, Pixel, blocks};
use crate::model::norm::Activate;
use crate::model::upsample::Upsample;

/// Makes `buffer` so many planes with a halo of zeros; what is inside is written before it is read.
pub(super) fn frame<T: Copy>(buffer: &mut Vec<T>, planes: usize, plane: Plane, zero: T) {
    buffer.resize(planes * plane.haloed(), zero);
    for plane_of in buffer.chunks_exact_mut(plane.haloed()) {
        for row in plane_of.chunks_exact_mut(plane.stride()) {
            row[..plane.halo].fill(zero);
            row[plane.halo + plane.width..].fill(zero);
        }
        plane_of[..plane.above()].fill(zero);
        plane_of[plane.haloed() - plane.above()..].fill(zero);
    }
}

impl LayerList {
    /// Channels that a layer's input is stored in: those of two layers, or of two frames, don't share a block.
    pub(super) fn stored_channels(&self, layer: &Layer) -> usize {
        match layer.source {
            Source::Joined { up, skip, .. } => 16 * blocks(self.layers[up].cout) + self.layers[skip].cout,
            Source::Frames { span, .. } => 16 * blocks(layer.cin) * (span - 1) + layer.cin,
            _ => layer.cin,
        }
    }

    /// Weights of one output, as they lie beside that input.
    pub(super) fn stored_span(&self, layer: &Layer) -> usize {
        self.stored_channels(layer) * layer.plane.taps()
    }

    /// Where the weights of a stored channel stand among those of one output; nowhere where it fills up a block.
    fn place(&self, layer: &Layer, stored: usize) -> Option<usize> {
        let taps = layer.plane.taps();
        match layer.source {
            Source::Joined { up, .. } => {
                let (first, second) = (self.layers[up].cout, 16 * blocks(self.layers[up].cout));
                match stored {
                    _ if stored < first => Some(stored * taps),
                    _ if stored < second => None,
                    _ => Some((stored - second + first) * taps),
                }
            }
            Source::Frames { span, .. } => {
                let (frame, channel) = (stored / (16 * blocks(layer.cin)), stored % (16 * blocks(layer.cin)));
                (channel < layer.cin).then_some(channel * span + frame)
            }
            _ => Some(stored * taps),
        }
    }

    /// Weights `[out][stored channel][taps]`, with zeros for channels that are none.
    pub(super) fn spread(&self, layer: &Layer, weights: &[f32]) -> Vec<f32> {
        let (taps, channels) = (layer.plane.taps(), self.stored_channels(layer));
        let mut spread = vec![0.0; layer.cout * channels * taps];
        let outputs = weights.chunks_exact(layer.taps() * layer.cin);
        for (kernels, spread) in outputs.zip(spread.chunks_exact_mut(channels * taps)) {
            for (channel, spread) in spread.chunks_exact_mut(taps).enumerate() {
                if let Some(at) = self.place(layer, channel) {
                    spread.copy_from_slice(&kernels[at..][..taps]);
                }
            }
        }
        spread
    }

    /// Adds what [`LayerList::spread`] would have spread.
    pub(super) fn gather(&self, layer: &Layer, spread: &[f32], weights: &mut [f32]) {
        let (taps, channels) = (layer.plane.taps(), self.stored_channels(layer));
        let outputs = weights.chunks_exact_mut(layer.taps() * layer.cin);
        for (kernels, spread) in outputs.zip(spread.chunks_exact(channels * taps)) {
            for (channel, spread) in spread.chunks_exact(taps).enumerate() {
                if let Some(at) = self.place(layer, channel) {
                    kernels[at..][..taps].iter_mut().zip(spread).for_each(|(sum, value)| *sum += value);
                }
            }
        }
    }

    /// Neighbour `at` of `span` of an image, itself in the middle, unless the clip has begun or ended.
    pub(super) fn neighbour(&self, image: usize, at: usize, span: usize) -> Option<usize> {
        let frame = (image % self.frames + at).checked_sub(span / 2)?;
        (frame < self.frames).then_some(image + at - span / 2)
    }

    /// Makes room for a layer's input, with a halo of zeros.
    pub(super) fn clear_input(&self, layer: &Layer, scratch: &mut Scratch) {
        match layer.source {
            Source::Grey => frame(&mut scratch.grey, 1, layer.plane, 0.0),
            _ => frame(&mut scratch.input, blocks(self.stored_channels(layer)), layer.plane, Pixel::ZERO),
        }
    }

    /// Makes a layer's input for one image.
    pub(super) fn fill_input<'s>(
        &self,
        layer: &Layer,
        kept: &[Kept],
        source: &[f32],
        image: usize,
        scratch: &'s mut Scratch,
        level: Level,
    ) -> Input<'s> {
        let plane = layer.plane;
        let of = |at: usize, image: usize| {
            let stored = self.layers[at].stored();
            (&kept[at].z[image * stored..][..stored], &kept[at].norm[..])
        };
        match layer.source {
            Source::Grey => {
                let rows = source[image * plane.area()..][..plane.area()].chunks_exact(plane.width);
                for (row, out) in rows.zip(scratch.grey[plane.above()..].chunks_mut(plane.stride())) {
                    out[plane.halo..][..plane.width].copy_from_slice(row);
                }
                return Input::Grey(&scratch.grey);
            }
            Source::Plain(at) => {
                let (z, norm) = of(at, image);
                level.run(Activate { plane, pooled: z, norm, output: &mut scratch.input });
            }
            Source::Pooled(at) => {
                let size = blocks(self.layers[at].cout) * plane.area();
                let pooled = &kept[at].pooled[image * size..][..size];
                level.run(Activate { plane, pooled, norm: &kept[at].norm, output: &mut scratch.input });
            }
            Source::Halved(at) => {
                let (z, norm) = of(at, image);
                let large = self.layers[at].put();
                level.run(ActivateHalve { large, plane, z, norm, output: &mut scratch.input });
            }
            Source::Joined { up, skip, by } => {
                let middle = blocks(self.layers[up].cout) * plane.haloed();
                let (first, second) = scratch.input.split_at_mut(middle);
                let (z, norm) = of(up, image);
                let small = self.layers[up].put();
                match by {
                    Upsample::Nearest => level.run(ActivateDouble { small, plane, z, norm, output: first }),
                    Upsample::Bilinear => level.run(ActivateBetween { small, plane, z, norm, output: first }),
                }
                let (z, norm) = of(skip, image);
                level.run(Activate { plane, pooled: z, norm, output: second });
            }
            Source::Frames { of: at, span } => {
                let frames = scratch.input.chunks_exact_mut(blocks(layer.cin) * plane.haloed());
                for (number, output) in frames.enumerate() {
                    match self.neighbour(image, number, span) {
                        Some(neighbour) => {
                            let (z, norm) = of(at, neighbour);
                            level.run(Activate { plane, pooled: z, norm, output });
                        }
                        None => output.fill(Pixel::ZERO),
                    }
                }
            }
        }
        Input::Blocked(&scratch.input)
    }
}
