//! Dims, axes and layouts.

use crate::layouts::Arrangement;
use kiln_grad::Dims;
use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;
use proptest::sample::select;

/// The lengths of axes that find the most: none, one, and small primes.
pub const LENGTHS: [usize; 6] = [0, 1, 2, 3, 5, 7];

/// Dims of a rank from `rank`, such as `0..=5`, with [`LENGTHS`] whose product, zeros aside, is at most
/// `bound`.
pub fn dims(rank: impl Into<SizeRange>, bound: usize) -> impl Strategy<Value = Dims> {
    vec(select(&LENGTHS[..]), rank).prop_map(move |lengths| bounded(lengths, bound))
}

/// `count` dims that broadcast together, each of rank 0 to 5, with at most `bound` elements together.
pub fn broadcastable(count: usize, bound: usize) -> impl Strategy<Value = Vec<Dims>> {
    // For each: which axes have length 1 instead, and how many leading axes it lacks.
    let each = (0..32u8, 0..=5usize);
    (dims(0..=5, bound), vec(each, count)).prop_map(|(whole, each)| {
        let one = |(ones, lacking): (u8, usize)| {
            let lengths = whole.iter().enumerate().skip(lacking);
            lengths.map(|(axis, &length)| if ones >> axis & 1 == 1 { 1 } else { length }).collect()
        };
        each.into_iter().map(one).collect()
    })
}

/// An axis of a tensor of this rank, counted from the first or, negative, from the last.
///
/// # Panics
/// When the rank is 0: there is no axis.
pub fn axis(rank: usize) -> impl Strategy<Value = i32> {
    assert!(rank > 0, "axis: a scalar has no axes");
    let rank = rank as i32;
    (0..2 * rank).prop_map(move |k| if k < rank { k } else { k - 2 * rank })
}

/// Subsets of the axes of a tensor of this rank, each axis once.
pub fn axes(rank: usize) -> impl Strategy<Value = Vec<i32>> {
    vec(any::<bool>(), rank).prop_map(|taken| {
        let numbered = taken.iter().enumerate();
        numbered.filter(|(_, taken)| **taken).map(|(axis, _)| axis as i32).collect()
    })
}

/// Arrangements of elements in memory, the contiguous one the simplest.
pub fn layout() -> impl Strategy<Value = Arrangement> {
    select([&[Arrangement::Contiguous][..], &Arrangement::STRIDED].concat())
}

/// Takes the longest axis to the next smaller length until the bound is kept.
fn bounded(mut lengths: Vec<usize>, bound: usize) -> Dims {
    let numel = |lengths: &[usize]| lengths.iter().map(|&length| length.max(1)).product::<usize>();
    while numel(&lengths) > bound.max(1) {
        let longest = lengths.iter_mut().max().expect("an axis is longer than 1");
        *longest = LENGTHS.into_iter().rfind(|length| length < longest).expect("0 is smaller");
    }
    lengths.into_iter().collect()
}
