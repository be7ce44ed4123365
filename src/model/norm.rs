//! Batch normalisation, ReLU and 2×2 max pooling as one step (Ioffe & Szegedy 2015), forward and backward.
//!
//! Normalisation is a rising or falling line in each channel, as its scale is positive or negative, so pooling can be
//! done before its statistics are known: the largest normalised value of four is the normalised largest (or smallest) of
//! four. Only the convolution's output and its pooled choice are kept; normalised values are made when needed.

use super::conv::Plane;
use super::lanes::{Kernel, Lanes, Pixel};

/// Added to the variance, as in PyTorch.
pub(super) const EPSILON: f64 = 1e-5;
/// The weight of the newest batch in the running statistics, as in PyTorch.
pub(super) const MOMENTUM: f64 = 0.1;

/// Two sums for each channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sums {
    pub first: [f64; 16],
    pub second: [f64; 16],
}

impl Sums {
    pub const ZERO: Sums = Sums { first: [0.0; 16], second: [0.0; 16] };

    #[inline(always)]
    pub fn add<L: Lanes>(&mut self, first: L, second: L) {
        let mut pixels = [Pixel::ZERO; 2];
        first.store(&mut pixels[0]);
        second.store(&mut pixels[1]);
        for lane in 0..16 {
            self.first[lane] += f64::from(pixels[0].0[lane]);
            self.second[lane] += f64::from(pixels[1].0[lane]);
        }
    }

    /// Adds another image's sums.
    pub fn merge(&mut self, other: &Sums) {
        for lane in 0..16 {
            self.first[lane] += other.first[lane];
            self.second[lane] += other.second[lane];
        }
    }
}

/// Normalisation of sixteen channels: `scale · (z − mean) + offset`, also written `scale · z + shift`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coefficients {
    pub mean: Pixel,
    pub deviation_inverse: Pixel,
    pub scale: Pixel,
    pub shift: Pixel,
}

impl Coefficients {
    pub const ZERO: Coefficients =
        Coefficients { mean: Pixel::ZERO, deviation_inverse: Pixel::ZERO, scale: Pixel::ZERO, shift: Pixel::ZERO };

    /// Sets channel `lane` from its mean and (biased) variance and the layer's weight and bias.
    pub fn set(&mut self, lane: usize, mean: f64, variance: f64, weight: f32, bias: f32) {
        let inverse = 1.0 / (variance + EPSILON).sqrt();
        let scale = f64::from(weight) * inverse;
        self.mean.0[lane] = mean as f32;
        self.deviation_inverse.0[lane] = inverse as f32;
        self.scale.0[lane] = scale as f32;
        self.shift.0[lane] = (f64::from(bias) - scale * mean) as f32;
    }
}

/// After a convolution: pools 2×2 and sums `z − centre` and its square over each channel.
pub(super) struct PoolAndSum<'a> {
    pub plane: Plane,
    /// The convolution's output, `[c/16][y][x][16]`.
    pub z: &'a [Pixel],
    /// One for each block: −1 where the scale is negative, else 1.
    pub sign: &'a [Pixel],
    /// One for each block: near the mean, against cancellation.
    pub centre: &'a [Pixel],
    /// `[c/16][y/2][x/2][16]`.
    pub pooled: &'a mut [Pixel],
    /// One for each block.
    pub sums: &'a mut [Sums],
}

impl Kernel for PoolAndSum<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (plane, small) = (self.plane, self.plane.pooled());
        for (block, z) in self.z.chunks_exact(plane.area()).enumerate() {
            let centre = L::load(&self.centre[block]);
            self.sums[block] = Sums::ZERO;
            for row in z.chunks_exact(plane.width) {
                let (mut first, mut second) = (L::splat(0.0), L::splat(0.0));
                for pixel in row {
                    let distance = L::load(pixel).sub(centre);
                    first = first.add(distance);
                    second = distance.mul_add(distance, second);
                }
                self.sums[block].add(first, second);
            }
            let sign = L::load(&self.sign[block]);
            let pooled = &mut self.pooled[block * small.area()..][..small.area()];
            for (rows, out) in z.chunks_exact(2 * plane.width).zip(pooled.chunks_exact_mut(small.width)) {
                let (upper, lower) = rows.split_at(plane.width);
                for ((a, b), out) in upper.chunks_exact(2).zip(lower.chunks_exact(2)).zip(out) {
                    let [a0, a1] = [L::load(&a[0]).mul(sign), L::load(&a[1]).mul(sign)];
                    let [b0, b1] = [L::load(&b[0]).mul(sign), L::load(&b[1]).mul(sign)];
                    a0.max(a1).max(b0.max(b1)).mul(sign).store(out);
                }
            }
        }
    }
}

/// Normalises and rectifies pooled values into planes with halo, for the next convolution.
pub(super) struct Activate<'a> {
    pub plane: Plane,
    /// `[c/16][y][x][16]`, pooled.
    pub pooled: &'a [Pixel],
    pub norm: &'a [Coefficients],
    /// `[c/16][y][x][16]` with halo; only the inside is written.
    pub output: &'a mut [Pixel],
}

