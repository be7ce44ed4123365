//! Planes made larger, each pixel between four of the small one's, and the way back.

use crate::model::conv::Plane;
use crate::model::lanes::{Kernel, Lanes, Pixel};
use crate::model::norm::Coefficients;
use crate::model::upsample::{Between, between};

/// Normalises and rectifies planes and spreads them over larger ones with halo.
pub(super) struct ActivateBetween<'a> {
    pub small: Plane,
    pub plane: Plane,
    /// `[c/16][y][x][16]` of the small plane.
    pub z: &'a [Pixel],
    pub norm: &'a [Coefficients],
    /// `[c/16][y][x][16]` with halo; only the inside is written.
    pub output: &'a mut [Pixel],
}

impl Kernel for ActivateBetween<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (small, plane) = (self.small, self.plane);
        let (rows, columns) = (between(small.height, plane.height), between(small.width, plane.width));
        for (block, z) in self.z.chunks_exact(small.area()).enumerate() {
            let (scale, shift) = (L::load(&self.norm[block].scale), L::load(&self.norm[block].shift));
            // The order matters: a NaN stays one.
            let active = |pixel: &Pixel| L::splat(0.0).max(L::load(pixel).mul_add(scale, shift));
            let inside = &mut self.output[block * plane.haloed()..][..plane.haloed()][plane.above()..];
            for (row, out) in rows.iter().zip(inside.chunks_mut(plane.stride())) {
                let (upper, lower) = (&z[row.near * small.width..], &z[row.far * small.width..]);
                for (column, out) in columns.iter().zip(&mut out[plane.halo..]) {
                    let Between { near, far, .. } = *column;
                    let across = |line: &[Pixel]| {
                        let left = active(&line[near]).mul(L::splat(column.rest()));
                        active(&line[far]).mul_add(L::splat(column.share), left)
                    };
                    let above = across(upper).mul(L::splat(row.rest()));
                    across(lower).mul_add(L::splat(row.share), above).store(out);
                }
            }
        }
    }
}

/// Adds the gradient of the larger planes to the small ones'.
pub(super) struct AddBetween<'a> {
    pub small: Plane,
    pub plane: Plane,
    pub told: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for AddBetween<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (small, plane) = (self.small, self.plane);
        let (rows, columns) = (between(small.height, plane.height), between(small.width, plane.width));
        for (told, sums) in self.told.chunks_exact(plane.area()).zip(self.gradient.chunks_exact_mut(small.area())) {
            for (row, told) in rows.iter().zip(told.chunks_exact(plane.width)) {
                for (column, told) in columns.iter().zip(told) {
                    let told = L::load(told);
                    for (line, share) in [(row.near, row.rest()), (row.far, row.share)] {
                        let told = told.mul(L::splat(share));
                        let sums = &mut sums[line * small.width..][..small.width];
                        for (at, share) in [(column.near, column.rest()), (column.far, column.share)] {
                            told.mul_add(L::splat(share), L::load(&sums[at])).store(&mut sums[at]);
                        }
                    }
                }
            }
        }
    }
}
