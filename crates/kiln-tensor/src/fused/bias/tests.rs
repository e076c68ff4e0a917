//! Biases against their definition.

use super::*;
use crate::random::Key;
use crate::{Array, Device};

const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)];

fn numbers(salt: u64, dims: [usize; 3]) -> Vec<f64> {
    (0..dims.iter().product::<usize>() as u64).map(|i| Key::new(salt).normal(i)).collect()
}

/// `y`, `u` and `dbias`.
fn ours(f: Activation, dims: [usize; 3]) -> [Vec<f64>; 3] {
    let array = |salt| Array::from_slice(&numbers(salt, dims), dims, &Device::cpu());
    let (x, v) = (array(1), array(2));
    let bias = Array::from_slice(&numbers(3, [1, dims[1], 1]), [dims[1]], &Device::cpu());
    let y = Array::fused(Bias(f), &[&x, &bias], &[x.meta()]).remove(0);
    let [u, dbias] = Array::fused(BiasBackward(f), &[&v, &y], &[x.meta(), bias.meta()]).try_into().unwrap();
    [y, u, dbias].map(|array| array.to_vec().unwrap())
}

/// Over shapes with several tasks, which end between samples or within one.
#[test]
fn agrees_with_the_definition() {
    for f in ACTIVATIONS {
        for dims in
            [[70, 300, 1], [3, 5, 9], [2, 3, 7000], [30, 40, 33], [1, 1, 1], [0, 3, 2], [40_000, 1, 1]]
        {
            let (x, v, bias) = (numbers(1, dims), numbers(2, dims), numbers(3, [1, dims[1], 1]));
            let [y, u, dbias] = ours(f, dims);
            let mut want = vec![0.0; dims[1]];
            for i in 0..x.len() {
                let channel = i / dims[2] % dims[1];
                let z = x[i] + bias[channel];
                let slope = match f {
                    Activation::Relu if z <= 0.0 => 0.0,
                    Activation::LeakyRelu(slope) if z <= 0.0 => slope,
                    _ => 1.0,
                };
                assert_eq!((y[i], u[i]), (slope * z + 0.0, slope * v[i] + 0.0), "{f:?} {dims:?} {i}");
                want[channel] += slope * v[i];
            }
            for (have, want) in dbias.iter().zip(want) {
                assert!((have - want).abs() < 1e-10, "{f:?} {dims:?}: {have} instead of {want}");
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for dims in [[700, 300, 1], [9, 5, 5000]] {
        let [one, three] = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| ours(Activation::Relu, dims).concat())
        });
        assert!(one.iter().zip(&three).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