impl Kernel for Activate<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let plane = self.plane;
        for (block, pooled) in self.pooled.chunks_exact(plane.area()).enumerate() {
            let (scale, shift) = (L::load(&self.norm[block].scale), L::load(&self.norm[block].shift));
            let inside = &mut self.output[block * plane.haloed()..][..plane.haloed()][plane.above()..];
            for (row, out) in pooled.chunks_exact(plane.width).zip(inside.chunks_mut(plane.stride())) {
                for (pixel, out) in row.iter().zip(&mut out[plane.halo..]) {
                    // The order matters: a NaN stays one.
                    L::splat(0.0).max(L::load(pixel).mul_add(scale, shift)).store(out);
                }
            }
        }
    }
}

/// Backward, first half: sums the gradient that passes ReLU, and its product with `z − mean`.
pub(super) struct GradientSums<'a> {
    pub plane: Plane,
    pub pooled: &'a [Pixel],
    pub norm: &'a [Coefficients],
    /// The gradient of the pooled activation, `[c/16][y][x][16]`.
    pub gradient: &'a [Pixel],
    pub sums: &'a mut [Sums],
}

impl Kernel for GradientSums<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let area = self.plane.area();
        let planes = self.pooled.chunks_exact(area).zip(self.gradient.chunks_exact(area));
        for (block, (pooled, gradient)) in planes.enumerate() {
            let norm = &self.norm[block];
            let (mean, scale, shift) = (L::load(&norm.mean), L::load(&norm.scale), L::load(&norm.shift));
            self.sums[block] = Sums::ZERO;
            let rows = pooled.chunks_exact(self.plane.width).zip(gradient.chunks_exact(self.plane.width));
            for (pooled, gradient) in rows {
                let (mut first, mut second) = (L::splat(0.0), L::splat(0.0));
                for (pixel, gradient) in pooled.iter().zip(gradient) {
                    let z = L::load(pixel);
                    let passed = z.mul_add(scale, shift).keep_where_positive(L::load(gradient));
                    first = first.add(passed);
                    second = passed.mul_add(z.sub(mean), second);
                }
                self.sums[block].add(first, second);
            }
        }
    }
}

/// Backward, second half, with the sums over the whole batch in hand: the gradient of the convolution's output,
/// `scale · dy − slope · (z − mean) − level`.
pub(super) struct Unpool<'a> {
    /// Of the convolution's output.
    pub plane: Plane,
    pub z: &'a [Pixel],
    pub pooled: &'a [Pixel],
    pub norm: &'a [Coefficients],
    /// The gradient of the pooled activation.
    pub gradient: &'a [Pixel],
    /// One for each block: `scale · Σ dy (z − mean) / (count · (variance + ε))`.
    pub slope: &'a [Pixel],
    /// One for each block: `scale · Σ dy / count`.
    pub level: &'a [Pixel],
    /// `[c/16][y][x][16]` with halo; only the inside is written.
    pub output: &'a mut [Pixel],
}

impl Kernel for Unpool<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (plane, small) = (self.plane, self.plane.pooled());
        let (width, stride, halo) = (plane.width, plane.stride(), plane.halo);
        for (block, z) in self.z.chunks_exact(plane.area()).enumerate() {
            let norm = &self.norm[block];
            let (mean, scale, shift) = (L::load(&norm.mean), L::load(&norm.scale), L::load(&norm.shift));
            let slope = L::splat(0.0).sub(L::load(&self.slope[block]));
            let level = L::splat(0.0).sub(L::load(&self.level[block]));
            let base = |z: L| z.sub(mean).mul_add(slope, level);
            let pooled = &self.pooled[block * small.area()..][..small.area()];
            let gradient = &self.gradient[block * small.area()..][..small.area()];
            let inside = &mut self.output[block * plane.haloed()..][..plane.haloed()][plane.above()..];
            for y in 0..small.height {
                let (upper, lower) = z[2 * y * width..][..2 * width].split_at(width);
                let (top, bottom) = inside[2 * y * stride..][..2 * stride].split_at_mut(stride);
                for x in 0..small.width {
                    let chosen = L::load(&pooled[y * small.width + x]);
                    let passed =
                        chosen.mul_add(scale, shift).keep_where_positive(L::load(&gradient[y * small.width + x]));
                    // The first of equal values takes it all.
                    let mut rest = passed.mul(scale);
                    for (pixels, outs) in
                        [(&upper[2 * x..], &mut top[2 * x + halo..]), (&lower[2 * x..], &mut bottom[2 * x + halo..])]
                    {
                        for (pixel, out) in pixels.iter().zip(outs).take(2) {
                            let z = L::load(pixel);
                            let (mine, others) = z.split_where_equal(chosen, rest);
                            rest = others;
                            base(z).add(mine).store(out);
                        }
                    }
                }
                if width % 2 == 1 {
                    base(L::load(&upper[width - 1])).store(&mut top[width - 1 + halo]);
                    base(L::load(&lower[width - 1])).store(&mut bottom[width - 1 + halo]);
                }
            }
            if plane.height % 2 == 1 {
                let last = plane.height - 1;
                for (pixel, out) in z[last * width..].iter().zip(&mut inside[last * stride + halo..]) {
                    base(L::load(pixel)).store(out);
                }
            }
        }
    }
}
