//! Images of few tiles with many channels.
//!
//! There the transformed weight is larger than any cache, and the tiles of all images are not. So these are mapped to
//! positions first, all of them. Then each task makes a panel of the transformed weight, a few hundred rows at a time,
//! which stay in its second cache while the tiles are multiplied by them, and maps the sums of its channels back. The
//! transformed weight as a whole is never in memory, nor is its derivative.

use super::WinogradPlan;
use super::filters::{self, WeightTaps};
use super::forward::Positions;
use super::strips::Side;
use super::weight::{step, to_winograd};
use crate::backend::Storage;
use crate::cpu::conv::ranges;
use crate::cpu::dense;
use crate::cpu::gemm::matrix;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{
    Grid, PAD, PositionsView, Rows, RowsMut, Transform, WinogradMap, from_winograd, multiply,
    transpose as transpose_matrix,
};
use crate::cpu::split::blocks;
use crate::error::Result;
use ndarray::{ArrayView2, ArrayViewMut2, ArrayViewMut3, Axis, ShapeBuilder, s};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of a panel that are made at a time.
const ROWS: usize = 256;

/// `y`, as [`forward`](super::forward()) computes it.
pub fn forward(plan: &WinogradPlan, x: &[f32], w: &[f32], y: &mut [f32], storage: &Storage) -> Result<()> {
    let taps = WeightTaps::forward(plan, w, storage)?;
    let input = Side::input(plan);
    let y = ArrayViewMut3::from_shape([plan.images, plan.outputs, plan.g.output_numel()], y);
    let y = y.expect("the output is contiguous");
    each_panel(&input, x, y, storage, |left, first, channels| {
        let side = Side::output(plan).with_channels(channels);
        let mut sums = left.sums(&side);
        for (i, (phase, rows)) in parts(plan, plan.inputs()).enumerate() {
            let panel = WeightPanel::new(&taps, phase, rows.clone(), first, side.padded());
            let from = phase * plan.inputs() + rows.start;
            for (position, sums) in sums.view().outer_iter_mut().enumerate() {
                left.multiply(position, from, &panel, sums, i > 0);
            }
        }
        (side, sums)
    })
}

/// `dx`, as [`transpose`](super::transpose()) computes it.
pub fn transpose(plan: &WinogradPlan, y: &[f32], w: &[f32], x: &mut [f32], storage: &Storage) -> Result<()> {
    let taps = WeightTaps::transposed(plan, w, storage)?;
    let output = Side::output(plan);
    let x = ArrayViewMut3::from_shape([plan.images, plan.inputs, plan.g.input_numel()], x);
    let x = x.expect("the output is contiguous");
    each_panel(&output, y, x, storage, |left, first, channels| {
        let side = Side::input(plan).with_channels(channels);
        let mut sums = left.sums(&side);
        for (phase, rows) in parts(plan, plan.outputs()) {
            let panel = WeightPanel::new(&taps, phase, rows.clone(), first, side.padded());
            for (position, mut sums) in sums.view().outer_iter_mut().enumerate() {
                let sums = sums.slice_mut(s![.., phase * side.padded()..(phase + 1) * side.padded()]);
                left.multiply(position, rows.start, &panel, sums, rows.start > 0);
            }
        }
        (side, sums)
    })
}

/// `dw`, as [`weight`](super::weight()) computes it: each task sums some rows of a panel at all positions, and maps the
/// sums back to taps.
pub fn weight(plan: &WinogradPlan, x: &[f32], y: &[f32], w: &mut [f32], storage: &Storage) -> Result<()> {
    let (k, outputs, taps) = (plan.k(), plan.outputs(), plan.g.kernel_numel());
    let (all, tiles) = (0..plan.tiles[0], plan.tiles());
    let [x_len, y_len] = [k, outputs].map(|k| plan.positions() * step(tiles, k));
    let mut x_memory = dense::scratch::<f32>(storage, x_len)?;
    let mut y_memory = dense::scratch::<f32>(storage, y_len)?;
    let x = to_winograd(&Side::input(plan), x, 0..plan.images, &all, x_memory.elements_mut(x_len));
    let y = to_winograd(&Side::output(plan), y, 0..plan.images, &all, y_memory.elements_mut(y_len));
    let (row, panel) = (plan.inputs * taps, width(plan));
    w.par_chunks_mut(panel * row).enumerate().for_each(|(task, w)| {
        let width = (w.len() / row).next_multiple_of(PAD);
        // As [input, tap, output] of the panel's outputs.
        let mut transposed = Scratch::<f32>::new(row * width);
        for (phase, rows) in parts(plan, plan.inputs()) {
            let sums_step = filters::step(rows.len(), width);
            let mut sums = Scratch::<f32>::new(plan.positions() * sums_step);
            for (position, sums) in sums.chunks_exact_mut(sums_step).enumerate() {
                let left = &x[position * step(tiles, k) + phase * plan.inputs() + rows.start..];
                let left = matrix(left, [rows.len(), tiles], [1, (k + PAD) as isize]);
                let right = &y[position * step(tiles, outputs) + task * panel..];
                let sums = ArrayViewMut2::from_shape([rows.len(), width], &mut sums[..rows.len() * width]);
                multiply_wide(
                    plan,
                    left,
                    Rows { data: right, step: outputs + PAD },
                    sums.expect("there is room"),
                    false,
                );
            }
            let (start, cells) = plan.taps(phase);
            let grid = Grid {
                start: (rows.start * taps + start) * width,
                tiles: [0, 0, taps * width],
                cells: cells.map(|n| n * width),
            };
            let counts = [1, 1, rows.end.min(plan.inputs).saturating_sub(rows.start)];
            let transform = Transform { family: plan.family, map: WinogradMap::TapsAdjoint };
            let sums = PositionsView { data: &sums, steps: [sums_step, width], channels: width };
            from_winograd(plan.isa, transform, sums, counts, &mut transposed, grid, false);
        }
        let transposed = matrix(&transposed, [row, w.len() / row], [width as isize, 1]);
        transpose_matrix(plan.isa, transposed, RowsMut { data: w, step: row }, row);
    });
    Ok(())
}

