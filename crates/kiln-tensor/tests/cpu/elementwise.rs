//! Kernels that compute each element from the same element of the inputs.

use crate::support::*;
use kiln_tensor::{Array, Compare, DType, Device, Dims, Kernel, Layout, Map, Zip};

const DIMS: [&[usize]; 8] = [&[], &[1], &[7], &[2, 3], &[3, 1, 4], &[0, 3], &[2, 3, 4, 5], &[1, 2, 1, 3, 2]];

#[test]
fn copies_see_every_layout() {
    for dims in DIMS {
        for from in [DType::F32, DType::F64, DType::U32] {
            let mut rng = Rng::new(1);
            let make = |dims| match from {
                DType::U32 => rng.indices(dims, 100),
                _ => rng.array(dims, from),
            };
            for x in layouts(dims, make) {
                let same = run(&Kernel::Copy, &[&x], dims, from);
                assert_eq!(values(&same), values(&x));
                assert_eq!(x.to_f64_vec().unwrap(), values(&x));
                let f64s = run(&Kernel::Copy, &[&x], dims, DType::F64);
                assert_eq!(values(&f64s), values(&x));
                let u32s = run(&Kernel::Copy, &[&x], dims, DType::U32);
                assert_eq!(values(&u32s), values(&x).iter().map(|v| v.max(0.0).trunc()).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn maps() {
    type F<'a> = &'a dyn Fn(f64) -> f64;
    let cases: Vec<(Map, F)> = vec![
        (Map::Neg, &|x| -x),
        (Map::Abs, &f64::abs),
        (Map::Sign, &|x| if x == 0.0 { 0.0 } else { x.signum() }),
        (Map::Exp, &f64::exp),
        (Map::Expm1, &f64::exp_m1),
        (Map::Ln, &f64::ln),
        (Map::Ln1p, &f64::ln_1p),
        (Map::Sqrt, &f64::sqrt),
        (Map::Rsqrt, &|x| 1.0 / x.sqrt()),
        (Map::Recip, &f64::recip),
        (Map::Square, &|x| x * x),
        (Map::Sin, &f64::sin),
        (Map::Cos, &f64::cos),
        (Map::Tanh, &f64::tanh),
        (Map::Erf, &erf),
        (Map::Floor, &f64::floor),
        (Map::Sigmoid, &sigmoid),
        (Map::Softplus, &|x| x.exp().ln_1p()),
        (Map::Relu, &|x| x.max(0.0)),
        (Map::LeakyRelu(0.2), &|x| if x > 0.0 { x } else { 0.2 * x }),
        (Map::Elu(1.5), &|x| if x > 0.0 { x } else { 1.5 * x.exp_m1() }),
        (Map::Silu, &|x| x * sigmoid(x)),
        (Map::Gelu, &|x| x * cdf(x)),
        (Map::AddScalar(0.3), &|x| x + 0.3),
        (Map::MulScalar(-2.5), &|x| -2.5 * x),
        (Map::PowScalar(3.0), &|x| x * x * x),
        (Map::PowScalar(-2.0), &|x| 1.0 / (x * x)),
        (Map::PowScalar(1.7), &|x| x.powf(1.7)),
        (Map::Clamp(-0.5, 0.25), &|x| x.clamp(-0.5, 0.25)),
    ];
    for dtype in FLOATS {
        for dims in DIMS {
            for (map, f) in &cases {
                let mut rng = Rng::new(2);
                let positive = matches!(map, Map::Ln | Map::Sqrt | Map::Rsqrt | Map::PowScalar(_));
                let make = |dims| {
                    let x = rng.array(dims, dtype);
                    if positive { x.map(Map::Abs).map(Map::AddScalar(0.1)) } else { x }
                };
                for x in layouts(dims, make) {
                    let want: Vec<f64> = values(&x).into_iter().map(f).collect();
                    let have = run(&Kernel::Map(*map), &[&x], dims, dtype);
                    let bound = |i: usize| 16.0 * epsilon(dtype) * want[i].abs().max(1.0);
                    assert_close(&format!("{map:?}"), &values(&have), &want, bound);
                }
            }
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The distribution function of the standard normal distribution.
fn cdf(x: f64) -> f64 {
    0.5 * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2))
}

fn pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The error function by its Taylor series, good for the small arguments here.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..60 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

#[test]
fn zips() {
    type F<'a> = &'a dyn Fn(f64, f64) -> f64;
    let cases: Vec<(Zip, F)> = vec![
        (Zip::Add, &|a, b| a + b),
        (Zip::Sub, &|a, b| a - b),
        (Zip::Mul, &|a, b| a * b),
        (Zip::Div, &|a, b| a / b),
        (Zip::Pow, &f64::powf),
        (Zip::Atan2, &f64::atan2),
        (Zip::Max, &f64::max),
        (Zip::Min, &f64::min),
        (Zip::TanhGrad, &|v, y| v * (1.0 - y * y)),
        (Zip::SigmoidGrad, &|v, y| v * y * (1.0 - y)),
        (Zip::SoftplusGrad, &|v, x| v * sigmoid(x)),
        (Zip::ReluGrad, &|v, x| if x > 0.0 { v } else { 0.0 }),
        (Zip::LeakyReluGrad(0.1), &|v, x| if x > 0.0 { v } else { 0.1 * v }),
        (Zip::EluGrad(0.5), &|v, x| if x > 0.0 { v } else { 0.5 * x.exp() * v }),
        (Zip::SiluGrad, &|v, x| v * sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x)))),
        (Zip::GeluGrad, &|v, x| v * (cdf(x) + x * pdf(x))),
    ];
    for dtype in FLOATS {
        for dims in DIMS {
            for (zip, f) in &cases {
                let mut rng = Rng::new(3);
                for a in layouts(dims, |dims| rng.array(dims, dtype)) {
                    let a = if *zip == Zip::Pow { a.map(Map::Abs) } else { a };
                    let b = any_layout(&mut Rng::new(4), dims, dtype);
                    let want: Vec<f64> =
                        values(&a).into_iter().zip(values(&b)).map(|(a, b)| f(a, b)).collect();
                    let have = run(&Kernel::Zip(*zip), &[&a, &b], dims, dtype);
                    let bound = |i: usize| 16.0 * epsilon(dtype) * want[i].abs().max(1.0);
                    assert_close(&format!("{zip:?}"), &values(&have), &want, bound);
                }
            }
        }
    }
}

#[test]
fn comparisons_and_selections() {
    type F = fn(&f64, &f64) -> bool;
    let cases: [(Compare, F); 6] = [
        (Compare::Eq, f64::eq),
        (Compare::Ne, f64::ne),
        (Compare::Lt, f64::lt),
        (Compare::Le, f64::le),
        (Compare::Gt, f64::gt),
        (Compare::Ge, f64::ge),
    ];
    for dims in DIMS {
        for dtype in FLOATS {
            let mut rng = Rng::new(5);
            for a in layouts(dims, |dims| rng.indices(dims, 3).to_dtype(dtype)) {
                let mut rng = Rng::new(6);
                let b = rng.indices(dims, 3).to_dtype(dtype);
                for (compare, f) in cases {
                    let mask = run(&Kernel::Compare(compare), &[&a, &b], dims, DType::U32);
                    let want: Vec<bool> = values(&a).iter().zip(&values(&b)).map(|(a, b)| f(a, b)).collect();
                    assert_eq!(
                        values(&mask),
                        want.iter().map(|w| f64::from(u8::from(*w))).collect::<Vec<_>>()
                    );
                    let chosen = run(&Kernel::Select, &[&mask, &a, &b], dims, dtype);
                    let pick = |i: usize| if want[i] { values(&a)[i] } else { values(&b)[i] };
                    assert_eq!(values(&chosen), (0..want.len()).map(pick).collect::<Vec<_>>());
                }
            }
        }
    }
}

#[test]
fn nan_is_not_hidden() {
    let device = Device::cpu();
    for dtype in FLOATS {
        let x = Array::from_slice(&[f64::NAN, 1.0, f64::NAN], [3], &device).to_dtype(dtype);
        let y = Array::from_slice(&[1.0, f64::NAN, f64::NAN], [3], &device).to_dtype(dtype);
        for zip in [Zip::Max, Zip::Min] {
            assert!(values(&x.zip(zip, &y)).iter().all(|v| v.is_nan()));
        }
        for map in [Map::Relu, Map::Clamp(-1.0, 1.0), Map::Softplus, Map::LeakyRelu(0.1), Map::Sign] {
            assert!(values(&x.map(map))[0].is_nan(), "{map:?}");
        }
        let large = Array::from_slice(&[1000.0, -1000.0], [2], &device).to_dtype(dtype);
        assert_eq!(values(&large.map(Map::Softplus)), [1000.0, 0.0]);
        assert_eq!(values(&large.map(Map::Sigmoid)), [1.0, 0.0]);
    }
}

#[test]
fn accumulation_writes_in_place() {
    for dims in DIMS {
        for dtype in FLOATS {
            let mut rng = Rng::new(7);
            for x in layouts(dims, |dims| rng.array(dims, dtype)) {
                let mut sum = Rng::new(8).array(dims, dtype);
                let kept = sum.clone();
                let want = values(&sum.zip(Zip::Add, &x));
                sum.accumulate(&x);
                assert_eq!(values(&sum), want);
                assert_eq!(values(&kept), values(&Rng::new(8).array(dims, dtype)));
            }
        }
    }
}

#[test]
fn accumulation_at_a_place_changes_nothing_else() {
    for dtype in FLOATS {
        let mut rng = Rng::new(10);
        let whole = rng.array([4, 5, 6], dtype);
        let place = Layout::contiguous([4, 5, 6]).slice(1, 4, 3, -2).permute(&[2, 0, 1]).slice(0, 1, 2, 3);
        let part = any_layout(&mut rng, place.dims(), dtype);
        let mut sum = whole.slice(0, 0, 4, 1);
        sum.accumulate_at(&place, &part);
        // As slices of whole arrays say it.
        let want =
            whole.zip(Zip::Add, &part.permute(&[1, 2, 0]).embed(0.0, [4, 5, 6], &[(0, 1), (4, -2), (1, 3)]));
        assert_eq!(values(&sum), values(&want));
    }
    let mut sum = Array::zeros([2, 3], DType::F32, &Device::cpu());
    for (place, part) in [
        (Layout::contiguous([3, 3]), [3, 3]),
        (Layout::contiguous([1, 3]).broadcast(&Dims::new(&[2, 3])), [2, 3]),
    ] {
        let part = Array::zeros(part, DType::F32, &Device::cpu());
        let add = std::panic::AssertUnwindSafe(|| sum.accumulate_at(&place, &part));
        assert!(std::panic::catch_unwind(add).is_err(), "{place:?}");
    }
}

#[test]
fn arrays_are_joined_and_embedded() {
    for dtype in FLOATS {
        let mut rng = Rng::new(9);
        let (a, b) = (any_layout(&mut rng, &[2, 3, 4], dtype), any_layout(&mut rng, &[2, 5, 4], dtype));
        let joined = Array::concat(&[&a, &b], 1);
        assert_eq!(values(&joined.slice(1, 0, 3, 1)), values(&a));
        assert_eq!(values(&joined.slice(1, 3, 5, 1)), values(&b));
        let places = [(1, 1), (4, -2), (0, 3)];
        let large = a.embed(0.5, [4, 6, 12], &places);
        let mut window = large.clone();
        for (axis, (start, step)) in places.into_iter().enumerate() {
            window = window.slice(axis, start, a.dims()[axis], step);
        }
        assert_eq!(values(&window), values(&a));
        let untouched = values(&large).iter().filter(|v| **v == 0.5).count();
        assert_eq!(untouched, large.numel() - a.numel());
    }
}

/// All orders of a few axes.
fn orders(rank: usize) -> Vec<Vec<usize>> {
    (0..rank).fold(vec![vec![]], |orders, axis| {
        let insert = |order: &Vec<usize>| {
            (0..=order.len()).map(|at| [&order[..at], &[axis], &order[at..]].concat()).collect::<Vec<_>>()
        };
        orders.iter().flat_map(insert).collect()
    })
}

#[test]
fn permuted_arrays_larger_than_blocks() {
    for dims in
        [&[70, 45][..], &[3, 700], &[130, 17], &[3, 40, 67], &[65, 3, 33], &[4, 20, 9, 35], &[600, 300]]
    {
        for dtype in [DType::F32, DType::F64] {
            let x = Rng::new(5).array(dims, dtype);
            for order in orders(dims.len()) {
                let x = x.permute(&order);
                let other = Rng::new(6).array(*x.dims(), dtype);
                assert_eq!(values(&x.copy()), values(&x), "{dims:?} {order:?}");
                let sum: Vec<f64> = values(&x.copy().zip(Zip::Add, &other));
                assert_eq!(values(&x.zip(Zip::Add, &other)), sum, "{dims:?} {order:?}");
                assert_eq!(values(&other.zip(Zip::Add, &x)), sum, "{dims:?} {order:?}");
            }
        }
    }
}

#[test]
fn a_number_has_the_same_bits_anywhere() {
    let maps = [Map::Exp, Map::Ln1p, Map::Tanh, Map::Sigmoid, Map::Softplus, Map::Gelu, Map::Elu(0.7)];
    for dims in [&[300_000][..], &[1021, 7], &[37, 5, 3, 3], &[3, 1500]] {
        let mut rng = Rng::new(7);
        let make = |dims| rng.array(dims, DType::F32).map(Map::MulScalar(5.0));
        for x in layouts(dims, make) {
            let all = values(&x);
            for map in maps {
                let have = values(&x.map(map));
                // One by one, by a few elements spread over the array.
                for i in (0..have.len()).step_by(have.len() / 9 + 1) {
                    let one = Array::from_slice(&[all[i] as f32], [1], &Device::cpu()).map(map);
                    assert_eq!(values(&one)[0].to_bits(), have[i].to_bits(), "{map:?} of {:?}", x.layout());
                }
            }
        }
    }
}
