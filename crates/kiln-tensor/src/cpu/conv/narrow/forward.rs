//! `y = w · windows(x)`

use super::{NarrowPlan, Strip, band};
use crate::cpu::gemm::matrix;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{ColumnRun, Isa, PAD, RowsMut, correlate, transpose};
use crate::cpu::split::blocks;
use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis};
use rayon::prelude::*;

/// The images `y` of `x`, contiguous as all three.
pub fn forward(plan: &NarrowPlan, x: &[f32], w: &[f32], y: &mut [f32]) {
    let k = plan.inputs * plan.g.kernel_numel();
    let mut left = Scratch::<f32>::new(k * plan.outputs);
    let w = matrix(w, [plan.outputs, k], [k as isize, 1]);
    transpose(plan.isa, w, RowsMut { data: &mut left, step: plan.outputs }, plan.outputs);
    let left = &*left;
    let strip = Strip::new(&plan.g, plan.inputs);
    let rows = band(&strip, plan.images, plan.g.output[0]);
    let width = plan.g.output[1];
    let y = ArrayViewMut3::from_shape([plan.images, plan.outputs, plan.g.output_numel()], y);
    let images = blocks(y.expect("the output is contiguous"), 0, 1);
    images.into_par_iter().with_min_len(plan.images_of_task()).for_each(|(image, y)| {
        let x = &x[image * plan.inputs * plan.g.input_numel()..][..plan.inputs * plan.g.input_numel()];
        let bands = blocks(y.index_axis_move(Axis(0), 0), 1, rows * width);
        bands.into_par_iter().for_each(|(start, y)| {
            let (first, count) = (start / width, y.ncols() / width);
            let windows = Windows::new(&strip, x, first, count);
            windows.multiply(plan.isa, left, width, y);
        });
    });
}

/// Rows of windows of an image.
pub struct Windows {
    pub strip: Strip,
    pub data: Scratch<f32>,
    rows: usize,
}

impl Windows {
    pub fn new(strip: &Strip, image: &[f32], first: usize, rows: usize) -> Self {
        let mut data = Scratch::<f32>::new(strip.len(rows));
        strip.fill(image, first..first + rows, &mut data);
        Windows { strip: *strip, data, rows }
    }

    /// Products of `left`, a row for each cell, with all windows. `out` has rows of `width` windows.
    pub fn multiply(&self, isa: Isa, left: &[f32], width: usize, mut out: ArrayViewMut2<f32>) {
        let lanes = isa.lanes();
        let offsets = self.strip.offsets(self.rows);
        let of_row = width.div_ceil(lanes);
        if 4 * width >= 3 * of_row * lanes {
            let run = |row: usize, i: usize| ColumnRun {
                from: row * self.strip.width() + i * lanes,
                to: row * width + i * lanes,
                len: lanes.min(width - i * lanes),
            };
            let runs: Vec<_> = (0..self.rows).flat_map(|row| (0..of_row).map(move |i| run(row, i))).collect();
            return correlate(isa, left, &self.data, &offsets, &runs, out);
        }
        let (sums, step) = self.multiply_all(isa, left, out.nrows());
        for (mut out, sums) in out.outer_iter_mut().zip(sums.chunks_exact(step)) {
            let out = out.as_slice_mut().expect("rows are contiguous").chunks_exact_mut(width);
            out.zip(sums.chunks(self.strip.width()))
                .for_each(|(out, sums)| out.copy_from_slice(&sums[..width]));
        }
    }

    /// Products with windows at all places of the strip, also at those between the ends of rows, and how far
    /// rows of products lie apart.
    pub fn multiply_all(&self, isa: Isa, left: &[f32], count: usize) -> (Scratch<f32>, usize) {
        let lanes = isa.lanes();
        let runs = (self.rows * self.strip.width()).div_ceil(lanes);
        let step = runs * lanes + PAD;
        let mut sums = Scratch::<f32>::new(count * step);
        let out = ArrayViewMut2::from_shape([count, step], &mut sums).expect("there is room");
        let runs: Vec<_> =
            (0..runs).map(|i| ColumnRun { from: i * lanes, to: i * lanes, len: lanes }).collect();
        correlate(isa, left, &self.data, &self.strip.offsets(self.rows), &runs, out);
        (sums, step)
    }
}
