//! The mean over each plane of what a net's last layer puts out: one number for each channel of an image.

use super::conv::Plane;
use super::lanes::{Kernel, Lanes, Level, Pixel, blocked, blocks};
use super::norm::Coefficients;

/// The means `[image][channel]` of `channels` channels, normalised and rectified. `pooled` is `[image][c/16][y][x][16]`.
pub(super) fn means(plane: Plane, channels: usize, pooled: &[Pixel], norm: &[Coefficients], level: Level) -> Vec<f32> {
    let count = blocks(channels);
    let mut means = vec![Pixel::ZERO; pooled.len() / plane.area()];
    for (pooled, output) in pooled.chunks_exact(count * plane.area()).zip(means.chunks_exact_mut(count)) {
        level.run(ActivateMean { plane, pooled, norm, output });
    }
    means.chunks_exact(count).flat_map(|image| image.iter().flat_map(|pixel| pixel.0).take(channels)).collect()
}

/// Sets the gradient of an image's planes, given that of their means.
pub(super) fn spread(told: &[f32], plane: Plane, gradient: &mut [Pixel]) {
    let share = 1.0 / plane.area() as f32;
    let pixels = blocked(told.iter().map(|value| value * share));
    for (pixel, out) in pixels.into_iter().zip(gradient.chunks_exact_mut(plane.area())) {
        out.fill(pixel);
    }
}

/// The mean over a plane of normalised, rectified, pooled values: one pixel for each block.
struct ActivateMean<'a> {
    plane: Plane,
    pooled: &'a [Pixel],
    norm: &'a [Coefficients],
    output: &'a mut [Pixel],
}

impl Kernel for ActivateMean<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let share = L::splat(1.0 / self.plane.area() as f32);
        for (block, pooled) in self.pooled.chunks_exact(self.plane.area()).enumerate() {
            let (scale, shift) = (L::load(&self.norm[block].scale), L::load(&self.norm[block].shift));
            let mut sum = L::splat(0.0);
            for pixel in pooled {
                sum = sum.add(L::splat(0.0).max(L::load(pixel).mul_add(scale, shift)));
            }
            sum.mul(share).store(&mut self.output[block]);
        }
    }
}
