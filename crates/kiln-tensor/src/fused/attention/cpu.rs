//! Attention on the CPU: some rows of the weights at a time, which stay in the second cache between the two products.

use super::super::channels::sum_rows;
use super::super::run_tasks;
use super::{Attention, Sizes};
use crate::backend::{View, ViewMut};
use crate::cpu::{Elementary, Isa, Scratch, compiled, fold, gemm};
use crate::dtype::Float;
use crate::error::Result;
use crate::meta::Meta;
use ndarray::{ArrayView2, ArrayViewMut2};
use std::iter::once;

/// Weights that are held at once.
const WEIGHTS: usize = 1 << 14;
/// The most rows of weights that are held at once: more would gain nothing.
const ROWS: usize = 64;
/// The least, so that products have some rows.
const FEW_ROWS: usize = 8;

impl Sizes {
    fn of_call(ins: &[View]) -> Sizes {
        let metas: Vec<Meta> = ins.iter().map(View::meta).collect();
        Sizes::of("attention", &metas).expect("the call has been checked")
    }

    /// Rows of weights that are held at once.
    fn rows(self) -> usize {
        (WEIGHTS / self.keys.max(1)).clamp(FEW_ROWS, ROWS)
    }

    /// Heads that share a group of keys.
    fn sharing(self) -> usize {
        self.heads / self.groups.max(1)
    }
}

fn matrix<T>(data: &[T], rows: usize, columns: usize) -> ArrayView2<'_, T> {
    ArrayView2::from_shape([rows, columns], &data[..rows * columns]).expect("there is as much")
}

fn matrix_mut<T>(data: &mut [T], rows: usize, columns: usize) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape([rows, columns], &mut data[..rows * columns]).expect("there is as much")
}

/// Part `i` of what is cut into parts of this size.
fn part<T>(data: &[T], i: usize, size: usize) -> &[T] {
    &data[i * size..][..size]
}

/// The product, also of matrices of width 0.
fn product<T: Float>(a: ArrayView2<T>, b: ArrayView2<T>, mut c: ArrayViewMut2<T>) {
    if a.ncols() == 0 {
        c.fill(T::zero());
    } else if !c.is_empty() {
        gemm(a, b, T::zero(), c);
    }
}

/// Adds the product.
fn add_product<T: Float>(a: ArrayView2<T>, b: ArrayView2<T>, c: ArrayViewMut2<T>) {
    if a.ncols() > 0 && !c.is_empty() {
        gemm(a, b, T::one(), c);
    }
}

pub fn forward<T: Elementary>(options: &Attention, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let s = Sizes::of_call(ins);
    let [q, k, v] = [0, 1, 2].map(|i| ins[i].slice::<T>());
    let (q, k, v, isa) = (q?, k?, v?, Isa::chosen()?);
    let [y, logs] = outs else { unreachable!("the check wants two outputs") };
    let (mut y, mut logs) = (y.slice_mut::<T>()?, logs.slice_mut::<T>()?);
    if s.keys == 0 {
        y.fill(T::zero());
        logs.fill(T::neg_infinity());
        return Ok(());
    }
    // A task is a few rows of one head.
    let mut tasks = Vec::new();
    for head in 0..s.n * s.heads {
        for first in (0..s.queries).step_by(s.rows()) {
            let rows = s.rows().min(s.queries - first);
            let (of_y, rest_of_y) = y.split_at_mut(rows * s.out);
            let (of_logs, rest_of_logs) = logs.split_at_mut(rows);
            (y, logs) = (rest_of_y, rest_of_logs);
            tasks.push((head, first, of_y, of_logs));
        }
    }
    run_tasks(tasks, s.scores() as usize, |(head, first, y, logs)| {
        let (group, rows) = (head / s.sharing(), logs.len());
        let q = &part(q, head, s.queries * s.width)[first * s.width..];
        let (k, v) = (part(k, group, s.keys * s.width), part(v, group, s.keys * s.out));
        let mut weights = Scratch::<T>::new(rows * s.keys);
        let k = matrix(k, s.keys, s.width).reversed_axes();
        product(matrix(q, rows, s.width), k, matrix_mut(&mut weights, rows, s.keys));
        let mut totals = Scratch::<T>::new(rows);
        compiled(
            isa,
            #[inline(always)]
            || powers(options, first, s.keys, &mut weights, &mut totals, logs),
        );
        product(matrix(&weights, rows, s.keys), matrix(v, s.keys, s.out), matrix_mut(y, rows, s.out));
        for (y, total) in y.chunks_exact_mut(s.out.max(1)).zip(&*totals) {
            let share = T::one() / *total;
            y.iter_mut().for_each(|y| *y *= share);
        }
    });
    Ok(())
}

/// Number of keys that a query looks at.
#[inline(always)]
fn seen(options: &Attention, query: usize, keys: usize) -> usize {
    if options.causal { keys.min(query + 1) } else { keys }
}

