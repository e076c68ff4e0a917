//! Batch norm against naive loops.

use super::*;
use crate::{Array, Device};

/// A normalisation in naive loops: of `index[k]`, the numbers that go together, with their channel.
fn naive(options: &BatchNorm, x: &[f64], v: &[f64], w: &[f64], c: &[f64], dims: [usize; 3]) -> [Vec<f64>; 4] {
    let [a, b, n] = dims;
    let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let (mut dw, mut dc) = (vec![0.0; b], vec![0.0; b]);
    let samples: Vec<Vec<usize>> =
        if options.by_sample { (0..a).map(|i| vec![i]).collect() } else { vec![(0..a).collect()] };
    for (samples, channel) in samples.iter().flat_map(|s| (0..b).map(move |channel| (s, channel))) {
        let index: Vec<usize> =
            samples.iter().flat_map(|i| (0..n).map(move |k| (i * b + channel) * n + k)).collect();
        let count = index.len() as f64;
        let mean = index.iter().map(|&i| x[i]).sum::<f64>() / count;
        let rstd =
            1.0 / (index.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / count + options.eps).sqrt();
        let hat = |i: usize| (x[i] - mean) * rstd;
        let below = match options.activation {
            Activation::Identity => 1.0,
            Activation::Relu => 0.0,
            Activation::LeakyRelu(slope) => slope,
        };
        let slope = |i: usize| if hat(i) * w[channel] + c[channel] > 0.0 { 1.0 } else { below };
        let u = |i: usize| v[i] * slope(i);
        let sum = index.iter().map(|&i| u(i)).sum::<f64>();
        let dot = index.iter().map(|&i| u(i) * hat(i)).sum::<f64>();
        for &i in &index {
            y[i] = (hat(i) * w[channel] + c[channel]) * slope(i);
            dx[i] = w[channel] * rstd * (u(i) - sum / count - hat(i) * dot / count);
        }
        dw[channel] += dot;
        dc[channel] += sum;
    }
    [y, dx, dw, dc]
}

/// The kernels' `y`, `dx`, `dweight` and `dbias`.
fn ours(options: BatchNorm, x: &[f64], v: &[f64], w: &[f64], c: &[f64], dims: [usize; 3]) -> [Vec<f64>; 4] {
    let device = Device::cpu();
    let array = |values: &[f64]| Array::from_slice(values, dims, &device);
    let vector = |values: &[f64]| Array::from_slice(values, [values.len()], &device);
    let (x, v, w, c) = (array(x), array(v), vector(w), vector(c));
    let stats = Meta { dims: [options.channels(dims).b].into(), dtype: x.dtype() };
    let [y, mean, var] = Array::fused(options, &[&x, &w, &c], &[x.meta(), stats, stats]).try_into().unwrap();
    let ins = [&v, &x, &mean, &var, &w, &c];
    let [dx, dw, dc] =
        Array::fused(BatchNormBackward(options), &ins, &[x.meta(), w.meta(), w.meta()]).try_into().unwrap();
    [y, dx, dw, dc].map(|array: Array| array.to_vec().unwrap())
}

fn numbers(salt: u64, count: usize) -> Vec<f64> {
    (0..count as u64).map(|i| crate::random::Key::new(salt).normal(i)).collect()
}

const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)];

/// Over shapes with several groups, several pieces of a channel, and rows that don't divide the lanes.
#[test]
fn agrees_with_the_definition() {
    for (activation, by_sample) in ACTIVATIONS.into_iter().flat_map(|f| [(f, false), (f, true)]) {
        for dims in [[7, 3, 37], [5, 130, 2], [9, 2, 4001], [40, 70, 1], [300, 67, 1]] {
            let options = BatchNorm { eps: 1e-5, activation, by_sample };
            let (x, v) = (numbers(1, dims.iter().product()), numbers(2, dims.iter().product()));
            let (w, c) = (numbers(3, dims[1]), numbers(4, dims[1]));
            let have = ours(options, &x, &v, &w, &c, dims);
            let want = naive(&options, &x, &v, &w, &c, dims);
            for (have, want) in have.concat().into_iter().zip(want.concat()) {
                // A sample of one number has variance 0, and a scale of 300.
                assert!((have - want).abs() < 1e-9, "{options:?} {dims:?}: {have} instead of {want}");
            }
        }
    }
}

/// Far from 0 compared with their spread, as no single pass over squares would stand.
#[test]
fn variances_of_numbers_far_from_zero() {
    let dims = [9, 2, 4001];
    let x: Vec<f32> = numbers(1, dims.iter().product()).iter().map(|x| 3000.0 + *x as f32).collect();
    let x = Array::from_slice(&x, dims, &Device::cpu());
    let stats = Meta { dims: [2].into(), dtype: x.dtype() };
    let outs = Array::fused(BatchNorm::default(), &[&x], &[x.meta(), stats, stats]);
    for var in outs[2].to_vec::<f32>().unwrap() {
        assert!((var - 1.0).abs() < 0.02, "{var}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for dims in [[12, 3, 5000], [150, 300, 1]] {
        let (x, v) = (numbers(1, dims.iter().product()), numbers(2, dims.iter().product()));
        let (w, c) = (numbers(3, dims[1]), numbers(4, dims[1]));
        let options = BatchNorm { eps: 1e-5, activation: Activation::Relu, by_sample: false };
        let [one, three] = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| ours(options, &x, &v, &w, &c, dims).concat())
        });
        assert!(one.iter().zip(&three).all(|(a, b)| a.to_bits() == b.to_bits()), "{dims:?}");
    }
}
