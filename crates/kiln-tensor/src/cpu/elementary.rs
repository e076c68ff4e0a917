//! Exponentials, logarithms and what is made of them.
//!
//! For `f32` each is a few additions, products and choices without a branch, so that a loop over them
//! becomes vectors of any instruction set. No product is fused with an addition: an element has the same
//! bits in every set, and wherever it lies in a tensor. The polynomials and the splitting of `ln 2` are those of
//! Cephes (Moshier, 1989). For `f64` they are the standard library's.

use crate::dtype::Float;

/// Elementary functions of one number. Errors of `f32` in units in the last place of the result, over all
/// arguments, are in brackets.
pub trait Elementary: Float {
    /// `eˣ` (1.0)
    fn exp(x: Self) -> Self;
    /// `eˣ − 1` (1.6)
    fn exp_m1(x: Self) -> Self;
    /// `ln x` (0.8)
    fn ln(x: Self) -> Self;
    /// `ln(1 + x)` (0.9)
    fn ln_1p(x: Self) -> Self;
    /// `tanh x` (1.3)
    fn tanh(x: Self) -> Self;
    /// `1 / (1 + e⁻ˣ)` (2.4)
    fn sigmoid(x: Self) -> Self;
    /// `ln(1 + eˣ)` (1.7)
    fn softplus(x: Self) -> Self;
    /// The error function (2.6).
    fn erf(x: Self) -> Self;
    /// The distribution function of the standard normal distribution (7).
    fn normal_cdf(x: Self) -> Self;
    /// The density of the standard normal distribution (4).
    fn normal_pdf(x: Self) -> Self;
}

/// `1/√2π`
const FRAC_1_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

impl Elementary for f64 {
    #[inline(always)]
    fn exp(x: f64) -> f64 {
        x.exp()
    }
    #[inline(always)]
    fn exp_m1(x: f64) -> f64 {
        x.exp_m1()
    }
    #[inline(always)]
    fn ln(x: f64) -> f64 {
        x.ln()
    }
    #[inline(always)]
    fn ln_1p(x: f64) -> f64 {
        x.ln_1p()
    }
    #[inline(always)]
    fn tanh(x: f64) -> f64 {
        x.tanh()
    }
    #[inline(always)]
    fn sigmoid(x: f64) -> f64 {
        let e = (-x.abs()).exp();
        (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }
    #[inline(always)]
    fn softplus(x: f64) -> f64 {
        // Not `max`, which hides NaN.
        (if x < 0.0 { 0.0 } else { x }) + (-x.abs()).exp().ln_1p()
    }
    #[inline(always)]
    fn erf(x: f64) -> f64 {
        libm::erf(x)
    }
    #[inline(always)]
    fn normal_cdf(x: f64) -> f64 {
        0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
    }
    #[inline(always)]
    fn normal_pdf(x: f64) -> f64 {
        FRAC_1_SQRT_TAU * (-0.5 * x * x).exp()
    }
}

/// `ln 2` in two parts. The first has nine digits, so its product with a small integer is exact.
const LN_2: [f32; 2] = [355.0 / 512.0, -2.121_944_4e-4];

impl Elementary for f32 {
    #[inline(always)]
    fn exp(x: f32) -> f32 {
        // Beyond these the result is infinite or 0.
        let x = if x > 89.0 { 89.0 } else { x };
        let x = if x < -104.0 { -104.0 } else { x };
        let (n, r) = reduce(x);
        // In two steps, since 2ⁿ itself may be too large or too small.
        let half = n >> 1;
        (1.0 + exp_m1_near_0(r)) * power_of_2(half) * power_of_2(n.wrapping_sub(half))
    }

    #[inline(always)]
    fn exp_m1(x: f32) -> f32 {
        let tiny = x.abs() < f32::EPSILON / 4.0;
        let argument = x;
        let x = if x > 89.0 { 89.0 } else { x };
        let x = if x < -20.0 { -20.0 } else { x };
        let (n, r) = reduce(x);
        // 2ⁿ(eʳ − 1) + (2ⁿ − 1), halved until the end: 2ⁿ may be too large.
        let scale = power_of_2(n.wrapping_sub(1));
        let result = (exp_m1_near_0(r) * scale + (scale - 0.5)) * 2.0;
        if tiny { argument } else { result }
    }

    #[inline(always)]
    fn ln(x: f32) -> f32 {
        let denormal = x < f32::MIN_POSITIVE;
        let result =
            ln_of(if denormal { x * 8_388_608.0 } else { x }, if denormal { -23.0 } else { 0.0 }, 0.0);
        of_logarithm(x, result)
    }

    #[inline(always)]
    fn ln_1p(x: f32) -> f32 {
        let result = of_logarithm(1.0 + x, ln_of_more(x));
        if x.abs() < f32::EPSILON / 4.0 { x } else { result }
    }

    #[inline(always)]
    fn tanh(x: f32) -> f32 {
        let size = x.abs();
        let large = 1.0 - 2.0 / (Elementary::exp(2.0 * size) + 1.0);
        let z = x * x;
        let small =
            polynomial(z, [-5.704_988_7e-3, 2.063_908_8e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1]);
        // The sign is that of `x` also where both are 0.
        (if size < 0.625 { x + x * z * small } else { large }).copysign(x)
    }

