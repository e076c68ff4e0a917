//! Sums and extremes along axes.
//!
//! Rows are read in the order they lie in memory. If the innermost axis is reduced, each output joins
//! rows; if it is kept, rows are joined column by column. Long reductions are cut into chunks of fixed
//! size, whose results are joined in order.

use super::fold::{self, Fold, LEAF, LEAF_ROWS, Lanes, Max, Min, Pairwise, Sum};
use super::scratch::Scratch;
use super::simd::{Isa, compiled};
use super::storage::{elements, elements_mut};
use super::tiles::Tiles;
use super::walk::RowRef;
use super::{dense, elementwise};
use crate::axes::{StridedAxis, merged};
use crate::backend::{View, ViewMut};
use crate::dims::Dims;
use crate::dtype::Float;
use crate::error::Result;
use crate::kernel::Reduce;
use crate::layout::Layout;
use rayon::prelude::*;

/// Elements one task reduces.
const TASK: usize = 1 << 15;
/// Elements that one thread reduces in the time that it takes to start another.
const SERIAL: usize = 1 << 18;
/// Rows shorter than these are better read together with their neighbours.
const SHORT: usize = 64;
/// Columns one task reduces together: few enough for the running values to stay in the first cache.
const COLUMNS: usize = 1 << 10;

pub fn run<T: Float>(f: Reduce, x: &View, out: &mut ViewMut) -> Result<()> {
    match f {
        Reduce::Sum => match Tiles::of_axes(x.layout, out.layout.dims()) {
            Some(tiles) if x.layout.numel() > 0 => {
                let (isa, x) = (Isa::chosen()?, x.slice()?);
                dense::write(out, |out| {
                    tiles.sums::<T>(isa, x, out, None);
                    Ok(())
                })
            }
            _ => reduce::<Sum, T>(x, out),
        },
        Reduce::Max => reduce::<Max, T>(x, out),
        Reduce::Min => reduce::<Min, T>(x, out),
    }
}

fn reduce<F: Fold, T: Float>(x: &View, out: &mut ViewMut) -> Result<()> {
    if x.layout.numel() == 0 {
        elementwise::fill::<T>(F::neutral::<T>().to_f64(), out);
        return Ok(());
    }
    let Some(far) = far_axes(x.layout, &out.layout) else {
        return write::<F, T>(elements(x), &ReductionPlan::new(x.layout, &out.layout), out);
    };
    // Rows that are far apart column by column, and then what they have become, which is short.
    let first = ReductionPlan::new(x.layout, &Layout::contiguous(far));
    let mut part = dense::scratch::<T>(out.storage, first.outputs)?;
    let part = part.elements_mut(first.outputs);
    let mut chunks = dense::scratch::<T>(out.storage, first.room())?;
    first.results::<F, T>(elements(x), chunks.elements_mut(first.room()), part);
    write::<F, T>(part, &ReductionPlan::new(&first.stored(), &out.layout), out)
}

fn write<F: Fold, T: Float>(x: &[T], plan: &ReductionPlan, out: &mut ViewMut) -> Result<()> {
    let mut chunks = dense::scratch::<T>(out.storage, plan.room())?;
    let chunks = chunks.elements_mut(plan.room());
    if plan.out.is_contiguous() {
        let out = &mut elements_mut(out)[plan.out.offset()..][..plan.outputs];
        plan.results::<F, T>(x, chunks, out);
    } else {
        let mut results = dense::scratch::<T>(out.storage, plan.outputs)?;
        let results = results.elements_mut(plan.outputs);
        plan.results::<F, T>(x, chunks, results);
        let dense = Layout::contiguous(*plan.out.dims());
        elementwise::copy_elements::<T>(results, &dense, elements_mut(out), &plan.out);
    }
    Ok(())
}

/// If short rows that are reduced lie next to each other along an axis that is kept, and others that are reduced
/// with them far away: the dims when only these are reduced.
fn far_axes(x: &Layout, out: &Layout) -> Option<Dims> {
    let (dims, strides) = (x.dims(), x.strides());
    let mut axes: Vec<usize> = (0..dims.rank()).filter(|&i| dims[i] > 1).collect();
    axes.sort_by_key(|&i| strides[i]);
    let is_reduced = |axis: usize| dims[axis] != out.dims()[axis];
    let row = axes.iter().take_while(|&&axis| is_reduced(axis)).count();
    let mut len = 1;
    for &axis in axes.get(..row + 1)? {
        if strides[axis] != len as isize {
            return None;
        }
        len *= if is_reduced(axis) { dims[axis] } else { 1 };
    }
    let far = axes[row..].iter().copied().filter(|&axis| is_reduced(axis));
    let count: usize = far.clone().map(|axis| dims[axis]).product();
    (1 < len && len < SHORT && count > 1).then(|| far.fold(*dims, |dims, axis| dims.with(axis, 1)))
}

