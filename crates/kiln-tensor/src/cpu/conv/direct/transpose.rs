//! The derivative for `x`, which is also the transposed convolution.

use super::band::Band;
use super::left::Left;
use super::phases::{PhaseClass, Phases};
use super::{DirectPlan, Strip};
use crate::cpu::conv::ranges;
use crate::cpu::scratch::Scratch;
use crate::cpu::split::blocks;
use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis};
use rayon::prelude::*;
use std::ops::Range;

/// The derivative for `x`, contiguous as `y` and the weight `w`.
pub fn transpose(plan: &DirectPlan, y: &[f32], w: &[f32], x: &mut [f32]) {
    let phases = Phases::new(&plan.g);
    let strip = Strip::new(&phases.g, plan.outputs);
    let height = phases.g.output[0];
    let rows = plan.band_rows(&strip, height);
    let lefts: Vec<_> = phases.classes.iter().map(|class| left(plan, class, w)).collect();
    let of_rows = |rows: usize| Rows::new(plan, &phases, &strip, rows);
    let (full, last) = (of_rows(rows), of_rows(height - (height - 1) / rows * rows));
    let numel = plan.outputs * plan.g.output_numel();
    let task = |part: usize, q: Range<usize>, x: ArrayViewMut2<f32>| {
        let y = &y[part * numel..(part + 1) * numel];
        let of_rows = if q.len() == rows { &full } else { &last };
        of_rows.compute(&lefts, part % plan.g.groups, y, q, x);
    };
    let x = ArrayViewMut3::from_shape([plan.parts(), plan.inputs, plan.g.input_numel()], x);
    let parts = blocks(x.expect("the output is contiguous"), 0, 1).into_par_iter();
    parts.with_min_len(plan.parts_of_task()).for_each(|(part, x)| {
        let x = x.index_axis_move(Axis(0), 0);
        if rows == height {
            return task(part, 0..height, x);
        }
        bands(&phases, rows, x).into_par_iter().for_each(|(q, x)| task(part, q, x));
    });
}

/// The weight as matrices with a row for each input channel and phase of a class, and a column for each output channel
/// and cell of a window over `y`.
fn left(plan: &DirectPlan, class: &PhaseClass, w: &[f32]) -> Left {
    let (phases, cells, taps) = (class.phases.len(), class.cells.len(), plan.g.kernel_numel());
    let value = |group: usize, row: usize, k: usize| {
        let (output, input) = (group * plan.outputs + k / cells, row / phases);
        w[(output * plan.inputs + input) * taps + class.tap(row % phases, k % cells)]
    };
    Left::new(plan.isa, plan.g.groups, [plan.inputs * phases, plan.outputs * cells], value)
}

/// Some rows of the phases.
struct Rows<'a> {
    plan: &'a DirectPlan,
    phases: &'a Phases,
    band: Band,
    /// For each class of phases, where the cells lie that it reads.
    offsets: Vec<Vec<usize>>,
}

impl<'a> Rows<'a> {
    fn new(plan: &'a DirectPlan, phases: &'a Phases, strip: &Strip, rows: usize) -> Self {
        let band = Band::new(plan.isa, strip, rows, phases.g.output[1]);
        let offsets = |class: &PhaseClass| strip.offsets(rows, class.cells.iter().copied());
        Rows { plan, phases, band, offsets: phases.classes.iter().map(offsets).collect() }
    }

    /// Computes the rows of `x` that the rows `q` of its phases make up.
    fn compute(&self, lefts: &[Left], group: usize, y: &[f32], q: Range<usize>, mut x: ArrayViewMut2<f32>) {
        let Rows { plan, phases, band, offsets } = self;
        let strip = band.strip_of(y, q.start);
        // One phase without a cut is `x` itself.
        if phases.count() == 1 && phases.g.output == plan.g.input {
            return band.multiply(lefts[0].of_group(group), &strip, &offsets[0], x);
        }
        let mut sums = Scratch::<f32>::new(plan.inputs * phases.count() * band.step);
        // Of each phase, the row for the first channel and the distance to that for the next.
        let mut places = vec![(0, 0); phases.count()];
        let mut first = 0;
        for ((class, left), offsets) in phases.classes.iter().zip(lefts).zip(offsets) {
            let rows = plan.inputs * class.phases.len();
            let sums = &mut sums[first * band.step..(first + rows) * band.step];
            band.multiply_places(left.of_group(group), &strip, offsets, sums);
            for (i, phase) in class.phases.iter().enumerate() {
                places[*phase] = (first + i, class.phases.len());
            }
            first += rows;
        }
        for (channel, mut x) in x.outer_iter_mut().enumerate() {
            let x = x.as_slice_mut().expect("rows are contiguous");
            let phase = |phase: usize| {
                let (first, step) = places[phase];
                &sums[(first + channel * step) * band.step..][..band.step]
            };
            phases.join(phase, band.strip.width(), q.start, phases.rows(q.clone()), x);
        }
    }
}

/// Cuts an image's channels where every `rows` rows of its phases end.
fn bands<'a>(
    phases: &Phases,
    rows: usize,
    x: ArrayViewMut2<'a, f32>,
) -> Vec<(Range<usize>, ArrayViewMut2<'a, f32>)> {
    let mut bands = Vec::new();
    let mut rest = x;
    for q in ranges(phases.g.output[0], rows) {
        let (band, tail) = rest.split_at(Axis(1), phases.pixels(q.clone()));
        bands.push((q, band));
        rest = tail;
    }
    bands
}
