//! Making one number of many in a fixed order: in lanes that vectorise, and pairwise above them, so that
//! the error of a sum grows with the logarithm of its length.

use super::elementwise::{larger, smaller};
use super::scratch::Scratch;
use crate::dtype::Float;

/// An associative function with a neutral element.
pub trait Fold {
    fn neutral<T: Float>() -> T;
    fn join<T: Float>(a: T, b: T) -> T;
}

pub struct Sum;
pub struct Max;
pub struct Min;
/// The largest number, without those that are NaN.
pub struct MaxNumber;

impl Fold for Sum {
    fn neutral<T: Float>() -> T {
        T::zero()
    }
    #[inline(always)]
    fn join<T: Float>(a: T, b: T) -> T {
        a + b
    }
}

impl Fold for Max {
    fn neutral<T: Float>() -> T {
        T::neg_infinity()
    }
    #[inline(always)]
    fn join<T: Float>(a: T, b: T) -> T {
        larger(a, b)
    }
}

impl Fold for MaxNumber {
    fn neutral<T: Float>() -> T {
        T::neg_infinity()
    }
    #[inline(always)]
    fn join<T: Float>(a: T, b: T) -> T {
        if b > a { b } else { a }
    }
}

impl Fold for Min {
    fn neutral<T: Float>() -> T {
        T::infinity()
    }
    #[inline(always)]
    fn join<T: Float>(a: T, b: T) -> T {
        smaller(a, b)
    }
}

/// Values that are kept side by side, so that they are joined in one instruction.
pub const LANES: usize = 16;
const VECTORS: usize = 4;
/// Elements that go into the lanes before they are joined.
pub const LEAF: usize = 1 << 10;
/// Rows joined one after the other before their result is joined with those of other rows.
pub const LEAF_ROWS: usize = 32;

/// Joins the elements of a slice.
#[inline(always)]
pub fn slice<F: Fold, T: Float>(x: &[T]) -> T {
    if x.len() <= LEAF {
        return leaf::<F, T>(x);
    }
    let mut total = Pairwise::<T>::new();
    for part in x.chunks(LEAF) {
        total.push::<F>(leaf::<F, T>(part));
    }
    total.join::<F>()
}

#[inline(always)]
fn leaf<F: Fold, T: Float>(x: &[T]) -> T {
    let mut lanes = Lanes::new::<F>();
    lanes.row::<F>(x);
    lanes.join::<F>()
}

/// Independent running values, which let the processor join many elements at a time: several vectors, so that
/// no join waits for the one before, and for what is left of a row one more.
#[derive(Clone, Copy)]
pub struct Lanes<T> {
    vectors: [[T; LANES]; VECTORS],
    rest: [T; LANES],
    /// Whether anything is in the vectors.
    long: bool,
}

impl<T: Float> Lanes<T> {
    #[inline(always)]
    pub fn new<F: Fold>() -> Self {
        let lanes = [F::neutral(); LANES];
        Lanes { vectors: [lanes; VECTORS], rest: lanes, long: false }
    }

    /// Joins the elements of a row, each to its column's lane.
    #[inline(always)]
    pub fn row<F: Fold>(&mut self, row: &[T]) {
        let (chunks, row) = row.as_chunks::<{ LANES * VECTORS }>();
        if !chunks.is_empty() {
            let mut vectors = self.vectors;
            for chunk in chunks {
                let (chunk, _) = chunk.as_chunks::<LANES>();
                for (lanes, chunk) in vectors.iter_mut().zip(chunk) {
                    join_all::<F, T>(lanes, chunk);
                }
            }
            self.vectors = vectors;
            self.long = true;
        }
        let (chunks, rest) = row.as_chunks::<LANES>();
        chunks.iter().for_each(|chunk| join_all::<F, T>(&mut self.rest, chunk));
        join_all::<F, T>(&mut self.rest, rest);
    }

    /// [`Lanes::row`] of elements that don't lie next to each other.
    pub fn gather<F: Fold>(&mut self, len: usize, element: impl Fn(usize) -> T) {
        for start in (0..len).step_by(LANES) {
            for (i, lane) in self.rest.iter_mut().enumerate().take(len - start) {
                *lane = F::join(*lane, element(start + i));
            }
        }
    }

    /// Joins the lanes as a tree.
    #[inline(always)]
    pub fn join<F: Fold>(mut self) -> T {
        if self.long {
            let [a, b, c, d] = &mut self.vectors;
            join_all::<F, T>(a, b);
            join_all::<F, T>(c, d);
            join_all::<F, T>(a, c);
            join_all::<F, T>(&mut self.rest, a);
        }
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                self.rest[i] = F::join(self.rest[i], self.rest[i + width]);
            }
        }
        self.rest[0]
    }
}

#[inline(always)]
fn join_all<F: Fold, T: Float>(to: &mut [T], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = F::join(*to, *from));
}

/// Joins rows that lie one after the other column by column, a few at a time if they are short.
#[inline(always)]
pub fn columns<F: Fold, T: Float>(x: &[T], out: &mut [T]) {
    let width = out.len();
    let together = width * (LEAF / 4 / width).max(1);
    let mut total = Scratch::<T>::new(together);
    let mut part = Scratch::<T>::new(together);
    total.fill(F::neutral());
    for rows in x.chunks(together * LEAF_ROWS) {
        part.fill(F::neutral());
        rows.chunks(together).for_each(|row| join_all::<F, T>(&mut part, row));
        join_all::<F, T>(&mut total, &part);
    }
    rows::<F, T>(&mut total, width);
    out.copy_from_slice(&total[..width]);
}

/// Joins values that come one after the other as a balanced binary tree would.
pub struct Pairwise<T> {
    /// At level `i` the join of 2ⁱ values, where `count` has bit `i` set.
    levels: [T; usize::BITS as usize],
    count: usize,
}

impl<T: Float> Pairwise<T> {
    pub fn new() -> Self {
        Pairwise { levels: [T::zero(); usize::BITS as usize], count: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn push<F: Fold>(&mut self, mut value: T) {
        // As a carry runs through a binary counter.
        let level = self.count.trailing_ones() as usize;
        self.levels[..level].iter().for_each(|earlier| value = F::join(*earlier, value));
        self.levels[level] = value;
        self.count += 1;
    }

    pub fn join<F: Fold>(&self) -> T {
        let full = (0..self.levels.len()).filter(|level| self.count >> level & 1 == 1);
        full.map(|level| self.levels[level])
            .reduce(|later, earlier| F::join(earlier, later))
            .unwrap_or(F::neutral())
    }
}

/// Joins whole rows of `width` elements pairwise, in order, into the first one.
pub fn rows<F: Fold, T: Float>(rows: &mut [T], width: usize) {
    let mut count = rows.len() / width;
    while count > 1 {
        for i in 0..count.div_ceil(2) {
            for column in 0..width {
                let first = rows[2 * i * width + column];
                let second = rows.get((2 * i + 1) * width + column).filter(|_| 2 * i + 1 < count);
                rows[i * width + column] = second.map_or(first, |second| F::join(first, *second));
            }
        }
        count = count.div_ceil(2);
    }
}
