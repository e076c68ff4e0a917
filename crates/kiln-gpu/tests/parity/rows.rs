//! Calls of the fused kernels of rows, each with its formula.

use crate::case::{Formula, KernelCall, ValueKind};
use crate::rounded::{Rounded, exact, single, sum};
use crate::strategies::{call, dims, out, tensor};
use kiln_tensor::fused::{Resample, RowNorm, RowNormBackward, SoftmaxBackward};
use kiln_tensor::{Dims, Kernel};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

/// The most additions that a number goes through in sums over a row: in its thread and its workgroup.
const DEPTH: usize = 100;

/// A call with its formula.
fn with(
    formula: impl Fn(&[Vec<f64>]) -> Vec<Vec<Rounded>> + Send + Sync + 'static,
    calls: BoxedStrategy<KernelCall>,
) -> BoxedStrategy<KernelCall> {
    let formula = Formula::new(move |ins, _| formula(ins));
    calls.prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case }).boxed()
}

pub fn softmax_backward() -> BoxedStrategy<KernelCall> {
    let rows = prop_oneof![6 => dims(), 1 => (1..5usize, 500..3000usize).prop_map(|(a, b)| [a, b].into())];
    (rows.prop_filter("an axis is needed", |x| x.rank() > 0), any::<bool>())
        .prop_flat_map(|(x, log)| {
            let length = x[x.rank() - 1].max(1);
            let row = move |(v, y): (&[f64], &[f64])| {
                let (v, y): (Vec<Rounded>, Vec<Rounded>) =
                    v.iter().zip(y).map(|(v, y)| (exact(*v), exact(*y))).unzip();
                let terms: Vec<Rounded> =
                    v.iter().zip(&y).map(|(v, y)| if log { *v } else { *v * *y }).collect();
                let total = sum(&terms, DEPTH);
                let of = |(v, y): (&Rounded, &Rounded)| {
                    if log { *v - y.exp() * total } else { *y * (*v - total) }
                };
                v.iter().zip(&y).map(of).collect::<Vec<Rounded>>()
            };
            let formula = move |ins: &[Vec<f64>]| {
                vec![ins[0].chunks(length).zip(ins[1].chunks(length)).flat_map(row).collect()]
            };
            let ins = vec![tensor(x, ValueKind::Floats), tensor(x, ValueKind::Floats)];
            let kernel = Kernel::Fused(Arc::new(SoftmaxBackward { log }));
            with(formula, call(kernel, ins, vec![out(x, ValueKind::Floats)]))
        })
        .boxed()
}

/// A norm of rows, its dims, and how many of weight and bias there are.
#[derive(Clone, Copy, Debug)]
struct Setup {
    norm: RowNorm,
    dims: [usize; 4],
    affine: usize,
}

fn setup() -> BoxedStrategy<Setup> {
    let small = [1..6usize, 1..4, 1..6, 1..6];
    let long = [1..3usize, 1..3, 1..3, 300..1500];
    let wide = [1..40usize, 1..2, 1..200, 1..2];
    let norm = |centred| RowNorm { eps: 0.01, centred };
    (prop_oneof![3 => small, 1 => long, 2 => wide], any::<bool>(), 0..3usize)
        .prop_map(move |(dims, centred, affine)| Setup { norm: norm(centred), dims, affine })
        .boxed()
}

impl Setup {
    /// Dims of the tensor, of a number for each row, and of the weights.
    fn all_dims(&self) -> [Dims; 3] {
        [&self.dims[..], &self.dims[..2], &self.dims[1..3]].map(Dims::new)
    }

    /// For each row the positions of its numbers, and those of their weights.
    fn rows(&self) -> Vec<Vec<(usize, usize)>> {
        let [n, k, s, p] = self.dims;
        let row = |row: usize| (0..s * p).map(|i| (row * s * p + i, row % k * s + i / p)).collect();
        (0..n * k).map(row).collect()
    }

    fn forward(&self, ins: &[Vec<f64>]) -> Vec<Vec<Rounded>> {
        let mut y = vec![exact(0.0); ins[0].len()];
        let (mut means, mut rstds) = (vec![], vec![]);
        for row in self.rows() {
            let n = exact(row.len() as f64);
            let x: Vec<Rounded> = row.iter().map(|(at, _)| exact(ins[0][*at])).collect();
            let mean = if self.norm.centred { sum(&x, DEPTH) / n } else { exact(0.0) };
            let squares: Vec<Rounded> = x.iter().map(|x| (*x - mean) * (*x - mean)).collect();
            let rstd = exact(1.0) / (sum(&squares, DEPTH) / n + single(self.norm.eps)).sqrt();
            for (at, weight) in row {
                y[at] = (exact(ins[0][at]) - mean) * rstd;
                if self.affine > 0 {
                    y[at] = y[at] * exact(ins[1][weight]);
                }
                if self.affine > 1 {
                    y[at] = y[at] + exact(ins[2][weight]);
                }
            }
            means.push(mean);
            rstds.push(rstd);
        }
        vec![y, means, rstds]
    }

