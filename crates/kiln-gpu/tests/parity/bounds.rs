//! How far a GPU's result may be from the exact one: WGSL's accuracy table for functions, γ_k for sums.

use kiln_tensor::{Kernel, Map, Meta, Reduce, Zip};

/// A rule for how far results may be off.
pub enum Bound {
    /// The bits of the CPU's `f32` result.
    Exact,
    /// From the elements of the inputs, of the outputs before, and the exact result.
    Elements(OfElements),
    /// This factor times the result of the same call on absolute values.
    Scaled(OfMetas),
}

type OfElements = Box<dyn Fn(&[f64], f64) -> f64>;
type OfMetas = Box<dyn Fn(&[Meta], &[Meta]) -> f64>;

/// One unit in the last place of 1.
pub const E: f64 = f32::EPSILON as f64;
/// WGSL's bound for logarithms of numbers in [0.5, 2].
pub const LOG_NEAR_ONE: f64 = 1.0 / (1 << 21) as f64;

/// `kε / (1 − kε)`: what rounding can make of a sum of `k` terms, in any order.
pub fn gamma(k: usize) -> f64 {
    let u = k as f64 * E / 2.0;
    u / (1.0 - u)
}

/// The rule for a kernel.
pub fn bound(kernel: &Kernel) -> Bound {
    match kernel {
        Kernel::Map(f) => map(*f),
        Kernel::Zip(f) => zip(*f),
        Kernel::Matmul => {
            Bound::Scaled(Box::new(|ins, _| gamma(1 + ins[0].dims.last().copied().unwrap_or(0))))
        }
        Kernel::Conv(g) => windows(g.kernel_numel(), |ins, _| ins[1].dims[1]),
        Kernel::ConvTranspose(g) => windows(g.kernel_numel(), |ins, _| ins[1].dims[0]),
        Kernel::ConvWeight(g) => windows(g.output_numel(), |ins, _| ins[0].dims[0]),
        Kernel::AvgPool(g) | Kernel::AvgPoolAdjoint(g) => windows(g.kernel_numel(), |_, _| 1),
        Kernel::Reduce(Reduce::Sum) => {
            Bound::Scaled(Box::new(|ins, outs| gamma(ins[0].dims.numel() / outs[0].dims.numel().max(1))))
        }
        // Of 0 and −0 neither is larger, and either may be found.
        Kernel::Reduce(Reduce::Max | Reduce::Min) => Bound::Elements(Box::new(|_, _| 0.0)),
        Kernel::ScatterAdd { axis } => {
            let axis = *axis;
            Bound::Scaled(Box::new(move |ins, _| gamma(1 + ins[0].dims[axis])))
        }
        _ => Bound::Exact,
    }
}

/// Sums over the cells of windows and over something else; pooling also divides.
fn windows(cells: usize, others: fn(&[Meta], &[Meta]) -> usize) -> Bound {
    Bound::Scaled(Box::new(move |ins, outs| gamma(2 + 6 + cells * others(ins, outs))))
}

fn relative(factor: f64) -> Bound {
    Bound::Elements(Box::new(move |_, y| factor * E * y.abs()))
}

fn of_x(f: impl Fn(f64, f64) -> f64 + 'static) -> Bound {
    Bound::Elements(Box::new(move |given, y| f(given[0], y)))
}

fn of_v_and_x(f: impl Fn(f64, f64, f64) -> f64 + 'static) -> Bound {
    Bound::Elements(Box::new(move |given, y| f(given[0].abs(), given[1], y.abs())))
}

fn ln(x: f64) -> f64 {
    if (0.5..=2.0).contains(&x) { LOG_NEAR_ONE + E } else { 4.0 * E * x.ln().abs() }
}

fn expm1(x: f64) -> f64 {
    if x.abs() > 0.5 { (4.0 + 2.0 * x.abs()) * E * (x.exp() + 1.0) } else { 6.0 * E * x.exp_m1().abs() }
}

fn ln_1p(x: f64) -> f64 {
    if (-0.4..=0.5).contains(&x) { 8.0 * E * x.ln_1p().abs() } else { E + ln(1.0 + x) }
}

/// `2^(p log₂ x)`: the logarithm's error times `p`, then the power's.
fn power(x: f64, p: f64, y: f64) -> f64 {
    let log = x.abs().log2();
    let t = (p * log).abs();
    let of_log = if (0.5..=2.0).contains(&x.abs()) { LOG_NEAR_ONE } else { 3.0 * E * log.abs() };
    let exponent = std::f64::consts::LN_2 * (p.abs() * of_log + E * t);
    // Beyond what a float holds nothing is promised.
    if y.abs() > 1e38 { f64::INFINITY } else { y.abs() * (2.0 * exponent + (4.0 + 2.0 * t) * E) }
}

pub fn map(f: Map) -> Bound {
    match f {
        Map::Exp => of_x(|x, y| (4.0 + 2.0 * x.abs()) * E * y.abs()),
        Map::Expm1 => of_x(|x, _| expm1(x)),
        Map::Ln => of_x(|x, _| ln(x)),
        Map::Ln1p => of_x(|x, _| ln_1p(x)),
        Map::Sqrt => relative(6.0),
        Map::Rsqrt => relative(3.0),
        Map::Recip => relative(3.5),
        Map::Sin | Map::Cos => of_x(|x, _| E * (4.0 + x.abs() / 4.0)),
        Map::Tanh => relative(20.0),
        Map::Erf => relative(8.0),
        Map::Sigmoid => of_x(|x, y| (8.0 + 2.0 * x.abs()) * E * y),
        Map::Softplus => of_x(|x, y| {
            let z = (-x.abs()).exp();
            2.0 * E * y.abs()
                + (4.0 + 2.0 * x.abs()) * E * z
                + if z > 0.5 { LOG_NEAR_ONE + E } else { 8.0 * E * z }
        }),
        Map::Elu(alpha) => {
            of_x(move |x, y| if x > 0.0 { 0.0 } else { alpha.abs() * expm1(x) + 2.0 * E * y.abs() })
        }
        Map::Silu => of_x(|x, y| (10.0 + 2.0 * x.abs()) * E * y.abs()),
        Map::Gelu => of_x(|x, _| 10.0 * E * x.abs()),
        Map::PowScalar(p) if p == p.trunc() && p.abs() <= 32.0 => relative(2.0 * p.abs() + 4.0),
        Map::PowScalar(p) => of_x(move |x, y| power(x, p, y)),
        _ => Bound::Exact,
    }
}

fn zip(f: Zip) -> Bound {
    match f {
        Zip::Div => relative(3.5),
        Zip::Pow => Bound::Elements(Box::new(|given, y| power(given[0], given[1], y))),
        Zip::Atan2 => relative(8.0),
        Zip::TanhGrad => of_v_and_x(|v, y, _| 3.0 * E * v * (1.0 + y * y)),
        Zip::SigmoidGrad => of_v_and_x(|v, y, _| 4.0 * E * v * y.abs() * (1.0 + y.abs())),
        Zip::SoftplusGrad => of_v_and_x(|_, x, result| (10.0 + 2.0 * x.abs()) * E * result),
        Zip::EluGrad(_) => of_v_and_x(|_, x, result| (7.0 + 2.0 * x.abs()) * E * result),
        Zip::SiluGrad => of_v_and_x(|v, x, _| v * (20.0 + 4.0 * x.abs()) * E * (1.0 + x.abs())),
        Zip::GeluGrad => of_v_and_x(|v, x, _| v * E * 12.0 * (1.0 + x.abs())),
        _ => Bound::Exact,
    }
}
