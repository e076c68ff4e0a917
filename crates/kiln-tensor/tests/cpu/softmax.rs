//! Softmax and its logarithm.

use crate::support::*;
use kiln_tensor::fused::{Softmax, SoftmaxBackward};
use kiln_tensor::{Array, Device, Map};

#[test]
fn rows_are_distributions() {
    for dims in [&[1][..], &[9], &[2, 3], &[3, 0], &[0, 3], &[2, 3, 17], &[40, 300]] {
        for dtype in FLOATS {
            let mut rng = Rng::new(20);
            for x in layouts(dims, |dims| rng.array(dims, dtype).map(Map::MulScalar(10.0))) {
                let len = *dims.last().unwrap();
                let all = values(&x);
                let sums: Vec<f64> =
                    all.chunks(len.max(1)).map(|row| row.iter().map(|v| v.exp()).sum()).collect();
                for log in [false, true] {
                    let value = |(i, v): (usize, &f64)| {
                        if log { v - sums[i / len].ln() } else { v.exp() / sums[i / len] }
                    };
                    let want: Vec<f64> = all.iter().enumerate().map(value).collect();
                    let have = Array::fused(Softmax { log }, &[&x], &[x.meta()]).remove(0);
                    let bound =
                        |i: usize| 50.0 * epsilon(dtype) * want[i].abs().max(if log { 1.0 } else { 0.0 });
                    assert_close(&format!("log {log} of {:?}", x.layout()), &values(&have), &want, bound);
                }
            }
        }
    }
}

/// `−ln(1 + e^−15)` by mpmath. A sum of both exponentials would round it to `−3.576e-7` in `f32`.
#[test]
fn the_logarithm_of_a_sure_class_keeps_its_digits() {
    for dtype in FLOATS {
        let x = Array::from_slice(&[0.0, 15.0, 15.0, 0.0], [2, 2], &Device::cpu()).to_dtype(dtype);
        let have = values(&Array::fused(Softmax { log: true }, &[&x], &[x.meta()])[0]);
        let (sure, other) = (-3.059_022_737_137_205e-7, -15.000_000_305_902_274);
        for (have, want) in have.iter().zip([other, sure, sure, other]) {
            assert!((have - want).abs() <= 4.0 * epsilon(dtype) * want.abs(), "{have:e} instead of {want:e}");
        }
    }
}

#[test]
fn large_logits_do_not_overflow() {
    for dtype in FLOATS {
        let x = Array::from_slice(&[1e4, 1e4, -1e4], [3], &Device::cpu()).to_dtype(dtype);
        let softmax = |log| values(&Array::fused(Softmax { log }, &[&x], &[x.meta()])[0]);
        assert_eq!(softmax(false), [0.5, 0.5, 0.0]);
        assert_close("log", &softmax(true), &[-2f64.ln(), -2f64.ln(), -2e4 - 2f64.ln()], |_| 0.01);
    }
}

#[test]
fn gradients_are_those_of_the_formula() {
    for dims in [&[1][..], &[9], &[3, 0], &[0, 3], &[2, 3, 17], &[40, 300], &[3, 5000]] {
        for dtype in FLOATS {
            let mut rng = Rng::new(21);
            let y = rng.array(dims, dtype);
            for v in layouts(dims, |dims| rng.array(dims, dtype)) {
                let len = dims.last().unwrap().max(&1);
                let (vs, ys) = (values(&v), values(&y));
                for log in [false, true] {
                    let row = |(v, y): (&[f64], &[f64])| -> Vec<f64> {
                        let pairs = || v.iter().zip(y);
                        let total: f64 = pairs().map(|(v, y)| if log { *v } else { v * y }).sum();
                        pairs()
                            .map(|(v, y)| if log { v - y.exp() * total } else { y * (v - total) })
                            .collect()
                    };
                    let want: Vec<f64> = vs.chunks(*len).zip(ys.chunks(*len)).flat_map(row).collect();
                    let have = Array::fused(SoftmaxBackward { log }, &[&v, &y], &[y.meta()]).remove(0);
                    let bound =
                        |i: usize| 4.0 * epsilon(dtype) * (*len as f64).max(8.0) * want[i].abs().max(1.0);
                    assert_close(&format!("log {log} of {:?}", v.layout()), &values(&have), &want, bound);
                }
            }
        }
    }
}

/// Where one is NaN or infinite, or all are −∞.
#[test]
fn rows_without_a_distribution_are_nan() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for dtype in FLOATS {
        for row in [[1.0, nan, 2.0], [nan; 3], [-inf; 3], [1.0, inf, 2.0], [nan, -inf, -inf]] {
            let x = Array::from_slice(&row, [1, 3], &Device::cpu()).to_dtype(dtype);
            let y = values(&Array::fused(Softmax { log: false }, &[&x], &[x.meta()])[0]);
            assert!(
                y.iter().zip(row).all(|(y, x)| y.is_nan() || row[1] == inf && x != inf && *y == 0.0),
                "{row:?}: {y:?}"
            );
        }
    }
}