/// From rows of products, of queries from `first` on, the exponentials of their differences to the row's largest; and of each row
/// their sum, and the logarithm of the sum of all exponentials.
#[inline(always)]
fn powers<T: Elementary>(
    options: &Attention,
    first: usize,
    keys: usize,
    rows: &mut [T],
    totals: &mut [T],
    logs: &mut [T],
) {
    let scale = T::from_f64(options.scale);
    for (i, row) in rows.chunks_exact_mut(keys).enumerate() {
        let (row, others) = row.split_at_mut(seen(options, first + i, keys));
        row.iter_mut().for_each(|score| *score *= scale);
        let largest = fold::slice::<fold::MaxNumber, T>(row);
        // Not `for_each`: the closure of a long function would stay a call, compiled for no set.
        for score in row.iter_mut() {
            *score = Elementary::exp(*score - largest);
        }
        others.fill(T::zero());
        totals[i] = fold::slice::<fold::Sum, T>(row);
        logs[i] = largest + Elementary::ln(totals[i]);
    }
}

pub fn backward<T: Elementary>(options: &Attention, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let s = Sizes::of_call(&ins[1..]);
    let [v_of_y, q, k, v, y, logs] = [0, 1, 2, 3, 4, 5].map(|i| ins[i].slice::<T>());
    let (v_of_y, q, k, v, y, logs, isa) = (v_of_y?, q?, k?, v?, y?, logs?, Isa::chosen()?);
    let [dq, dk, dv] = outs else { unreachable!("the check wants three outputs") };
    let (dq, dk, dv) = (dq.slice_mut::<T>()?, dk.slice_mut::<T>()?, dv.slice_mut::<T>()?);
    for gradient in [&mut *dq, &mut *dk, &mut *dv] {
        gradient.fill(T::zero());
    }
    if s.keys == 0 || s.queries == 0 {
        return Ok(());
    }
    // A task is a group of keys, to which all rows of its heads add.
    let (mut dq, mut dk, mut dv) = (dq, dk, dv);
    let mut tasks = Vec::new();
    for group in 0..s.n * s.groups {
        let (of_q, rest_of_q) = dq.split_at_mut(s.sharing() * s.queries * s.width);
        let (of_k, rest_of_k) = dk.split_at_mut(s.keys * s.width);
        let (of_v, rest_of_v) = dv.split_at_mut(s.keys * s.out);
        (dq, dk, dv) = (rest_of_q, rest_of_k, rest_of_v);
        tasks.push((group, of_q, of_k, of_v));
    }
    run_tasks(tasks, s.scores() as usize, |(group, dq, dk, dv)| {
        let (k, v) = (part(k, group, s.keys * s.width), part(v, group, s.keys * s.out));
        let (k, v) = (matrix(k, s.keys, s.width), matrix(v, s.keys, s.out));
        for query in (0..s.sharing() * s.queries)
            .step_by(s.queries)
            .flat_map(|head| (0..s.queries).step_by(s.rows()).map(move |first| head + first))
        {
            let first = query % s.queries;
            let rows = s.rows().min(s.queries - first);
            let at = group * s.sharing() * s.queries + query;
            let q = matrix(&q[at * s.width..], rows, s.width);
            let [u, y] = [v_of_y, y].map(|all| &all[at * s.out..][..rows * s.out]);
            let logs = &logs[at..][..rows];
            let [mut weights, mut slopes] = [(); 2].map(|()| Scratch::<T>::new(rows * s.keys));
            product(q, k.reversed_axes(), matrix_mut(&mut weights, rows, s.keys));
            product(matrix(u, rows, s.out), v.reversed_axes(), matrix_mut(&mut slopes, rows, s.keys));
            compiled(
                isa,
                #[inline(always)]
                || softmax_slopes(options, first, [&mut weights, &mut slopes], [u, y], logs),
            );
            let weights = matrix(&weights, rows, s.keys);
            add_product(weights.reversed_axes(), matrix(u, rows, s.out), matrix_mut(dv, s.keys, s.out));
            let slopes = matrix(&slopes, rows, s.keys);
            product(slopes, k, matrix_mut(&mut dq[query * s.width..], rows, s.width));
            add_product(slopes.reversed_axes(), q, matrix_mut(dk, s.keys, s.width));
        }
    });
    Ok(())
}

/// From rows of products the weights, and from gradients of the weights those of the products.
#[inline(always)]
fn softmax_slopes<T: Elementary>(
    options: &Attention,
    first: usize,
    [weights, slopes]: [&mut [T]; 2],
    [u, y]: [&[T]; 2],
    logs: &[T],
) {
    let (keys, out) = (weights.len() / logs.len(), u.len() / logs.len());
    let scale = T::from_f64(options.scale);
    let rows = weights.chunks_exact_mut(keys).zip(slopes.chunks_exact_mut(keys));
    for (i, (weights, slopes)) in rows.enumerate() {
        let seen = seen(options, first + i, keys);
        let log = logs[i];
        for weight in weights[..seen].iter_mut() {
            *weight = Elementary::exp(*weight * scale - log);
        }
        weights[seen..].fill(T::zero());
        slopes[seen..].fill(T::zero());
        let [mean] = sum_rows(
            once([&u[i * out..][..out], &y[i * out..][..out]]),
            #[inline(always)]
            |[u, y]| [u * y],
        );
        for (slope, weight) in slopes[..seen].iter_mut().zip(&*weights) {
            *slope = *weight * (*slope - mean) * scale;
        }
    }
}
