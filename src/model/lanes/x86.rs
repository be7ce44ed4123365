//! [`Lanes`] in one AVX-512 register or two AVX2 registers.
//!
//! The methods are sound only inside a function compiled for these features, which [`super::Level::run`] sees to; the
//! types are not visible outside `lanes`.

use super::{Lanes, Pixel};
use std::arch::x86_64::{
    __m256, __m512, _CMP_EQ_OQ, _CMP_GT_OQ, _mm256_add_ps, _mm256_and_ps, _mm256_andnot_ps, _mm256_cmp_ps,
    _mm256_fmadd_ps, _mm256_load_ps, _mm256_max_ps, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_store_ps,
    _mm256_sub_ps, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_load_ps, _mm512_maskz_mov_ps,
    _mm512_max_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_store_ps, _mm512_sub_ps,
};

#[derive(Clone, Copy)]
pub(in crate::model) struct Avx512(__m512);

impl Lanes for Avx512 {
    const WIDE: bool = true;
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: reached only through `Level::run`, which has checked for AVX-512F (so in all methods here).
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    fn load(pixel: &Pixel) -> Self {
        // SAFETY: a `Pixel` is 64 bytes, aligned to 64.
        Self(unsafe { _mm512_load_ps(pixel.0.as_ptr()) })
    }
    #[inline(always)]
    fn store(self, pixel: &mut Pixel) {
        // SAFETY: a `Pixel` is 64 bytes, aligned to 64.
        unsafe { _mm512_store_ps(pixel.0.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn keep_where_positive(self, value: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, _mm512_setzero_ps());
            Self(_mm512_maskz_mov_ps(positive, value.0))
        }
    }
    #[inline(always)]
    fn split_where_equal(self, other: Self, value: Self) -> (Self, Self) {
        // SAFETY: features checked, see `splat`.
        unsafe {
            let equal = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0);
            (Self(_mm512_maskz_mov_ps(equal, value.0)), Self(_mm512_maskz_mov_ps(!equal, value.0)))
        }
    }
}

#[derive(Clone, Copy)]
pub(in crate::model) struct Avx2(__m256, __m256);

impl Lanes for Avx2 {
    const WIDE: bool = false;
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: reached only through `Level::run`, which has checked for AVX2 and FMA (so in all methods here).
        unsafe { Self(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
    }
    #[inline(always)]
    fn load(pixel: &Pixel) -> Self {
        let start = pixel.0.as_ptr();
        // SAFETY: a `Pixel` is 64 bytes, aligned to 64.
        unsafe { Self(_mm256_load_ps(start), _mm256_load_ps(start.add(8))) }
    }
    #[inline(always)]
    fn store(self, pixel: &mut Pixel) {
        let start = pixel.0.as_mut_ptr();
        // SAFETY: a `Pixel` is 64 bytes, aligned to 64.
        unsafe {
            _mm256_store_ps(start, self.0);
            _mm256_store_ps(start.add(8), self.1);
        }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe { Self(_mm256_fmadd_ps(self.0, factor.0, addend.0), _mm256_fmadd_ps(self.1, factor.1, addend.1)) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe { Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn keep_where_positive(self, value: Self) -> Self {
        // SAFETY: features checked, see `splat`.
        unsafe {
            let zero = _mm256_setzero_ps();
            Self(
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, zero), value.0),
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.1, zero), value.1),
            )
        }
    }
    #[inline(always)]
    fn split_where_equal(self, other: Self, value: Self) -> (Self, Self) {
        // SAFETY: features checked, see `splat`.
        unsafe {
            let low = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0);
            let high = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.1, other.1);
            (
                Self(_mm256_and_ps(low, value.0), _mm256_and_ps(high, value.1)),
                Self(_mm256_andnot_ps(low, value.0), _mm256_andnot_ps(high, value.1)),
            )
        }
    }
}
