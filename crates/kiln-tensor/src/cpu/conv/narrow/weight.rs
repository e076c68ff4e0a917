//! The derivative for `w`.

use super::forward::Windows;
use super::{NarrowPlan, Strip};
use crate::cpu::conv::ranges;
use crate::cpu::conv::weight::sum_parts;
use crate::cpu::gemm::matrix;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{PAD, Rows, RowsMut, WindowRows, multiply_windows, transpose};
use crate::geometry::ConvGeom;
use ndarray::{ArrayViewMut2, Axis};
use rayon::prelude::*;

/// Windows of a block: so many rows of a panel of `y` stay in the first cache.
const BLOCK: usize = 256;
/// Parts of the batch, each with a sum of its own. Fixed, so that no sum depends on the machine.
const PARTS: usize = 16;

/// The derivative for the weight `w`, contiguous as all three.
pub fn weight(plan: &NarrowPlan, x: &[f32], y: &[f32], w: &mut [f32]) {
    let cells = plan.g.kernel_numel();
    if plan.inputs < PAD {
        let columns = plan.outputs.next_multiple_of(PAD);
        let sums = products(plan, x, y);
        // As `[input, cell, output]`.
        let row = plan.inputs * cells;
        let sums = matrix(&sums, [row, plan.outputs], [columns as isize, 1]);
        transpose(plan.isa, sums, RowsMut { data: w, step: row }, row);
    } else {
        let g = swapped(&plan.g).expect("such plans aren't made");
        let plan = NarrowPlan { g, inputs: plan.outputs, outputs: plan.inputs, ..*plan };
        let columns = plan.outputs.next_multiple_of(PAD);
        let sums = products(&plan, y, x);
        // As `[output, cell in the other order, input]`.
        let outputs = w.chunks_exact_mut(plan.outputs * cells).zip(sums.chunks_exact(cells * columns));
        for (w, sums) in outputs {
            for (cell, sums) in sums.chunks_exact(columns).rev().enumerate() {
                w[cell..].iter_mut().step_by(cells).zip(sums).for_each(|(w, sum)| *w = *sum);
            }
        }
    }
}

/// The convolution of stride 1 that has `x` and `y` in each other's places, and its window turned round:
/// `w[k] = Σ y[o] · x[o + k − p] = Σ x[i] · y[i − k + p]`.
pub fn swapped(g: &ConvGeom) -> Option<ConvGeom> {
    let padding = |i: usize| ((g.kernel[i] - 1) * g.dilation[i]).checked_sub(g.padding[i]);
    let padding = [padding(0)?, padding(1)?];
    (g.stride == [1, 1]).then_some(ConvGeom { input: g.output, output: g.input, padding, ..*g })
}

/// For each input channel and cell of a window a row of sums over all windows, one for each output channel
/// and its padding.
fn products(plan: &NarrowPlan, x: &[f32], y: &[f32]) -> Scratch<f32> {
    let (g, strip) = (&plan.g, Strip::new(&plan.g, plan.inputs));
    let columns = plan.outputs.next_multiple_of(PAD);
    let rows = (BLOCK / strip.width()).clamp(1, g.output[0]);
    let rows = g.output[0].div_ceil(g.output[0].div_ceil(rows));
    let bands: Vec<_> =
        (0..plan.images).flat_map(|image| ranges(g.output[0], rows).map(move |rows| (image, rows))).collect();
    let parts = PARTS.min(bands.len());
    let len = plan.inputs * g.kernel_numel() * columns;
    let mut all = Scratch::<f32>::new(parts * len);
    all.fill(0.0);
    all.par_chunks_exact_mut(len).enumerate().for_each(|(part, sums)| {
        let bands = &bands[part * bands.len() / parts..(part + 1) * bands.len() / parts];
        for (image, rows) in bands {
            let [x, y] = [(x, plan.inputs * g.input_numel()), (y, plan.outputs * g.output_numel())]
                .map(|(images, numel)| &images[image * numel..(image + 1) * numel]);
            let windows = Windows::new(&strip, x, rows.start, rows.len());
            let offsets = strip.offsets(rows.len());
            // All places of the strip but those after the last window.
            let k = (rows.len() - 1) * strip.width() + g.output[1];
            let panels = Panels::new(plan, y, rows.start, rows.len(), strip.width());
            let mut sums =
                ArrayViewMut2::from_shape([offsets.len(), columns], &mut *sums).expect("there is room");
            for (sums, panel) in sums.axis_chunks_iter_mut(Axis(1), panels.width).zip(panels.panels()) {
                let left = WindowRows { data: &windows.data, offsets: &offsets, k };
                let right = Rows { data: panel, step: sums.ncols() };
                multiply_windows(plan.isa, left, right, sums, true);
            }
        }
    });
    let mut sums = Scratch::<f32>::new(len);
    sum_parts(&all, &mut sums);
    sums
}

/// Rows of `y` with its channels side by side: panels with a row for each place of the strip, which is 0 where
/// no window starts.
struct Panels {
    data: Scratch<f32>,
    places: usize,
    width: usize,
}

impl Panels {
    fn new(plan: &NarrowPlan, y: &[f32], first: usize, rows: usize, strip_width: usize) -> Self {
        let (width, pixels, row) = (plan.isa.panel(), plan.g.output_numel(), plan.g.output[1]);
        let places = rows * strip_width;
        let padded = plan.outputs.next_multiple_of(PAD);
        let mut data = Scratch::<f32>::new(padded * places);
        for (i, panel) in data.chunks_mut(width * places).enumerate() {
            let columns = width.min(padded - i * width);
            let channels = columns.min(plan.outputs.saturating_sub(i * width));
            if channels == 0 {
                panel.fill(0.0);
                continue;
            }
            for (j, to) in panel.chunks_exact_mut(strip_width * columns).enumerate() {
                let start = i * width * pixels + (first + j) * row;
                let from = matrix(&y[start..], [channels, row], [pixels as isize, 1]);
                transpose(plan.isa, from, RowsMut { data: &mut *to, step: columns }, columns);
                to[row * columns..].fill(0.0);
            }
        }
        Panels { data, places, width }
    }

    fn panels(&self) -> impl Iterator<Item = &[f32]> {
        self.data.chunks(self.width * self.places)
    }
}