/// Order in which a reduction reads and writes.
struct ReductionPlan {
    /// The output with its axes in the order in which results are computed.
    out: Layout,
    /// The axes of the output in that order.
    order: Vec<usize>,
    start: usize,
    /// Axes of the input that the output keeps, outermost first, neighbours merged.
    kept: Vec<InputAxis>,
    /// Axes that are reduced, outermost first, neighbours merged.
    reduced: Vec<InputAxis>,
    /// The innermost axis, along which a task reads rows.
    row: InputAxis,
    /// Whether that axis is kept.
    columns: bool,
    outputs: usize,
    /// Number of elements that become one.
    count: usize,
}

/// An axis of the input.
type InputAxis = StridedAxis<isize>;

impl ReductionPlan {
    fn new(x: &Layout, out: &Layout) -> Self {
        let axis = |i: usize| StridedAxis { len: x.dims()[i], strides: x.strides()[i] };
        let is_reduced = |i: usize| x.dims()[i] != out.dims()[i];
        // Repeated elements come last, that is outermost: they are far apart in no memory.
        let distance = |i: usize| match axis(i) {
            StridedAxis { len: 1, .. } | StridedAxis { strides: 0, .. } => usize::MAX,
            StridedAxis { strides, .. } => strides.unsigned_abs(),
        };
        let mut order: Vec<usize> = (0..x.dims().rank()).collect();
        order.sort_by_key(|&i| (is_reduced(i), std::cmp::Reverse(distance(i))));
        let pick = |reduced: bool| order.iter().copied().filter(move |&i| is_reduced(i) == reduced);
        let nearest = |reduced: bool| pick(reduced).map(distance).min().unwrap_or(usize::MAX);
        let columns = nearest(false) < nearest(true);
        let mut kept = merged(pick(false).map(axis));
        let mut reduced = merged(pick(true).map(axis));
        let row = if columns { &mut kept } else { &mut reduced }
            .pop()
            .unwrap_or(StridedAxis { len: 1, strides: 0 });
        let count = pick(true).map(|i| x.dims()[i]).product();
        ReductionPlan {
            out: out.permute(&order),
            order,
            start: x.offset(),
            kept,
            reduced,
            row,
            columns,
            outputs: out.numel(),
            count,
        }
    }

    /// Number of elements of each output that a task reduces.
    fn chunk(&self) -> usize {
        if self.columns { (TASK / self.row.len.min(COLUMNS)).next_multiple_of(LEAF_ROWS) } else { TASK }
    }

    fn chunks(&self) -> usize {
        self.count.div_ceil(self.chunk())
    }

    /// Elements for the results of each chunk, if there are several.
    fn room(&self) -> usize {
        if self.chunks() == 1 { 0 } else { self.outputs * self.chunks() }
    }

    /// Writes the results in the plan's order, with `chunks` as room for those of each chunk.
    fn results<F: Fold, T: Float>(&self, x: &[T], chunks: &mut [T], out: &mut [T]) {
        if self.chunks() == 1 {
            return self.run::<F, T>(x, out);
        }
        self.run::<F, T>(x, chunks);
        fold::rows::<F, T>(chunks, self.outputs);
        out.copy_from_slice(&chunks[..self.outputs]);
    }

