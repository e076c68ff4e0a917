//! Kernels that compute each element of the output from the same element of the inputs.

use super::elementary::Elementary;
use super::simd::{Isa, compiled};
use super::storage::{elements, elements_mut};
use super::tile::{self, StridedRows};
use super::tiles::Tiles;
use super::walk::{Block, RowRef, Walk};
use crate::backend::{View, ViewMut};
use crate::dtype::{Element, Float};
use crate::kernel::{Compare, Map, Zip};
use crate::layout::Layout;

pub fn fill<T: Element>(value: f64, out: &mut ViewMut) {
    let value = T::from_f64(value);
    Walk::new(&out.layout, []).run(elements_mut(out), |row, []| row.fill(value));
}

pub fn copy<S: Element, T: Element>(x: &View, out: &mut ViewMut) {
    match same_type::<S, T>(elements(x)) {
        Some(elements) => {
            let layout = out.layout;
            copy_elements(elements, x.layout, elements_mut(out), &layout);
        }
        None => unary(x, out, |v: S| T::from_f64(v.to_f64())),
    }
}

/// Copies the elements that `x_layout` sees in `x` to those that `out_layout` sees in `out`.
pub fn copy_elements<T: Element>(x: &[T], x_layout: &Layout, out: &mut [T], out_layout: &Layout) {
    if let Some(tiles) = Tiles::of_repeats(x_layout, out_layout)
        && let (Ok(isa), false) = (Isa::chosen(), out_layout.numel() == 0)
    {
        let small = out_layout.numel() / tiles.numel();
        let out = &mut out[out_layout.offset()..][..out_layout.numel()];
        return tiles.spread(isa, &x[x_layout.offset()..][..small], out, |x| x);
    }
    let walk = Walk::new(out_layout, [x_layout]);
    walk.blocks(out, &|out, Block { rows, len, out_step, starts: [start], row_steps: [row_step] }| {
        let from = StridedRows { data: x, start, row_step, step: walk.steps[0] };
        tile::gather(from, [rows, len], out, out_step);
    });
}

/// The same slice, if the two types are one.
fn same_type<S: Element, T: Element>(slice: &[S]) -> Option<&[T]> {
    (S::DTYPE == T::DTYPE).then(|| bytemuck::cast_slice(slice))
}

pub fn accumulate<T: Float>(x: &View, out: &mut ViewMut) {
    let walk = Walk::new(&out.layout, [x.layout]);
    let x = elements::<T>(x);
    walk.run(elements_mut::<T>(out), |row, [at]| match RowRef::new(x, at, walk.steps[0], row.len()) {
        RowRef::Dense(x) => row.iter_mut().zip(x).for_each(|(out, x)| *out += *x),
        x => row.iter_mut().enumerate().for_each(|(i, out)| *out += x.get(i)),
    });
}

/// A function as a closure that is always compiled into its loop. As a function item it would stay a call if it
/// is long, and what is called is not compiled for the loop's instruction set.
macro_rules! inlined {
    ($f:path, $($x:ident),+) => {
        {
            #[inline(always)]
            |$($x: T),+| $f($($x),+)
        }
    };
}

pub fn map<T: Elementary>(f: Map, x: &View, out: &mut ViewMut) {
    let (zero, one) = (T::zero(), T::one());
    let c = |value: f64| T::from_f64(value);
    match f {
        Map::Neg => unary(x, out, move |x: T| -x),
        Map::Abs => unary(x, out, move |x: T| x.abs()),
        Map::Sign => unary(x, out, move |x: T| {
            if x > zero {
                one
            } else if x < zero {
                -one
            } else {
                x
            }
        }),
        Map::Exp => unary(x, out, inlined!(Elementary::exp, x)),
        Map::Expm1 => unary(x, out, inlined!(Elementary::exp_m1, x)),
        Map::Ln => unary(x, out, inlined!(Elementary::ln, x)),
        Map::Ln1p => unary(x, out, inlined!(Elementary::ln_1p, x)),
        Map::Sqrt => unary(x, out, move |x: T| x.sqrt()),
        Map::Rsqrt => unary(x, out, move |x: T| one / x.sqrt()),
        Map::Recip => unary(x, out, move |x: T| one / x),
        Map::Square => unary(x, out, move |x: T| x * x),
        Map::Sin => costing(16, x, out, move |x: T| x.sin()),
        Map::Cos => costing(16, x, out, move |x: T| x.cos()),
        Map::Tanh => unary(x, out, inlined!(Elementary::tanh, x)),
        Map::Erf => unary(x, out, inlined!(Elementary::erf, x)),
        Map::Floor => unary(x, out, move |x: T| x.floor()),
        Map::Sigmoid => unary(x, out, inlined!(T::sigmoid, x)),
        Map::Softplus => unary(x, out, inlined!(T::softplus, x)),
        Map::Relu => unary(x, out, move |x: T| larger(x, zero)),
        Map::LeakyRelu(slope) => {
            let slope = c(slope);
            // Computed before it is chosen: a product behind a branch would not become a vector's.
            unary(x, out, move |x: T| {
                let scaled = slope * x;
                if x > zero { x } else { scaled }
            })
        }
        Map::Elu(alpha) => {
            let alpha = c(alpha);
            unary(
                x,
                out,
                #[inline(always)]
                move |x: T| {
                    let below = alpha * Elementary::exp_m1(x);
                    if x > zero { x } else { below }
                },
            )
        }
        Map::Silu => unary(x, out, inlined!(silu, x)),
        Map::Gelu => unary(x, out, inlined!(gelu, x)),
        Map::AddScalar(value) => {
            let value = c(value);
            unary(x, out, move |x: T| x + value)
        }
        Map::MulScalar(value) => {
            let value = c(value);
            unary(x, out, move |x: T| x * value)
        }
        Map::PowScalar(power) if power == power.trunc() && power.abs() <= 32.0 => {
            let power = power as i32;
            costing(4, x, out, move |x: T| x.powi(power))
        }
        Map::PowScalar(power) => {
            let power = c(power);
            costing(16, x, out, move |x: T| x.powf(power))
        }
        Map::Clamp(low, high) => {
            let (low, high) = (c(low), c(high));
            unary(x, out, move |x: T| smaller(larger(x, low), high))
        }
    }
}

