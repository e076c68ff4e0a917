//! The product of matrices, a block of the output in registers at a time.

use super::{Isa, Rows, Simd, WithSimd};
use ndarray::{ArrayView2, ArrayViewMut2};

/// `c = a·b`, or `c += a·b` with `add`. Elements of `a` lie side by side along an axis. `b` has `k` rows as long as
/// those of `c`: one or two vectors.
pub fn multiply(isa: Isa, a: ArrayView2<f32>, b: Rows, mut c: ArrayViewMut2<f32>, add: bool) {
    let Rows { data: b, step: b_step } = b;
    let ((rows, k), columns, width) = (a.dim(), c.ncols(), isa.panel());
    assert!(c.nrows() == rows && (columns == width || 2 * columns == width), "the output has other dims");
    assert!(k > 0, "a product of nothing");
    assert!((k - 1) * b_step + columns <= b.len(), "the right matrix is longer");
    let (a_steps, c_steps) = ([a.strides()[0], a.strides()[1]], [c.strides()[0], c.strides()[1]]);
    assert!(
        a_steps.contains(&1) && a_steps.iter().all(|step| *step >= 0),
        "the left matrix has other strides"
    );
    assert!(c_steps[0] >= 0 && c_steps[1] == 1, "rows of the output are contiguous");
    let [row, along] = a_steps.map(isize::unsigned_abs);
    let work = Product {
        rows,
        k,
        a: a.as_ptr(),
        a_rows: RowStarts::Even(row),
        a_step: along,
        b: b.as_ptr(),
        b_step,
        c: c.as_mut_ptr(),
        c_step: c_steps[0].unsigned_abs(),
        columns,
        add,
    };
    // SAFETY: all elements of the matrices lie in the views, and in the slice, as just checked.
    unsafe { isa.run(work) }
}

/// A matrix of rows of length `k` that start at `offsets` and may overlap: element `[row, i]` is
/// `data[offsets[row] + i]`.
#[derive(Clone, Copy)]
pub struct WindowRows<'a> {
    pub data: &'a [f32],
    pub offsets: &'a [usize],
    pub k: usize,
}

/// [`multiply`] with rows of the left matrix that may overlap.
pub fn multiply_windows(isa: Isa, a: WindowRows, b: Rows, mut c: ArrayViewMut2<f32>, add: bool) {
    let WindowRows { data: a, offsets, k } = a;
    let Rows { data: b, step: b_step } = b;
    let (rows, columns, width) = (offsets.len(), c.ncols(), isa.panel());
    assert!(c.nrows() == rows && (columns == width || 2 * columns == width), "the output has other dims");
    assert!(k > 0, "a product of nothing");
    assert!(k <= a.len() && offsets.iter().all(|offset| *offset <= a.len() - k), "windows lie in the images");
    assert!((k - 1) * b_step + columns <= b.len(), "the right matrix is longer");
    assert!(c.strides()[0] >= 0 && c.strides()[1] == 1, "rows of the output are contiguous");
    let work = Product {
        rows,
        k,
        a: a.as_ptr(),
        a_rows: RowStarts::At(offsets.as_ptr()),
        a_step: 1,
        b: b.as_ptr(),
        b_step,
        c: c.as_mut_ptr(),
        c_step: c.strides()[0].unsigned_abs(),
        columns,
        add,
    };
    // SAFETY: all elements of the matrices lie in the slices and in the view, as just checked.
    unsafe { isa.run(work) }
}

/// Starts of the left matrix's rows.
#[derive(Clone, Copy)]
enum RowStarts {
    /// Evenly, this far apart.
    Even(usize),
    /// At these offsets.
    At(*const usize),
}

#[derive(Clone, Copy)]
struct Product {
    rows: usize,
    k: usize,
    a: *const f32,
    a_rows: RowStarts,
    /// Distance between neighbours along `k` in the left matrix.
    a_step: usize,
    b: *const f32,
    b_step: usize,
    c: *mut f32,
    c_step: usize,
    columns: usize,
    add: bool,
}

