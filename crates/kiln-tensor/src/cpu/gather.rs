//! Reading and adding at places that an index tells.

use super::dense::{self, Dense};
use super::split::blocks;
use super::storage::{elements, elements_mut};
use super::walk::{RowRef, Walk};
use crate::backend::{View, ViewMut};
use crate::dims::{Dims, MAX_RANK};
use crate::dtype::{Element, Float};
use crate::error::{Error, Result};
use crate::layout::Layout;
use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis};
use rayon::prelude::*;

/// Columns of the output that a task of `scatter_add` owns.
const COLUMNS: usize = 64;
/// Elements that a task adds, if it has whole matrices of so few columns.
const TASK: usize = 1 << 14;

pub fn gather<T: Element>(axis: usize, x: &View, index: &View, out: &mut ViewMut) -> Result<()> {
    check("gather", index, x.layout.dims()[axis])?;
    if out.layout.numel() == 0 {
        return Ok(());
    }
    let step = x.layout.strides()[axis];
    let first = x.layout.slice(axis, 0, 1, 1).broadcast(out.layout.dims());
    let walk = Walk::new(&out.layout, [index.layout, &first]);
    let (x, index) = (elements::<T>(x), elements::<u32>(index));
    walk.run(elements_mut::<T>(out), |row, [index_at, x_at]| {
        let [index_step, x_step] = walk.steps;
        match RowRef::new(index, index_at, index_step, row.len()) {
            RowRef::Same(i) => {
                match RowRef::new(x, x_at.wrapping_add_signed(i as isize * step), x_step, row.len()) {
                    RowRef::Dense(x) => row.copy_from_slice(x),
                    x => row.iter_mut().enumerate().for_each(|(k, out)| *out = x.get(k)),
                }
            }
            index => row.iter_mut().enumerate().for_each(|(k, out)| {
                *out = x[x_at.wrapping_add_signed(index.get(k) as isize * step + k as isize * x_step)];
            }),
        }
    });
    Ok(())
}

pub fn scatter_add<T: Float>(axis: usize, v: &View, index: &View, out: &mut ViewMut) -> Result<()> {
    let dims = *out.layout.dims();
    let len = dims[axis];
    check("scatter_add", index, len)?;
    if v.layout.numel() == 0 {
        return Ok(());
    }
    if !out.layout.is_contiguous() {
        add_apart::<T>(axis, v, index, out);
        return Ok(());
    }
    let v = Dense::new::<T>(v)?;
    let count = v.layout().dims()[axis];
    let (outer, inner) = (numel(&dims[..axis]), numel(&dims[axis + 1..]));
    // An index that is the same for whole rows is read once for each.
    let others = || (0..dims.rank()).filter(|i| *i != axis && index.layout.dims()[*i] > 1);
    let by_row = others().all(|i| index.layout.strides()[i] == 0);
    let first = |layout: Layout, i| layout.slice(i, 0, 1, 1);
    let picked = if by_row { others().fold(*index.layout, first) } else { *index.layout };
    let index = Dense::new::<u32>(&View { storage: index.storage, layout: &picked })?;
    dense::write(out, |out: &mut [T]| {
        let (v, index) = (v.elements::<T>(), index.elements::<u32>());
        if inner <= COLUMNS {
            let matrices = (TASK / (count * inner)).max(1);
            let [v_task, out_task] = [count, len].map(|rows| matrices * rows * inner);
            let tasks = v.par_chunks(v_task).zip(out.par_chunks_mut(out_task)).enumerate();
            tasks.for_each(|(task, (v, out))| {
                let matrices = v.chunks_exact(count * inner).zip(out.chunks_exact_mut(len * inner));
                for (i, (v, out)) in matrices.enumerate() {
                    let at = if by_row { 0 } else { task * v_task + i * count * inner };
                    add_matrix(v, &index[at..], out, inner, by_row);
                }
            });
            return Ok(());
        }
        let out = ArrayViewMut3::from_shape([outer, len, inner], out).expect("the output is contiguous");
        let mut tasks = Vec::new();
        for (i, out) in blocks(out, 0, 1) {
            for (column, out) in blocks(out.index_axis_move(Axis(0), 0), 1, COLUMNS) {
                tasks.push((i, column, out));
            }
        }
        let add = |(i, column, out): (usize, usize, ArrayViewMut2<T>)| {
            let v = v[i * count * inner..].chunks_exact(inner).map(|row| &row[column..]);
            if by_row {
                add_rows(v.zip(index), out);
            } else {
                let index = index[i * count * inner..].chunks_exact(inner).map(|row| &row[column..]);
                add_each(v.zip(index).take(count), out);
            }
        };
        // To wake other threads for a few rows would take longer than to add them.
        if v.len() <= TASK {
            tasks.into_iter().for_each(add)
        } else {
            tasks.into_par_iter().for_each(add)
        }
        Ok(())
    })
}

