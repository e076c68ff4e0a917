//! The index of the first largest element along an axis.

use super::storage::{elements, elements_mut};
use super::walk::Walk;
use crate::backend::{View, ViewMut};
use crate::dtype::Element;

pub fn run<T: Element>(axis: usize, x: &View, out: &mut ViewMut) {
    if out.layout.numel() == 0 {
        return;
    }
    let (len, step) = (x.layout.dims()[axis], x.layout.strides()[axis]);
    let first = x.layout.slice(axis, 0, 1, 1);
    let walk = Walk::new(&out.layout, [&first]).costing(len);
    let x = elements::<T>(x);
    walk.run(elements_mut(out), |row, [at]| {
        for (i, out) in row.iter_mut().enumerate() {
            let start = at.wrapping_add_signed(i as isize * walk.steps[0]);
            *out = search((0..len).map(|k| x[start.wrapping_add_signed(k as isize * step)]));
        }
    });
}

/// The position of the first largest element; NaN counts as the largest.
#[allow(clippy::eq_op, reason = "only NaN differs from itself, and `u32` has no `is_nan`")]
fn search<T: Element>(mut elements: impl Iterator<Item = T>) -> u32 {
    let Some(mut best) = elements.next() else { return 0 };
    let mut index = 0;
    for (i, x) in (1..).zip(elements) {
        if best != best {
            break;
        }
        if x > best || x != x {
            (best, index) = (x, i);
        }
    }
    index
}
