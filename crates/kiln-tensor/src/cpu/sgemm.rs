//! Products of `f32` matrices by the kernels of [`simd`](super::simd).

use super::scratch::Scratch;
use super::simd::{Isa, multiply, transpose};
use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};

/// Rows of a panel of the right matrix: a panel fits the first cache.
const K: usize = 256;

/// Whether the kernels take matrices with these strides.
pub fn takes(a: &ArrayView2<f32>, b: &ArrayView2<f32>, c: &ArrayViewMut2<f32>) -> bool {
    let along = |strides: &[isize]| strides.contains(&1) && strides.iter().all(|stride| *stride >= 0);
    !c.is_empty() && a.ncols() > 0 && along(a.strides()) && along(b.strides()) && c.strides()[1] == 1
}

/// `c = a·b`, or `c += a·b` with `add`, on this thread.
pub fn sgemm(isa: Isa, a: ArrayView2<f32>, b: ArrayView2<f32>, mut c: ArrayViewMut2<f32>, add: bool) {
    let (rows, k, width) = (a.nrows(), a.ncols(), isa.panel());
    let mut panel = Scratch::<f32>::new(K.min(k) * width);
    let ragged = !c.ncols().is_multiple_of(width);
    let mut whole = Scratch::<f32>::new(if ragged { rows * width } else { 0 });
    // Chunks keep the strides of axes of length 1, which slices don't.
    let parts = a.axis_chunks_iter(Axis(1), K).zip(b.axis_chunks_iter(Axis(0), K));
    for (i, (a, b)) in parts.enumerate() {
        let add = add || i > 0;
        let panel = &mut panel[..a.ncols() * width];
        let panels = c.axis_chunks_iter_mut(Axis(1), width).zip(b.axis_chunks_iter(Axis(1), width));
        for (mut c, b) in panels {
            pack(isa, b, panel, width);
            if c.ncols() == width {
                multiply(isa, a, (panel, width), c, add);
                continue;
            }
            let mut whole = ArrayViewMut2::from_shape([rows, width], &mut whole).expect("there is room");
            multiply(isa, a, (panel, width), whole.view_mut(), false);
            let sums = whole.slice(s![.., ..c.ncols()]);
            if add { c += &sums } else { c.assign(&sums) }
        }
    }
}

/// Copies columns to a panel `width` wide; those that are missing become 0.
fn pack(isa: Isa, b: ArrayView2<f32>, panel: &mut [f32], width: usize) {
    let columns = b.ncols();
    if b.strides()[1] != 1 {
        return transpose(isa, b.reversed_axes(), (panel, width), width);
    }
    for (to, row) in panel.chunks_exact_mut(width).zip(b.outer_iter()) {
        to[..columns].copy_from_slice(row.to_slice().expect("rows are contiguous"));
        to[columns..].fill(0.0);
    }
}
