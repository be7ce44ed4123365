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
    /// The gradient of what it wrote, with halo, each pixel where the middle of the kernel was put; what lies between is not
    /// read.
    pub output: &'a [Pixel],
    pub gradient: &'a mut [Pixel],
}

impl Kernel for WeightGradient<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        match self.plane.step {
            1 => self.stepped::<L, 1>(),
            step => {
                assert_eq!(step, 2);
                self.stepped::<L, 2>();
            }
        }
    }
}

impl WeightGradient<'_> {
    #[inline(always)]
    fn stepped<L: Lanes, const S: usize>(&mut self) {
        match self.plane.halo {
            0 => self.sided::<L, S, 1>(),
            1 => self.sided::<L, S, 3>(),
            2 => self.sided::<L, S, 5>(),
            halo => {
                assert_eq!(halo, 3);
                self.sided::<L, S, 7>();
            }
        }
    }

    #[inline(always)]
    fn sided<L: Lanes, const S: usize, const K: usize>(&mut self) {
        let count = self.gradient.len() / (self.cin * K * K);
        assert_eq!(self.gradient.len(), count * self.cin * K * K);
        assert!(self.output.len() >= count * self.plane.haloed());
        // A few rows at a time, so that both planes stay near while every pair of channels reads them.
        let step = (128 / self.plane.width).max(1);
        let (mut top, height) = (0, self.plane.put().height);
        while top < height {
            let rows = top..(top + step).min(height);
            top = rows.end;
            match self.input {
                Input::Grey(values) => {
                    assert!(self.cin == 1 && values.len() >= self.plane.haloed());
                    for block in 0..count {
                        self.grey::<L, S, K>(values.as_ptr(), block, &rows);
                    }
                }
                Input::Blocked(values) => {
                    assert!(values.len() >= blocks(self.cin) * self.plane.haloed());
                    self.channels::<L, S, K>(values.as_ptr().cast(), count, &rows);
                }
            }
        }
    }

    #[inline(always)]
    fn grey<L: Lanes, const S: usize, const K: usize>(
        &mut self,
        input: *const f32,
        block: usize,
        rows: &std::ops::Range<usize>,
    ) {
        // SAFETY: `sided` has checked lengths.
        unsafe {
            if K == 3 {
                // The three "channels" are the three kernel rows.
                self.tile::<L, S, 3, 3, 1, 1>(input, self.plane.stride(), 3, block, 0, 0, rows);
            } else {
                for ky in 0..K {
                    self.tile::<L, S, K, 1, 1, 1>(input, 0, 0, block, 0, ky, rows);
                }
            }
        }
    }

    #[inline(always)]
    fn channels<L: Lanes, const S: usize, const K: usize>(
        &mut self,
        input: *const f32,
        count: usize,
        rows: &std::ops::Range<usize>,
    ) {
        let mut block = 0;
        while block < count {
            let pair = L::WIDE && block + 2 <= count;
            for ky in 0..K {
                let mut channel = 0;
                while channel < self.cin {
                    // Channels of one tile are neighbours in memory only inside a block of sixteen, which tiles of 8, 4,
                    // 2 and 1 never leave.
                    let left = self.cin - channel;
                    // SAFETY: `sided` has checked lengths; `channel + C <= cin`.
                    unsafe {
                        let plane = input.add(channel / 16 * self.plane.haloed() * 16 + channel % 16);
                        let far = K * K;
                        if L::WIDE && K == 1 && pair && left >= 8 {
                            self.tile::<L, S, K, 8, 2, 16>(plane, 1, far, block, channel, ky, rows);
                            channel += 8;
                        } else if L::WIDE && K <= 3 && pair && left >= 4 {
                            self.tile::<L, S, K, 4, 2, 16>(plane, 1, far, block, channel, ky, rows);
                            channel += 4;
                        } else if L::WIDE && pair {
                            self.tile::<L, S, K, 1, 2, 16>(plane, 1, far, block, channel, ky, rows);
                            channel += 1;
                        } else if L::WIDE && K <= 5 && left >= 4 {
                            self.tile::<L, S, K, 4, 1, 16>(plane, 1, far, block, channel, ky, rows);
                            channel += 4;
                        } else if K <= 3 && left >= 2 {
                            self.tile::<L, S, K, 2, 1, 16>(plane, 1, far, block, channel, ky, rows);
                            channel += 2;
                        } else {
                            self.tile::<L, S, K, 1, 1, 16>(plane, 1, far, block, channel, ky, rows);
                            channel += 1;
                        }
                    }
                }
            }
            block += if pair { 2 } else { 1 };
        }
    }

    /// The taps of a kernel row for `C` inputs and `Q` blocks of outputs, all in registers. `near` is the step from one
    /// input to the next, `far` from one input's weights to the next one's.
    ///
    /// # Safety
    /// The inputs, rows and blocks exist.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    unsafe fn tile<L: Lanes, const S: usize, const K: usize, const C: usize, const Q: usize, const STEP: usize>(
        &mut self,
        input: *const f32,
        near: usize,
        far: usize,
        block: usize,
        channel: usize,
        ky: usize,
        rows: &std::ops::Range<usize>,
    ) {
        let span = self.cin * K * K;
        let (stride, halo, width) = (self.plane.stride(), K / 2, self.plane.put().width);
        let mut sums = [[[L::splat(0.0); Q]; K]; C];
        // SAFETY: all offsets stay inside the buffers whose lengths `sided` has checked.
        unsafe {
            let gradient = self.gradient.as_mut_ptr().add(block * span + channel * K * K + ky * K);
            for (c, sums) in sums.iter_mut().enumerate() {
                for (kx, sums) in sums.iter_mut().enumerate() {
                    for (q, sum) in sums.iter_mut().enumerate() {
                        *sum = L::load(&*gradient.add(q * span + c * far + kx));
                    }
                }
            }
            for y in rows.clone() {
                let line = input.add((S * y + ky) * stride * STEP);
                let out = self.output.as_ptr().add(block * self.plane.haloed() + (S * y + halo) * stride + halo);
                for x in 0..width {
                    let mut factors = [L::splat(0.0); Q];
                    for (q, factor) in factors.iter_mut().enumerate() {
                        *factor = L::load(&*out.add(q * self.plane.haloed() + S * x));
                    }
                    for (c, sums) in sums.iter_mut().enumerate() {
                        for (kx, sums) in sums.iter_mut().enumerate() {
                            let value = L::splat(*line.add((S * x + kx) * STEP + c * near));
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
