//! `dw = Gᵀ [A dy ⊙ Bᵀ x]`

use super::strips::Side;
use super::{WinogradPlan, panels, window};
use crate::backend::Storage;
use crate::cpu::conv::ranges;
use crate::cpu::dense;
use crate::cpu::gemm::matrix;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{
    Grid, PAD, PositionsView, Rows, RowsMut, Transform, WinogradMap, from_winograd, multiply, transpose,
};
use crate::cpu::split::blocks;
use crate::error::Result;
use ndarray::{ArrayViewMut3, Axis, ShapeBuilder};
use rayon::prelude::*;
use std::ops::Range;

/// Tiles of a round, of both sides: about a third of the last cache.
const ROUND_BYTES: usize = 12 << 20;
/// Channels of a task, of those that the phases of the input make up.
const ROWS: usize = 256;

/// The derivative for the weight `w`, contiguous as all three. Working memory comes from the pool of
/// `storage`.
pub fn weight(plan: &WinogradPlan, x: &[f32], y: &[f32], w: &mut [f32], storage: &Storage) -> Result<()> {
    window::crop(plan, w, storage, |w| match plan.panels {
        true => panels::weight(plan, x, y, w, storage),
        false => in_rounds(plan, x, y, w, storage),
    })
}

/// A round maps some images to positions, image by image, and adds their products, position by position. So
/// each sum has one order, whatever the number of threads.
fn in_rounds(plan: &WinogradPlan, x: &[f32], y: &[f32], w: &mut [f32], storage: &Storage) -> Result<()> {
    let (positions, k, outputs) = (plan.positions(), plan.k(), plan.outputs());
    let numbers = k + outputs + 2 * PAD;
    let [rows, columns] = plan.tiles;
    let room = (ROUND_BYTES / (positions * numbers * size_of::<f32>() * columns)).max(1);
    let (images, rows) = if room >= rows { (room / rows, rows) } else { (1, room) };
    let most = images.min(plan.images) * rows * columns;
    let [x_len, y_len] = [k, outputs].map(|k| positions * step(most, k));
    let mut x_memory = dense::scratch::<f32>(storage, x_len)?;
    let mut y_memory = dense::scratch::<f32>(storage, y_len)?;
    let sums_step = k * outputs + PAD;
    let mut sums = dense::scratch::<f32>(storage, positions * sums_step)?;
    let sums = sums.elements_mut::<f32>(positions * sums_step);
    let (input, output) = (Side::input(plan), Side::output(plan));
    let mut add = false;
    for images in ranges(plan.images, images) {
        for rows in ranges(plan.tiles[0], rows) {
            let tiles = images.len() * rows.len() * columns;
            let x_tiles = to_winograd(&input, x, images.clone(), &rows, x_memory.elements_mut(x_len));
            let y_tiles = to_winograd(&output, y, images.clone(), &rows, y_memory.elements_mut(y_len));
            let shape = [positions, k, outputs].strides([sums_step, outputs, 1]);
            let sums = ArrayViewMut3::from_shape(shape, &mut *sums).expect("there is room");
            let mut tasks = Vec::new();
            for (position, sums) in blocks(sums, 0, 1) {
                for (row, sums) in blocks(sums.index_axis_move(Axis(0), 0), 0, ROWS) {
                    tasks.push((position, row, sums));
                }
            }
            tasks.into_par_iter().for_each(|(position, row, mut sums)| {
                let data = &x_tiles[position * step(tiles, k) + row..];
                let left = matrix(data, [sums.nrows(), tiles], [1, (k + PAD) as isize]);
                for (i, sums) in sums.axis_chunks_iter_mut(Axis(1), plan.isa.panel()).enumerate() {
                    let right = &y_tiles[position * step(tiles, outputs) + i * plan.isa.panel()..];
                    multiply(plan.isa, left, Rows { data: right, step: outputs + PAD }, sums, add);
                }
            });
            add = true;
        }
    }
    taps(plan, sums, sums_step, w);
    Ok(())
}

/// Distance between neighbouring positions of a round.
pub fn step(tiles: usize, k: usize) -> usize {
    tiles * (k + PAD) + PAD
}

/// Maps rows of the tiles of images to `[positions, tiles, k]`.
pub fn to_winograd<'a>(
    side: &Side,
    data: &[f32],
    images: Range<usize>,
    rows: &Range<usize>,
    memory: &'a mut [f32],
) -> &'a [f32] {
    let of_image = rows.len() * side.plan.tiles[1];
    let (count, tiles, k) = (side.plan.positions(), images.len() * of_image, side.k());
    let shape = [count, tiles, k].strides([step(tiles, k), k + PAD, 1]);
    let positions = ArrayViewMut3::from_shape(shape, &mut *memory).expect("there is room");
    let tasks: Vec<_> = images.zip(blocks(positions, 1, of_image)).collect();
    tasks.into_par_iter().for_each(|(image, (_, positions))| {
        side.map_to_winograd(data, image..image + 1, rows.clone(), positions);
    });
    memory
}

/// Maps sums over the images at each position back to taps.
fn taps(plan: &WinogradPlan, sums: &[f32], sums_step: usize, w: &mut [f32]) {
    let (taps, outputs) = (plan.g.kernel_numel(), plan.outputs());
    let row = plan.inputs * taps;
    w.par_chunks_mut(PAD * row).enumerate().for_each(|(task, w)| {
        // As [input, tap, output] of some outputs.
        let mut transposed = Scratch::<f32>::new(row * PAD);
        for phase in 0..plan.phases() {
            let (start, cells) = plan.taps(phase);
            let grid = Grid { start: start * PAD, tiles: [0, 0, taps * PAD], cells: cells.map(|n| n * PAD) };
            let sums = &sums[phase * plan.inputs() * outputs + task * PAD..];
            let transform = Transform { family: plan.family, map: WinogradMap::TapsAdjoint };
            let sums = PositionsView { data: sums, steps: [sums_step, outputs], channels: PAD };
            from_winograd(plan.isa, transform, sums, [1, 1, plan.inputs], &mut transposed, grid, false);
        }
        let transposed = matrix(&transposed, [row, w.len() / row], [PAD as isize, 1]);
        transpose(plan.isa, transposed, RowsMut { data: w, step: row }, row);
    });
}
