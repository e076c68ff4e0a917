//! The product of matrices, a block of the output in registers at a time.

use super::{Isa, Simd, Work};
use ndarray::ArrayViewMut2;

/// A matrix on the left of a product, `[rows, k]`.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    pub data: &'a [f32],
    pub dims: [usize; 2],
    /// How far neighbours along the rows and along `k` lie apart; one of them side by side.
    pub steps: [usize; 2],
}

/// `c = a·b`, or `c += a·b` with `add`. `b` has `k` rows that lie `b_step` apart and are as long as those of
/// `c`: one or two vectors.
pub fn multiply(isa: Isa, a: Left, (b, b_step): (&[f32], usize), c: ArrayViewMut2<f32>, add: bool) {
    let ([rows, k], columns) = (a.dims, c.ncols());
    let width = isa.panel();
    assert!(c.nrows() == rows && (columns == width || 2 * columns == width), "the output has other dims");
    if rows == 0 || k == 0 {
        assert!(add || rows == 0, "a product of nothing");
        return;
    }
    assert!(a.steps.contains(&1), "the left matrix is contiguous along an axis");
    assert!((rows - 1) * a.steps[0] + (k - 1) * a.steps[1] < a.data.len(), "the left matrix is longer");
    assert!((k - 1) * b_step + columns <= b.len(), "the right matrix is longer");
    let mut c = c;
    let (c_step, inner) = (c.strides()[0], c.strides()[1]);
    assert!(c_step >= 0 && inner == 1, "rows of the output are contiguous");
    let work = Product {
        rows,
        k,
        a: a.data.as_ptr(),
        a_steps: a.steps,
        b: b.as_ptr(),
        b_step,
        c: c.as_mut_ptr(),
        c_step: c_step as usize,
        columns,
        add,
    };
    // SAFETY: all elements of the matrices lie in the slices, as just checked, and in the view.
    unsafe { isa.run(work) }
}

#[derive(Clone, Copy)]
struct Product {
    rows: usize,
    k: usize,
    a: *const f32,
    a_steps: [usize; 2],
    b: *const f32,
    b_step: usize,
    c: *mut f32,
    c_step: usize,
    columns: usize,
    add: bool,
}

impl Work for Product {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let groups = self.rows.div_ceil(S::ROWS);
        for group in 0..groups {
            // Even groups: 64 rows are 4 of 11 and 2 of 10, not 5 of 12 and one of 4.
            let (start, end) = (group * self.rows / groups, (group + 1) * self.rows / groups);
            // SAFETY: the rows lie in the matrices.
            unsafe {
                let part = Product {
                    rows: end - start,
                    a: self.a.add(start * self.a_steps[0]),
                    c: self.c.add(start * self.c_step),
                    ..self
                };
                match (self.columns == 2 * S::LANES, self.a_steps[1] == 1) {
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
        /// So many along `k` share the addresses of their rows.
        const UNROLL: usize = 4;
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [[S::splat(0.0); V]; R];
            let (mut a, mut b) = (self.a, self.b);
            let a_k = if ALONG { 1 } else { self.a_steps[1] };
            for _ in 0..self.k / UNROLL {
                for _ in 0..UNROLL {
                    self.column::<S, R, V, ALONG>(a, b, &mut sums);
                    a = a.wrapping_add(a_k);
                    b = b.wrapping_add(self.b_step);
                }
            }
            for _ in 0..self.k % UNROLL {
                self.column::<S, R, V, ALONG>(a, b, &mut sums);
                a = a.wrapping_add(a_k);
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

    /// Adds the products of a column of `a` and a row of `b`.
    #[inline(always)]
    unsafe fn column<S: Simd, const R: usize, const V: usize, const ALONG: bool>(
        self,
        a: *const f32,
        b: *const f32,
        sums: &mut [[S::Vector; V]; R],
    ) {
        let a_row = if ALONG { self.a_steps[0] } else { 1 };
        // SAFETY: the caller's.
        unsafe {
            let mut right = [S::splat(0.0); V];
            for (v, right) in right.iter_mut().enumerate() {
                *right = S::load(b.add(v * S::LANES));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let left = S::splat(*a.add(r * a_row));
                for (sum, right) in sums.iter_mut().zip(right) {
                    *sum = S::fma(left, right, *sum);
                }
            }
        }
    }
}
