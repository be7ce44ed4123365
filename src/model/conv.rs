//! Direct convolution (stride 1 or 2; 1×1, 3×3, 5×5 or 7×7) over sixteen output channels at once, and its weight gradient.
//!
//! Inputs carry a halo of zero pixels on each side, so no kernel has a border case. Every output is one chain of
//! fused multiply-adds in the order input channel, row, column, whatever the tile, so tiles may differ between
//! processors while bits do not.

use super::lanes::{Kernel, Lanes, Pixel, blocks};

mod weight_gradient;

pub(super) use weight_gradient::WeightGradient;

/// The sides of kernels that there are.
pub(super) const SIDES: [usize; 4] = [1, 3, 5, 7];

/// The size of a plane and of the same plane with its halo, which is as wide as the convolution that reads it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Plane {
    pub height: usize,
    pub width: usize,
    /// Zero pixels on each side: half of what the kernel's side has beside its middle.
    pub halo: usize,
    /// Rows, and columns, from one place where that convolution puts its kernel to the next: 1 or 2.
    pub step: usize,
}

impl Plane {
    /// A plane read by a convolution of one of [`SIDES`].
    pub fn new(height: usize, width: usize, side: usize) -> Plane {
        Plane { height, width, halo: side / 2, step: 1 }
    }
    /// Rows, and columns, of the kernel that reads it.
    pub fn side(self) -> usize {
        2 * self.halo + 1
    }
    /// Weights of that kernel for a pair of channels.
    pub fn taps(self) -> usize {
        self.side() * self.side()
    }
    /// Pixels without halo.
    pub fn area(self) -> usize {
        self.height * self.width
    }
    /// Pixels in a row with halo.
    pub fn stride(self) -> usize {
        self.width + 2 * self.halo
    }
    /// Pixels with halo.
    pub fn haloed(self) -> usize {
        (self.height + 2 * self.halo) * self.stride()
    }
    /// Pixels with halo before the first row without.
    pub fn above(self) -> usize {
        self.halo * self.stride()
    }
    /// After 2×2 pooling; an odd last row or column is dropped.
    pub fn pooled(self) -> Plane {
        Plane { height: self.height / 2, width: self.width / 2, ..self }
    }
    /// What the convolution that reads it puts out: a pixel for each place of its kernel, the first at the first pixel.
    pub fn put(self) -> Plane {
        Plane { height: self.height.div_ceil(self.step), width: self.width.div_ceil(self.step), step: 1, ..self }
    }
}

/// What a convolution reads: planes with halo.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input<'a> {
    /// One grey channel, `[y][x]`.
    Grey(&'a [f32]),
    /// `[c/16][y][x][16]`.
    Blocked(&'a [Pixel]),
}

/// Weights `[out][in][taps]` as the kernel reads them, `[out/16][in][taps][16]`. `span` is the number of weights of an
/// output: inputs times taps.
pub(super) fn pack(weights: &[f32], span: usize, packed: &mut Vec<Pixel>) {
    packed.clear();
    packed.resize(blocks(weights.len() / span) * span, Pixel::ZERO);
    for (out, kernels) in weights.chunks_exact(span).enumerate() {
        for (tap, &weight) in kernels.iter().enumerate() {
            packed[out / 16 * span + tap].0[out % 16] = weight;
        }
    }
}

/// The same weights for the input's gradient: in and out exchanged, kernels turned by 180°.
pub(super) fn pack_turned(weights: &[f32], span: usize, taps: usize, packed: &mut Vec<Pixel>) {
    let (cin, cout) = (span / taps, weights.len() / span);
    packed.clear();
    packed.resize(blocks(cin) * cout * taps, Pixel::ZERO);
    for (out, kernels) in weights.chunks_exact(span).enumerate() {
        for (index, &weight) in kernels.iter().enumerate() {
            let (channel, tap) = (index / taps, index % taps);
            packed[(channel / 16 * cout + out) * taps + taps - 1 - tap].0[channel % 16] = weight;
        }
    }
}

/// Adds a packed weight gradient to one in the order of [`pack`]'s source.
pub(super) fn unpack_into(packed: &[Pixel], span: usize, gradient: &mut [f32]) {
    for (out, kernels) in gradient.chunks_exact_mut(span).enumerate() {
        for (tap, weight) in kernels.iter_mut().enumerate() {
            *weight += packed[out / 16 * span + tap].0[out % 16];
        }
    }
}

/// One image through one convolution: `output` is `[out/16][y][x][16]` of [`Plane::put`], without halo.
pub(super) struct Convolve<'a> {
    pub input: Input<'a>,
    pub cin: usize,
    pub plane: Plane,
    /// From [`pack`] or [`pack_turned`].
    pub weights: &'a [Pixel],
    pub output: &'a mut [Pixel],
}

