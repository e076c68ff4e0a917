//! Products of a matrix with windows that are read where they lie.

use super::{Isa, Simd, WithSimd};
use ndarray::ArrayViewMut2;

/// Products that are summed at a time: a sum of sums loses fewer digits than one long sum.
const K: usize = 256;

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

/// `c[row, to + i] = Σₖ a[k, row] · b[from + offsets[k] + i]` for each run and its `i < len`, where `a` has a
/// row of `c.nrows()` numbers for each offset. A whole vector of `b` is read for each run and offset.
pub fn correlate(
    isa: Isa,
    a: &[f32],
    b: &[f32],
    offsets: &[usize],
    runs: &[ColumnRun],
    mut c: ArrayViewMut2<f32>,
) {
    let lanes = isa.lanes();
    let (Some(offset), Some(from)) = (offsets.iter().max(), runs.iter().map(|run| run.from).max()) else {
        return;
    };
    assert!(a.len() == offsets.len() * c.nrows(), "the left matrix has other dims");
    assert!(offset + from + lanes <= b.len(), "windows lie in the images");
    let fits = |run: &ColumnRun| run.len <= lanes && run.to + run.len <= c.ncols();
    assert!(runs.iter().all(fits), "the output is longer");
    assert!(
        c.strides()[0] >= 0 && (c.strides()[1] == 1 || c.ncols() < 2),
        "rows of the output are contiguous"
    );
    let c_step = c.strides()[0].unsigned_abs();
    let work = Correlation { a, rows: c.nrows(), b, offsets, runs, c: c.as_mut_ptr(), c_step, add: false };
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
    add: bool,
}

impl WithSimd for Correlation<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let groups = self.rows.div_ceil(S::ROWS);
        // The fewer rows, the more runs at once, so that there are always sums enough in registers.
        let wide = if S::ROWS >= 12 { 8 } else { 4 };
        let at_once = match self.rows.div_ceil(groups) {
            1..=3 => wide,
            4..=6 => wide / 2,
            _ => 2,
        };
        for (panel, runs) in self.runs.chunks(at_once).enumerate() {
            for run in self.runs.iter().skip((panel + 1) * at_once).take(at_once) {
                // Rows of an output lie so far apart that the processor doesn't foresee what is written next.
                (0..self.rows).for_each(|row| S::prefetch(self.c.wrapping_add(row * self.c_step + run.to)));
            }
            let parts = self.offsets.chunks(K).zip(self.a.chunks(K * self.rows));
            for (i, (offsets, a)) in parts.enumerate() {
                let part = Correlation { a, offsets, add: i > 0, ..self };
                for group in 0..groups {
                    let (start, end) = (group * self.rows / groups, (group + 1) * self.rows / groups);
                    macro_rules! blocks {
                        ($($rows:literal)*) => {
                            match (end - start, at_once) {
                                // The conditions on constants leave out the code of blocks that are never used.
                                $(
                                    ($rows, 8) if $rows <= 3 && S::ROWS >= 12 => {
                                        part.block::<S, $rows, 8>(start, runs)
                                    }
                                    ($rows, 4) if $rows <= S::ROWS / 2 => part.block::<S, $rows, 4>(start, runs),
                                    ($rows, 2) if $rows <= S::ROWS => part.block::<S, $rows, 2>(start, runs),
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
    }
}

impl Correlation<'_> {
    /// `R` rows from `start` on and `V` runs, all held in registers. If there are fewer runs, the last one is
    /// multiplied again.
    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize, const V: usize>(self, start: usize, runs: &[ColumnRun]) {
        // SAFETY: the caller's.
        unsafe {
            let mut b = [self.b.as_ptr(); V];
            for (v, b) in b.iter_mut().enumerate() {
                *b = b.add(runs[v.min(runs.len() - 1)].from);
            }
            let mut a = self.a.as_ptr().add(start);
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
                a = a.wrapping_add(self.rows);
            }
            // Loops over constant ranges are unrolled, so that the sums stay in registers.
            for v in 0..V {
                let Some(run) = runs.get(v) else { continue };
                for (r, sums) in sums.iter().enumerate() {
                    let to = self.c.add((start + r) * self.c_step + run.to);
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
