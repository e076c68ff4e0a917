//! Images at another size on the CPU: some planes at a time, which stay in cache between rows and columns. Columns are
//! summed in a transposed copy, in which they are rows, and rows make vectors.

use super::super::run_tasks;
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, Scratch, compiled, transposed};
use crate::dtype::Float;
use crate::error::{Error, Result};

/// Numbers of the larger image that are computed at a time.
const BLOCK: usize = 1 << 13;

/// The taps of the new rows, or columns.
#[derive(Clone, Copy)]
struct Taps<'a, T> {
    places: &'a [u32],
    weights: &'a [T],
    /// Taps of each.
    count: usize,
}

impl<'a, T: Float> Taps<'a, T> {
    fn of(places: &View<'a>, weights: &View<'a>, len: usize) -> Result<Self> {
        let count = places.layout.dims()[1];
        let (places, weights) = (places.slice::<u32>()?, weights.slice::<T>()?);
        match places.iter().find(|place| **place as usize >= len) {
            Some(&index) => Err(Error::IndexOutOfRange { kernel: "resample", index, len }),
            None => Ok(Taps { places, weights, count }),
        }
    }

    /// New rows of `len` numbers from old ones.
    fn sum(self, isa: Isa, from: &[T], len: usize, to: &mut [T]) {
        compiled(
            isa,
            #[inline(always)]
            move || {
                for (i, to) in to.chunks_exact_mut(len).enumerate() {
                    let taps = i * self.count..(i + 1) * self.count;
                    let taps = self.places[taps.clone()].iter().zip(&self.weights[taps]);
                    let mut taps = taps
                        .filter(|(_, weight)| **weight != T::zero())
                        .map(|(place, weight)| (&from[*place as usize * len..][..len], *weight));
                    // Two at a time: a new row of a linear resize is written once.
                    match (taps.next(), taps.next()) {
                        (None, _) => to.fill(T::zero()),
                        (Some((a, p)), None) => to.iter_mut().zip(a).for_each(|(to, a)| *to = p * *a),
                        (Some((a, p)), Some((b, q))) => {
                            to.iter_mut().zip(a.iter().zip(b)).for_each(|(to, (a, b))| *to = p * *a + q * *b);
                        }
                    }
                    while let Some((a, p)) = taps.next() {
                        match taps.next() {
                            None => to.iter_mut().zip(a).for_each(|(to, a)| *to += p * *a),
                            Some((b, q)) => {
                                to.iter_mut()
                                    .zip(a.iter().zip(b))
                                    .for_each(|(to, (a, b))| *to += p * *a + q * *b);
                            }
                        }
                    }
                }
            },
        );
    }
}

pub fn run<T: Float>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let isa = Isa::chosen()?;
    let [old, new] = [ins[0].layout.dims(), outs[0].layout.dims()].map(|dims| [dims[2], dims[3]]);
    let x = ins[0].slice::<T>()?;
    let y = outs[0].slice_mut::<T>()?;
    if y.is_empty() {
        return Ok(());
    }
    let rows = Taps::<T>::of(&ins[1], &ins[2], old[0])?;
    let columns = Taps::<T>::of(&ins[3], &ins[4], old[1])?;
    let [from, to] = [old, new].map(|[h, w]| h * w);
    let planes = (BLOCK / from.max(to).max(1)).max(1);
    let tasks: Vec<_> = y.chunks_mut(planes * to).enumerate().collect();
    let elements = tasks.len() * planes * from.max(to);
    run_tasks(tasks, elements, |(task, y)| {
        let count = y.len() / to;
        let x = &x[task * planes * from..][..count * from];
        let plane_rows = |from: &[T], size: [usize; 2], to: &mut [T], width: usize| {
            let planes =
                from.chunks_exact((size[0] * width).max(1)).zip(to.chunks_exact_mut(size[1] * width));
            planes.for_each(|(from, to)| rows.sum(isa, from, width, to));
        };
        // First whatever leaves less to do.
        if new[0] < old[0] {
            let mut between = Scratch::<T>::new(count * new[0] * old[1]);
            plane_rows(x, [old[0], new[0]], &mut between, old[1]);
            sum_columns(isa, columns, &between, [count * new[0], old[1], new[1]], y);
        } else {
            let mut between = Scratch::<T>::new(count * old[0] * new[1]);
            sum_columns(isa, columns, x, [count * old[0], old[1], new[1]], &mut between);
            plane_rows(&between, [old[0], new[0]], y, new[1]);
        }
    });
    Ok(())
}

/// New columns of `[rows, old]` numbers: `[rows, new]`.
fn sum_columns<T: Float>(isa: Isa, columns: Taps<T>, from: &[T], [rows, old, new]: [usize; 3], to: &mut [T]) {
    let mut turned = Scratch::<T>::new(old * rows);
    transposed(from, [rows, old], &mut turned);
    let mut sums = Scratch::<T>::new(new * rows);
    columns.sum(isa, &turned, rows, &mut sums);
    transposed(&sums, [new, rows], to);
}
