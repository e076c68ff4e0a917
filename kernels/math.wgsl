// Floating-point functions that WGSL lacks, or that it promises too little of.

// Compilers may take `x != x` for false, so the bits decide.
fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// Compilers may take a comparison with infinity for false, so the bits decide.
fn is_infinite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

// The number with these bits. A constant expression may be neither NaN nor infinite.
fn from_bits(word: u32) -> f32 {
    var bits = word;
    return bitcast<f32>(bits);
}

fn nan() -> f32 {
    return from_bits(0x7fc00000u);
}

fn infinity() -> f32 {
    return from_bits(0x7f800000u);
}

// The larger of two numbers; NaN if either is (IEEE 754-2019). WGSL's `max` may give the other number instead.
fn maximum(a: f32, b: f32) -> f32 {
    return select(select(select(b, a, a > b), b, is_nan(b)), a, is_nan(a));
}

// The smaller of two numbers; NaN if either is.
fn minimum(a: f32, b: f32) -> f32 {
    return select(select(select(b, a, a < b), b, is_nan(b)), a, is_nan(a));
}

// eˣ − 1, near 0 by its series.
fn expm1(x: f32) -> f32 {
    if abs(x) > 0.5 {
        return exp(x) - 1.0;
    }
    let p = 1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x * (1.0 / 40320.0 + x / 362880.0)));
    return x + x * x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * p)));
}

// ln(1 + x), near 0 as 2 artanh(x / (2 + x)).
fn log1p(x: f32) -> f32 {
    if x > 0.5 || x < -0.4 {
        return log(1.0 + x);
    }
    let s = x / (2.0 + x);
    let z = s * s;
    let p = 1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z / 15.0)));
    return 2.0 * s + 2.0 * s * z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * p));
}

fn tanh_of(x: f32) -> f32 {
    let t = expm1(-2.0 * min(abs(x), 20.0));
    return sign(x) * (-t / (2.0 + t));
}

fn sigmoid(x: f32) -> f32 {
    let e = exp(-abs(x));
    return select(1.0, e, x < 0.0) / (1.0 + e);
}

// x · y, but 0 where the finite y is, also for an infinite x: what is right where y falls faster than x grows.
fn damped(x: f32, y: f32) -> f32 {
    return select(x * y, 0.0, y == 0.0);
}

fn softplus(x: f32) -> f32 {
    return max(x, 0.0) + log1p(exp(-abs(x)));
}

// The error function to about an ulp, by minimax polynomials (N. Juffa's erff).
fn erf(x: f32) -> f32 {
    let t = abs(x);
    let s = x * x;
    if t > 0.927734375 {
        var r = fma(-1.72853470e-5, t, 3.83197126e-4);
        let u = fma(-3.88396438e-3, t, 2.42546219e-2);
        r = fma(r, s, u);
        r = fma(r, t, -1.06777877e-1);
        r = fma(r, t, -6.34846687e-1);
        r = fma(r, t, -1.28717512e-1);
        r = fma(r, t, -t);
        // Beyond 4 the function is 1 to the last bit, and the polynomial isn't meant for it.
        return sign(x) * select(1.0 - exp(r), 1.0, t > 4.0);
    }
    var r = -5.96761703e-4;
    r = fma(r, s, 4.99119423e-3);
    r = fma(r, s, -2.67681349e-2);
    r = fma(r, s, 1.12819925e-1);
    r = fma(r, s, -3.76125336e-1);
    r = fma(r, s, 1.28379166e-1);
    return fma(r, x, x);
}

// The sine of x + shift · π/2: reduced to [−π/4, π/4] in three steps (Cody and Waite), then by
// polynomials (Cephes). WGSL promises no more than 2⁻¹¹.
fn sine(x: f32, shift: i32) -> f32 {
    let turns = round(x * 0.63661977);
    let r = ((x - turns * 1.5703125) - turns * 4.837512969970703e-4) - turns * 7.549789948768648e-8;
    let quadrant = (i32(turns) + shift) & 3;
    let z = r * r;
    let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
    let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
    let value = select(s, c, (quadrant & 1) == 1);
    return select(value, -value, quadrant >= 2);
}