    fn backward(&self, ins: &[Vec<f64>]) -> Vec<Vec<Rounded>> {
        let mut dx = vec![exact(0.0); ins[1].len()];
        let [_, k, s, _] = self.dims;
        let mut sums = vec![[vec![], vec![]]; k * s];
        for (i, row) in self.rows().iter().enumerate() {
            let n = exact(row.len() as f64);
            let [mean, rstd] = [2, 3].map(|k| exact(ins[k][i]));
            let of = |(at, weight): &(usize, usize)| {
                let v = exact(ins[0][*at]);
                let u = if self.affine > 0 { v * exact(ins[4][*weight]) } else { v };
                [(exact(ins[1][*at]) - mean) * rstd, u, v]
            };
            let all: Vec<[Rounded; 3]> = row.iter().map(of).collect();
            let products: Vec<Rounded> = all.iter().map(|[hat, u, _]| *hat * *u).collect();
            let gradients: Vec<Rounded> = all.iter().map(|[_, u, _]| *u).collect();
            let dot = sum(&products, DEPTH) / n;
            let total = if self.norm.centred { sum(&gradients, DEPTH) / n } else { exact(0.0) };
            for ((at, weight), [hat, u, v]) in row.iter().zip(&all) {
                dx[*at] = rstd * (*u - total - *hat * dot);
                sums[*weight][0].push(*v * *hat);
                sums[*weight][1].push(*v);
            }
        }
        let mut outs = vec![dx];
        if self.affine > 0 {
            outs.extend([0, 1].map(|k| sums.iter().map(|sums| sum(&sums[k], DEPTH)).collect::<Vec<_>>()));
        }
        outs
    }
}

pub fn row_norm() -> BoxedStrategy<KernelCall> {
    (setup(), select(vec![ValueKind::Floats, ValueKind::Floats, ValueKind::FarFromZero]))
        .prop_flat_map(|(setup, values)| {
            let [x, rows, weights] = setup.all_dims();
            let mut ins = vec![tensor(x, values)];
            ins.extend((0..setup.affine).map(|_| tensor(weights, ValueKind::Floats)));
            let outs = [x, rows, rows].map(|dims| out(dims, ValueKind::Floats)).to_vec();
            let calls = call(Kernel::Fused(Arc::new(setup.norm)), ins, outs);
            with(move |ins| setup.forward(ins), calls)
        })
        .boxed()
}

pub fn row_norm_backward() -> BoxedStrategy<KernelCall> {
    setup()
        .prop_flat_map(|setup| {
            let [x, rows, weights] = setup.all_dims();
            let mut ins = vec![
                tensor(x, ValueKind::Floats),
                tensor(x, ValueKind::Floats),
                tensor(rows, ValueKind::Floats),
                tensor(rows, ValueKind::Positive),
            ];
            let mut outs = vec![out(x, ValueKind::Floats)];
            if setup.affine > 0 {
                ins.push(tensor(weights, ValueKind::Floats));
                outs.extend([out(weights, ValueKind::Floats), out(weights, ValueKind::Floats)]);
            }
            let calls = call(Kernel::Fused(Arc::new(RowNormBackward(setup.norm))), ins, outs);
            with(move |ins| setup.backward(ins), calls)
        })
        .boxed()
}

pub fn resample() -> BoxedStrategy<KernelCall> {
    ([1..3usize, 1..4], [1..8usize, 1..8], [1..8usize, 1..8], [1..4usize, 1..5])
        .prop_flat_map(|([n, c], old, new, taps)| {
            let [h, w] = old;
            let formula = move |ins: &[Vec<f64>]| {
                let pixel = |at: usize| {
                    let (plane, i, j) = (at / (new[0] * new[1]), at / new[1] % new[0], at % new[1]);
                    let terms =
                        |places: &[f64], weights: &[f64], i: usize, count: usize| -> Vec<(usize, Rounded)> {
                            let taps = i * count..(i + 1) * count;
                            let places = places[taps.clone()].iter().map(|place| *place as usize);
                            places.zip(weights[taps].iter().map(|weight| exact(*weight))).collect()
                        };
                    let columns = terms(&ins[3], &ins[4], j, taps[1]);
                    let of_row = |(row, weight): (usize, Rounded)| {
                        let x = |column: usize| exact(ins[0][(plane * h + row) * w + column]);
                        let products: Vec<Rounded> =
                            columns.iter().map(|(column, weight)| *weight * x(*column)).collect();
                        weight * sum(&products, taps[1])
                    };
                    let rows: Vec<Rounded> =
                        terms(&ins[1], &ins[2], i, taps[0]).into_iter().map(of_row).collect();
                    sum(&rows, taps[0])
                };
                vec![(0..n * c * new[0] * new[1]).map(pixel).collect()]
            };
            let places = |i: usize| tensor([new[i], taps[i]].into(), ValueKind::Below(old[i] as u32));
            let weights = |i: usize| tensor([new[i], taps[i]].into(), ValueKind::Floats);
            let x = tensor([n, c, h, w].into(), ValueKind::Floats);
            let ins = vec![x, places(0), weights(0), places(1), weights(1)];
            let y = out([n, c, new[0], new[1]].into(), ValueKind::Floats);
            with(formula, call(Kernel::Fused(Arc::new(Resample)), ins, vec![y]))
        })
        .boxed()
}
