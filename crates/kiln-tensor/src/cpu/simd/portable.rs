//! Vectors for processors that nothing more is known of.

use super::Simd;

pub struct PortableSimd;

type V = [f32; 4];

#[inline(always)]
fn zip(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

/// `a · b + c` in one rounding, as other instruction sets compute it, so that all give the same bits. (`f32::mul_add`
/// would call a function for each number.)
#[inline(always)]
fn fma(a: f32, b: f32, c: f32) -> f32 {
    // The product is exact. The sum is rounded to odd: where it isn't exact, its last bit is set, in the direction of what
    // it lacks. Then rounding once more, to f32, is as if it were the only time (Boldo and Melquiond, 2008).
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let added = sum - product;
    let lacks = (product - (sum - added)) + (c - added);
    let bits = sum.to_bits();
    // Infinite sums lack NaN, and stay.
    let adjusts = u64::from(lacks != 0.0 && !lacks.is_nan()) & !bits & 1;
    let toward_zero = (lacks.to_bits() ^ bits) >> 63;
    f64::from_bits(bits.wrapping_add(adjusts).wrapping_sub(2 * (adjusts & toward_zero))) as f32
}

impl Simd for PortableSimd {
    type Vector = V;
    const LANES: usize = 4;
    const ROWS: usize = 6;
    #[inline(always)]
    unsafe fn load(from: *const f32) -> V {
        // SAFETY: the caller's.
        unsafe { from.cast::<V>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: V) {
        // SAFETY: the caller's.
        unsafe { to.cast::<V>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> V {
        [value; 4]
    }
    #[inline(always)]
    unsafe fn add(a: V, b: V) -> V {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: V, b: V) -> V {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: V, b: V) -> V {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn fma(a: V, b: V, c: V) -> V {
        let at = |i: usize| fma(a[i], b[i], c[i]);
        [at(0), at(1), at(2), at(3)]
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            // SAFETY: the caller's.
            unsafe { *to.add(j * to_step + i) = *from.add(i * from_step + j) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;

    #[test]
    fn products_and_sums_are_rounded_once() {
        let one = |a: f32, b: f32, c: f32| {
            let (got, want) = (fma(a, b, c), a.mul_add(b, c));
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{a:e} {b:e} {c:e}: {got:e} {want:e}"
            );
        };
        // The product lies a hair beside the middle of two numbers, so that f64 can't tell.
        one(1.0 + f32::EPSILON, 1.0 + f32::EPSILON, 2f32.powi(-60));
        one(2f32.powi(-75), 2f32.powi(-75), 2f32.powi(-25));
        // The same among numbers too small to be normal.
        one(2f32.powi(-75) * (1.0 + f32::EPSILON), 2f32.powi(-75), f32::MIN_POSITIVE / 4.0);
        one(-2f32.powi(-100), 2f32.powi(-100), f32::from_bits(1));
        let special = [0.0, -0.0, 1.0, -1.5, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        for a in special {
            for b in special {
                special.into_iter().for_each(|c| one(a, b, c));
            }
        }
        let word = |i: u64| Key::new(7).word(i);
        for i in 0..100_000 {
            let bits = |j: u64| f32::from_bits(word(3 * i + j));
            one(bits(0), bits(1), bits(2));
            // Numbers of like sizes, whose digits overlap in all ways.
            let near = |j: u64, spread: u32| {
                let exponent = 127 - spread / 2 + word(3 * i + j) % spread;
                f32::from_bits(word(3 * i + j) & 0x807f_ffff | exponent << 23)
            };
            one(near(0, 4), near(1, 4), near(2, 60));
            one(near(0, 4) * 1e-19, near(1, 4) * 1e-19, near(2, 60) * 1e-38);
        }
    }
}
