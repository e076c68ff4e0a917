//! Walking several strided views of the same dims in step, block by block and in parallel.

use crate::axes::{StridedAxis, Strides, merged};
use crate::dims::MAX_RANK;
use crate::layout::Layout;
use rayon::prelude::*;
use smallvec::SmallVec;

/// Elements one task handles. To start another thread costs as much time as some tens of thousands of
/// simple elements. Fixed, so that how work is cut doesn't depend on the machine.
const TASK: usize = 1 << 16;
/// Elements that short rows are gathered to: few enough for several inputs to stay in the first cache.
pub const TILE: usize = 1 << 10;
/// Elements of a block of a transposed input, as 32 rows of 64 unless there are fewer: all along which it
/// is read and written are a few whole cache lines.
const TRANSPOSED: usize = 1 << 11;
const TRANSPOSED_ROW: usize = 64;

/// A walk over an output and `N` inputs of the same dims, in the order in which the output lies in memory, with
/// neighbouring axes merged wherever all of them step evenly.
pub struct Walk<const N: usize> {
    /// All axes but the innermost, outermost first.
    outer: Vec<WalkAxis<N>>,
    /// The length of a row.
    inner: usize,
    /// How far each input steps along a row; the output steps by 1.
    pub steps: [isize; N],
    start: Offsets<N>,
    total: usize,
    /// Elements one task handles.
    task: usize,
}

/// Rows of the output, and where the inputs lie.
#[derive(Clone, Copy)]
pub struct Block<const N: usize> {
    pub rows: usize,
    /// Elements of a row.
    pub len: usize,
    /// From one row of the output to the next.
    pub out_step: usize,
    /// Where the first row starts in each input.
    pub starts: [usize; N],
    /// From one row of each input to the next.
    pub row_steps: [isize; N],
}

/// An axis of the output and the inputs.
type WalkAxis<const N: usize> = StridedAxis<WalkStrides<N>>;

#[derive(Clone, Copy)]
struct WalkStrides<const N: usize> {
    out: isize,
    ins: [isize; N],
}

impl<const N: usize> Strides for WalkStrides<N> {
    fn is_multiple(&self, inner: &Self, count: isize) -> bool {
        self.out.is_multiple(&inner.out, count) && self.ins.is_multiple(&inner.ins, count)
    }
}

/// Positions in the output and in each input.
#[derive(Clone, Copy)]
struct Offsets<const N: usize> {
    out: usize,
    ins: [usize; N],
}

impl<const N: usize> Offsets<N> {
    /// `count` steps along an axis.
    #[inline(always)]
    fn along(mut self, axis: &WalkAxis<N>, count: usize) -> Self {
        self.out = self.out.wrapping_add_signed(count as isize * axis.strides.out);
        for (at, step) in self.ins.iter_mut().zip(axis.strides.ins) {
            *at = at.wrapping_add_signed(count as isize * step);
        }
        self
    }

    /// Position number `number` of some axes, the last one fastest.
    fn locate(self, axes: &[WalkAxis<N>], number: usize) -> Self {
        let mut rest = number;
        axes.iter().rev().fold(self, |place, axis| {
            let i = rest % axis.len;
            rest /= axis.len;
            place.along(axis, i)
        })
    }
}

