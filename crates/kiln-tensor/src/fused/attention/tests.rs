//! Attention against naive loops.

use super::*;
use crate::random::Key;
use crate::{Array, DType, Device};

/// `y`, and the gradients of `q`, `k` and `v`, in naive loops.
fn naive(options: &Attention, s: Sizes, [q, k, v, u]: [&[f64]; 4]) -> [Vec<f64>; 4] {
    let [mut y, mut dq, mut dk, mut dv] = [u, q, k, v].map(|x| vec![0.0; x.len()]);
    for (head, i) in (0..s.n * s.heads).flat_map(|head| (0..s.queries).map(move |i| (head, i))) {
        let group = head / (s.heads / s.groups);
        let query = head * s.queries + i;
        let seen = if options.causal { s.keys.min(i + 1) } else { s.keys };
        let key = |j: usize| group * s.keys + j;
        let score = |j: usize| {
            (0..s.width).map(|w| q[query * s.width + w] * k[key(j) * s.width + w]).sum::<f64>()
                * options.scale
        };
        let powers: Vec<f64> = (0..seen).map(|j| score(j).exp()).collect();
        let total: f64 = powers.iter().sum();
        let slope = |j: usize| (0..s.out).map(|o| u[query * s.out + o] * v[key(j) * s.out + o]).sum::<f64>();
        let mean: f64 = (0..seen).map(|j| powers[j] / total * slope(j)).sum();
        for j in 0..seen {
            let weight = powers[j] / total;
            for o in 0..s.out {
                y[query * s.out + o] += weight * v[key(j) * s.out + o];
                dv[key(j) * s.out + o] += weight * u[query * s.out + o];
            }
            let of_score = weight * (slope(j) - mean) * options.scale;
            for w in 0..s.width {
                dq[query * s.width + w] += of_score * k[key(j) * s.width + w];
                dk[key(j) * s.width + w] += of_score * q[query * s.width + w];
            }
        }
    }
    [y, dq, dk, dv]
}

fn ours(options: Attention, s: Sizes, arrays: &[Array; 4]) -> [Array; 4] {
    let [q, k, v, u] = arrays;
    let logs = Meta { dims: s.dims().1.into(), dtype: q.dtype() };
    let [y, logs] = Array::fused(options, &[q, k, v], &[u.meta(), logs]).try_into().unwrap();
    let ins = [u, q, k, v, &y, &logs];
    let outs = Array::fused(AttentionBackward(options), &ins, &[q.meta(), k.meta(), v.meta()]);
    let [dq, dk, dv] = outs.try_into().unwrap();
    [y, dq, dk, dv]
}

fn numbers(s: Sizes, dtype: DType) -> [Array; 4] {
    let mut salt = 0;
    s.dims().0.map(|dims| {
        salt += 1;
        let count = dims.iter().product::<usize>() as u64;
        let values: Vec<f64> = (0..count).map(|i| Key::new(salt).normal(i)).collect();
        Array::from_f64(&values, dims, dtype, &Device::cpu())
    })
}

fn sizes() -> Vec<Sizes> {
    let of = |[n, heads, groups, queries, keys, width, out]: [usize; 7]| Sizes {
        n,
        heads,
        groups,
        queries,
        keys,
        width,
        out,
    };
    vec![
        of([1, 1, 1, 1, 1, 1, 1]),
        of([2, 4, 2, 5, 7, 3, 2]),
        of([1, 2, 1, 70, 33, 17, 9]),
        of([1, 1, 1, 9, 3000, 4, 5]),
        of([2, 3, 3, 130, 130, 32, 32]),
        of([1, 2, 2, 3, 0, 4, 2]),
        of([1, 2, 2, 0, 3, 4, 2]),
        of([1, 2, 2, 3, 4, 0, 2]),
        of([1, 2, 2, 3, 4, 2, 0]),
        of([0, 2, 2, 3, 4, 2, 2]),
    ]
}

#[test]
fn rows_are_those_of_naive_loops() {
    for s in sizes() {
        for (causal, scale) in [(false, 0.3), (true, 0.3), (false, -1.0)] {
            let options = Attention { scale, causal };
            for (dtype, most) in [(DType::F64, 1e-12), (DType::F32, 1e-4)] {
                let arrays = numbers(s, dtype);
                let values = arrays.each_ref().map(|array| array.to_f64_vec().unwrap());
                let want = naive(&options, s, values.each_ref().map(|values| &values[..]));
                for (name, (have, want)) in
                    ["y", "dq", "dk", "dv"].iter().zip(ours(options, s, &arrays).iter().zip(want))
                {
                    let largest = want.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
                    for (have, want) in have.to_f64_vec().unwrap().iter().zip(want) {
                        let near = (have - want).abs() <= most * largest;
                        assert!(
                            near,
                            "{dtype} {:?} {options:?}: {name} has {have:e}, not {want:e}",
                            s.dims()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let s = Sizes { n: 2, heads: 4, groups: 2, queries: 130, keys: 70, width: 16, out: 8 };
    let arrays = numbers(s, DType::F32);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let all = ours(Attention { scale: 0.25, causal: true }, s, &arrays);
            all.map(|array| array.to_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>())
        })
    };
    assert!(with(1) == with(2) && with(1) == with(3));
}
