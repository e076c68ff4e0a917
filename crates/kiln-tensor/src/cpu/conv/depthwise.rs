//! Convolutions with one input and one output channel in each group: nothing to multiply as matrices.

use super::tiles::{cells, segments};
use crate::cpu::fold::{Pairwise, Sum};
use crate::dtype::Float;
use crate::geometry::ConvGeom;
use rayon::prelude::*;
use std::ops::Range;

/// Multiplications worth a task of their own.
const TASK: usize = 1 << 14;

pub fn forward<T: Float>(g: &ConvGeom, x: &[T], w: &[T], y: &mut [T]) {
    let images = y.par_chunks_exact_mut(g.output_numel()).zip(x.par_chunks_exact(g.input_numel()));
    images.enumerate().with_min_len(images_of_task(g)).for_each(|(i, (y, x))| {
        y.fill(T::zero());
        for (cell, w) in cells(g).zip(filter(g, w, i)) {
            for (windows, start) in reads(g, cell) {
                let x = &x[start..];
                match g.stride[1] {
                    1 => y[windows].iter_mut().zip(x).for_each(|(y, x)| *y += *w * *x),
                    s => y[windows].iter_mut().zip(x.iter().step_by(s)).for_each(|(y, x)| *y += *w * *x),
                }
            }
        }
    });
}

pub fn transpose<T: Float>(g: &ConvGeom, y: &[T], w: &[T], x: &mut [T]) {
    let images = x.par_chunks_exact_mut(g.input_numel()).zip(y.par_chunks_exact(g.output_numel()));
    images.enumerate().with_min_len(images_of_task(g)).for_each(|(i, (x, y))| {
        x.fill(T::zero());
        for (cell, w) in cells(g).zip(filter(g, w, i)) {
            for (windows, start) in reads(g, cell) {
                let x = &mut x[start..];
                match g.stride[1] {
                    1 => x.iter_mut().zip(&y[windows]).for_each(|(x, y)| *x += *w * *y),
                    s => x.iter_mut().step_by(s).zip(&y[windows]).for_each(|(x, y)| *x += *w * *y),
                }
            }
        }
    });
}

pub fn weight<T: Float>(g: &ConvGeom, x: &[T], y: &[T], w: &mut [T]) {
    w.par_chunks_exact_mut(g.kernel_numel()).enumerate().for_each(|(channel, w)| {
        let x_images = x.chunks_exact(g.input_numel()).skip(channel).step_by(g.groups);
        let y_images = y.chunks_exact(g.output_numel()).skip(channel).step_by(g.groups);
        let images = x_images.zip(y_images);
        for (cell, w) in cells(g).zip(w) {
            let mut total = Pairwise::new();
            for (x, y) in images.clone() {
                for (windows, start) in reads(g, cell) {
                    let pairs = y[windows].iter().zip(x[start..].iter().step_by(g.stride[1]));
                    total.push::<Sum>(pairs.fold(T::zero(), |sum, (y, x)| sum + *y * *x));
                }
            }
            *w = total.join::<Sum>();
        }
    });
}

fn images_of_task(g: &ConvGeom) -> usize {
    (TASK / (g.output_numel() * g.kernel_numel())).max(1)
}

/// The filter of image `i` of all channels of all images.
fn filter<'a, T>(g: &ConvGeom, w: &'a [T], i: usize) -> &'a [T] {
    &w[i % g.groups * g.kernel_numel()..][..g.kernel_numel()]
}

/// Runs of windows whose cell is inside the image, and what the first of each run reads.
fn reads(g: &ConvGeom, cell: [usize; 2]) -> impl Iterator<Item = (Range<usize>, usize)> {
    segments(g, cell, 0..g.output_numel()).filter_map(|segment| {
        let source = segment.source?;
        let first = segment.columns.start + source.skip;
        Some((first..first + source.len, source.start))
    })
}
