//! Walking several strided views of the same dims in step, row by row and in parallel.

use crate::layout::Layout;
use rayon::prelude::*;

/// Elements one task handles. Fixed, so that how work is cut doesn't depend on the machine.
const TASK: usize = 1 << 14;

/// A walk over an output and `N` inputs of the same dims, with neighbouring axes merged wherever all
/// of them step evenly.
pub struct Walk<const N: usize> {
    /// All axes but the innermost, outermost first.
    outer: Vec<Axis<N>>,
    /// The length of a row.
    inner: usize,
    /// How far each input steps along a row; the output steps by 1.
    pub steps: [isize; N],
    out_start: usize,
    starts: [usize; N],
    total: usize,
    /// Elements one task handles.
    task: usize,
}

#[derive(Clone, Copy)]
struct Axis<const N: usize> {
    len: usize,
    out: isize,
    ins: [isize; N],
}

impl<const N: usize> Walk<N> {
    pub fn new(out: &Layout, ins: [&Layout; N]) -> Self {
        let mut axes: Vec<Axis<N>> = Vec::new();
        for (i, &len) in out.dims().iter().enumerate().filter(|(_, len)| **len != 1) {
            let axis = Axis { len, out: out.strides()[i], ins: ins.map(|layout| layout.strides()[i]) };
            match axes.last_mut() {
                Some(last) if last.contains(&axis) => *last = Axis { len: last.len * len, ..axis },
                _ => axes.push(axis),
            }
        }
        // Rows of an output that doesn't step by 1 have length 1.
        let row = match axes.last() {
            Some(axis) if axis.out == 1 => axes.pop().expect("there is a last axis"),
            _ => Axis { len: 1, out: 1, ins: [1; N] },
        };
        Walk {
            outer: axes,
            inner: row.len,
            steps: row.ins,
            out_start: out.offset(),
            starts: ins.map(Layout::offset),
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
        if self.total == 0 {
            return;
        }
        if self.total <= 2 * self.task || !self.ascending() {
            return self.part(0, self.total, 0, out, &f);
        }
        let mut rest = out;
        let mut rest_start = 0;
        let mut tasks = Vec::with_capacity(self.total.div_ceil(self.task));
        for first in (0..self.total).step_by(self.task) {
            let end = (first + self.task).min(self.total);
            let cut = if end == self.total { rest_start + rest.len() } else { self.position(end) };
            let (piece, tail) = rest.split_at_mut(cut - rest_start);
            tasks.push((first, end, rest_start, piece));
            (rest, rest_start) = (tail, cut);
        }
        tasks.into_par_iter().for_each(|(first, end, start, piece)| self.part(first, end, start, piece, &f));
    }

    /// Walks the elements `first..end`, of which `out` holds the storage from `out_base` on.
    fn part<T>(
        &self,
        first: usize,
        end: usize,
        out_base: usize,
        out: &mut [T],
        f: &impl Fn(&mut [T], [usize; N]),
    ) {
        let (mut index, mut out_at, mut at) = self.locate(first / self.inner);
        let mut column = first % self.inner;
        let mut left = end - first;
        while left > 0 {
            let count = left.min(self.inner - column);
            let start = out_at + column - out_base;
            let mut starts = at;
            for (start, step) in starts.iter_mut().zip(self.steps) {
                *start = start.wrapping_add_signed(step * column as isize);
            }
            f(&mut out[start..start + count], starts);
            left -= count;
            column = 0;
            // The next row, as an odometer counts.
            for (axis, i) in self.outer.iter().zip(&mut index).rev() {
                *i += 1;
                let steps = if *i < axis.len { 1 } else { 1 - axis.len as isize };
                out_at = out_at.wrapping_add_signed(steps * axis.out);
                for (at, step) in at.iter_mut().zip(axis.ins) {
                    *at = at.wrapping_add_signed(steps * step);
                }
                if *i < axis.len {
                    break;
                }
                *i = 0;
            }
        }
    }

    /// The index of a row along the outer axes, and where it starts in the output and the inputs.
    fn locate(&self, row: usize) -> (Vec<usize>, usize, [usize; N]) {
        let mut index = vec![0; self.outer.len()];
        let (mut out_at, mut at, mut rest) = (self.out_start, self.starts, row);
        for (axis, i) in self.outer.iter().zip(&mut index).rev() {
            *i = rest % axis.len;
            rest /= axis.len;
            out_at = out_at.wrapping_add_signed(*i as isize * axis.out);
            for (at, step) in at.iter_mut().zip(axis.ins) {
                *at = at.wrapping_add_signed(*i as isize * step);
            }
        }
        (index, out_at, at)
    }

    /// Where an element lies in the output's storage.
    fn position(&self, element: usize) -> usize {
        self.locate(element / self.inner).1 + element % self.inner
    }

    /// Whether later elements of the output always lie behind earlier ones.
    fn ascending(&self) -> bool {
        let mut reach = self.inner as isize;
        self.outer.iter().rev().all(|axis| {
            let nested = axis.out >= reach;
            reach = axis.out * axis.len as isize;
            nested
        })
    }
}

impl<const N: usize> Axis<N> {
    /// Whether this axis and the `inner` one next to it step like one longer axis.
    fn contains(&self, inner: &Axis<N>) -> bool {
        let spans = |outer: isize, step: isize| outer == step * inner.len as isize;
        spans(self.out, inner.out) && self.ins.iter().zip(inner.ins).all(|(&o, i)| spans(o, i))
    }
}

/// One row of an input.
pub enum Row<'a, T> {
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

impl<'a, T: Copy> Row<'a, T> {
    pub fn new(data: &'a [T], start: usize, step: isize, len: usize) -> Self {
        match step {
            1 => Row::Dense(&data[start..start + len]),
            0 => Row::Same(data[start]),
            _ => Row::Strided(Strided { data, start, step }),
        }
    }

    #[inline(always)]
    pub fn get(&self, i: usize) -> T {
        match self {
            Row::Dense(data) => data[i],
            Row::Same(value) => *value,
            Row::Strided(s) => s.get(i),
        }
    }
}

impl<T: Copy> Strided<'_, T> {
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