pub fn zip<T: Elementary>(f: Zip, a: &View, b: &View, out: &mut ViewMut) {
    let (zero, one) = (T::zero(), T::one());
    match f {
        Zip::Add => binary(a, b, out, move |a: T, b: T| a + b),
        Zip::Sub => binary(a, b, out, move |a: T, b: T| a - b),
        Zip::Mul => binary(a, b, out, move |a: T, b: T| a * b),
        Zip::Div => binary(a, b, out, move |a: T, b: T| a / b),
        Zip::Pow => binary(a, b, out, move |a: T, b: T| a.powf(b)),
        Zip::Atan2 => binary(a, b, out, move |a: T, b: T| a.atan2(b)),
        Zip::Max => binary(a, b, out, larger::<T>),
        Zip::Min => binary(a, b, out, smaller::<T>),
        Zip::TanhGrad => binary(a, b, out, move |v: T, y: T| v * (one - y * y)),
        Zip::SigmoidGrad => binary(a, b, out, move |v: T, y: T| v * (y * (one - y))),
        Zip::SoftplusGrad => binary(a, b, out, inlined!(softplus_grad, v, x)),
        Zip::ReluGrad => binary(a, b, out, move |v: T, x: T| if x > zero { v } else { zero }),
        Zip::LeakyReluGrad(slope) => {
            let slope = T::from_f64(slope);
            binary(a, b, out, move |v: T, x: T| {
                let scaled = slope * v;
                if x > zero { v } else { scaled }
            })
        }
        Zip::EluGrad(alpha) => {
            let alpha = T::from_f64(alpha);
            binary(
                a,
                b,
                out,
                #[inline(always)]
                move |v: T, x: T| {
                    let below = alpha * Elementary::exp(x) * v;
                    if x > zero { v } else { below }
                },
            )
        }
        Zip::SiluGrad => binary(a, b, out, inlined!(silu_grad, v, x)),
        Zip::GeluGrad => binary(a, b, out, inlined!(gelu_grad, v, x)),
    }
}

pub fn compare<T: Element>(f: Compare, a: &View, b: &View, out: &mut ViewMut) {
    match f {
        Compare::Eq => binary(a, b, out, move |a: T, b: T| u32::from(a == b)),
        Compare::Ne => binary(a, b, out, move |a: T, b: T| u32::from(a != b)),
        Compare::Lt => binary(a, b, out, move |a: T, b: T| u32::from(a < b)),
        Compare::Le => binary(a, b, out, move |a: T, b: T| u32::from(a <= b)),
        Compare::Gt => binary(a, b, out, move |a: T, b: T| u32::from(a > b)),
        Compare::Ge => binary(a, b, out, move |a: T, b: T| u32::from(a >= b)),
    }
}