impl Kernel for Convolve<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let area = self.plane.put().area();
        let count = self.output.len() / area;
        assert_eq!(self.output.len(), count * area);
        assert_eq!(self.weights.len(), count * self.cin * self.plane.taps());
        match self.plane.step {
            1 => self.stepped::<L, 1>(count),
            step => {
                assert_eq!(step, 2);
                self.stepped::<L, 2>(count);
            }
        }
    }
}

impl Convolve<'_> {
    #[inline(always)]
    fn stepped<L: Lanes, const S: usize>(&mut self, count: usize) {
        match self.plane.halo {
            0 => self.sided::<L, S, 1>(count),
            1 => self.sided::<L, S, 3>(count),
            2 => self.sided::<L, S, 5>(count),
            halo => {
                assert_eq!(halo, 3);
                self.sided::<L, S, 7>(count);
            }
        }
    }

    #[inline(always)]
    fn sided<L: Lanes, const S: usize, const K: usize>(&mut self, count: usize) {
        match self.input {
            Input::Grey(values) => {
                assert!(self.cin == 1 && values.len() >= self.plane.haloed());
                self.planes::<L, S, K, 1>(values.as_ptr(), count);
            }
            Input::Blocked(values) => {
                assert!(values.len() >= blocks(self.cin) * self.plane.haloed());
                self.planes::<L, S, K, 16>(values.as_ptr().cast(), count);
            }
        }
    }

    #[inline(always)]
    fn planes<L: Lanes, const S: usize, const K: usize, const STEP: usize>(&mut self, input: *const f32, count: usize) {
        let mut block = 0;
        while block < count {
            if L::WIDE && block + 2 <= count {
                self.rows::<L, S, K, 8, 2, STEP>(input, block);
                block += 2;
            } else if L::WIDE {
                self.rows::<L, S, K, 8, 1, STEP>(input, block);
                block += 1;
            } else {
                self.rows::<L, S, K, 4, 1, STEP>(input, block);
                block += 1;
            }
        }
    }

    #[inline(always)]
    fn rows<L: Lanes, const S: usize, const K: usize, const P: usize, const Q: usize, const STEP: usize>(
        &mut self,
        input: *const f32,
        block: usize,
    ) {
        let Plane { height, width, .. } = self.plane.put();
        for y in 0..height {
            let mut x = 0;
            while x < width {
                let left = width - x;
                // SAFETY: `run` has checked the buffers' lengths, and every tile ends at the row's end or before.
                unsafe {
                    if left >= P {
                        self.tile::<L, S, K, P, Q, STEP>(input, block, y, x);
                        x += P;
                    } else if P > 4 && left >= 4 {
                        self.tile::<L, S, K, 4, Q, STEP>(input, block, y, x);
                        x += 4;
                    } else if left >= 2 {
                        self.tile::<L, S, K, 2, Q, STEP>(input, block, y, x);
                        x += 2;
                    } else {
                        self.tile::<L, S, K, 1, Q, STEP>(input, block, y, x);
                        x += 1;
                    }
                }
            }
        }
    }

    /// `P` neighbouring pixels, `S` apart in the input, of `Q` blocks of output channels, all in registers.
    ///
    /// # Safety
    /// The tile lies inside what is put out and the blocks exist.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const S: usize, const K: usize, const P: usize, const Q: usize, const STEP: usize>(
        &mut self,
        input: *const f32,
        block: usize,
        y: usize,
        x: usize,
    ) {
        let (row, plane) = (self.plane.stride() * STEP, self.plane.haloed() * STEP);
        let span = self.cin * K * K;
        let mut sums = [[L::splat(0.0); Q]; P];
        // SAFETY: all offsets stay inside the buffers whose lengths `run` has checked.
        unsafe {
            let corner = input.add(S * (y * self.plane.stride() + x) * STEP);
            let mut weight = self.weights.as_ptr().add(block * span);
            for channel in 0..self.cin {
                let channel = corner.add(channel / STEP * plane + channel % STEP);
                for ky in 0..K {
                    let line = channel.add(ky * row);
                    for kx in 0..K {
                        let mut factors = [L::splat(0.0); Q];
                        for (q, factor) in factors.iter_mut().enumerate() {
                            *factor = L::load(&*weight.add(q * span));
                        }
                        for (p, sums) in sums.iter_mut().enumerate() {
                            let value = L::splat(*line.add((S * p + kx) * STEP));
                            for (sum, factor) in sums.iter_mut().zip(factors) {
                                *sum = value.mul_add(factor, *sum);
                            }
                        }
                        weight = weight.add(1);
                    }
                }
            }
            let put = self.plane.put();
            let area = put.area();
            let output = self.output.as_mut_ptr().add(block * area + y * put.width + x);
            for (p, sums) in sums.into_iter().enumerate() {
                for (q, sum) in sums.into_iter().enumerate() {
                    sum.store(&mut *output.add(q * area + p));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