impl<const N: usize> Walk<N> {
    pub fn new(out: &Layout, ins: [&Layout; N]) -> Self {
        let mut order: SmallVec<[usize; MAX_RANK]> =
            (0..out.dims().rank()).filter(|&i| out.dims()[i] != 1).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(out.strides()[i].unsigned_abs()));
        let mut axes = merged(order.into_iter().map(|i| StridedAxis {
            len: out.dims()[i],
            strides: WalkStrides { out: out.strides()[i], ins: ins.map(|layout| layout.strides()[i]) },
        }));
        // Rows of an output that doesn't step by 1 have length 1.
        let row = match axes.last() {
            Some(axis) if axis.strides.out == 1 => axes.pop().expect("there is a last axis"),
            _ => StridedAxis { len: 1, strides: WalkStrides { out: 1, ins: [1; N] } },
        };
        Walk {
            outer: axes,
            inner: row.len,
            steps: row.strides.ins,
            start: Offsets { out: out.offset(), ins: ins.map(Layout::offset) },
            total: out.numel(),
            task: TASK,
        }
    }

    /// With smaller tasks: an element costs as much as `count` simple ones.
    #[must_use]
    pub fn costing(self, count: usize) -> Self {
        Walk { task: (TASK / count.max(1)).max(1), ..self }
    }

    /// Calls `f(row of the output, where the row starts in each input)` for all rows or parts of rows.
    pub fn run<T: Send>(&self, out: &mut [T], f: impl Fn(&mut [T], [usize; N]) + Sync) {
        self.blocks(out, &|out, block| {
            for row in 0..block.rows {
                f(&mut out[row * block.out_step..][..block.len], block.row(row));
            }
        });
    }

    /// Calls `f(the output from the block's first element on, block)` for blocks of at most [`TILE`] or so
    /// elements, or of one row.
    pub fn blocks<T: Send>(&self, out: &mut [T], f: &(dyn Fn(&mut [T], Block<N>) + Sync)) {
        if self.total == 0 {
            return;
        }
        if !self.ascending() {
            return self.part(0, self.total, 0, out, f);
        }
        // Tasks own the storage from their first element on, up to that of the next task.
        let transposed = self.transposed();
        let (count, size) = match transposed {
            Some(axis) => {
                let bands = self.outer[axis].len.div_ceil(self.band_rows(axis));
                let count = bands * self.outer[..axis].iter().map(|axis| axis.len).product::<usize>();
                (count, self.total / count)
            }
            None => {
                // Whole rows, unless they are long.
                let size = if self.inner < TILE { self.task.next_multiple_of(self.inner) } else { self.task };
                (self.total.div_ceil(size), size)
            }
        };
        let start = |task: usize| match transposed {
            Some(axis) => self.band(axis, task).0.out,
            None => self.start.locate(&self.outer, task * size / self.inner).out + task * size % self.inner,
        };
        let run = |task: usize, base: usize, piece: &mut [T]| match transposed {
            Some(axis) => self.transpose(axis, task, base, piece, f),
            None => self.part(task * size, ((task + 1) * size).min(self.total), base, piece, f),
        };
        if self.total <= 2 * self.task {
            return (0..count).for_each(|task| run(task, 0, out));
        }
        let (mut rest, mut base) = (out, 0);
        let mut tasks = Vec::with_capacity(count);
        for task in 0..count {
            let end = if task + 1 == count { base + rest.len() } else { start(task + 1) };
            let (piece, tail) = rest.split_at_mut(end - base);
            tasks.push((task, base, piece));
            (rest, base) = (tail, end);
        }
        let together = (self.task / size).max(1);
        tasks.into_par_iter().with_min_len(together).for_each(|(task, base, piece)| run(task, base, piece));
    }

    /// Walks the elements `first..end`, of which `out` holds the storage from `base` on.
    fn part<T>(
        &self,
        first: usize,
        end: usize,
        base: usize,
        out: &mut [T],
        f: &(dyn Fn(&mut [T], Block<N>) + Sync),
    ) {
        let single = StridedAxis { len: 1, strides: WalkStrides { out: self.inner as isize, ins: [0; N] } };
        let rows_axis =
            self.outer.last().filter(|axis| axis.strides.out >= self.inner as isize).unwrap_or(&single);
        let mut at = first;
        while at < end {
            let (row, column) = (at / self.inner, at % self.inner);
            let len = (end - at).min(self.inner - column);
            let rows = if len < self.inner {
                1
            } else {
                let same = rows_axis.len - row % rows_axis.len;
                same.min((end - at) / len).min((TILE / len).max(1))
            };
            let mut place = self.start.locate(&self.outer, row);
            for (at, step) in place.ins.iter_mut().zip(self.steps) {
                *at = at.wrapping_add_signed(column as isize * step);
            }
            let out_step = rows_axis.strides.out as usize;
            let block = Block { rows, len, out_step, starts: place.ins, row_steps: rows_axis.strides.ins };
            f(&mut out[place.out + column - base..], block);
            at += rows * len;
        }
    }

    /// The axis along which an input lies in memory that doesn't so along the output's rows.
    fn transposed(&self) -> Option<usize> {
        let across = |k: usize| !matches!(self.steps[k], 0 | 1);
        self.outer.iter().position(|axis| (0..N).any(|k| axis.strides.ins[k] == 1 && across(k)))
    }

    /// Where the rows of a task start along the transposed axis, and their number.
    fn band(&self, axis: usize, task: usize) -> (Offsets<N>, usize) {
        let most = self.band_rows(axis);
        let bands = self.outer[axis].len.div_ceil(most);
        let first = task % bands * most;
        let place = self.start.locate(&self.outer[..axis], task / bands).along(&self.outer[axis], first);
        (place, most.min(self.outer[axis].len - first))
    }

    /// Rows along the transposed axis that a block has at most.
    fn band_rows(&self, axis: usize) -> usize {
        (TRANSPOSED / self.inner.min(TRANSPOSED_ROW)).min(self.outer[axis].len)
    }

    /// Walks the rows of a task in squares, of which `out` holds the storage from `base` on.
    fn transpose<T>(
        &self,
        axis: usize,
        task: usize,
        base: usize,
        out: &mut [T],
        f: &(dyn Fn(&mut [T], Block<N>) + Sync),
    ) {
        let (place, rows) = self.band(axis, task);
        let (transposed, between) = (self.outer[axis], &self.outer[axis + 1..]);
        let row = StridedAxis { len: self.inner, strides: WalkStrides { out: 1, ins: self.steps } };
        for number in 0..between.iter().map(|axis| axis.len).product() {
            let place = place.locate(between, number);
            let columns = TRANSPOSED / rows;
            for column in (0..self.inner).step_by(columns) {
                let Offsets { out: at, ins: starts } = place.along(&row, column);
                let len = columns.min(self.inner - column);
                let out_step = transposed.strides.out as usize;
                f(
                    &mut out[at - base..],
                    Block { rows, len, out_step, starts, row_steps: transposed.strides.ins },
                );
            }
        }
    }

    /// Whether later elements of the output always lie behind earlier ones.
    fn ascending(&self) -> bool {
        let mut reach = self.inner as isize;
        self.outer.iter().rev().all(|axis| {
            let nested = axis.strides.out >= reach;
            reach = axis.strides.out * axis.len as isize;
            nested
        })
    }
}

