//! Random numbers: element `i` is a function of the key and `i` alone.

use super::elements_mut;
use crate::backend::ViewMut;
use crate::dtype::{DType, Element};
use crate::kernel::Distribution;
use crate::layout::Layout;
use crate::random::{Key, unit};
use rayon::prelude::*;

/// Elements one task handles: whole blocks of four.
const TASK: usize = 1 << 13;

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
        let elements = &mut elements_mut::<T>(out)[layout.offset()..][..layout.numel()];
        elements.par_chunks_mut(TASK).enumerate().for_each(|(task, part)| {
            for (block, four) in part.chunks_mut(4).enumerate() {
                let words = key.block((task * TASK / 4 + block) as u64);
                four.iter_mut().zip(words).for_each(|(out, word)| *out = convert(word));
            }
        });
    } else {
        for (i, position) in positions(&layout).into_iter().enumerate() {
            elements_mut::<T>(out)[position] = convert(key.word(i as u64));
        }
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
