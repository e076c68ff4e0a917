//! The derivative for `w`.

use super::{DirectPlan, Strip};
use crate::backend::Storage;
use crate::cpu::conv::ranges;
use crate::cpu::conv::tiles::cells;
use crate::cpu::conv::weight::sum_parts;
use crate::cpu::dense;
use crate::cpu::gemm::matrix;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{PAD, Rows, RowsMut, WindowRows, dots, multiply_windows, transpose};
use crate::error::Result;
use crate::geometry::ConvGeom;
use ndarray::{ArrayViewMut2, Axis};
use rayon::prelude::*;
use std::ops::Range;

/// Windows of a block of a product: so many rows of a panel of `y` stay in the first cache.
const BLOCK: usize = 256;
/// Numbers of a block of dots, of any input channel: what the first cache holds.
const DOTS_BLOCK: usize = 4096;
/// Sums of a task: what the second cache holds beside the rest.
const SUMS: usize = 48 << 10;
/// Tasks that the product is cut to. Fixed, as the sums of parts of the batch depend on it.
const TASKS: usize = 32;

/// The derivative for the weight `w`, contiguous as all three. Working memory comes from the pool of `storage`.
pub fn weight(plan: &DirectPlan, x: &[f32], y: &[f32], w: &mut [f32], storage: &Storage) -> Result<()> {
    let (cells, few) = (plan.g.kernel_numel(), plan.outputs < PAD);
    if let Some(g) = swapped(&plan.g).filter(|_| few && plan.inputs >= PAD) {
        let plan = DirectPlan { g, inputs: plan.outputs, outputs: plan.inputs, ..*plan };
        return products(&plan, y, x, storage, |sums, columns| {
            // As `[output, cell in the other order, input]`.
            let outputs = w.par_chunks_exact_mut(plan.outputs * cells);
            outputs.zip(sums.par_chunks_exact(cells * columns)).for_each(|(w, sums)| {
                for (cell, sums) in sums.chunks_exact(columns).rev().enumerate() {
                    w[cell..].iter_mut().step_by(cells).zip(sums).for_each(|(w, sum)| *w = *sum);
                }
            });
        });
    }
    if plan.outputs <= PAD / 2 {
        all_dots(plan, x, y, w);
        return Ok(());
    }
    products(plan, x, y, storage, |sums, columns| {
        // As `[input, cell, output]`.
        let row = plan.inputs * cells;
        let groups = w.par_chunks_exact_mut(row * plan.outputs);
        groups.zip(sums.par_chunks_exact(row * columns)).for_each(|(w, sums)| {
            let sums = matrix(sums, [row, plan.outputs], [columns as isize, 1]);
            transpose(plan.isa, sums, RowsMut { data: w, step: row }, row);
        });
    })
}

/// The convolution of stride 1 that has `x` and `y` in each other's places, and its window turned round:
/// `w[k] = Σ y[o] · x[o + k − p] = Σ x[i] · y[i − k + p]`.
fn swapped(g: &ConvGeom) -> Option<ConvGeom> {
    let padding = |i: usize| ((g.kernel[i] - 1) * g.dilation[i]).checked_sub(g.padding[i]);
    let padding = [padding(0)?, padding(1)?];
    (g.stride == [1, 1]).then_some(ConvGeom { input: g.output, output: g.input, padding, ..*g })
}

/// Rows of windows that all images are cut to.
fn bands(plan: &DirectPlan, strip: &Strip, windows: usize) -> Vec<(usize, Range<usize>)> {
    let height = plan.g.output[0];
    let rows = (windows / strip.width()).clamp(1, height);
    let rows = height.div_ceil(height.div_ceil(rows));
    (0..plan.images).flat_map(|image| ranges(height, rows).map(move |rows| (image, rows))).collect()
}