impl WithSimd for Product {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let groups = self.rows.div_ceil(S::ROWS);
        for group in 0..groups {
            // Even groups: 64 rows are 4 of 11 and 2 of 10, not 5 of 12 and one of 4.
            let (start, end) = (group * self.rows / groups, (group + 1) * self.rows / groups);
            // SAFETY: the rows lie in the matrices.
            unsafe {
                let (a, a_rows) = match self.a_rows {
                    RowStarts::Even(step) => (self.a.add(start * step), self.a_rows),
                    RowStarts::At(offsets) => (self.a, RowStarts::At(offsets.add(start))),
                };
                let c = self.c.add(start * self.c_step);
                let part = Product { rows: end - start, a, a_rows, c, ..self };
                match (self.columns == 2 * S::LANES, self.a_step == 1) {
                    (true, true) => part.rows::<S, 2, true>(),
                    (true, false) => part.rows::<S, 2, false>(),
                    (false, true) => part.rows::<S, 1, true>(),
                    (false, false) => part.rows::<S, 1, false>(),
                }
            }
        }
    }
}

impl Product {
    /// At most `S::ROWS` rows; `V` vectors wide. `ALONG` says whether neighbours along `k` lie side by side.
    #[inline(always)]
    unsafe fn rows<S: Simd, const V: usize, const ALONG: bool>(self) {
        macro_rules! blocks {
            ($($rows:literal)*) => {
                match self.rows {
                    // The condition is a constant, so that no code is made for blocks that are never used.
                    $($rows if $rows <= S::ROWS => self.block::<S, $rows, V, ALONG>(),)*
                    _ => unreachable!("groups are no larger"),
                }
            };
        }
        // SAFETY: the caller's.
        unsafe { blocks!(1 2 3 4 5 6 7 8 9 10 11 12) }
    }

    /// `R` rows, held in registers.
    #[inline(always)]
    unsafe fn block<S: Simd, const R: usize, const V: usize, const ALONG: bool>(self) {
        /// Products along `k` that share the addresses of their rows.
        const UNROLL: usize = 4;
        // SAFETY: the caller's.
        unsafe {
            let mut rows = [self.a; R];
            for (r, row) in rows.iter_mut().enumerate() {
                *row = self.a.add(match self.a_rows {
                    RowStarts::Even(step) if ALONG => r * step,
                    RowStarts::At(offsets) if ALONG => *offsets.add(r),
                    // Side by side, which is known when this is compiled.
                    _ => r,
                });
            }
            if ALONG {
                // The compiler would make one pointer of these and move it from row to row, each move waiting
                // for the one before.
                rows = std::hint::black_box(rows);
            }
            let a_k = if ALONG { 1 } else { self.a_step };
            let mut sums = [[S::splat(0.0); V]; R];
            let mut b = self.b;
            let whole = self.k - self.k % UNROLL;
            let mut i = 0;
            while i < whole {
                for j in i..i + UNROLL {
                    column::<S, R, V>(&rows, j * a_k, b, &mut sums);
                    b = b.wrapping_add(self.b_step);
                }
                i += UNROLL;
            }
            for j in whole..self.k {
                column::<S, R, V>(&rows, j * a_k, b, &mut sums);
                b = b.wrapping_add(self.b_step);
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (v, sum) in sums.into_iter().enumerate() {
                    let to = self.c.add(r * self.c_step + v * S::LANES);
                    S::store(to, if self.add { S::add(S::load(to), sum) } else { sum });
                }
            }
        }
    }
}

/// Adds the products of a column of the left matrix, `at` numbers into its rows, and a row of the right.
#[inline(always)]
unsafe fn column<S: Simd, const R: usize, const V: usize>(
    rows: &[*const f32; R],
    at: usize,
    b: *const f32,
    sums: &mut [[S::Vector; V]; R],
) {
    // SAFETY: the caller's.
    unsafe {
        let mut right = [S::splat(0.0); V];
        for (v, right) in right.iter_mut().enumerate() {
            *right = S::load(b.add(v * S::LANES));
        }
        for (row, sums) in rows.iter().zip(sums) {
            let left = S::splat(*row.add(at));
            for (sum, right) in sums.iter_mut().zip(right) {
                *sum = S::fma(left, right, *sum);
            }
        }
    }
}
