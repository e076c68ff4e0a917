//! Vectors of x86 processors: AVX-512, and AVX2 with FMA.

use super::{Simd, WithSimd};
use std::arch::x86_64::*;

pub struct Avx512;
pub struct Avx2;

/// # Safety
/// The processor has AVX-512F, and what the work points at is there.
#[target_feature(enable = "avx512f")]
pub unsafe fn avx512(work: impl WithSimd) {
    // SAFETY: the caller's.
    unsafe { work.run::<Avx512>() }
}

/// # Safety
/// The processor has AVX2 and FMA, and what the work points at is there.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn avx2(work: impl WithSimd) {
    // SAFETY: the caller's.
    unsafe { work.run::<Avx2>() }
}

macro_rules! simd {
    ($set:ident: $vector:ident, $lanes:literal lanes, $rows:literal rows,
     $load:ident, $store:ident, $splat:ident, $add:ident, $sub:ident, $mul:ident, $fma:ident, $transpose:ident) => {
        impl Simd for $set {
            type Vector = $vector;
            const LANES: usize = $lanes;
            const ROWS: usize = $rows;
            #[inline(always)]
            unsafe fn load(from: *const f32) -> $vector {
                // SAFETY: the caller's.
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(to: *mut f32, v: $vector) {
                // SAFETY: the caller's.
                unsafe { $store(to, v) }
            }
            #[inline(always)]
            fn prefetch(from: *const f32) {
                // SAFETY: a hint, which all processors of this kind know and which never faults.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
            }
            #[inline(always)]
            unsafe fn splat(value: f32) -> $vector {
                // SAFETY: the caller's.
                unsafe { $splat(value) }
            }
            #[inline(always)]
            unsafe fn add(a: $vector, b: $vector) -> $vector {
                // SAFETY: the caller's.
                unsafe { $add(a, b) }
            }
            #[inline(always)]
            unsafe fn sub(a: $vector, b: $vector) -> $vector {
                // SAFETY: the caller's.
                unsafe { $sub(a, b) }
            }
            #[inline(always)]
            unsafe fn mul(a: $vector, b: $vector) -> $vector {
                // SAFETY: the caller's.
                unsafe { $mul(a, b) }
            }
            #[inline(always)]
            unsafe fn fma(a: $vector, b: $vector, c: $vector) -> $vector {
                // SAFETY: the caller's.
                unsafe { $fma(a, b, c) }
            }
            #[inline(always)]
            unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
                // SAFETY: the caller's.
                unsafe { $transpose(from, from_step, to, to_step) }
            }
        }
    };
}

simd!(Avx512: __m512, 16 lanes, 12 rows, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps,
      _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_fmadd_ps, transpose16);
simd!(Avx2: __m256, 8 lanes, 6 rows, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps,
      _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_fmadd_ps, transpose8);

/// Interleaves neighbouring rows, then pairs of rows, so that each quarter of a register holds four
/// numbers of a column; then gathers the quarters.
#[target_feature(enable = "avx512f")]
unsafe fn transpose16(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
    let pd = _mm512_castps_pd;
    let ps = _mm512_castpd_ps;
    let mut quads = [_mm512_setzero_ps(); 16];
    for i in 0..4 {
        // SAFETY: the caller's.
        let [a, b, c, d] = unsafe {
            let row = from.add(4 * i * from_step);
            [0, 1, 2, 3].map(|r| _mm512_loadu_ps(row.add(r * from_step)))
        };
        let (ab_low, ab_high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        // Quarter q of quads[4i + j] is column 4q + j of rows 4i to 4i + 3.
        quads[4 * i] = ps(_mm512_unpacklo_pd(pd(ab_low), pd(cd_low)));
        quads[4 * i + 1] = ps(_mm512_unpackhi_pd(pd(ab_low), pd(cd_low)));
        quads[4 * i + 2] = ps(_mm512_unpacklo_pd(pd(ab_high), pd(cd_high)));
        quads[4 * i + 3] = ps(_mm512_unpackhi_pd(pd(ab_high), pd(cd_high)));
    }
    for j in 0..4 {
        let [a, b, c, d] = [quads[j], quads[4 + j], quads[8 + j], quads[12 + j]];
        // Quarters 0 and 2 of two registers, then 1 and 3.
        let (ab_even, ab_odd) = (_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
        let (cd_even, cd_odd) = (_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d));
        let columns = [
            _mm512_shuffle_f32x4::<0x88>(ab_even, cd_even),
            _mm512_shuffle_f32x4::<0x88>(ab_odd, cd_odd),
            _mm512_shuffle_f32x4::<0xdd>(ab_even, cd_even),
            _mm512_shuffle_f32x4::<0xdd>(ab_odd, cd_odd),
        ];
        for (q, column) in columns.into_iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { _mm512_storeu_ps(to.add((4 * q + j) * to_step), column) };
        }
    }
}

/// [`transpose16`] with halves for quarters.
#[target_feature(enable = "avx2")]
unsafe fn transpose8(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
    let pd = _mm256_castps_pd;
    let ps = _mm256_castpd_ps;
    let mut quads = [_mm256_setzero_ps(); 8];
    for i in 0..2 {
        // SAFETY: the caller's.
        let [a, b, c, d] = unsafe {
            let row = from.add(4 * i * from_step);
            [0, 1, 2, 3].map(|r| _mm256_loadu_ps(row.add(r * from_step)))
        };
        let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        quads[4 * i] = ps(_mm256_unpacklo_pd(pd(ab_low), pd(cd_low)));
        quads[4 * i + 1] = ps(_mm256_unpackhi_pd(pd(ab_low), pd(cd_low)));
        quads[4 * i + 2] = ps(_mm256_unpacklo_pd(pd(ab_high), pd(cd_high)));
        quads[4 * i + 3] = ps(_mm256_unpackhi_pd(pd(ab_high), pd(cd_high)));
    }
    for j in 0..4 {
        let (a, b) = (quads[j], quads[4 + j]);
        // SAFETY: the caller's.
        unsafe {
            _mm256_storeu_ps(to.add(j * to_step), _mm256_permute2f128_ps::<0x20>(a, b));
            _mm256_storeu_ps(to.add((4 + j) * to_step), _mm256_permute2f128_ps::<0x31>(a, b));
        }
    }
}