/// Adds one element after the other to an output whose elements don't lie together: such are parts of a larger tensor,
/// and no more of it is touched than what is added to.
fn add_apart<T: Float>(axis: usize, v: &View, index: &View, out: &mut ViewMut) {
    let (dims, step) = (*v.layout.dims(), out.layout.strides()[axis]);
    let first = out.layout.slice(axis, 0, 1, 1).broadcast(&dims);
    let layouts = [v.layout, index.layout, &first];
    let (v, index, out) = (elements::<T>(v), elements::<u32>(index), elements_mut::<T>(out));
    let mut places = layouts.map(Layout::offset);
    let mut at = [0; MAX_RANK];
    for _ in 0..dims.numel() {
        let [v_at, index_at, out_at] = places;
        out[out_at.wrapping_add_signed(index[index_at] as isize * step)] += v[v_at];
        // The next index, the last axis fastest.
        for axis in (0..dims.rank()).rev() {
            at[axis] += 1;
            let ends = at[axis] == dims[axis];
            let steps = if ends { 1 - dims[axis] as isize } else { 1 };
            for (place, layout) in places.iter_mut().zip(layouts) {
                *place = place.wrapping_add_signed(steps * layout.strides()[axis]);
            }
            if !ends {
                break;
            }
            at[axis] = 0;
        }
    }
}

/// Adds the rows of a matrix to those of another that the index tells, or else its elements.
fn add_matrix<T: Float>(v: &[T], index: &[u32], out: &mut [T], columns: usize, by_row: bool) {
    if columns == 1 {
        return v.iter().zip(index).for_each(|(v, &i)| out[i as usize] += *v);
    }
    let rows = out.len() / columns;
    let out = ArrayViewMut2::from_shape([rows, columns], out).expect("the matrix is contiguous");
    if by_row {
        add_rows(v.chunks_exact(columns).zip(index), out);
    } else {
        add_each(v.chunks_exact(columns).zip(index.chunks_exact(columns)), out);
    }
}

fn add_rows<'a, T: Float>(rows: impl Iterator<Item = (&'a [T], &'a u32)>, mut out: ArrayViewMut2<T>) {
    for (v, &i) in rows {
        let mut out = out.row_mut(i as usize);
        let out = out.as_slice_mut().expect("rows are contiguous");
        out.iter_mut().zip(v).for_each(|(out, v)| *out += *v);
    }
}

fn add_each<'a, T: Float>(rows: impl Iterator<Item = (&'a [T], &'a [u32])>, mut out: ArrayViewMut2<T>) {
    let columns = out.ncols();
    for (v, index) in rows {
        for column in 0..columns {
            out[[index[column] as usize, column]] += v[column];
        }
    }
}

/// Checks that every index is less than `len`; the error tells the first in order that isn't.
fn check(kernel: &'static str, index: &View, len: usize) -> Result<()> {
    let distinct = distinct(index.layout);
    let dense = Dense::new::<u32>(&View { storage: index.storage, layout: &distinct })?;
    match dense.elements::<u32>().iter().find(|i| **i as usize >= len) {
        Some(&index) => Err(Error::IndexOutOfRange { kernel, index, len }),
        None => Ok(()),
    }
}

/// The view without its repetitions: axes with stride 0 are cut to length 1.
fn distinct(layout: &Layout) -> Layout {
    let repeated = |axis: &usize| layout.strides()[*axis] == 0 && layout.dims()[*axis] > 1;
    (0..layout.dims().rank()).filter(repeated).fold(*layout, |layout, axis| layout.slice(axis, 0, 1, 1))
}

fn numel(lengths: &[usize]) -> usize {
    Dims::new(lengths).numel()
}
