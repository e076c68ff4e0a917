//! Tensors `[a, b, c]` taken apart by their `b` channels, and sums over the rows of one.

use super::TASK;
use crate::cpu::{Isa, compiled};
use crate::dtype::Float;
use rayon::prelude::*;
use std::array::from_fn;

/// How many sums are kept side by side, so that they can be added in one instruction.
const LANES: usize = 16;
/// A group has at least so many neighbouring numbers in each row: some cache lines.
const RUN: usize = 64;
/// The most groups that channels are cut into.
const GROUPS: usize = 64;

/// The dims of `[a, b, c]`, of which `a·c` numbers belong to each of the `b` channels.
#[derive(Clone, Copy)]
pub(super) struct Channels {
    pub a: usize,
    pub b: usize,
    pub c: usize,
}

impl Channels {
    /// How many numbers a channel has.
    pub fn count(self) -> usize {
        self.a * self.c
    }

    /// How many numbers there are.
    pub fn numel(self) -> usize {
        self.a * self.b * self.c
    }

    /// How many channels next to each other one task is given.
    pub fn group(self) -> usize {
        self.b.div_ceil(GROUPS).max(RUN.div_ceil(self.c.max(1)))
    }

    /// How many rows of a channel are summed at once, and then combined: few enough to stay in cache.
    pub fn piece(self) -> usize {
        (TASK / self.c.max(1)).max(1)
    }

    /// The `a` rows of channel `index`, of length `c`. There must be numbers.
    pub fn rows<T>(self, x: &[T], index: usize) -> Vec<&[T]> {
        x.chunks_exact(self.c).skip(index).step_by(self.b).collect()
    }

    /// Cuts into groups of neighbouring channels: of each the `a` rows, in which a channel has `c` numbers.
    /// There must be numbers.
    pub fn groups<T>(self, x: &mut [T]) -> Vec<Vec<&mut [T]>> {
        let run = self.group() * self.c;
        let mut groups: Vec<Vec<&mut [T]>> =
            (0..self.b.div_ceil(self.group())).map(|_| Vec::with_capacity(self.a)).collect();
        for image in x.chunks_exact_mut(self.b * self.c) {
            groups.iter_mut().zip(image.chunks_mut(run)).for_each(|(rows, row)| rows.push(row));
        }
        groups
    }
}

/// Sums of `f` over the elements of `I` tensors' rows in a fixed order: lanes within a row, then rows one
/// after the other. `f` must be `#[inline(always)]`.
#[inline(always)]
pub(super) fn sum_rows<'a, T: Float, const I: usize, const N: usize>(
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
pub(super) fn by_pieces<I: Sync, R: Send>(
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

/// Mean and spread of numbers.
#[derive(Clone, Copy)]
pub(super) struct Moments<T> {
    count: T,
    /// The mean.
    pub mean: T,
    /// The sum of squared distances from the mean.
    squares: T,
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
                let [squares] = sum_rows(
                    each(),
                    #[inline(always)]
                    |[x]| [(x - mean) * (x - mean)],
                );
                Moments { count, mean, squares }
            },
        )
    }

    /// Those of these numbers and others together (Chan, Golub, LeVeque, 1979).
    pub fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        let (far, share) = (other.mean - self.mean, other.count / count);
        Moments {
            count,
            mean: self.mean + far * share,
            squares: self.squares + other.squares + far * far * self.count * share,
        }
    }

    /// The variance with correction 0.
    pub fn var(self) -> T {
        self.squares / self.count
    }
}
