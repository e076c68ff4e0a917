//! Random numbers of a key, many at a time: element `i` is a function of the key and `i` alone.

use super::simd::{Isa, compiled};
use super::storage::elements_mut;
use crate::backend::ViewMut;
use crate::dtype::{DType, Element, Float};
use crate::kernel::Distribution;
use crate::layout::Layout;
use crate::random::{Key, box_muller, unit};
use rayon::prelude::*;

/// Elements one task handles: whole blocks of four.
const TASK: usize = 1 << 14;
/// Blocks that are computed side by side.
const TOGETHER: usize = 8;

pub fn run<T: Element>(key: Key, distribution: Distribution, out: &mut ViewMut) {
    match distribution {
        // Words fit no float; the kernel's check has made sure of u32.
        Distribution::Words => draw(key, out, |word| word),
        Distribution::Uniform => draw(key, out, |word| T::from_f64(f64::from(unit(word)))),
        Distribution::Bernoulli(p) => {
            let [no, yes] = [0.0, 1.0].map(T::from_f64);
            draw(key, out, move |word| if f64::from(unit(word)) < p { yes } else { no });
        }
    }
}

fn draw<T: Element>(key: Key, out: &mut ViewMut, convert: impl Fn(u32) -> T + Sync) {
    debug_assert!(T::DTYPE == out.storage.dtype() || T::DTYPE == DType::U32);
    let layout = out.layout;
    if layout.is_contiguous() {
        let Ok(isa) = Isa::chosen() else { unreachable!("the backend has asked for it") };
        let elements = &mut elements_mut::<T>(out)[layout.offset()..][..layout.numel()];
        let run = |(task, part): (usize, &mut [T])| {
            compiled(
                isa,
                #[inline(always)]
                || blocks(key, task * TASK / 4, part, &convert),
            );
        };
        match elements.len() <= 2 * TASK {
            true => elements.chunks_mut(TASK).enumerate().for_each(run),
            false => elements.par_chunks_mut(TASK).enumerate().for_each(run),
        }
    } else {
        for (i, position) in positions(&layout).into_iter().enumerate() {
            elements_mut::<T>(out)[position] = convert(key.word(i as u64));
        }
    }
}

impl Key {
    /// Fills `out` with the standard normal numbers of this key, from number 0 on: on the host, so that they are the
    /// same on every device.
    pub(crate) fn fill_normal<T: Float>(self, out: &mut [T]) {
        // The same bits in all sets; a name of one that isn't there is refused when a kernel runs.
        let isa = Isa::chosen().unwrap_or(Isa::Portable);
        let run = |(task, part): (usize, &mut [T])| {
            compiled(
                isa,
                #[inline(always)]
                || normal_pairs(self, task * TASK / 2, part),
            );
        };
        match out.len() <= TASK {
            true => run((0, out)),
            false => out.par_chunks_mut(TASK).enumerate().for_each(run),
        }
    }
}

/// Writes the normal numbers of a key's blocks from number `first` on; a block makes two.
#[inline(always)]
fn normal_pairs<T: Float>(key: Key, first: usize, out: &mut [T]) {
    for (i, out) in out.chunks_mut(2 * TOGETHER).enumerate() {
        let block = (first + i * TOGETHER) as u64;
        let words: [[u32; 4]; TOGETHER] = std::array::from_fn(|i| key.block(block + i as u64));
        let (pairs, _) = words.as_flattened().as_chunks::<2>();
        let mut numbers = [T::zero(); 2 * TOGETHER];
        for (number, [radius, angle]) in numbers.iter_mut().zip(pairs) {
            *number = T::from_f64(box_muller(*radius, *angle));
        }
        out.copy_from_slice(&numbers[..out.len()]);
    }
}

/// Writes the numbers of a key's blocks from number `first` on.
#[inline(always)]
fn blocks<T>(key: Key, first: usize, out: &mut [T], convert: &impl Fn(u32) -> T) {
    let (whole, rest) = out.as_chunks_mut::<{ 4 * TOGETHER }>();
    let mut block = first as u64;
    for out in whole {
        // Independent blocks side by side, which makes vectors of them.
        let words: [[u32; 4]; TOGETHER] = std::array::from_fn(|i| key.block(block + i as u64));
        for (out, word) in out.iter_mut().zip(words.as_flattened()) {
            *out = convert(*word);
        }
        block += TOGETHER as u64;
    }
    for (i, four) in rest.chunks_mut(4).enumerate() {
        let words = key.block(block + i as u64);
        four.iter_mut().zip(words).for_each(|(out, word)| *out = convert(word));
    }
}

/// The storage positions of a view's elements, in order.
fn positions(layout: &Layout) -> Vec<usize> {
    let mut positions = vec![layout.offset()];
    for (&len, &stride) in layout.dims().iter().zip(layout.strides()) {
        let step = |start: usize| (0..len as isize).map(move |i| start.wrapping_add_signed(i * stride));
        positions = positions.into_iter().flat_map(step).collect();
    }
    positions
}
