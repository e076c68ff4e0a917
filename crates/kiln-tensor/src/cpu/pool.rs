//! Pooling: average, its adjoint, and the position of the largest cell.

use super::dense::{self, Dense};
use super::scratch::Scratch;
use super::simd::{Isa, compiled};
use super::tiles::Tiles;
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
    let isa = Isa::chosen()?;
    dense::write(out, |out: &mut [T]| {
        if let Some(tiles) = Tiles::of_windows(g) {
            tiles.sums(isa, x.elements(), out, Some(cells));
            return Ok(());
        }
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
    let isa = Isa::chosen()?;
    dense::write(out, |out: &mut [T]| {
        if let Some(tiles) = Tiles::of_windows(g) {
            tiles.spread(isa, y.elements::<T>(), out, move |x| x / cells);
            return Ok(());
        }
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
    let isa = Isa::chosen()?;
    let first = first_cells(g);
    dense::write(out, |index: &mut [u32]| {
        each_image(g, index, g.output_numel(), x.elements::<T>(), g.input_numel(), |index, x| {
            largest(isa, g, &first, x, &mut Scratch::<T>::new(index.len()), index);
        });
        Ok(())
    })
}

/// The largest cell of each window and its position, of images one after the other.
pub fn max<T: Float>(g: &ConvGeom, x: &[T], values: &mut [T], index: &mut [u32]) -> Result<()> {
    let isa = Isa::chosen()?;
    let first = first_cells(g);
    let size = g.output_numel();
    if values.is_empty() {
        return Ok(());
    }
    let tasks = values.par_chunks_exact_mut(size).zip(index.par_chunks_exact_mut(size));
    tasks.enumerate().with_min_len(images_of_task(g)).for_each(|(i, (values, index))| {
        largest(isa, g, &first, &x[i * g.input_numel()..][..g.input_numel()], values, index);
    });
    Ok(())
}

/// The largest cell of each window of an image and its position.
fn largest<T: Float>(isa: Isa, g: &ConvGeom, first: &[u32], x: &[T], values: &mut [T], index: &mut [u32]) {
    let quarters = Tiles::of_windows(g).is_some() && g.kernel == [2, 2];
    compiled(
        isa,
        #[inline(always)]
        || {
            if quarters {
                let width = g.input[1];
                let rows = values.chunks_exact_mut(g.output[1]).zip(index.chunks_exact_mut(g.output[1]));
                for (y, ((values, index), rows)) in rows.zip(x.chunks_exact(2 * width)).enumerate() {
                    let (above, below) = rows.split_at(width);
                    quarters_of_rows([above, below], [2 * y * width, width], values, index);
                }
                return;
            }
            index.copy_from_slice(first);
            values.fill(T::neg_infinity());
            each_run(
                g,
                #[inline(always)]
                |run| {
                    let places = run.output..run.output + run.len;
                    let (best, index) = (&mut values[places.clone()], &mut index[places]);
                    let cells = &x[run.input..];
                    // A step that the compiler knows lets it make vectors.
                    match g.stride[1] {
                        1 => keep_larger(best, index, cells, run.input, 1),
                        2 => keep_larger(best, index, cells, run.input, 2),
                        step => keep_larger(best, index, cells, run.input, step),
                    }
                },
            );
        },
    );
}

/// Whether a cell takes the place of the best so far: it is larger, or the first that is NaN.
#[inline(always)]
fn is_better<T: Float>(x: T, best: T) -> bool {
    ((x > best) | x.is_nan()) & !best.is_nan()
}

/// Takes each cell, and its position, where it is better than the best. The cells are `step` apart.
#[inline(always)]
fn keep_larger<T: Float>(best: &mut [T], index: &mut [u32], cells: &[T], first: usize, step: usize) {
    let mut place = first as u32;
    // Choices without a branch, so that it vectorises.
    for ((best, index), cells) in best.iter_mut().zip(index).zip(cells.chunks(step)) {
        let better = is_better(cells[0], *best);
        *best = if better { cells[0] } else { *best };
        *index = if better { place } else { *index };
        place = place.wrapping_add(step as u32);
    }
}

/// The largest of 2×2 cells side by side in two rows, the first of which starts at `first`.
#[inline(always)]
fn quarters_of_rows<T: Float>(
    rows: [&[T]; 2],
    [first, width]: [usize; 2],
    values: &mut [T],
    index: &mut [u32],
) {
    let [above, below] = rows.map(|row| &row.as_chunks::<2>().0[..values.len()]);
    let index = &mut index[..values.len()];
    let (first, width) = (first as u32, width as u32);
    for i in 0..values.len() {
        let place = first.wrapping_add(2 * i as u32);
        let (mut best, mut at) = (above[i][0], place);
        let places =
            [place.wrapping_add(1), place.wrapping_add(width), place.wrapping_add(width).wrapping_add(1)];
        for (x, place) in [above[i][1], below[i][0], below[i][1]].into_iter().zip(places) {
            let better = is_better(x, best);
            best = if better { x } else { best };
            at = if better { place } else { at };
        }
        (values[i], index[i]) = (best, at);
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

/// Images of one channel that a task handles.
fn images_of_task(g: &ConvGeom) -> usize {
    (TASK / (g.output_numel() * g.kernel_numel()).max(1)).max(1)
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
    out.par_chunks_exact_mut(out_numel)
        .enumerate()
        .with_min_len(images_of_task(g))
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
#[inline(always)]
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