/// Calls `done` with a matrix for each group: for each input channel and cell of a window a row of sums over all
/// windows, one for each output channel and its padding. Gives it the length of rows, too.
fn products(
    plan: &DirectPlan,
    x: &[f32],
    y: &[f32],
    storage: &Storage,
    done: impl FnOnce(&[f32], usize),
) -> Result<()> {
    let (g, columns) = (&plan.g, plan.outputs.next_multiple_of(PAD));
    let row = g.kernel_numel() * columns;
    let inputs = (SUMS / row).clamp(1, plan.inputs);
    let inputs = plan.inputs.div_ceil(plan.inputs.div_ceil(inputs));
    let bands = bands(plan, &Strip::new(g, inputs), BLOCK);
    let parts = TASKS.div_ceil(g.groups * plan.inputs.div_ceil(inputs)).min(bands.len());
    let len = g.groups * plan.inputs * row;
    let mut memory = dense::scratch::<f32>(storage, (parts + 1) * len)?;
    let (sums, all) = memory.elements_mut::<f32>((parts + 1) * len).split_at_mut(len);
    let mut tasks = Vec::new();
    for (part, sums) in all.chunks_exact_mut(len).enumerate() {
        for (group, sums) in sums.chunks_exact_mut(plan.inputs * row).enumerate() {
            for (i, sums) in sums.chunks_mut(inputs * row).enumerate() {
                tasks.push((part, group, i * inputs, sums));
            }
        }
    }
    tasks.into_par_iter().for_each(|(part, group, input, sums)| {
        let inputs = sums.len() / row;
        let strip = Strip::new(g, inputs);
        let mut add = false;
        for (image, rows) in &bands[part * bands.len() / parts..(part + 1) * bands.len() / parts] {
            let image = image * g.groups + group;
            let x = &x[(image * plan.inputs + input) * g.input_numel()..][..inputs * g.input_numel()];
            let y = &y[image * plan.outputs * g.output_numel()..][..plan.outputs * g.output_numel()];
            let mut windows = Scratch::<f32>::new(strip.len(rows.len()));
            strip.fill(x, rows.clone(), &mut windows);
            let offsets = strip.offsets(rows.len(), cells(g));
            // All places of the strip but those after the last window.
            let k = (rows.len() - 1) * strip.width() + g.output[1];
            let panels = Panels::new(plan, y, rows.start, rows.len(), strip.width());
            let mut sums =
                ArrayViewMut2::from_shape([offsets.len(), columns], &mut *sums).expect("there is room");
            for (sums, panel) in sums.axis_chunks_iter_mut(Axis(1), panels.width).zip(panels.panels()) {
                let left = WindowRows { data: &windows, offsets: &offsets, k };
                let right = Rows { data: panel, step: sums.ncols() };
                multiply_windows(plan.isa, left, right, sums, add);
            }
            add = true;
        }
    });
    sum_parts(all, sums);
    done(sums, columns);
    Ok(())
}

/// Rows of `y` with its channels side by side: panels with a row for each place of the strip, which is 0 where
/// no window starts.
struct Panels {
    data: Scratch<f32>,
    places: usize,
    width: usize,
}

impl Panels {
    fn new(plan: &DirectPlan, y: &[f32], first: usize, rows: usize, strip_width: usize) -> Self {
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

/// The derivative for a weight with few output channels in a group: single rows of sums of products along windows.
fn all_dots(plan: &DirectPlan, x: &[f32], y: &[f32], w: &mut [f32]) {
    let (g, strip) = (&plan.g, Strip::new(&plan.g, plan.inputs));
    let bands = bands(plan, &strip, (DOTS_BLOCK / plan.inputs).max(BLOCK));
    let parts = TASKS.div_ceil(g.groups).min(bands.len());
    let row = plan.inputs * g.kernel_numel();
    let group_len = plan.outputs * row;
    // As `[group, part, output, input, cell, lane]`.
    let mut memory = Scratch::<f32>::new(g.groups * parts * group_len * PAD);
    memory.fill(0.0);
    let (sums, _) = memory.as_chunks_mut::<PAD>();
    sums.par_chunks_exact_mut(group_len).enumerate().for_each(|(task, sums)| {
        let (group, part) = (task / parts, task % parts);
        let mut offsets = (0, Vec::new());
        for (image, rows) in &bands[part * bands.len() / parts..(part + 1) * bands.len() / parts] {
            let image = image * g.groups + group;
            if offsets.0 != rows.len() {
                offsets = (rows.len(), strip.offsets(rows.len(), cells(g)));
            }
            let mut windows = Scratch::<f32>::new(strip.len(rows.len()));
            let x = &x[image * plan.inputs * g.input_numel()..][..plan.inputs * g.input_numel()];
            strip.fill(x, rows.clone(), &mut windows);
            // A row of `y`, which is 0 at places where no window starts, and after the last.
            let width = g.output[1];
            let k = ((rows.len() - 1) * strip.width() + width).next_multiple_of(PAD);
            let mut right = Scratch::<f32>::new(k.max(rows.len() * strip.width()));
            right.fill(0.0);
            for (output, sums) in sums.chunks_exact_mut(row).enumerate() {
                let y = &y[(image * plan.outputs + output) * g.output_numel()..][..g.output_numel()];
                let y = y[rows.start * width..rows.end * width].chunks_exact(width);
                for (to, y) in right.chunks_mut(strip.width()).zip(y) {
                    to[..width].copy_from_slice(y);
                }
                let left = WindowRows { data: &windows, offsets: &offsets.1, k };
                dots(plan.isa, left, &right[..k], sums);
            }
        }
    });
    // The lanes of a part, then the parts, in order.
    let groups = w.par_chunks_exact_mut(group_len).zip(sums.par_chunks_exact(parts * group_len));
    groups.for_each(|(w, sums)| {
        for (i, w) in w.iter_mut().enumerate() {
            *w = sums[i..].iter().step_by(group_len).map(lanes_sum).sum();
        }
    });
}

/// The sum of lanes, pairwise.
fn lanes_sum(lanes: &[f32; PAD]) -> f32 {
    let mut lanes = *lanes;
    let mut half = PAD / 2;
    while half > 0 {
        (0..half).for_each(|i| lanes[i] += lanes[i + half]);
        half /= 2;
    }
    lanes[0]
}
