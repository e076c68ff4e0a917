//! `y = w · windows(x)`

use super::band::Band;
use super::left::Left;
use super::{DirectPlan, Strip};
use crate::cpu::conv::tiles::cells;
use crate::cpu::split::blocks;
use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis};
use rayon::prelude::*;

/// The images `y` of `x`, contiguous as all three.
pub fn forward(plan: &DirectPlan, x: &[f32], w: &[f32], y: &mut [f32]) {
    let k = plan.inputs * plan.g.kernel_numel();
    let value = |group: usize, row: usize, i: usize| w[(group * plan.outputs + row) * k + i];
    let left = Left::new(plan.isa, plan.g.groups, [plan.outputs, k], value);
    let strip = Strip::new(&plan.g, plan.inputs);
    let ([height, width], numel) = (plan.g.output, plan.inputs * plan.g.input_numel());
    let rows = plan.band_rows(&strip, height);
    let of_rows = |rows: usize| {
        let band = Band::new(plan.isa, &strip, rows, width);
        (band, strip.offsets(rows, cells(&plan.g)))
    };
    let (band, last) = (of_rows(rows), of_rows(height - (height - 1) / rows * rows));
    let task = |part: usize, start: usize, y: ArrayViewMut2<f32>| {
        let x = &x[part * numel..(part + 1) * numel];
        let (band, offsets) = if y.ncols() == rows * width { &band } else { &last };
        let strip = band.strip_of(x, start / width);
        band.multiply(left.of_group(part % plan.g.groups), &strip, offsets, y);
    };
    let y = ArrayViewMut3::from_shape([plan.parts(), plan.outputs, plan.g.output_numel()], y);
    let parts = blocks(y.expect("the output is contiguous"), 0, 1).into_par_iter();
    parts.with_min_len(plan.parts_of_task()).for_each(|(part, y)| {
        let y = y.index_axis_move(Axis(0), 0);
        if rows == height {
            return task(part, 0, y);
        }
        blocks(y, 1, rows * width).into_par_iter().for_each(|(start, y)| task(part, start, y));
    });
}
