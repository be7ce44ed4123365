//! The mean over each plane of what a net's last layer puts out: one number for each channel of an image.

use super::conv::Plane;
use super::lanes::{Kernel, Lanes, Level, Pixel, blocked, blocks};
use super::norm::Coefficients;

/// The means `[image][channel]` of `channels` channels, normalised and rectified. `values` are `[image][c/16][y][x][16]`
/// of `plane`; the mean is over as many of its first rows and columns as `seen` has.
pub(super) fn means(
    [plane, seen]: [Plane; 2],
    channels: usize,
    values: &[Pixel],
    norm: &[Coefficients],
    level: Level,
) -> Vec<f32> {
    let count = blocks(channels);
    let mut means = vec![Pixel::ZERO; values.len() / plane.area()];
    for (values, output) in values.chunks_exact(count * plane.area()).zip(means.chunks_exact_mut(count)) {
        level.run(ActivateMean { plane, seen, values, norm, output });
    }
    means.chunks_exact(count).flat_map(|image| image.iter().flat_map(|pixel| pixel.0).take(channels)).collect()
}

/// Sets the gradient of an image's planes, given that of the means that [`means`] makes. What these don't see stays.
pub(super) fn spread(told: &[f32], [plane, seen]: [Plane; 2], gradient: &mut [Pixel]) {
    let share = 1.0 / seen.area() as f32;
    let pixels = blocked(told.iter().map(|value| value * share));
    for (pixel, out) in pixels.into_iter().zip(gradient.chunks_exact_mut(plane.area())) {
        out.chunks_exact_mut(plane.width).take(seen.height).for_each(|row| row[..seen.width].fill(pixel));
    }
}

/// The mean over a plane, or its first rows and columns, of normalised and rectified values: one pixel for each block.
struct ActivateMean<'a> {
    plane: Plane,
    seen: Plane,
    values: &'a [Pixel],
    norm: &'a [Coefficients],
    output: &'a mut [Pixel],
}

impl Kernel for ActivateMean<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let share = L::splat(1.0 / self.seen.area() as f32);
        for (block, values) in self.values.chunks_exact(self.plane.area()).enumerate() {
            let (scale, shift) = (L::load(&self.norm[block].scale), L::load(&self.norm[block].shift));
            let mut sum = L::splat(0.0);
            for row in values.chunks_exact(self.plane.width).take(self.seen.height) {
                for pixel in &row[..self.seen.width] {
                    sum = sum.add(L::splat(0.0).max(L::load(pixel).mul_add(scale, shift)));
                }
            }
            sum.mul(share).store(&mut self.output[block]);
        }
    }
}