pub fn select<T: Element>(mask: &View, a: &View, b: &View, out: &mut ViewMut) {
    let walk = Walk::new(&out.layout, [mask.layout, a.layout, b.layout]);
    let (mask, a, b) = (elements::<u32>(mask), elements::<T>(a), elements::<T>(b));
    let Ok(isa) = Isa::chosen() else { unreachable!("the backend has asked for it") };
    let [mask_step, a_step, b_step] = walk.steps;
    walk.run(elements_mut::<T>(out), |row, [mask_at, a_at, b_at]| {
        let len = row.len();
        let mask = RowRef::new(mask, mask_at, mask_step, len);
        let (a, b) = (RowRef::new(a, a_at, a_step, len), RowRef::new(b, b_at, b_step, len));
        // The forms that a mask of a row takes in vectors; all else goes element by element.
        match (mask, a, b) {
            (RowRef::Dense(mask), RowRef::Dense(a), RowRef::Dense(b)) => {
                select_row(isa, row, mask, |i| a[i], |i| b[i]);
            }
            (RowRef::Dense(mask), RowRef::Same(a), RowRef::Dense(b)) => {
                select_row(isa, row, mask, |_| a, |i| b[i]);
            }
            (RowRef::Dense(mask), RowRef::Dense(a), RowRef::Same(b)) => {
                select_row(isa, row, mask, |i| a[i], |_| b);
            }
            (RowRef::Dense(mask), RowRef::Same(a), RowRef::Same(b)) => {
                select_row(isa, row, mask, |_| a, |_| b);
            }
            (mask, a, b) => {
                for (i, out) in row.iter_mut().enumerate() {
                    *out = if mask.get(i) != 0 { a.get(i) } else { b.get(i) };
                }
            }
        }
    });
}

/// A row of [`select`], whose elements are all read, so that the choice becomes a vector's.
fn select_row<T: Element>(
    isa: Isa,
    row: &mut [T],
    mask: &[u32],
    a: impl Fn(usize) -> T,
    b: impl Fn(usize) -> T,
) {
    compiled(
        isa,
        #[inline(always)]
        move || {
            for (i, (out, mask)) in row.iter_mut().zip(mask).enumerate() {
                let (a, b) = (a(i), b(i));
                *out = if *mask != 0 { a } else { b };
            }
        },
    );
}

fn unary<S: Element, T: Element>(x: &View, out: &mut ViewMut, f: impl Fn(S) -> T + Copy + Sync) {
    costing(1, x, out, f);
}

/// [`unary`] of a function that costs as much as `cost` additions.
fn costing<S: Element, T: Element>(
    cost: usize,
    x: &View,
    out: &mut ViewMut,
    f: impl Fn(S) -> T + Copy + Sync,
) {
    let Ok(isa) = Isa::chosen() else { unreachable!("the backend has asked for it") };
    let walk = Walk::new(&out.layout, [x.layout]).costing(cost);
    tile::each(&walk, [elements::<S>(x)], elements_mut::<T>(out), &|out, [x]| {
        compiled(
            isa,
            #[inline(always)]
            move || {
                // Not `for_each`: the closure of a long function would stay a call, compiled for no set.
                for (out, x) in out.iter_mut().zip(x) {
                    *out = f(*x);
                }
            },
        );
    });
}

fn binary<S: Element, T: Element>(
    a: &View,
    b: &View,
    out: &mut ViewMut,
    f: impl Fn(S, S) -> T + Copy + Sync,
) {
    let Ok(isa) = Isa::chosen() else { unreachable!("the backend has asked for it") };
    let walk = Walk::new(&out.layout, [a.layout, b.layout]);
    tile::each(&walk, [elements::<S>(a), elements(b)], elements_mut::<T>(out), &|out, [a, b]| {
        compiled(
            isa,
            #[inline(always)]
            move || {
                for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
                    *out = f(*a, *b);
                }
            },
        );
    });
}

/// The larger of two numbers; NaN if either is.
#[inline(always)]
pub fn larger<T: Float>(a: T, b: T) -> T {
    // As the processor's own maximum, which gives `b` if either is NaN, so that it vectorises.
    let larger = if a > b { a } else { b };
    if a.is_nan() { a } else { larger }
}

/// The smaller of two numbers; NaN if either is.
#[inline(always)]
pub fn smaller<T: Float>(a: T, b: T) -> T {
    let smaller = if a < b { a } else { b };
    if a.is_nan() { a } else { smaller }
}

/// `x · y`, but 0 where the finite `y` is, also for an infinite `x`: what is right where `y` falls faster than `x` grows.
#[inline(always)]
fn damped<T: Float>(x: T, y: T) -> T {
    let product = x * y;
    if y == T::zero() { y.copysign(x) } else { product }
}

#[inline(always)]
fn silu<T: Elementary>(x: T) -> T {
    damped(x, T::sigmoid(x))
}

#[inline(always)]
fn silu_grad<T: Elementary>(v: T, x: T) -> T {
    let s = T::sigmoid(x);
    v * damped(T::one() + damped(x, T::one() - s), s)
}

#[inline(always)]
fn softplus_grad<T: Elementary>(v: T, x: T) -> T {
    v * T::sigmoid(x)
}

#[inline(always)]
fn gelu<T: Elementary>(x: T) -> T {
    damped(x, T::normal_cdf(x))
}

#[inline(always)]
fn gelu_grad<T: Elementary>(v: T, x: T) -> T {
    v * (T::normal_cdf(x) + damped(x, T::normal_pdf(x)))
}