impl<const N: usize> Block<N> {
    /// Where a row starts in each input.
    pub fn row(&self, row: usize) -> [usize; N] {
        std::array::from_fn(|k| self.starts[k].wrapping_add_signed(row as isize * self.row_steps[k]))
    }
}

/// One row of an input.
pub enum RowRef<'a, T> {
    /// Elements one after the other.
    Dense(&'a [T]),
    /// One element for the whole row.
    Same(T),
    /// Elements at even distances.
    Strided(Strided<'a, T>),
}

/// Elements at even distances.
pub struct Strided<'a, T> {
    data: &'a [T],
    start: usize,
    step: isize,
}

impl<'a, T: Copy> RowRef<'a, T> {
    pub fn new(data: &'a [T], start: usize, step: isize, len: usize) -> Self {
        match step {
            1 => RowRef::Dense(&data[start..start + len]),
            0 => RowRef::Same(data[start]),
            _ => RowRef::Strided(Strided { data, start, step }),
        }
    }

    #[inline(always)]
    pub fn get(&self, i: usize) -> T {
        match self {
            RowRef::Dense(data) => data[i],
            RowRef::Same(value) => *value,
            RowRef::Strided(s) => s.get(i),
        }
    }
}

impl<T: Copy> Strided<'_, T> {
    /// Copies as many as `to` has room for.
    pub fn copy_to(&self, to: &mut [T]) {
        match (self.step, to.is_empty()) {
            (_, true) => {}
            (1.., _) => gather(to, &self.data[self.start..], self.step as usize),
            _ => to.iter_mut().enumerate().for_each(|(i, to)| *to = self.get(i)),
        }
    }

    #[inline(always)]
    pub fn get(&self, i: usize) -> T {
        self.data[self.start.wrapping_add_signed(i as isize * self.step)]
    }
}

/// `out[i] = x[i · stride]`
pub fn gather<T: Copy>(out: &mut [T], x: &[T], stride: usize) {
    match (stride, out.split_last_mut()) {
        (1, _) => out.copy_from_slice(&x[..out.len()]),
        // A constant stride vectorises; the last element may have no neighbour to make up a pair.
        (2, Some((last, out))) => {
            let (pairs, _) = x[..2 * out.len()].as_chunks::<2>();
            out.iter_mut().zip(pairs).for_each(|(out, [x, _])| *out = *x);
            *last = x[2 * out.len()];
        }
        _ => out.iter_mut().zip(x.iter().step_by(stride)).for_each(|(out, x)| *out = *x),
    }
}
