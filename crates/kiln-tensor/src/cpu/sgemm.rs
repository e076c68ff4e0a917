//! Products of `f32` matrices by the kernels of [`simd`](super::simd).

use super::scratch::Scratch;
use super::simd::{Isa, Rows, RowsMut, compiled, multiply, transpose};
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
    let (rows, k) = (a.nrows(), a.ncols());
    let mut panel = Scratch::<f32>::new(K.min(k) * isa.panel());
    let ragged = !c.ncols().is_multiple_of(isa.lanes());
    let mut whole = Scratch::<f32>::new(if ragged { rows * isa.panel() } else { 0 });
    // Chunks keep the strides of axes of length 1, which slices don't.
    let parts = a.axis_chunks_iter(Axis(1), K).zip(b.axis_chunks_iter(Axis(0), K));
    for (i, (a, b)) in parts.enumerate() {
        let add = add || i > 0;
        let panels =
            c.axis_chunks_iter_mut(Axis(1), isa.panel()).zip(b.axis_chunks_iter(Axis(1), isa.panel()));
        for (mut c, b) in panels {
            // The last panel may be half as wide.
            let width = if c.ncols() <= isa.lanes() { isa.lanes() } else { isa.panel() };
            let panel = &mut panel[..a.ncols() * width];
            pack(isa, b, panel, width);
            if c.ncols() == width {
                multiply(isa, a, Rows { data: panel, step: width }, c, add);
                continue;
            }
            let whole = &mut whole[..rows * width];
            let mut whole = ArrayViewMut2::from_shape([rows, width], whole).expect("there is room");
            multiply(isa, a, Rows { data: panel, step: width }, whole.view_mut(), false);
            let sums = whole.slice(s![.., ..c.ncols()]);
            if add { c += &sums } else { c.assign(&sums) }
        }
    }
}

/// Copies columns to a panel `width` wide; those that are missing become 0.
fn pack(isa: Isa, b: ArrayView2<f32>, panel: &mut [f32], width: usize) {
    let columns = b.ncols();
    if b.strides()[1] != 1 {
        return transpose(isa, b.reversed_axes(), RowsMut { data: panel, step: width }, width);
    }
    if columns < width {
        for (to, row) in panel.chunks_exact_mut(width).zip(b.outer_iter()) {
            to[..columns].copy_from_slice(row.to_slice().expect("rows are contiguous"));
            to[columns..].fill(0.0);
        }
        return;
    }
    // A length that is known when this is compiled makes a few vectors of a row instead of a call.
    let copy = match width {
        32 => copy_rows::<32>,
        16 => copy_rows::<16>,
        8 => copy_rows::<8>,
        _ => copy_rows::<4>,
    };
    copy(isa, b, panel);
}

/// Copies rows of `W` columns.
fn copy_rows<const W: usize>(isa: Isa, b: ArrayView2<f32>, panel: &mut [f32]) {
    compiled(
        isa,
        #[inline(always)]
        || {
            let (rows, _) = panel.as_chunks_mut::<W>();
            for (to, row) in rows.iter_mut().zip(b.outer_iter()) {
                let row = row.to_slice().and_then(|row| row.first_chunk::<W>());
                *to = *row.expect("rows are contiguous");
            }
        },
    );
}
