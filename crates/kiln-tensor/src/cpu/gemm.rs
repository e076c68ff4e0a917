//! Matrix products: kernels of our own for `f32`, matrixmultiply for `f64`, and blocks of the output for many threads.

use super::dense::{self, Dense};
use super::sgemm;
use super::simd::{Isa, as_f32, as_f32_mut};
use super::split::{blocks, even_blocks};
use crate::backend::{View, ViewMut};
use crate::dims::Dims;
use crate::dtype::Float;
use crate::error::Result;
use crate::layout::Layout;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ArrayViewMut3, Axis, ShapeBuilder};
use rayon::prelude::*;

/// The largest block of the output a task computes, in rows and in columns. Packing the inputs costs a
/// pass over a row and a column of blocks, so blocks are as large as leaves enough tasks.
const BLOCK: usize = 512;
/// The smallest block that an output is cut to.
const SMALL_BLOCK: usize = 128;
/// Blocks are made smaller until there are so many. Fixed, so that no sum depends on the machine.
pub const TASKS: usize = 16;
/// Blocks start at multiples of these: what the kernels compute at a time, in rows and in columns.
const UNITS: [usize; 2] = [12, 32];
/// Multiplications worth a task of their own.
const TASK: usize = 1 << 17;

/// `c = a·b + beta·c` with `beta` 0 or 1, on this thread. With `beta` 0 the content of `c` doesn't matter.
pub fn gemm<T: Float>(a: ArrayView2<T>, b: ArrayView2<T>, beta: T, mut c: ArrayViewMut2<T>) {
    if let (Some(a), Some(b), Some(c)) = (as_f32(&a), as_f32(&b), as_f32_mut(&mut c))
        && sgemm::takes(&a, &b, &c)
        && let Ok(isa) = Isa::chosen()
    {
        return sgemm::sgemm(isa, a, b, c, beta == T::one());
    }
    general_mat_mul(T::one(), &a, &b, beta, &mut c);
}

/// Function that finishes a block of a product, given the number of its first column.
pub type Finish<'a, T> = dyn Fn(usize, ArrayViewMut2<T>) + Sync + 'a;

fn nothing<T>(_: usize, _: ArrayViewMut2<T>) {}

pub fn matmul<T: Float>(a: &View, b: &View, out: &mut ViewMut) -> Result<()> {
    matmul_then(a, b, out, &nothing::<T>)
}

/// The product, of which each block is given to `finish` with the number of its first column as soon as its sums are
/// done, while the cache has it.
pub fn matmul_then<T: Float>(a: &View, b: &View, out: &mut ViewMut, finish: &Finish<T>) -> Result<()> {
    Isa::chosen()?;
    // ndarray's views of slices take no negative strides.
    let forward =
        |view: &View| view.layout.strides()[view.layout.dims().rank() - 2..].iter().all(|s| *s >= 0);
    let (a, b) = (Dense::unless::<T>(forward(a), a)?, Dense::unless::<T>(forward(b), b)?);
    dense::write(out, |out: &mut [T]| {
        let a = Matrices { data: a.storage(), layout: a.layout() };
        let b = Matrices { data: b.storage(), layout: b.layout() };
        product_then(a, b, out, finish);
        Ok(())
    })
}

/// A batch of strided matrices: elements of a storage, and where they lie. The last two strides aren't negative.
#[derive(Clone, Copy)]
pub struct Matrices<'a, T> {
    pub data: &'a [T],
    pub layout: &'a Layout,
}

/// The contiguous `out[.., m, n] = Σₖ a[.., m, k] · b[.., k, n]`.
pub fn product<T: Float>(a: Matrices<T>, b: Matrices<T>, out: &mut [T]) {
    product_then(a, b, out, &nothing::<T>);
}

