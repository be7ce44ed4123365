//! Means of 2×2 pixels, and the way back.

use crate::model::conv::Plane;
use crate::model::lanes::{Kernel, Lanes, Pixel};
use crate::model::norm::Coefficients;

/// The four pixels of each 2×2, from the first.
fn corners(plane: Plane) -> [usize; 4] {
    [0, 1, plane.width, plane.width + 1]
}

/// Normalises and rectifies planes and puts the mean of each 2×2 into smaller ones with halo.
pub(super) struct ActivateHalve<'a> {
    /// Of what is read; an odd last row or column is dropped.
    pub large: Plane,
    pub plane: Plane,
    /// `[c/16][y][x][16]` of the large plane.
    pub z: &'a [Pixel],
    pub norm: &'a [Coefficients],
    /// `[c/16][y][x][16]` with halo; only the inside is written.
    pub output: &'a mut [Pixel],
}

impl Kernel for ActivateHalve<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (large, plane) = (self.large, self.plane);
        let [_, right, below, across] = corners(large);
        for (block, z) in self.z.chunks_exact(large.area()).enumerate() {
            let (scale, shift) = (L::load(&self.norm[block].scale), L::load(&self.norm[block].shift));
            // The order matters: a NaN stays one.
            let active = |pixel: &Pixel| L::splat(0.0).max(L::load(pixel).mul_add(scale, shift));
            let inside = &mut self.output[block * plane.haloed()..][..plane.haloed()][plane.above()..];
            for (y, out) in inside.chunks_mut(plane.stride()).take(plane.height).enumerate() {
                let rows = &z[2 * y * large.width..][..2 * large.width];
                for (x, out) in out[plane.halo..][..plane.width].iter_mut().enumerate() {
                    let four = &rows[2 * x..];
                    let upper = active(&four[0]).add(active(&four[right]));
                    let lower = active(&four[below]).add(active(&four[across]));
                    upper.add(lower).mul(L::splat(0.25)).store(out);
                }
            }
        }
    }
}

/// Adds the gradient of means to the pixels they are of.
pub(super) struct AddHalved<'a> {
    pub large: Plane,
    pub plane: Plane,
    pub told: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for AddHalved<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (large, plane) = (self.large, self.plane);
        for (told, sums) in self.told.chunks_exact(plane.area()).zip(self.gradient.chunks_exact_mut(large.area())) {
            for (y, told) in told.chunks_exact(plane.width).enumerate() {
                let sums = &mut sums[2 * y * large.width..][..2 * large.width];
                for (x, told) in told.iter().enumerate() {
                    let told = L::load(told).mul(L::splat(0.25));
                    for corner in corners(large) {
                        let sum = &mut sums[2 * x + corner];
                        L::load(sum).add(told).store(sum);
                    }
                }
            }
        }
    }
}
