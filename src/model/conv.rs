//! Direct 3×3 convolution (stride 1) over sixteen output channels at once, and its weight gradient.
//!
//! Inputs carry a halo of one zero pixel on each side, so no kernel has a border case. Every output is one chain of
//! fused multiply-adds in the order input channel, row, column, whatever the tile, so tiles may differ between
//! processors while bits do not.

use super::lanes::{Kernel, Lanes, Pixel, blocks};

mod weight_gradient;

pub(super) use weight_gradient::WeightGradient;

/// The size of a plane and of the same plane with its halo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Plane {
    pub height: usize,
    pub width: usize,
}

impl Plane {
    /// Pixels without halo.
    pub fn area(self) -> usize {
        self.height * self.width
    }
    /// Pixels in a row with halo.
    pub fn stride(self) -> usize {
        self.width + 2
    }
    /// Pixels with halo.
    pub fn haloed(self) -> usize {
        (self.height + 2) * (self.width + 2)
    }
    /// After 2×2 pooling; an odd last row or column is dropped.
    pub fn pooled(self) -> Plane {
        Plane { height: self.height / 2, width: self.width / 2 }
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

/// Weights `[out][in][3][3]` as the kernel reads them, `[out/16][in][3][3][16]`.
pub(super) fn pack(weights: &[f32], cin: usize, cout: usize, packed: &mut Vec<Pixel>) {
    packed.clear();
    packed.resize(blocks(cout) * cin * 9, Pixel::ZERO);
    for (out, kernels) in weights.chunks_exact(cin * 9).enumerate() {
        for (tap, &weight) in kernels.iter().enumerate() {
            packed[out / 16 * cin * 9 + tap].0[out % 16] = weight;
        }
    }
}

/// The same weights for the input's gradient: in and out exchanged, kernels turned by 180°.
pub(super) fn pack_turned(weights: &[f32], cin: usize, cout: usize, packed: &mut Vec<Pixel>) {
    packed.clear();
    packed.resize(blocks(cin) * cout * 9, Pixel::ZERO);
    for (out, kernels) in weights.chunks_exact(cin * 9).enumerate() {
        for (index, &weight) in kernels.iter().enumerate() {
            let (channel, tap) = (index / 9, index % 9);
            packed[(channel / 16 * cout + out) * 9 + 8 - tap].0[channel % 16] = weight;
        }
    }
}

/// Adds a packed weight gradient to one in the order of [`pack`]'s source.
pub(super) fn unpack_into(packed: &[Pixel], cin: usize, gradient: &mut [f32]) {
    for (out, kernels) in gradient.chunks_exact_mut(cin * 9).enumerate() {
        for (tap, weight) in kernels.iter_mut().enumerate() {
            *weight += packed[out / 16 * cin * 9 + tap].0[out % 16];
        }
    }
}

/// One image through one convolution: `output` is `[out/16][y][x][16]` without halo.
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
        let count = self.output.len() / self.plane.area();
        assert_eq!(self.output.len(), count * self.plane.area());
        assert_eq!(self.weights.len(), count * self.cin * 9);
        match self.input {
            Input::Grey(values) => {
                assert!(self.cin == 1 && values.len() >= self.plane.haloed());
                self.planes::<L, 1>(values.as_ptr(), count);
            }
            Input::Blocked(values) => {
                assert!(values.len() >= blocks(self.cin) * self.plane.haloed());
                self.planes::<L, 16>(values.as_ptr().cast(), count);
            }
        }
    }
}

impl Convolve<'_> {
    #[inline(always)]
    fn planes<L: Lanes, const STEP: usize>(&mut self, input: *const f32, count: usize) {
        let mut block = 0;
        while block < count {
            if L::WIDE && block + 2 <= count {
                self.rows::<L, 8, 2, STEP>(input, block);
                block += 2;
            } else if L::WIDE {
                self.rows::<L, 8, 1, STEP>(input, block);
                block += 1;
            } else {
                self.rows::<L, 4, 1, STEP>(input, block);
                block += 1;
            }
        }
    }

    #[inline(always)]
    fn rows<L: Lanes, const P: usize, const Q: usize, const STEP: usize>(&mut self, input: *const f32, block: usize) {
        for y in 0..self.plane.height {
            let mut x = 0;
            while x < self.plane.width {
                let left = self.plane.width - x;
                // SAFETY: `run` has checked the buffers' lengths, and every tile ends at the row's end or before.
                unsafe {
                    if left >= P {
                        self.tile::<L, P, Q, STEP>(input, block, y, x);
                        x += P;
                    } else if P > 4 && left >= 4 {
                        self.tile::<L, 4, Q, STEP>(input, block, y, x);
                        x += 4;
                    } else if left >= 2 {
                        self.tile::<L, 2, Q, STEP>(input, block, y, x);
                        x += 2;
                    } else {
                        self.tile::<L, 1, Q, STEP>(input, block, y, x);
                        x += 1;
                    }
                }
            }
        }
    }

    /// `P` neighbouring pixels of `Q` blocks of output channels, all in registers.
    ///
    /// # Safety
    /// The tile lies inside the plane and the blocks exist.
    #[inline(always)]
    unsafe fn tile<L: Lanes, const P: usize, const Q: usize, const STEP: usize>(
        &mut self,
        input: *const f32,
        block: usize,
        y: usize,
        x: usize,
    ) {
        let (row, plane) = (self.plane.stride() * STEP, self.plane.haloed() * STEP);
        let span = self.cin * 9;
        let mut sums = [[L::splat(0.0); Q]; P];
        // SAFETY: all offsets stay inside the buffers whose lengths `run` has checked.
        unsafe {
            let corner = input.add((y * self.plane.stride() + x) * STEP);
            let mut weight = self.weights.as_ptr().add(block * span);
            for channel in 0..self.cin {
                let channel = corner.add(channel / STEP * plane + channel % STEP);
                for ky in 0..3 {
                    let line = channel.add(ky * row);
                    for kx in 0..3 {
                        let mut factors = [L::splat(0.0); Q];
                        for (q, factor) in factors.iter_mut().enumerate() {
                            *factor = L::load(&*weight.add(q * span));
                        }
                        for (p, sums) in sums.iter_mut().enumerate() {
                            let value = L::splat(*line.add((p + kx) * STEP));
                            for (sum, factor) in sums.iter_mut().zip(factors) {
                                *sum = value.mul_add(factor, *sum);
                            }
                        }
                        weight = weight.add(1);
                    }
                }
            }
            let area = self.plane.area();
            let output = self.output.as_mut_ptr().add(block * area + y * self.plane.width + x);
            for (p, sums) in sums.into_iter().enumerate() {
                for (q, sum) in sums.into_iter().enumerate() {
                    sum.store(&mut *output.add(q * area + p));
                }
            }
        }
    }
}