fn product_then<T: Float>(a: Matrices<T>, b: Matrices<T>, out: &mut [T], finish: &Finish<T>) {
    if let Some((left, right)) = one_matrix(a.layout, b.layout) {
        let (a, b) = (Matrices { layout: &left, ..a }, Matrices { layout: &right, ..b });
        return product_then(a, b, out, finish);
    }
    let rank = a.layout.dims().rank();
    let (batch, m, k, n) = (
        Dims::new(&a.layout.dims()[..rank - 2]),
        a.layout.dims()[rank - 2],
        a.layout.dims()[rank - 1],
        b.layout.dims()[rank - 1],
    );
    if out.is_empty() {
        return;
    }
    if k == 0 {
        out.fill(T::zero());
        let rows = [batch.numel() * m, n];
        return finish(0, ArrayViewMut2::from_shape(rows, out).expect("the output is contiguous"));
    }
    let [rows, columns] = block_size(batch.numel(), [m, n]);
    let all = ArrayViewMut3::from_shape([batch.numel(), m, n], out).expect("the output is contiguous");
    let mut tasks = Vec::new();
    for (i, matrix) in blocks(all, 0, 1) {
        let starts = [matrix_start(a.layout, &batch, i), matrix_start(b.layout, &batch, i)];
        for (row, band) in even_blocks(matrix.index_axis_move(Axis(0), 0), 0, rows, UNITS[0]) {
            for (column, block) in even_blocks(band, 1, columns, UNITS[1]) {
                tasks.push((starts, row, column, block));
            }
        }
    }
    let per_task = (TASK / (m.min(rows) * n.min(columns) * k)).max(1);
    tasks.into_par_iter().with_min_len(per_task).for_each(|([a_start, b_start], row, column, mut block)| {
        let [a_strides, b_strides] =
            [a.layout, b.layout].map(|l| [l.strides()[rank - 2], l.strides()[rank - 1]]);
        let (rows, columns) = block.dim();
        let left = matrix(&a.data[a_start + row * a_strides[0] as usize..], [rows, k], a_strides);
        let right = matrix(&b.data[b_start + column * b_strides[1] as usize..], [k, columns], b_strides);
        gemm(left, right, T::zero(), block.view_mut());
        finish(column, block);
    });
}

/// The batch of `a` as rows of one matrix, if all of them meet the same `b`.
fn one_matrix(a: &Layout, b: &Layout) -> Option<(Layout, Layout)> {
    let lead = a.dims().rank() - 2;
    let batched = a.dims()[..lead].iter().any(|&len| len != 1);
    let same_b = b.dims().iter().zip(b.strides()).take(lead).all(|(&len, &stride)| len == 1 || stride == 0);
    if !batched || !same_b || a.numel() == 0 || b.numel() == 0 {
        return None;
    }
    let k = a.dims()[lead + 1];
    let rows = a.reshape(&Dims::new(&[a.numel() / k, k]))?;
    let mut b = *b;
    for axis in 0..lead {
        b = b.slice(axis, 0, 1, 1);
    }
    let b = b.reshape(&Dims::new(&b.dims()[lead..])).expect("axes of length 1 can go");
    rows.strides().iter().all(|s| *s >= 0).then_some((rows, b))
}

/// Rows and columns of the blocks that `batch` outputs of `size` are cut to.
fn block_size(batch: usize, size: [usize; 2]) -> [usize; 2] {
    let mut block = size.map(|len| len.min(BLOCK));
    while batch * size[0].div_ceil(block[0]) * size[1].div_ceil(block[1]) < TASKS {
        let larger = usize::from(block[1] > block[0]);
        if block[larger] <= SMALL_BLOCK {
            break;
        }
        block[larger] = halve(block[larger]);
    }
    block
}

/// Half, rounded up to whole vectors.
pub fn halve(len: usize) -> usize {
    len.div_ceil(2).next_multiple_of(16)
}

/// Position of the first element of matrix `i` of a batch.
fn matrix_start(layout: &Layout, batch: &Dims, mut i: usize) -> usize {
    let mut start = layout.offset();
    for (&len, &stride) in batch.iter().zip(layout.strides()).rev() {
        start = start.wrapping_add_signed((i % len) as isize * stride);
        i /= len;
    }
    start
}

/// A strided matrix at the start of `data`.
pub fn matrix<T>(data: &[T], dims: [usize; 2], strides: [isize; 2]) -> ArrayView2<'_, T> {
    ArrayView2::from_shape(dims.strides(strides.map(|s| s as usize)), data)
        .expect("the matrix lies in the data")
}