/// Channels of a panel: what registers hold, but no fewer than channels are padded to.
fn width(plan: &WinogradPlan) -> usize {
    plan.isa.panel().max(PAD)
}

/// A product as wide as a panel, which may be more than registers hold.
fn multiply_wide(
    plan: &WinogradPlan,
    left: ArrayView2<f32>,
    right: Rows,
    mut sums: ArrayViewMut2<f32>,
    add: bool,
) {
    for (i, sums) in sums.axis_chunks_iter_mut(Axis(1), plan.isa.panel()).enumerate() {
        let right = Rows { data: &right.data[i * plan.isa.panel()..], ..right };
        multiply(plan.isa, left, right, sums, add);
    }
}

/// The phases, and of each the parts of so many rows.
fn parts(plan: &WinogradPlan, rows: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    (0..plan.phases()).flat_map(move |phase| ranges(rows, ROWS).map(move |rows| (phase, rows)))
}

/// Maps the images of a side to positions; calls `sums` with them, the first channel of a panel, and the number of its
/// channels; and maps what it gives to these channels of `images`.
fn each_panel(
    side: &Side,
    data: &[f32],
    images: ArrayViewMut3<f32>,
    storage: &Storage,
    sums: impl Fn(&Left, usize, usize) -> (Side, Positions) + Sync,
) -> Result<()> {
    let plan = side.plan;
    let (all, of_image) = (0..plan.tiles[0], plan.tiles[0] * plan.tiles[1]);
    let (tiles, k) = (plan.images * of_image, side.k());
    let len = plan.positions() * step(tiles, k);
    let mut memory = dense::scratch::<f32>(storage, len)?;
    let data = to_winograd(side, data, 0..plan.images, &all, memory.elements_mut(len));
    let of_task = plan.images_of_panel(images.dim().1.div_ceil(width(&plan)));
    let mut tasks = Vec::new();
    for (first, images) in blocks(images, 1, width(&plan)) {
        tasks.extend(blocks(images, 0, of_task).into_iter().map(|(image, images)| (image, first, images)));
    }
    tasks.into_par_iter().for_each(|(image, first, mut images)| {
        let data = &data[image * of_image * (k + PAD)..];
        let left = Left { plan, data, step: step(tiles, k), tiles: images.dim().0 * of_image, k };
        let (side, sums) = sums(&left, first, images.dim().1);
        let mut strip = side.strip(&all);
        for (i, planes) in images.axis_iter_mut(Axis(0)).enumerate() {
            // Tiles overlap on the side of the input, and add up.
            strip.fill(0.0);
            let image = &sums.data[i * of_image * sums.steps[1]..];
            side.map_from_winograd(image, sums.steps, all.clone(), &all, &mut strip, true);
            side.unpack(&strip, &all, planes);
        }
    });
    Ok(())
}

/// The tiles of a task's images at positions.
struct Left<'a> {
    plan: WinogradPlan,
    data: &'a [f32],
    /// Distance between neighbouring positions.
    step: usize,
    tiles: usize,
    k: usize,
}

impl Left<'_> {
    /// Room for their products with a panel.
    fn sums(&self, side: &Side) -> Positions {
        Positions::new(self.plan.positions(), self.tiles, side.k())
    }

    /// The product of the numbers from `from` on, as many as the panel has rows, at a position.
    fn multiply(
        &self,
        position: usize,
        from: usize,
        panel: &WeightPanel,
        sums: ArrayViewMut2<f32>,
        add: bool,
    ) {
        let data = &self.data[position * self.step + from..];
        let left = matrix(data, [self.tiles, panel.rows], [(self.k + PAD) as isize, 1]);
        let right = Rows { data: &panel.data[position * panel.step..], step: panel.width };
        multiply_wide(&self.plan, left, right, sums, add);
    }
}

/// Rows of a panel of the transformed weight, for each position a matrix.
struct WeightPanel {
    data: Scratch<f32>,
    rows: usize,
    width: usize,
    /// Distance between neighbouring positions.
    step: usize,
}

impl WeightPanel {
    fn new(taps: &WeightTaps, phase: usize, rows: Range<usize>, first: usize, width: usize) -> WeightPanel {
        let (positions, count) = (taps.plan.positions(), rows.len());
        let step = filters::step(count, width);
        let mut data = Scratch::new(positions * step);
        let shape = [positions, count, width].strides([step, width, 1]);
        let view = ArrayViewMut3::from_shape(shape, &mut data).expect("there is room");
        taps.fill(phase, rows, first, view);
        WeightPanel { data, rows: count, width, step }
    }
}
