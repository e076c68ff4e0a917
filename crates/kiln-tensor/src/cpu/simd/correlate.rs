//! Products of a matrix with windows that are read where they lie.

use super::{Isa, Simd, WithSimd};
use ndarray::ArrayViewMut2;
use std::ops::Range;

/// Products that are summed at a time: a sum of sums loses fewer digits than one long sum.
const K: usize = 256;
/// Numbers of the left matrix that leave most of the first cache to windows.
const LEFT: usize = 4096;
/// Blocks of windows that meet one group of rows after another, if the left matrix is larger than that.
const BLOCKS: usize = 8;

/// Neighbouring columns of a product, at most a vector of them.
#[derive(Clone, Copy, Debug)]
pub struct ColumnRun {
    /// Start of the first column's window; the windows of the others start right behind.
    pub from: usize,
    /// Position of the first sum in a row of the output.
    pub to: usize,
    /// Number of sums that are kept.
    pub len: usize,
}

/// Runs of columns, and their extent.
pub struct ColumnRuns {
    list: Vec<ColumnRun>,
    /// The largest start of a window.
    from: usize,
    /// The end of the last sum.
    end: usize,
    /// The longest run.
    len: usize,
}

impl ColumnRuns {
    pub fn new(list: Vec<ColumnRun>) -> Self {
        let most = |f: fn(&ColumnRun) -> usize| list.iter().map(f).max().unwrap_or(0);
        let (from, end, len) = (most(|run| run.from), most(|run| run.to + run.len), most(|run| run.len));
        ColumnRuns { list, from, end, len }
    }
}

/// Groups of rows whose sums registers hold, as even as can be.
pub fn row_groups(isa: Isa, rows: usize) -> impl Iterator<Item = Range<usize>> {
    let groups = rows.div_ceil(isa.rows());
    (0..groups).map(move |group| group * rows / groups..(group + 1) * rows / groups)
}

/// The left matrix of a product: [group by group](row_groups) of its rows, column by column.
#[derive(Clone, Copy)]
pub struct GroupedRows<'a> {
    pub data: &'a [f32],
    pub rows: usize,
}

/// `c[row, to + i] = Σₖ a[row, k] · b[from + offsets[k] + i]` for each run and its `i < len`. A whole vector of `b` is
/// read for each run and offset.
pub fn correlate(
    isa: Isa,
    a: GroupedRows,
    b: &[f32],
    offsets: &[usize],
    runs: &ColumnRuns,
    mut c: ArrayViewMut2<f32>,
) {
    let (lanes, GroupedRows { data: a, rows }) = (isa.lanes(), a);
    let Some(offset) = offsets.iter().max().filter(|_| !runs.list.is_empty()) else {
        return c.fill(0.0);
    };
    assert!(a.len() == offsets.len() * rows && c.nrows() == rows, "the left matrix has other dims");
    assert!(offset + runs.from + lanes <= b.len(), "windows lie in the images");
    assert!(runs.len <= lanes && runs.end <= c.ncols(), "the output is longer");
    assert!(
        c.strides()[0] >= 0 && (c.strides()[1] == 1 || c.ncols() < 2),
        "rows of the output are contiguous"
    );
    let c_step = c.strides()[0].unsigned_abs();
    let work = Correlation { a, rows, b, offsets, runs: &runs.list, c: c.as_mut_ptr(), c_step };
    // SAFETY: all windows lie in `b`, and all runs in the view `c`, as just checked.
    unsafe { isa.run(work) }
}

#[derive(Clone, Copy)]
struct Correlation<'a> {
    a: &'a [f32],
    rows: usize,
    b: &'a [f32],
    offsets: &'a [usize],
    runs: &'a [ColumnRun],
    c: *mut f32,
    c_step: usize,
}

/// Part of a product: some rows, and some offsets.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// Column by column.
    a: &'a [f32],
    b: &'a [f32],
    offsets: &'a [usize],
    c: *mut f32,
    c_step: usize,
    /// Whether the sums are added to those that are there.
    add: bool,
}

