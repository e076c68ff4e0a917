//! Norms of rows against naive loops.

use super::*;
use crate::random::Key;
use crate::{Array, DType, Device};

/// `y`, `dx`, `dweight` and `dbias` in naive loops.
fn naive(norm: &RowNorm, [x, v, w, c]: [&[f64]; 4], [n, k, s, p]: [usize; 4]) -> [Vec<f64>; 4] {
    let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let (mut dw, mut dc) = (vec![0.0; k * s], vec![0.0; k * s]);
    let len = s * p;
    for row in 0..n * k {
        let all = row * len..(row + 1) * len;
        let weight = |i: usize| row % k * s + (i - row * len) / p;
        let mean = |of: &dyn Fn(usize) -> f64| all.clone().map(of).sum::<f64>() / len as f64;
        let m = if norm.centred { mean(&|i| x[i]) } else { 0.0 };
        let rstd = 1.0 / (mean(&|i| (x[i] - m).powi(2)) + norm.eps).sqrt();
        let hat = |i: usize| (x[i] - m) * rstd;
        let a = if norm.centred { mean(&|i| v[i] * w[weight(i)]) } else { 0.0 };
        let b = mean(&|i| v[i] * w[weight(i)] * hat(i));
        for i in all.clone() {
            y[i] = hat(i) * w[weight(i)] + c[weight(i)];
            dx[i] = rstd * (v[i] * w[weight(i)] - a - hat(i) * b);
            dw[weight(i)] += v[i] * hat(i);
            dc[weight(i)] += v[i];
        }
    }
    [y, dx, dw, dc]
}

/// The kernels' results.
fn ours(norm: RowNorm, arrays: &[Array; 4]) -> [Array; 4] {
    let [x, v, w, c] = arrays;
    let stats = Meta { dims: x.dims()[..2].iter().copied().collect(), dtype: x.dtype() };
    let [y, mean, rstd] = Array::fused(norm, &[x, w, c], &[x.meta(), stats, stats]).try_into().unwrap();
    let ins = [v, x, &mean, &rstd, w];
    let [dx, dw, dc] =
        Array::fused(RowNormBackward(norm), &ins, &[x.meta(), w.meta(), w.meta()]).try_into().unwrap();
    [y, dx, dw, dc]
}

/// Numbers far from 0, whose mean must not cost digits.
fn numbers(dims: [usize; 4], dtype: DType) -> [Array; 4] {
    let device = Device::cpu();
    let of = |salt: u64, dims: &[usize], far: f64| {
        let values: Vec<f64> =
            (0..dims.iter().product::<usize>() as u64).map(|i| Key::new(salt).normal(i) + far).collect();
        Array::from_f64(&values, dims, dtype, &device)
    };
    let weights = &dims[1..3];
    [of(1, &dims, 3.0), of(2, &dims, 0.0), of(3, weights, 0.0), of(4, weights, 0.0)]
}

/// Rows shorter and longer than a vector and a task, ragged ones, one and several tasks, and no rows.
const SHAPES: [[usize; 4]; 9] = [
    [3, 1, 1, 1],
    [5, 1, 7, 1],
    [200, 1, 300, 1],
    [2, 3, 4, 5],
    [3, 2, 5, 33],
    [70, 4, 2, 200],
    [2, 1, 70_000, 1],
    [0, 2, 3, 4],
    [2, 3, 0, 4],
];

#[test]
fn rows_are_those_of_naive_loops() {
    for dims in SHAPES {
        for centred in [true, false] {
            let norm = RowNorm { eps: 1e-5, centred };
            for (dtype, most) in [(DType::F64, 1e-11), (DType::F32, 2e-4)] {
                let arrays = numbers(dims, dtype);
                let values = arrays.each_ref().map(|array| array.to_f64_vec().unwrap());
                let want = naive(&norm, values.each_ref().map(|values| &values[..]), dims);
                for (name, (have, want)) in
                    ["y", "dx", "dweight", "dbias"].iter().zip(ours(norm, &arrays).iter().zip(want))
                {
                    let scale = want.iter().fold(1.0, |scale: f64, x| scale.max(x.abs()));
                    for (have, want) in have.to_f64_vec().unwrap().iter().zip(want) {
                        assert!(
                            (have - want).abs() <= most * scale,
                            "{dtype} {dims:?} {norm:?}: {name} has {have:e}, not {want:e}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn without_weight_and_bias_they_are_1_and_0() {
    let [x, v, w, c] = numbers([2, 3, 4, 5], DType::F32);
    let (w, c) = (
        Array::full(1.0, *w.dims(), DType::F32, w.device()),
        Array::zeros(*c.dims(), DType::F32, c.device()),
    );
    let norm = RowNorm { eps: 1e-5, centred: true };
    let stats = Meta { dims: [2, 3].into(), dtype: DType::F32 };
    let [y, mean, rstd] = Array::fused(norm, &[&x], &[x.meta(), stats, stats]).try_into().unwrap();
    let dx = Array::fused(RowNormBackward(norm), &[&v, &x, &mean, &rstd], &[x.meta()]).remove(0);
    let [want_y, want_dx, ..] = ours(norm, &[x, v, w, c]);
    assert_eq!(y.to_f64_vec().unwrap(), want_y.to_f64_vec().unwrap());
    assert_eq!(dx.to_f64_vec().unwrap(), want_dx.to_f64_vec().unwrap());
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for dims in [[200, 1, 300, 1], [70, 4, 2, 200]] {
        let arrays = numbers(dims, DType::F32);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                ours(RowNorm { eps: 1e-5, centred: true }, &arrays)
                    .map(|array| array.to_vec::<f32>().unwrap())
            })
        };
        let one = with(1);
        for threads in [2, 3] {
            for (one, other) in one.iter().zip(with(threads)) {
                assert!(one.iter().zip(other).all(|(a, b)| a.to_bits() == b.to_bits()));
            }
        }
    }
}
