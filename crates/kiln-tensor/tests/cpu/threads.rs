//! The same bits at any number of threads, for shapes large enough to be cut.

use crate::support::*;
use kiln_tensor::fused::Softmax;
use kiln_tensor::{Array, ConvGeom, DType, Kernel, Layout, Map, Reduce, Zip};

/// The bits of what `f` computes must not depend on the number of threads.
#[track_caller]
fn same_bits(what: &str, f: impl Fn() -> Array + Sync) {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| values(&f()).into_iter().map(f64::to_bits).collect::<Vec<_>>())
    };
    let one = with(1);
    assert!(one == with(2) && one == with(3), "{what}");
}

#[test]
fn elementwise_and_reductions() {
    for dtype in FLOATS {
        let x = Rng::new(70).array([64, 40, 50], dtype);
        let transposed = x.transpose(0, 2);
        for x in [&x, &transposed] {
            same_bits("map", || x.map(Map::Tanh));
            same_bits("zip", || x.zip(Zip::Mul, &x.slice(0, x.dims()[0] - 1, x.dims()[0], -1)));
            same_bits("softmax", || Array::fused(Softmax { log: true }, &[x], &[x.meta()]).remove(0));
            for axes in [&[0][..], &[1], &[2], &[0, 2], &[0, 1], &[0, 1, 2]] {
                same_bits("sum", || x.reduce(Reduce::Sum, axes));
            }
            same_bits("argmax", || {
                Array::compute(&Kernel::ArgMax { axis: 1 }, &[x], x.dims().with(1, 1), DType::U32)
            });
        }
    }
}

#[test]
fn products() {
    for dtype in FLOATS {
        let mut rng = Rng::new(71);
        let (a, b) = (rng.array([600, 70], dtype), rng.array([70, 500], dtype));
        same_bits("matmul", || a.matmul(&b));
        let (a, b) = (rng.array([40, 30, 70], dtype), rng.array([40, 70, 30], dtype));
        same_bits("batched matmul", || a.matmul(&b));
        let (v, index) = (rng.array([400, 200], dtype), rng.indices([400, 1], 30).broadcast_to([400, 200]));
        same_bits("scatter_add", || {
            let mut sums = Array::zeros([30, 200], dtype, v.device());
            sums.scatter_add_at(&Layout::contiguous([30, 200]), 0, &index, &v);
            sums
        });
    }
}

#[test]
fn windows() {
    // Large images, small ones, groups, and depthwise.
    let cases = [([32, 3, 16], 32, 1), ([40, 20, 30], 4, 1), ([8, 32, 32], 16, 4), ([8, 16, 16], 20, 16)];
    for ([n, ic, oc], size, groups) in cases {
        for dtype in FLOATS {
            let g = ConvGeom {
                input: [size; 2],
                output: [size / 2; 2],
                kernel: [4; 2],
                stride: [2; 2],
                padding: [1; 2],
                dilation: [1; 2],
                groups,
            };
            let mut rng = Rng::new(72);
            let (x_dims, w_dims, y_dims) =
                ([n, ic, size, size], [oc, ic / groups, 4, 4], [n, oc, size / 2, size / 2]);
            let (x, w, y) = (rng.array(x_dims, dtype), rng.array(w_dims, dtype), rng.array(y_dims, dtype));
            same_bits("conv", || Array::compute(&Kernel::Conv(g), &[&x, &w], y_dims, dtype));
            same_bits("conv_transpose", || {
                Array::compute(&Kernel::ConvTranspose(g), &[&y, &w], x_dims, dtype)
            });
            same_bits("conv_weight", || Array::compute(&Kernel::ConvWeight(g), &[&x, &y], w_dims, dtype));
            let pooled = [n, ic, size / 2, size / 2];
            same_bits("avg_pool", || Array::compute(&Kernel::AvgPool(g), &[&x], pooled, dtype));
            let tiles = ConvGeom { kernel: [2; 2], padding: [0; 2], ..g };
            same_bits("avg_pool of tiles", || Array::compute(&Kernel::AvgPool(tiles), &[&x], pooled, dtype));
            let small = rng.array(pooled, dtype);
            same_bits("avg_pool_adjoint of tiles", || {
                Array::compute(&Kernel::AvgPoolAdjoint(tiles), &[&small], x_dims, dtype)
            });
            same_bits("max_pool", || Array::compute(&Kernel::MaxPoolIndex(g), &[&x], pooled, DType::U32));
        }
    }
}
