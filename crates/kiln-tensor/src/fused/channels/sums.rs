//! Sums over the rows of a channel, in a fixed order.

use crate::cpu::fold::LANES;
use crate::cpu::{Isa, compiled};
use crate::dtype::Float;
use rayon::prelude::*;
use std::array::from_fn;

/// Sums of `f` over the elements of `I` tensors' rows in a fixed order: lanes within a row, then rows one
/// after the other. `f` must be `#[inline(always)]`.
#[inline(always)]
pub fn sum_rows<'a, T: Float, const I: usize, const N: usize>(
    rows: impl Iterator<Item = [&'a [T]; I]>,
    f: impl Fn([T; I]) -> [T; N],
) -> [T; N] {
    let mut sums = [[T::zero(); LANES]; N];
    let mut tail = [T::zero(); N];
    for row in rows {
        let parts = row.map(<[T]>::as_chunks::<LANES>);
        for k in 0..parts[0].0.len() {
            let chunk = parts.map(|(chunks, _)| &chunks[k]);
            for lane in 0..LANES {
                let terms = f(chunk.map(|chunk| chunk[lane]));
                (0..N).for_each(|n| sums[n][lane] += terms[n]);
            }
        }
        for k in 0..parts[0].1.len() {
            let terms = f(parts.map(|(_, rest)| rest[k]));
            (0..N).for_each(|n| tail[n] += terms[n]);
        }
    }
    from_fn(|n| sums[n].into_iter().fold(tail[n], |sum, lane| sum + lane))
}

/// Runs `f` on pieces of `size` elements, in parallel if there are several, and joins what it gives in
/// their order. There must be elements.
pub fn by_pieces<I: Sync, R: Send>(
    all: &[I],
    size: usize,
    f: impl Fn(&[I]) -> R + Sync + Send,
    join: impl Fn(R, R) -> R,
) -> R {
    if all.len() <= size {
        return f(all);
    }
    let parts: Vec<R> = all.par_chunks(size).map(f).collect();
    parts.into_iter().reduce(join).expect("there is more than one piece")
}

/// Count, mean and sum of squared distances from the mean, of some numbers.
#[derive(Clone, Copy)]
pub struct Moments<T> {
    count: T,
    /// Their mean.
    pub mean: T,
    /// Sum of squared distances from the mean.
    m2: T,
}

impl<T: Float> Moments<T> {
    /// Those of rows, by two passes: so no digits are lost however far from 0 the mean is.
    pub fn of(isa: Isa, rows: &[&[T]]) -> Self {
        let count = T::from_f64(rows.iter().map(|row| row.len()).sum::<usize>() as f64);
        let each = || rows.iter().map(|row| [*row]);
        compiled(
            isa,
            #[inline(always)]
            || {
                let [sum] = sum_rows(
                    each(),
                    #[inline(always)]
                    |[x]| [x],
                );
                let mean = sum / count;
                let [m2] = sum_rows(
                    each(),
                    #[inline(always)]
                    |[x]| [(x - mean) * (x - mean)],
                );
                Moments { count, mean, m2 }
            },
        )
    }

    /// Those of these numbers and others together (Chan, Golub, LeVeque, 1979).
    pub fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        let (delta, share) = (other.mean - self.mean, other.count / count);
        Moments {
            count,
            mean: self.mean + delta * share,
            m2: self.m2 + other.m2 + delta * delta * self.count * share,
        }
    }

    /// The variance with correction 0.
    pub fn var(self) -> T {
        self.m2 / self.count
    }
}
