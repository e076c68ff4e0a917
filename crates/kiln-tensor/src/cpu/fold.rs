//! Making one number of many in a fixed order: in lanes that vectorise, and pairwise above them, so that
//! the error of a sum grows with the logarithm of its length.

use super::elementwise::{larger, smaller};
use crate::dtype::Float;

/// An associative function with a neutral element.
pub trait Fold {
    fn neutral<T: Float>() -> T;
    fn join<T: Float>(a: T, b: T) -> T;
}

pub struct Sum;
pub struct Max;
pub struct Min;

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

impl Fold for Min {
    fn neutral<T: Float>() -> T {
        T::infinity()
    }
    #[inline(always)]
    fn join<T: Float>(a: T, b: T) -> T {
        smaller(a, b)
    }
}

const LANES: usize = 16;
/// Elements that go into the lanes before they are joined.
pub const LEAF: usize = 1 << 10;

/// Joins the elements of a slice.
pub fn slice<F: Fold, T: Float>(x: &[T]) -> T {
    let mut total = Pairwise::<T>::new();
    for leaf in x.chunks(LEAF) {
        let mut lanes = Lanes::new::<F>();
        lanes.row::<F>(leaf);
        total.push::<F>(lanes.join::<F>());
    }
    total.join::<F>()
}

/// Independent running values, which let the processor join many elements at a time.
#[derive(Clone, Copy)]
pub struct Lanes<T>([T; LANES]);

impl<T: Float> Lanes<T> {
    pub fn new<F: Fold>() -> Self {
        Lanes([F::neutral(); LANES])
    }

    /// Joins the elements of a row, each to its column's lane.
    #[inline(always)]
    pub fn row<F: Fold>(&mut self, row: &[T]) {
        let mut lanes = self.0;
        let (chunks, rest) = row.as_chunks::<LANES>();
        for chunk in chunks {
            lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane = F::join(*lane, *x));
        }
        lanes.iter_mut().zip(rest).for_each(|(lane, x)| *lane = F::join(*lane, *x));
        self.0 = lanes;
    }

    /// As `row`, of elements that don't lie next to each other.
    pub fn gather<F: Fold>(&mut self, len: usize, element: impl Fn(usize) -> T) {
        for start in (0..len).step_by(LANES) {
            for (i, lane) in self.0.iter_mut().enumerate().take(len - start) {
                *lane = F::join(*lane, element(start + i));
            }
        }
    }

    /// Joins the lanes as a tree.
    pub fn join<F: Fold>(mut self) -> T {
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                self.0[i] = F::join(self.0[i], self.0[i + width]);
            }
        }
        self.0[0]
    }
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