    /// Positions of the output's elements in the results.
    fn stored(&self) -> Layout {
        let mut inverse = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(i, &axis)| inverse[axis] = i);
        Layout::contiguous(*self.out.dims()).permute(&inverse)
    }

    /// Writes the results of each chunk, all outputs of one chunk after the other.
    fn run<F: Fold, T: Float>(&self, x: &[T], parts: &mut [T]) {
        if self.columns {
            self.run_columns::<F, T>(x, parts);
        } else {
            self.run_rows::<F, T>(x, parts);
        }
    }

    /// Whether one thread does it all.
    fn serial(&self) -> bool {
        self.outputs * self.count <= SERIAL
    }

    fn run_rows<F: Fold, T: Float>(&self, x: &[T], parts: &mut [T]) {
        let Ok(isa) = Isa::chosen() else { unreachable!("the backend has asked for it") };
        let per_task = (TASK / self.count.min(TASK)).max(1);
        let run = |(task, parts): (usize, &mut [T])| {
            compiled(
                isa,
                #[inline(always)]
                || self.rows::<F, T>(x, task * per_task, parts),
            );
        };
        match self.serial() {
            true => parts.chunks_mut(per_task).enumerate().for_each(run),
            false => parts.par_chunks_mut(per_task).enumerate().for_each(run),
        }
    }

    /// Writes results from number `first` on.
    #[inline(always)]
    fn rows<F: Fold, T: Float>(&self, x: &[T], first: usize, parts: &mut [T]) {
        let mut kept = Odometer::new(&self.kept, self.start, first % self.outputs);
        if self.reduced.is_empty() && self.row.strides == 1 && self.count <= LEAF {
            for part in parts {
                *part = fold::slice::<F, T>(&x[kept.at..][..self.count]);
                kept.next();
            }
            return;
        }
        let mut reduced = Odometer::new(&self.reduced, 0, 0);
        for (i, part) in parts.iter_mut().enumerate() {
            let start = (first + i) / self.outputs * TASK;
            let end = (start + TASK).min(self.count);
            reduced.seek(kept.at, start / self.row.len);
            *part = self.join_rows::<F, T>(x, &mut reduced, start % self.row.len, end - start);
            kept.next();
        }
    }

    /// Joins `count` elements from `column` of the row at `rows` on.
    #[inline(always)]
    fn join_rows<F: Fold, T: Float>(
        &self,
        x: &[T],
        rows: &mut Odometer,
        mut column: usize,
        mut count: usize,
    ) -> T {
        let mut total = Pairwise::new();
        let mut lanes = Lanes::new::<F>();
        let mut in_lanes = 0;
        while count > 0 {
            let len = count.min(self.row.len - column).min(LEAF);
            let start = rows.at.wrapping_add_signed(column as isize * self.row.strides);
            match RowRef::new(x, start, self.row.strides, len) {
                RowRef::Dense(row) => lanes.row::<F>(row),
                row => lanes.gather::<F>(len, |i| row.get(i)),
            }
            in_lanes += len;
            count -= len;
            if in_lanes >= LEAF && count > 0 {
                total.push::<F>(std::mem::replace(&mut lanes, Lanes::new::<F>()).join::<F>());
                in_lanes = 0;
            }
            column += len;
            if column == self.row.len {
                column = 0;
                rows.next();
            }
        }
        let last = lanes.join::<F>();
        if total.is_empty() {
            return last;
        }
        total.push::<F>(last);
        total.join::<F>()
    }

    fn run_columns<F: Fold, T: Float>(&self, x: &[T], parts: &mut [T]) {
        let Ok(isa) = Isa::chosen() else { unreachable!("the backend has asked for it") };
        let chunk = self.chunk();
        let width = self.row.len;
        let rows_of_outputs = self.outputs / width;
        let blocks = parts.chunks_mut(width).enumerate().flat_map(|(i, row)| {
            row.chunks_mut(COLUMNS).enumerate().map(move |(block, part)| (i, block * COLUMNS, part))
        });
        let tasks: Vec<_> = blocks.collect();
        let per_task = (TASK / (self.count.min(chunk) * width.min(COLUMNS))).max(1);
        let run = |(i, column, part): (usize, usize, &mut [T])| {
            let kept = Odometer::new(&self.kept, self.start, i % rows_of_outputs);
            let first = i / rows_of_outputs * chunk;
            let start = kept.at.wrapping_add_signed(column as isize * self.row.strides);
            let mut rows = Odometer::new(&self.reduced, start, first);
            compiled(
                isa,
                #[inline(always)]
                || self.join_columns::<F, T>(x, &mut rows, chunk.min(self.count - first), part),
            );
        };
        match self.serial() {
            true => tasks.into_iter().for_each(run),
            false => tasks.into_par_iter().with_min_len(per_task).for_each(run),
        }
    }

    /// Joins `count` rows column by column.
    #[inline(always)]
    fn join_columns<F: Fold, T: Float>(&self, x: &[T], rows: &mut Odometer, count: usize, out: &mut [T]) {
        if let ([axis], 1) = (&self.reduced[..], self.row.strides)
            && axis.strides == out.len() as isize
            && count * out.len() > LEAF
        {
            return fold::columns::<F, T>(&x[rows.at..][..count * out.len()], out);
        }
        let mut leaf = Scratch::<T>::new(out.len());
        out.fill(F::neutral());
        for first in (0..count).step_by(LEAF_ROWS) {
            leaf.fill(F::neutral());
            for _ in first..count.min(first + LEAF_ROWS) {
                let join = |(a, b): (&mut T, T)| *a = F::join(*a, b);
                match RowRef::new(x, rows.at, self.row.strides, leaf.len()) {
                    RowRef::Dense(row) => leaf.iter_mut().zip(row.iter().copied()).for_each(join),
                    row => leaf.iter_mut().enumerate().map(|(i, a)| (a, row.get(i))).for_each(join),
                }
                rows.next();
            }
            out.iter_mut().zip(&*leaf).for_each(|(a, b)| *a = F::join(*a, *b));
        }
    }
}

/// Counts through the positions of some axes, the last one fastest.
struct Odometer<'a> {
    axes: &'a [InputAxis],
    index: Vec<usize>,
    at: usize,
}

impl<'a> Odometer<'a> {
    fn new(axes: &'a [InputAxis], start: usize, step: usize) -> Self {
        let mut odometer = Odometer { axes, index: vec![0; axes.len()], at: start };
        odometer.seek(start, step);
        odometer
    }

    /// Goes to a position by its number, if the first one is at `start`.
    fn seek(&mut self, start: usize, mut step: usize) {
        self.at = start;
        for (axis, i) in self.axes.iter().zip(&mut self.index).rev() {
            *i = step % axis.len;
            step /= axis.len;
            self.at = self.at.wrapping_add_signed(*i as isize * axis.strides);
        }
    }

    fn next(&mut self) {
        for (axis, i) in self.axes.iter().zip(&mut self.index).rev() {
            *i += 1;
            if *i < axis.len {
                self.at = self.at.wrapping_add_signed(axis.strides);
                return;
            }
            *i = 0;
            self.at = self.at.wrapping_add_signed((1 - axis.len as isize) * axis.strides);
        }
    }
}
