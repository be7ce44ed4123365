//! Sixteen numbers at once, with the same bits on every processor.
//!
//! Kernels are written once over [`Lanes`] and compiled for AVX-512, for AVX2 with FMA, and for anything else. Every
//! operation is exactly rounded (products and sums that belong together are fused), so the three agree to the last bit.

/// Sixteen channels of one pixel: what a blocked buffer is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Pixel(pub [f32; 16]);

impl Pixel {
    /// All zero.
    pub const ZERO: Pixel = Pixel([0.0; 16]);
}

/// How many [`Pixel`]s hold `channels` channels.
pub(super) fn blocks(channels: usize) -> usize {
    channels.div_ceil(16)
}

/// Spreads `values` over blocks of sixteen, filling up with zeros.
pub(super) fn blocked(values: impl IntoIterator<Item = f32>) -> Vec<Pixel> {
    let mut out = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        if index % 16 == 0 {
            out.push(Pixel::ZERO);
        }
        let last = out.len() - 1;
        out[last].0[index % 16] = value;
    }
    out
}

/// Arithmetic on sixteen numbers. Methods are inlined into a function compiled for the processor; see [`Level::run`].
pub(super) trait Lanes: Copy {
    /// Whether there are registers enough for large tiles.
    const WIDE: bool;
    fn splat(value: f32) -> Self;
    fn load(pixel: &Pixel) -> Self;
    fn store(self, pixel: &mut Pixel);
    /// `self * factor + addend`, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// `if self > other { self } else { other }`, so a NaN in `other` stays.
    fn max(self, other: Self) -> Self;
    /// `value` where `self > 0`, else 0.
    fn keep_where_positive(self, value: Self) -> Self;
    /// `value` where `self == other` else 0, and the rest: `value` where they differ, else 0.
    fn split_where_equal(self, other: Self, value: Self) -> (Self, Self);
}

/// A kernel that [`Level::run`] compiles once for each instruction set. `run` must be `#[inline(always)]`, and so must
/// all it calls on [`Lanes`].
pub(super) trait Kernel {
    fn run<L: Lanes>(self);
}

/// The instruction set in use. All levels give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// Every level this processor has, the best first.
    pub fn available() -> Vec<Level> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2 && is_x86_feature_detected!("avx512f") {
                levels.push(Level::Avx512);
            }
            if avx2 {
                levels.push(Level::Avx2);
            }
        }
        levels.push(Level::Portable);
        levels
    }

    /// The best level this processor has.
    pub fn detect() -> Level {
        Level::available()[0]
    }

    /// What people call it, unless it is plain Rust.
    pub fn name(self) -> Option<&'static str> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => Some("AVX-512"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Some("AVX2"),
            Level::Portable => None,
        }
    }

    /// Runs a kernel compiled for this level.
    pub fn run<K: Kernel>(self, kernel: K) {
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this value exists only where `available` has seen the features.
            Level::Avx512 => unsafe { run_avx512(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Level::Avx2 => unsafe { run_avx2(kernel) },
            Level::Portable => kernel.run::<Portable>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn run_avx512<K: Kernel>(kernel: K) {
    kernel.run::<x86::Avx512>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) {
    kernel.run::<x86::Avx2>();
}

/// Plain Rust: what the other two are measured against.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; 16]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        for (a, b) in out.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        Portable(out)
    }
}

impl Lanes for Portable {
    const WIDE: bool = false;
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Portable([value; 16])
    }
    #[inline(always)]
    fn load(pixel: &Pixel) -> Self {
        Portable(pixel.0)
    }
    #[inline(always)]
    fn store(self, pixel: &mut Pixel) {
        pixel.0 = self.0;
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        let mut out = addend.0;
        for ((c, a), b) in out.iter_mut().zip(self.0).zip(factor.0) {
            *c = a.mul_add(b, *c);
        }
        Portable(out)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn keep_where_positive(self, value: Self) -> Self {
        self.zip(value, |a, v| if a > 0.0 { v } else { 0.0 })
    }
    #[inline(always)]
    fn split_where_equal(self, other: Self, value: Self) -> (Self, Self) {
        let (mut same, mut rest) = ([0.0; 16], [0.0; 16]);
        for lane in 0..16 {
            let equal = self.0[lane] == other.0[lane];
            same[lane] = if equal { value.0[lane] } else { 0.0 };
            rest[lane] = if equal { 0.0 } else { value.0[lane] };
        }
        (Portable(same), Portable(rest))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests {
    use super::*;

    struct Probe<'a>(&'a [Pixel; 3], &'a mut Vec<Pixel>);

    impl Kernel for Probe<'_> {
        #[inline(always)]
        fn run<L: Lanes>(self) {
            let [a, b, c] = [L::load(&self.0[0]), L::load(&self.0[1]), L::load(&self.0[2])];
            let (same, rest) = a.split_where_equal(b, c);
            let all = [
                L::splat(1.5),
                a.mul_add(b, c),
                a.add(b),
                a.sub(b),
                a.mul(b),
                a.max(b),
                a.keep_where_positive(c),
                same,
                rest,
            ];
            for value in all {
                let mut pixel = Pixel::ZERO;
                value.store(&mut pixel);
                self.1.push(pixel);
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let mut a = [0.0f32; 16];
        let (mut b, mut c) = (a, a);
        for lane in 0..16 {
            a[lane] = (lane as f32 - 7.0) / 3.0;
            b[lane] = if lane % 3 == 0 { a[lane] } else { 1.0 / (lane as f32 + 0.7) };
            c[lane] = -(lane as f32) * 0.1 + 1e-3;
        }
        a[5] = f32::NAN;
        b[6] = f32::NAN;
        (a[8], b[8]) = (0.0, -0.0);
        let input = [Pixel(a), Pixel(b), Pixel(c)];
        let results: Vec<Vec<Vec<u32>>> = Level::available()
            .into_iter()
            .map(|level| {
                let mut out = Vec::new();
                level.run(Probe(&input, &mut out));
                out.iter()
                    .map(|pixel| pixel.0.iter().map(|v| if v.is_nan() { 1 } else { v.to_bits() }).collect())
                    .collect()
            })
            .collect();
        for result in &results {
            assert_eq!(result, &results[0]);
        }
        assert_eq!(f32::from_bits(results[0][1][3]), a[3].mul_add(b[3], c[3]));
        assert!(results[0][5][6] == 1, "a NaN on the right of max stays");
    }
}
