//! Pooling: average, its adjoint, and the position of the largest cell.

use super::dense::{self, Dense};
use super::elementwise::larger;
use super::scratch::Scratch;
use super::walk::gather;
use crate::backend::{View, ViewMut};
use crate::dtype::Float;
use crate::error::Result;
use crate::geometry::ConvGeom;
use rayon::prelude::*;

/// Cells worth a task of their own.
const TASK: usize = 1 << 14;

pub fn average<T: Float>(g: &ConvGeom, x: &View, out: &mut ViewMut) -> Result<()> {
    let x = Dense::new::<T>(x)?;
    let cells = T::from_f64(g.kernel_numel() as f64);
    dense::write(out, |out: &mut [T]| {
        each_image(g, out, g.output_numel(), x.elements(), g.input_numel(), |out, x| {
            out.fill(T::zero());
            each_run(g, |run| {
                let cells = x[run.input..].iter().step_by(g.stride[1]);
                out[run.output..][..run.len].iter_mut().zip(cells).for_each(|(out, x)| *out += *x);
            });
            out.iter_mut().for_each(|out| *out /= cells);
        });
        Ok(())
    })
}

pub fn average_adjoint<T: Float>(g: &ConvGeom, y: &View, out: &mut ViewMut) -> Result<()> {
    let y = Dense::new::<T>(y)?;
    let cells = T::from_f64(g.kernel_numel() as f64);
    dense::write(out, |out: &mut [T]| {
        each_image(g, out, g.input_numel(), y.elements(), g.output_numel(), |out, y| {
            out.fill(T::zero());
            each_run(g, |run| {
                let cells = out[run.input..].iter_mut().step_by(g.stride[1]);
                cells.zip(&y[run.output..][..run.len]).for_each(|(out, y)| *out += *y);
            });
            out.iter_mut().for_each(|out| *out /= cells);
        });
        Ok(())
    })
}

pub fn max_index<T: Float>(g: &ConvGeom, x: &View, out: &mut ViewMut) -> Result<()> {
    let x = Dense::new::<T>(x)?;
    let first = first_cells(g);
    dense::write(out, |out: &mut [u32]| {
        each_image(g, out, g.output_numel(), x.elements::<T>(), g.input_numel(), |out, x| {
            let mut best = Scratch::<T>::new(out.len());
            best.fill(T::neg_infinity());
            out.copy_from_slice(&first);
            let mut row = Scratch::<T>::new(g.output[1]);
            each_run(g, |run| {
                let cells = &mut row[..run.len];
                gather(cells, &x[run.input..], g.stride[1]);
                let (best, out) = (&mut best[run.output..][..run.len], &mut out[run.output..][..run.len]);
                keep_larger(best, out, cells, [run.input as u32, g.stride[1] as u32]);
            });
        });
        Ok(())
    })
}

/// Takes each cell, and its position, where it is larger than the best. The positions are `step` apart.
///
/// It has no branches and is a function of its own, so that it vectorises.
fn keep_larger<T: Float>(best: &mut [T], index: &mut [u32], cells: &[T], [first, step]: [u32; 2]) {
    let len = best.len();
    let (index, cells) = (&mut index[..len], &cells[..len]);
    for i in 0..len {
        let (x, old) = (cells[i], best[i]);
        let better = (x > old) | (x.is_nan() & !old.is_nan());
        best[i] = larger(old, x);
        // A mask, as the compiler would make a branch of a choice.
        let change = (index[i] ^ (first + i as u32 * step)) & u32::from(better).wrapping_neg();
        index[i] ^= change;
    }
}

/// The first cell inside the image of each window, 0 if it has none: the largest if all are −∞.
fn first_cells(g: &ConvGeom) -> Vec<u32> {
    let mut first = vec![None; g.output_numel()];
    each_run(g, |run| {
        for (i, first) in first[run.output..][..run.len].iter_mut().enumerate() {
            first.get_or_insert((run.input + i * g.stride[1]) as u32);
        }
    });
    first.into_iter().map(Option::unwrap_or_default).collect()
}

/// Calls `f` with each image of one channel, in parallel.
fn each_image<A: Send, B: Sync>(
    g: &ConvGeom,
    out: &mut [A],
    out_numel: usize,
    x: &[B],
    x_numel: usize,
    f: impl Fn(&mut [A], &[B]) + Sync,
) {
    let per_task = (TASK / (g.output_numel() * g.kernel_numel()).max(1)).max(1);
    out.par_chunks_exact_mut(out_numel)
        .enumerate()
        .with_min_len(per_task)
        .for_each(|(i, out)| f(out, &x[i * x_numel..][..x_numel]));
}

/// Neighbouring windows one cell of which is inside the image.
struct WindowRun {
    len: usize,
    /// The first window.
    output: usize,
    /// The cell of its first window. Those of the others are a stride apart.
    input: usize,
}

/// Calls `f` for all cells of all windows, in order for each window.
fn each_run(g: &ConvGeom, mut f: impl FnMut(WindowRun)) {
    for ky in 0..g.kernel[0] {
        for kx in 0..g.kernel[1] {
            let columns = g.inside(1, kx);
            if columns.is_empty() {
                continue;
            }
            let column = columns.start * g.stride[1] + kx * g.dilation[1] - g.padding[1];
            for y in g.inside(0, ky) {
                let row = y * g.stride[0] + ky * g.dilation[0] - g.padding[0];
                f(WindowRun {
                    len: columns.len(),
                    output: y * g.output[1] + columns.start,
                    input: row * g.input[1] + column,
                });
            }
        }
    }
}
