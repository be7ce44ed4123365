//! What layers with branches need beside convolution, normalisation and pooling: sums alone, doubled planes, and the ways
//! gradients take back through them.

use crate::model::conv::Plane;
use crate::model::lanes::{Kernel, Lanes, Pixel};
use crate::model::norm::{Coefficients, Sums};

/// After a convolution: sums `z − centre` and its square over each channel.
pub(super) struct Sum<'a> {
    pub plane: Plane,
    /// `[c/16][y][x][16]`.
    pub z: &'a [Pixel],
    /// One for each block: near the mean, against cancellation.
    pub centre: &'a [Pixel],
    /// One for each block.
    pub sums: &'a mut [Sums],
}

impl Kernel for Sum<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (block, z) in self.z.chunks_exact(self.plane.area()).enumerate() {
            let centre = L::load(&self.centre[block]);
            self.sums[block] = Sums::ZERO;
            for row in z.chunks_exact(self.plane.width) {
                let (mut first, mut second) = (L::splat(0.0), L::splat(0.0));
                for pixel in row {
                    let distance = L::load(pixel).sub(centre);
                    first = first.add(distance);
                    second = distance.mul_add(distance, second);
                }
                self.sums[block].add(first, second);
            }
        }
    }
}

/// Normalises, rectifies and doubles planes into larger ones with halo. Where the larger is odd, its last row or column
/// is the small one's once more.
pub(super) struct ActivateDouble<'a> {
    pub small: Plane,
    pub plane: Plane,
    /// `[c/16][y][x][16]` of the small plane.
    pub z: &'a [Pixel],
    pub norm: &'a [Coefficients],
    /// `[c/16][y][x][16]` with halo; only the inside is written.
    pub output: &'a mut [Pixel],
}

impl Kernel for ActivateDouble<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (small, plane) = (self.small, self.plane);
        for (block, z) in self.z.chunks_exact(small.area()).enumerate() {
            let (scale, shift) = (L::load(&self.norm[block].scale), L::load(&self.norm[block].shift));
            let inside = &mut self.output[block * plane.haloed()..][..plane.haloed()][plane.above()..];
            for (y, out) in inside.chunks_mut(plane.stride()).take(plane.height).enumerate() {
                let row = &z[(y / 2).min(small.height - 1) * small.width..][..small.width];
                for (x, out) in out[plane.halo..][..plane.width].iter_mut().enumerate() {
                    let pixel = &row[(x / 2).min(small.width - 1)];
                    // The order matters: a NaN stays one.
                    L::splat(0.0).max(L::load(pixel).mul_add(scale, shift)).store(out);
                }
            }
        }
    }
}

/// The gradient of a convolution's output, given that of what its layer puts out, once sums over the whole batch are
/// known: `scale · dy − slope · (z − mean) − level`, where `dy` has passed ReLU.
pub(super) struct Through<'a> {
    /// What the convolution read.
    pub plane: Plane,
    pub z: &'a [Pixel],
    pub norm: &'a [Coefficients],
    pub gradient: &'a [Pixel],
    /// One for each block: `scale · Σ dy (z − mean) / (count · (variance + ε))`.
    pub slope: &'a [Pixel],
    /// One for each block: `scale · Σ dy / count`.
    pub level: &'a [Pixel],
    /// `[c/16][y][x][16]` with halo, each pixel where the kernel was put; only these are written.
    pub output: &'a mut [Pixel],
}

impl Kernel for Through<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (plane, put) = (self.plane, self.plane.put());
        let planes = self.z.chunks_exact(put.area()).zip(self.gradient.chunks_exact(put.area()));
        for (block, (z, gradient)) in planes.enumerate() {
            let norm = &self.norm[block];
            let (mean, scale, shift) = (L::load(&norm.mean), L::load(&norm.scale), L::load(&norm.shift));
            let slope = L::splat(0.0).sub(L::load(&self.slope[block]));
            let level = L::splat(0.0).sub(L::load(&self.level[block]));
            let inside = &mut self.output[block * plane.haloed()..][..plane.haloed()][plane.above()..];
            let rows = z.chunks_exact(put.width).zip(gradient.chunks_exact(put.width));
            for ((z, gradient), out) in rows.zip(inside.chunks_mut(plane.stride()).step_by(plane.step)) {
                let outs = out[plane.halo..].iter_mut().step_by(plane.step);
                for ((pixel, gradient), out) in z.iter().zip(gradient).zip(outs) {
                    let z = L::load(pixel);
                    let passed = z.mul_add(scale, shift).keep_where_positive(L::load(gradient));
                    passed.mul_add(scale, z.sub(mean).mul_add(slope, level)).store(out);
                }
            }
        }
    }
}

/// Adds the gradient of what was read to that of what was put out, pixel by pixel.
pub(super) struct AddPlain<'a> {
    pub told: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for AddPlain<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (told, sum) in self.told.iter().zip(self.gradient) {
            L::load(sum).add(L::load(told)).store(sum);
        }
    }
}

/// Adds the gradient of pooled planes to the pixels that were chosen; the first of equal ones takes it all.
pub(super) struct AddPooled<'a> {
    /// Of what was pooled.
    pub plane: Plane,
    pub z: &'a [Pixel],
    pub pooled: &'a [Pixel],
    pub told: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for AddPooled<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (plane, small) = (self.plane, self.plane.pooled());
        for (block, z) in self.z.chunks_exact(plane.area()).enumerate() {
            let sums = &mut self.gradient[block * plane.area()..][..plane.area()];
            for y in 0..small.height {
                for x in 0..small.width {
                    let at = block * small.area() + y * small.width + x;
                    let chosen = L::load(&self.pooled[at]);
                    let mut rest = L::load(&self.told[at]);
                    for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                        let at = (2 * y + dy) * plane.width + 2 * x + dx;
                        let (mine, others) = L::load(&z[at]).split_where_equal(chosen, rest);
                        rest = others;
                        L::load(&sums[at]).add(mine).store(&mut sums[at]);
                    }
                }
            }
        }
    }
}

/// Adds the gradient of doubled planes to the small ones'.
pub(super) struct AddDouble<'a> {
    pub small: Plane,
    pub plane: Plane,
    pub told: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for AddDouble<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (small, plane) = (self.small, self.plane);
        for (told, sums) in self.told.chunks_exact(plane.area()).zip(self.gradient.chunks_exact_mut(small.area())) {
            for (y, row) in told.chunks_exact(plane.width).enumerate() {
                let sums = &mut sums[(y / 2).min(small.height - 1) * small.width..][..small.width];
                for (x, told) in row.iter().enumerate() {
                    let sum = &mut sums[(x / 2).min(small.width - 1)];
                    L::load(sum).add(L::load(told)).store(sum);
                }
            }
        }
    }
}