impl WithSimd for Correlation<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (groups, k) = (self.rows.div_ceil(S::ROWS), self.offsets.len());
        // The fewer rows, the more runs at once, so that there are always sums enough in registers.
        let wide = if S::ROWS >= 12 { 8 } else { 4 };
        let at_once = match self.rows.div_ceil(groups) {
            1..=3 => wide,
            4..=6 => wide / 2,
            _ => 2,
        };
        let blocks = if k.min(K) * self.rows <= LEFT { 1 } else { BLOCKS };
        let mut first = 0;
        while first < k {
            let offsets = &self.offsets[first..k.min(first + K)];
            for chunk in self.runs.chunks(at_once * blocks) {
                for group in 0..groups {
                    let (start, end) = (group * self.rows / groups, (group + 1) * self.rows / groups);
                    let a = &self.a[start * k + first * (end - start)..];
                    let c = self.c.wrapping_add(start * self.c_step);
                    let part = Part { a, b: self.b, offsets, c, c_step: self.c_step, add: first > 0 };
                    for (i, runs) in chunk.chunks(at_once).enumerate() {
                        for run in chunk.iter().skip((i + 1) * at_once).take(at_once) {
                            // Rows of an output lie so far apart that the processor doesn't foresee what is written
                            // next.
                            let to = c.wrapping_add(run.to);
                            (0..end - start).for_each(|row| S::prefetch(to.wrapping_add(row * self.c_step)));
                        }
                        macro_rules! blocks {
                            ($($rows:literal)*) => {
                                match (end - start, at_once) {
                                    // The conditions on constants leave out the code of blocks that are never used.
                                    $(
                                        ($rows, 8) if $rows <= 3 && S::ROWS >= 12 => {
                                            part.block::<S, $rows, 8>(runs)
                                        }
                                        ($rows, 4) if $rows <= S::ROWS / 2 => part.block::<S, $rows, 4>(runs),
                                        ($rows, 2) if $rows <= S::ROWS => part.block::<S, $rows, 2>(runs),
                                    )*
                                    _ => unreachable!("groups are no larger"),
                                }
                            };
                        }
                        // SAFETY: the rows lie in the matrices.
                        unsafe { blocks!(1 2 3 4 5 6 7 8 9 10 11 12) }
                    }
                }
            }
            first += K;
        }
    }
}

impl Part<'_> {
    /// `R` rows and `V` runs, all held in registers. If there are fewer runs, the last one is
    /// multiplied again.
    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize, const V: usize>(self, runs: &[ColumnRun]) {
        // SAFETY: the caller's.
        unsafe {
            let mut b = [self.b.as_ptr(); V];
            for (v, b) in b.iter_mut().enumerate() {
                *b = b.add(runs[v.min(runs.len() - 1)].from);
            }
            let mut a = self.a.as_ptr();
            let mut sums = [[S::splat(0.0); V]; R];
            for offset in self.offsets {
                let mut right = [S::splat(0.0); V];
                for (b, right) in b.iter().zip(&mut right) {
                    *right = S::load(b.add(*offset));
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    let left = S::splat(*a.add(r));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = S::fma(left, right, *sum);
                    }
                }
                a = a.wrapping_add(R);
            }
            // Loops over constant ranges are unrolled, so that the sums stay in registers.
            for v in 0..V {
                let Some(run) = runs.get(v) else { continue };
                for (r, sums) in sums.iter().enumerate() {
                    let to = self.c.add(r * self.c_step + run.to);
                    if run.len == S::LANES {
                        S::store(to, if self.add { S::add(S::load(to), sums[v]) } else { sums[v] });
                    } else {
                        part::<S>(to, run.len, sums[v], self.add);
                    }
                }
            }
        }
    }
}

/// Stores the first numbers of a vector, or adds them.
#[inline(always)]
unsafe fn part<S: Simd>(to: *mut f32, len: usize, v: S::Vector, add: bool) {
    let mut whole = [0.0; super::PAD];
    // SAFETY: the caller's.
    unsafe {
        S::store(whole.as_mut_ptr(), v);
        for (i, value) in whole.iter().enumerate().take(len) {
            *to.add(i) = if add { *to.add(i) + value } else { *value };
        }
    }
}
