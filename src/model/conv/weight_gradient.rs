//! The gradient of a convolution's weights: for each pair of channels and each tap, the sum over an image of what went in
//! times the gradient of what came out, row by row in one chain of fused multiply-adds.

use super::{Input, Plane};
use crate::model::lanes::{Kernel, Lanes, Pixel, blocks};

/// Adds one image's weight gradient to `gradient`, packed as by [`super::pack`].
pub(in crate::model) struct WeightGradient<'a> {
    /// What the convolution read.
    pub input: Input<'a>,
    pub cin: usize,
    pub plane: Plane,
    /// The gradient of what it wrote, with halo.
    pub output: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for WeightGradient<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let count = self.gradient.len() / (self.cin * 9);
        assert_eq!(self.gradient.len(), count * self.cin * 9);
        assert!(self.output.len() >= count * self.plane.haloed());
        // A few rows at a time, so that both planes stay near while every pair of channels reads them.
        let step = (128 / self.plane.width).max(1);
        let mut top = 0;
        while top < self.plane.height {
            let rows = top..(top + step).min(self.plane.height);
            top = rows.end;
            match self.input {
                Input::Grey(values) => {
                    assert!(self.cin == 1 && values.len() >= self.plane.haloed());
                    for block in 0..count {
                        // SAFETY: lengths checked here and above; the three "channels" are the three kernel rows.
                        unsafe { self.tile::<L, 3, 1, 1>(values.as_ptr(), self.plane.stride(), 3, block, 0, 0, &rows) };
                    }
                }
                Input::Blocked(values) => {
                    assert!(values.len() >= blocks(self.cin) * self.plane.haloed());
                    self.channels::<L>(values.as_ptr().cast(), count, &rows);
                }
            }
        }
    }
}

impl WeightGradient<'_> {
    #[inline(always)]
    fn channels<L: Lanes>(&mut self, input: *const f32, count: usize, rows: &std::ops::Range<usize>) {
        let mut block = 0;
        while block < count {
            let pair = L::WIDE && block + 2 <= count;
            for ky in 0..3 {
                let mut channel = 0;
                while channel < self.cin {
                    // Channels of one tile are neighbours in memory only inside a block of sixteen, which tiles of 4, 2
                    // and 1 never leave.
                    let left = self.cin - channel;
                    // SAFETY: `run` has checked lengths; `channel + C <= cin`.
                    unsafe {
                        let plane = input.add(channel / 16 * self.plane.haloed() * 16 + channel % 16);
                        if pair && left >= 4 {
                            self.tile::<L, 4, 2, 16>(plane, 1, 9, block, channel, ky, rows);
                            channel += 4;
                        } else if pair {
                            self.tile::<L, 1, 2, 16>(plane, 1, 9, block, channel, ky, rows);
                            channel += 1;
                        } else if L::WIDE && left >= 4 {
                            self.tile::<L, 4, 1, 16>(plane, 1, 9, block, channel, ky, rows);
                            channel += 4;
                        } else if left >= 2 {
                            self.tile::<L, 2, 1, 16>(plane, 1, 9, block, channel, ky, rows);
                            channel += 2;
                        } else {
                            self.tile::<L, 1, 1, 16>(plane, 1, 9, block, channel, ky, rows);
                            channel += 1;
                        }
                    }
                }
            }
            block += if pair { 2 } else { 1 };
        }
    }

    /// The three taps of a kernel row for `C` inputs and `Q` blocks of outputs, all in registers. `near` is the step
    /// from one input to the next, `far` from one input's weights to the next one's.
    ///
    /// # Safety
    /// The inputs, rows and blocks exist.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    unsafe fn tile<L: Lanes, const C: usize, const Q: usize, const STEP: usize>(
        &mut self,
        input: *const f32,
        near: usize,
        far: usize,
        block: usize,
        channel: usize,
        ky: usize,
        rows: &std::ops::Range<usize>,
    ) {
        let span = self.cin * 9;
        let stride = self.plane.stride();
        let mut sums = [[[L::splat(0.0); Q]; 3]; C];
        // SAFETY: all offsets stay inside the buffers whose lengths `run` has checked.
        unsafe {
            let gradient = self.gradient.as_mut_ptr().add(block * span + channel * 9 + ky * 3);
            for (c, sums) in sums.iter_mut().enumerate() {
                for (kx, sums) in sums.iter_mut().enumerate() {
                    for (q, sum) in sums.iter_mut().enumerate() {
                        *sum = L::load(&*gradient.add(q * span + c * far + kx));
                    }
                }
            }
            for y in rows.clone() {
                let line = input.add((y + ky) * stride * STEP);
                let out = self.output.as_ptr().add(block * self.plane.haloed() + (y + 1) * stride + 1);
                for x in 0..self.plane.width {
                    let mut factors = [L::splat(0.0); Q];
                    for (q, factor) in factors.iter_mut().enumerate() {
                        *factor = L::load(&*out.add(q * self.plane.haloed() + x));
                    }
                    for (c, sums) in sums.iter_mut().enumerate() {
                        for (kx, sums) in sums.iter_mut().enumerate() {
                            let value = L::splat(*line.add((x + kx) * STEP + c * near));
                            for (sum, factor) in sums.iter_mut().zip(factors) {
                                *sum = value.mul_add(factor, *sum);
                            }
                        }
                    }
                }
            }
            for (c, sums) in sums.into_iter().enumerate() {
                for (kx, sums) in sums.into_iter().enumerate() {
                    for (q, sum) in sums.into_iter().enumerate() {
                        sum.store(&mut *gradient.add(q * span + c * far + kx));
                    }
                }
            }
        }
    }
}
