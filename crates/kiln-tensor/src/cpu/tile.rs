//! Strided elements made contiguous, block by block.

use super::scratch::Scratch;
use super::simd::{Isa, RowsMut, transpose};
use super::walk::{Block, RowRef, TILE, Walk};
use crate::dtype::{DType, Element};
use ndarray::{ArrayView2, ShapeBuilder};

/// Function that writes elements of the output from those of each input.
type OnSlices<'a, S, T, const N: usize> = dyn Fn(&mut [T], [&[S]; N]) + Sync + 'a;

/// Calls `f(elements of the output, those of each input)` until all are written. What isn't contiguous is first
/// copied to memory that stays in cache, so `f` is only ever a loop over slices of one length. (It is called once a block, so it can be a `dyn`, which saves
/// compiling all around it anew for each function.)
pub fn each<S: Element, T: Element, const N: usize>(
    walk: &Walk<N>,
    ins: [&[S]; N],
    out: &mut [T],
    f: &OnSlices<'_, S, T, N>,
) {
    walk.blocks(out, &|out, block| {
        if block.rows == 1 && block.len > TILE && !walk.steps.iter().all(|step| *step == 1) {
            // A long row, of which only a part fits the cache.
            for column in (0..block.len).step_by(TILE) {
                let mut part = Block { len: TILE.min(block.len - column), ..block };
                for (start, step) in part.starts.iter_mut().zip(walk.steps) {
                    *start = start.wrapping_add_signed(column as isize * step);
                }
                one(part, walk.steps, ins, &mut out[column..], f);
            }
        } else {
            one(block, walk.steps, ins, out, f);
        }
    });
}

/// Calls `f` for one block.
fn one<S: Element, T: Element, const N: usize>(
    block: Block<N>,
    steps: [isize; N],
    ins: [&[S]; N],
    out: &mut [T],
    f: &OnSlices<'_, S, T, N>,
) {
    let len = block.rows * block.len;
    let dense = |k: usize| steps[k] == 1 && (block.rows == 1 || block.row_steps[k] == block.len as isize);
    let tiles: [Option<Scratch<S>>; N] = std::array::from_fn(|k| {
        (!dense(k)).then(|| {
            let mut tile = Scratch::new(len);
            let (start, row_step, step) = (block.starts[k], block.row_steps[k], steps[k]);
            let from = StridedRows { data: ins[k], start, row_step, step };
            gather(from, [block.rows, block.len], &mut tile, block.len);
            tile
        })
    });
    let ins = std::array::from_fn(|k| match &tiles[k] {
        Some(tile) => &tile[..],
        None => &ins[k][block.starts[k]..][..len],
    });
    if block.rows == 1 || block.out_step == block.len {
        return f(&mut out[..len], ins);
    }
    let mut tile = Scratch::<T>::new(len);
    f(&mut tile, ins);
    for (row, tile) in tile.chunks_exact(block.len).enumerate() {
        out[row * block.out_step..][..block.len].copy_from_slice(tile);
    }
}

/// Rows of strided elements: element `i` of row `r` is `data[start + r · row_step + i · step]`.
#[derive(Clone, Copy)]
pub struct StridedRows<'a, T> {
    pub data: &'a [T],
    pub start: usize,
    pub row_step: isize,
    pub step: isize,
}

/// Copies `count` rows of `len` strided elements to contiguous rows `to_step` apart.
pub fn gather<T: Element>(rows: StridedRows<T>, [count, len]: [usize; 2], to: &mut [T], to_step: usize) {
    let StridedRows { data: from, start, row_step, step } = rows;
    if step == 1 && count > 1 && row_step == len as isize && to_step == len {
        return to[..count * len].copy_from_slice(&from[start..][..count * len]);
    }
    if row_step == 1
        && step > 1
        && count > 1
        && try_transpose(&from[start..], step as usize, [count, len], to, to_step)
    {
        return;
    }
    for (row, to) in to.chunks_mut(to_step.max(1)).take(count).enumerate() {
        let to = &mut to[..len];
        match RowRef::new(from, start.wrapping_add_signed(row as isize * row_step), step, len) {
            RowRef::Dense(from) => to.copy_from_slice(from),
            RowRef::Same(value) => to.fill(value),
            RowRef::Strided(from) => from.copy_to(to),
        }
    }
}

/// Writes the transpose of a matrix `[rows, columns]`.
pub fn transposed<T: Element>(from: &[T], [rows, columns]: [usize; 2], to: &mut [T]) {
    let turned = StridedRows { data: from, start: 0, row_step: 1, step: columns as isize };
    gather(turned, [columns, rows], to, rows);
}

/// Transposes a matrix with rows `step` apart, if its elements have 32 bits.
fn try_transpose<T: Element>(
    from: &[T],
    step: usize,
    [rows, len]: [usize; 2],
    to: &mut [T],
    to_step: usize,
) -> bool {
    let (DType::F32 | DType::U32, Ok(isa)) = (T::DTYPE, Isa::chosen()) else { return false };
    let from = ArrayView2::from_shape([len, rows].strides([step, 1]), bytemuck::cast_slice(from));
    let Ok(from) = from else { return false };
    transpose(isa, from, RowsMut { data: bytemuck::cast_slice_mut(to), step: to_step }, len);
    true
}