    #[inline(always)]
    fn sigmoid(x: f32) -> f32 {
        let e = Elementary::exp(-x.abs());
        (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    #[inline(always)]
    fn softplus(x: f32) -> f32 {
        let e: f32 = Elementary::exp(-x.abs());
        (if x < 0.0 { 0.0 } else { x }) + ln_of_more(e)
    }

    #[inline(always)]
    fn erf(x: f32) -> f32 {
        let size = x.abs();
        let tail = Elementary::exp(-x * x) * erfc_scaled(size);
        let large = if size > 5.0 { 1.0 } else { 1.0 - tail };
        // NaN is neither small nor large.
        if size < 1.0 { erf_near_0(x) } else { large.copysign(x) }
    }

    #[inline(always)]
    fn normal_cdf(x: f32) -> f32 {
        // What is left of 1 on the far side: computed as such, it keeps its digits however small it is.
        let tail = gaussian(x) * tail_scaled(x.abs());
        if x < 0.0 { tail } else { 1.0 - tail }
    }

    #[inline(always)]
    fn normal_pdf(x: f32) -> f32 {
        FRAC_1_SQRT_TAU as f32 * gaussian(x)
    }
}

/// The error function of numbers in `(−1, 1)`.
#[inline(always)]
fn erf_near_0(x: f32) -> f32 {
    x * polynomial(
        x * x,
        [
            7.853_861e-5,
            -8.010_194e-4,
            5.188_327_5e-3,
            -2.685_381_2e-2,
            1.128_358_5e-1,
            -3.761_262_6e-1,
            std::f32::consts::FRAC_2_SQRT_PI,
        ],
    )
}

/// `(1 − erf x) · e^(x²)` for `x` from 1 on: `1/x` times a polynomial in `1/x²`.
#[inline(always)]
fn erfc_scaled(x: f32) -> f32 {
    let inverse = 1.0 / x;
    let q = inverse * inverse;
    let middle = polynomial(
        q,
        [
            2.326_82e-2,
            -1.387_039_4e-1,
            3.687_424_7e-1,
            -5.824_733e-1,
            6.210_004_6e-1,
            -4.944_515_3e-1,
            3.404_88e-1,
            -2.741_127e-1,
            5.638_259_4e-1,
        ],
    );
    let far = polynomial(
        q,
        [
            -1.047_766_4e1,
            1.297_72e1,
            -7.495_518_7,
            2.921_019,
            -1.015_265_3,
            4.218_463_4e-1,
            -2.820_767_5e-1,
            5.641_895e-1,
        ],
    );
    inverse * if x < 2.0 { middle } else { far }
}

/// `(1 − Φ(x)) · e^(x²/2)` for the normal distribution function Φ and `x` from 0 on: a polynomial in `u = 1 / (x + 2.5)`
/// without a constant, since it falls as `1/x` does. (A minimax fit up to 15, to 1.5e-8 of the value.)
#[inline(always)]
fn tail_scaled(x: f32) -> f32 {
    let u = 2.5 / (x + 2.5);
    u * polynomial(
        u,
        [
            3.229_76e-2,
            -1.772_495e-1,
            3.832_776_2e-1,
            -3.752_373_2e-1,
            1.203_979e-1,
            -2.727_128_2e-2,
            9.146_251e-2,
            1.331_169_5e-1,
            1.596_297_2e-1,
            1.595_758e-1,
        ],
    )
}

/// `e^(−x²/2)`. A rounded square would cost some digits where it is large.
#[inline(always)]
fn gaussian(x: f32) -> f32 {
    let size = x.abs();
    // Beyond this the result is 0.
    let x = if size > 16.0 { 16.0 } else { size };
    let square = x * x;
    // Squares of numbers of twelve digits are exact, so this is what rounding took.
    let high = f32::from_bits(x.to_bits() & 0xffff_f000);
    let lost = (high * high - square) + (x - high) * (x + high);
    let y: f32 = Elementary::exp(-0.5 * square);
    y - y * (0.5 * lost)
}

/// The integer `n` nearest to `x / ln 2`, and the rest `r`, at most half of `ln 2`, of `x = n ln 2 + r`.
#[inline(always)]
fn reduce(x: f32) -> (i32, f32) {
    /// A float so large that its last digit is worth 1: adding it rounds to integers.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let integer = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    (integer, (x - n * LN_2[0]) - n * LN_2[1])
}

/// `eʳ − 1` with `|r|` at most half of `ln 2`.
#[inline(always)]
fn exp_m1_near_0(r: f32) -> f32 {
    let p =
        polynomial(r, [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1]);
    r + r * r * p
}

/// `2ⁿ` for `n` from -126 to 127.
#[inline(always)]
fn power_of_2(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `ln(1 + x)` for finite `x` above -1.
#[inline(always)]
fn ln_of_more(x: f32) -> f32 {
    let sum = 1.0 + x;
    // What rounding took from the sum counts to first order.
    ln_of(sum, 0.0, (x - (sum - 1.0)) / sum)
}

/// `ln x + exponent · ln 2 + lost` for normal `x`, with `lost` small.
#[inline(always)]
fn ln_of(x: f32, exponent: f32, lost: f32) -> f32 {
    /// The smallest mantissa: √½.
    const LEAST: u32 = 0x3f35_04f3;
    let bits = x.to_bits().wrapping_sub(LEAST);
    let exponent = exponent + (bits as i32 >> 23) as f32;
    let r = f32::from_bits((bits & 0x007f_ffff).wrapping_add(LEAST)) - 1.0;
    let z = r * r;
    let p = polynomial(
        r,
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_9e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    let small = r * z * p + (exponent * LN_2[1] + lost) - 0.5 * z;
    (r + small) + exponent * LN_2[0]
}

/// `ln x`, which is `result` for positive finite numbers.
#[inline(always)]
fn of_logarithm(x: f32, result: f32) -> f32 {
    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x >= 0.0 { result } else { f32::NAN }
}

/// A polynomial by Horner's rule; the coefficient of the highest power comes first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = sum * x + c;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::simd::{Isa, compiled};
    use super::*;

    type F32 = fn(f32) -> f32;
    type F64 = fn(f64) -> f64;

    /// Each function, the same in `f64`, and how far it may be off in units in the last place.
    const FUNCTIONS: [(&str, F32, F64, f64); 10] = [
        ("exp", <f32 as Elementary>::exp, <f64 as Elementary>::exp, 1.0),
        ("exp_m1", <f32 as Elementary>::exp_m1, <f64 as Elementary>::exp_m1, 1.6),
        ("ln", <f32 as Elementary>::ln, <f64 as Elementary>::ln, 0.8),
        ("ln_1p", <f32 as Elementary>::ln_1p, <f64 as Elementary>::ln_1p, 0.9),
        ("tanh", <f32 as Elementary>::tanh, <f64 as Elementary>::tanh, 1.3),
        ("sigmoid", f32::sigmoid, f64::sigmoid, 2.4),
        ("softplus", f32::softplus, f64::softplus, 1.7),
        ("erf", <f32 as Elementary>::erf, <f64 as Elementary>::erf, 2.6),
        ("normal_cdf", f32::normal_cdf, f64::normal_cdf, 7.0),
        ("normal_pdf", f32::normal_pdf, f64::normal_pdf, 4.0),
    ];

    /// Numbers of all signs and exponents, also denormal ones, and those where something changes.
    fn arguments() -> Vec<f32> {
        let special =
            [0.0, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-45, f32::MAX, 0.625, 1.0, 2.0, 5.0];
        let edges = [
            1.414, 1.415, 2.828, 2.829, 12.9, 13.1, 14.2, 16.0, 16.1, 20.0, 87.33, 88.72, 88.73, 89.0,
            103.97, 103.98, 104.0,
        ];
        let signed = special.into_iter().chain(edges).flat_map(|x| [x, -x]);
        signed.chain((0..u32::MAX).step_by(20_011).map(f32::from_bits)).collect()
    }

    /// The distance between a result and the exact one, in units in the last place of `f32`.
    fn error(have: f32, want: f64) -> f64 {
        let rounded = want as f32;
        if want.is_nan() || rounded.is_infinite() || have.is_infinite() {
            return if have == rounded || (have.is_nan() && want.is_nan()) { 0.0 } else { f64::INFINITY };
        }
        if want == 0.0 && have.to_bits() != rounded.to_bits() {
            return f64::INFINITY;
        }
        let exponent = (want.abs().max(f64::from(f32::MIN_POSITIVE)).to_bits() >> 52) as i32 - 1023;
        (f64::from(have) - want).abs() / 2f64.powi(exponent - 23)
    }

    #[test]
    fn errors_are_as_stated() {
        for (name, f, exact, most) in FUNCTIONS {
            for x in arguments() {
                let (have, want) = (f(x), exact(f64::from(x)));
                let error = error(have, want);
                assert!(error <= most, "{name}({x:e}) is {have:e}, not {want:e}: {error} units");
            }
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_set_or_the_place() {
        let x = arguments();
        macro_rules! check {
            ($($f:ident),*) => {$(
                let want: Vec<u32> = x.iter().map(|x| <f32 as Elementary>::$f(*x).to_bits()).collect();
                for isa in Isa::all() {
                    for start in [0, 1, 5, 16, x.len() - 37] {
                        let x = &x[start..];
                        let mut out = vec![0.0; x.len()];
                        compiled(
                            isa,
                            #[inline(always)]
                            || out.iter_mut().zip(x).for_each(|(out, x)| *out = <f32 as Elementary>::$f(*x)),
                        );
                        let same = |(have, want): (&f32, &u32)| {
                            have.to_bits() == *want || (have.is_nan() && f32::from_bits(*want).is_nan())
                        };
                        assert!(out.iter().zip(&want[start..]).all(same), "{} {isa:?}", stringify!($f));
                    }
                }
            )*};
        }
        check!(exp, exp_m1, ln, ln_1p, tanh, sigmoid, softplus, erf, normal_cdf, normal_pdf);
    }
}
