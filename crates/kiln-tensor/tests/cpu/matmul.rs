//! Matrix products.

use crate::support::*;
use kiln_tensor::fused::{Bias, Linear};
use kiln_tensor::{Activation, Array, DType, Device, Kernel, Reduce};

#[track_caller]
fn check(a: &Array, b: &Array) {
    let rank = a.rank();
    let (m, k, n) = (a.dims()[rank - 2], a.dims()[rank - 1], b.dims()[rank - 1]);
    let dims = a.dims().with(rank - 1, n);
    let (left, right) = (values(a), values(b));
    let mut want = vec![0.0; dims.numel()];
    let mut size = want.clone();
    for (at, index) in indices(&dims).into_iter().enumerate() {
        let batch = number(&a.dims()[..rank - 2], &index[..rank - 2]);
        let (row, column) = (index[rank - 2], index[rank - 1]);
        for i in 0..k {
            let product = left[(batch * m + row) * k + i] * right[(batch * k + i) * n + column];
            want[at] += product;
            size[at] += product.abs();
        }
    }
    let have = run(&Kernel::Matmul, &[a, b], dims, a.dtype());
    let bound = |i: usize| (k + 2) as f64 * epsilon(a.dtype()) * size[i];
    assert_close(&format!("{:?} times {:?}", a.layout(), b.layout()), &values(&have), &want, bound);
}

#[test]
fn every_pair_of_layouts() {
    let sizes = [[1, 1, 1], [2, 3, 4], [5, 1, 3], [0, 2, 3], [2, 0, 3], [2, 3, 0], [17, 33, 9], [1, 5, 1]];
    for [m, k, n] in sizes {
        for batch in [&[][..], &[1], &[3], &[2, 2], &[0]] {
            for dtype in FLOATS {
                let mut rng = Rng::new(30);
                let (a, b) = ([batch, &[m, k]].concat(), [batch, &[k, n]].concat());
                for left in layouts(&a, |dims| rng.array(dims, dtype)) {
                    let mut rng = Rng::new(31);
                    let rights = layouts(&b, |dims| rng.array(dims, dtype));
                    if m * k * n > 100 {
                        check(&left, &rights[rng.below(rights.len())]);
                    } else {
                        rights.iter().for_each(|right| check(&left, right));
                    }
                }
            }
        }
    }
}

#[test]
fn large_products_are_cut_right() {
    // Also panels and blocks along k of which one row or column is left.
    for (m, k, n) in
        [(700, 20, 90), (90, 20, 700), (300, 300, 301), (13, 257, 33), (1, 513, 1), (25, 258, 65)]
    {
        for dtype in FLOATS {
            let mut rng = Rng::new(32);
            let (a, b) = (any_layout(&mut rng, &[m, k], dtype), any_layout(&mut rng, &[k, n], dtype));
            check(&a, &b);
        }
    }
    let mut rng = Rng::new(33);
    check(&rng.array([50, 30, 20], DType::F32), &rng.array([20, 30], DType::F32).broadcast_to([50, 20, 30]));
    check(&rng.array([200, 12, 20], DType::F32), &rng.array([200, 20, 30], DType::F32));
}

#[test]
fn leading_axes_broadcast() {
    let mut rng = Rng::new(34);
    let (a, b) = (rng.array([2, 1, 3, 4], DType::F64), rng.array([5, 4, 2], DType::F64));
    let product = a.matmul(&b);
    assert_eq!(product.dims()[..], [2, 5, 3, 2]);
    check(&a.broadcast_to([2, 5, 3, 4]), &b.broadcast_to([2, 5, 4, 2]));
    // A column of ones sums the rows.
    let ones = Array::full(1.0, [4, 1], DType::F64, &Device::cpu());
    let sums = a.reduce(Reduce::Sum, &[3]);
    assert_close("row sums", &values(&a.matmul(&ones)), &values(&sums), |_| 1e-15);
}

/// What is done to the blocks of a product gives the bits that a pass over the whole would.
#[test]
fn dense_layers_are_products_with_a_bias_and_an_activation() {
    let sizes = [[3, 4, 5], [300, 20, 301], [1, 513, 1], [1200, 20, 33], [3, 0, 4], [0, 3, 2], [3, 2, 0]];
    let mut rng = Rng::new(35);
    for [m, k, n] in sizes {
        for dtype in FLOATS {
            for f in [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)] {
                let [x, weight, bias] =
                    [&[m, k][..], &[n, k], &[n]].map(|dims| any_layout(&mut rng, dims, dtype));
                let product = x.contiguous().matmul(&weight.contiguous().transpose(0, 1));
                let rows = product.reshape([m, n, 1]);
                let want = Array::fused(Bias(f), &[&rows, &bias], &[rows.meta()]).remove(0);
                let have = Array::fused(Linear(f), &[&x, &weight, &bias], &[product.meta()]).remove(0);
                assert_eq!(values(&have), values(&want), "{f:?} {m} {k} {n} {dtype:?}");
            }
        }
    }
}

#[test]
#[should_panic = "linear: got inputs (f32[2, 3], f32[4, 2], f32[4])"]
fn a_dense_layer_says_what_it_was_given() {
    let [x, weight, bias] =
        [&[2, 3][..], &[4, 2], &[4]].map(|dims| Array::zeros(dims, DType::F32, &Device::cpu()));
    let meta = Array::zeros([2, 4], DType::F32, &Device::cpu()).meta();
    Array::fused(Linear(Activation::Relu), &[&x, &weight, &bias], &[meta]);
}