// The angle of the point (x, y): the arctangent of the smaller side by the larger, reduced to ±tan(π/8) and then by a
// polynomial (Cephes). WGSL promises no more than 4096 ulps.
fn angle(y: f32, x: f32) -> f32 {
    if is_nan(x) || is_nan(y) {
        return nan();
    }
    let larger_side = max(abs(x), abs(y));
    let smaller_side = min(abs(x), abs(y));
    var slope = smaller_side / larger_side;
    if larger_side == 0.0 {
        slope = 0.0;
    } else if smaller_side == larger_side {
        slope = 1.0;
    }
    var base = 0.0;
    if slope > 0.41421357 {
        base = 0.78539816;
        slope = (slope - 1.0) / (slope + 1.0);
    }
    let z = slope * slope;
    let p = ((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1;
    var result = base + (p * z * slope + slope);
    if abs(y) > abs(x) {
        result = 1.57079633 - result;
    }
    if x < 0.0 {
        result = 3.14159265 - result;
    }
    return select(result, -result, y < 0.0);
}

// xⁿ by squaring.
fn integer_power(x: f32, n: i32) -> f32 {
    var rest = u32(abs(n));
    var factor = x;
    var product = 1.0;
    while rest > 0u {
        if (rest & 1u) == 1u {
            product *= factor;
        }
        factor *= factor;
        rest >>= 1u;
    }
    return select(product, 1.0 / product, n < 0);
}

// xᵖ with the signs, zeros and refusals of IEEE 754.
fn power(x: f32, p: f32) -> f32 {
    if p == 0.0 || x == 1.0 {
        return 1.0;
    }
    if is_nan(x) || is_nan(p) {
        return nan();
    }
    let is_integer = p == floor(p);
    let is_odd = is_integer && abs(p) < 16777216.0 && floor(p * 0.5) * 2.0 != p;
    if x == 0.0 {
        return select(0.0, infinity(), p < 0.0);
    }
    if x < 0.0 && !is_integer {
        return nan();
    }
    let magnitude = pow(abs(x), p);
    return select(magnitude, -magnitude, x < 0.0 && is_odd);
}

// The distribution function of the standard normal distribution: what is left of 1 on the far side is computed as such, by a
// polynomial in 1/x² (Cephes' erfcf), so that it keeps its digits however small it is.
fn normal_cdf(x: f32) -> f32 {
    let size = abs(x) * 0.70710678;
    if size < 1.0 {
        return 0.5 + 0.5 * erf(x * 0.70710678);
    }
    let inverse = 1.0 / size;
    let q = inverse * inverse;
    var p = 5.6418949e-1 + q * (-2.8207675e-1 + q * (4.2184634e-1 + q * (-1.0152653 + q * (2.921019
        + q * (-7.4955187 + q * (1.29772e1 - q * 1.0477664e1))))));
    if size < 2.0 {
        p = 5.6382594e-1 + q * (-2.741127e-1 + q * (3.40488e-1 + q * (-4.9445153e-1 + q * (6.2100046e-1
            + q * (-5.824733e-1 + q * (3.6874247e-1 + q * (-1.3870394e-1 + q * 2.32682e-2)))))));
    }
    let tail = 0.5 * gaussian(x) * inverse * p;
    return select(1.0 - tail, tail, x < 0.0);
}

// The density of the standard normal distribution.
fn normal_pdf(x: f32) -> f32 {
    return 0.39894228 * gaussian(x);
}

// e^(−x²/2), which beyond 16 is 0.
fn gaussian(x: f32) -> f32 {
    let size = min(abs(x), 16.0);
    return exp(-0.5 * size * size);
}
