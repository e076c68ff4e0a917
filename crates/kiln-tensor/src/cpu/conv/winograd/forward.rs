//! `y = Aᵀ [U ⊙ Bᵀ x]`

use super::filters::Filters;
use super::strips::Side;
use super::{WinogradPlan, panels};
use crate::backend::Storage;
use crate::cpu::gemm::matrix;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{PAD, multiply};
use crate::cpu::split::blocks;
use crate::error::Result;
use ndarray::{ArrayViewMut3, Axis, ShapeBuilder};
use rayon::prelude::*;
use std::ops::Range;

/// The images `y` of `x`, contiguous as all three. Working memory comes from the pool of `storage`.
pub fn forward(plan: &WinogradPlan, x: &[f32], w: &[f32], y: &mut [f32], storage: &Storage) -> Result<()> {
    if plan.panels {
        return panels::forward(plan, x, w, y, storage);
    }
    let filters = Filters::forward(plan, w, storage)?;
    let pixels = plan.family.outputs() * plan.g.output[1];
    let chunk = plan.chunk(plan.k() + plan.outputs());
    let chunks = plan.images.div_ceil(chunk.images) * plan.tiles[0].div_ceil(chunk.rows);
    let block = plan.channel_block(plan.outputs, chunks);
    let y = ArrayViewMut3::from_shape([plan.images, plan.outputs, plan.g.output_numel()], y);
    let mut tasks = Vec::new();
    for (image, y) in blocks(y.expect("the output is contiguous"), 0, chunk.images) {
        for (pixel, y) in blocks(y, 2, chunk.rows * pixels) {
            let start = pixel / pixels;
            let rows = start..start + y.dim().2.div_ceil(pixels);
            for (output, y) in blocks(y, 1, block) {
                tasks.push((image, rows.clone(), output, y));
            }
        }
    }
    let input = Side::input(plan);
    tasks.into_par_iter().for_each(|(image, rows, output, mut y)| {
        let (images, outputs, _) = y.dim();
        let side = Side::output(plan).with_channels(outputs);
        let positions = Positions::of_tiles(&input, x, image..image + images, rows.clone());
        let sums = positions.multiply(&filters, output, &side);
        let tiles = rows.len() * plan.tiles[1];
        let mut strip = side.strip(&rows);
        for (i, planes) in y.axis_iter_mut(Axis(0)).enumerate() {
            let image = &sums.data[i * tiles * sums.steps[1]..];
            side.map_from_winograd(image, sums.steps, rows.clone(), &rows, &mut strip, false);
            side.unpack(&strip, &rows, planes);
        }
    });
    Ok(())
}

/// Tiles at positions: a matrix `[tiles, k]` for each position. Tiles and positions lie a vector more than
/// they take apart, or those that are used together would compete for a few lines of the cache.
pub struct Positions {
    pub data: Scratch<f32>,
    count: usize,
    tiles: usize,
    k: usize,
    /// Distance between neighbouring positions, and between neighbouring tiles.
    pub steps: [usize; 2],
}

impl Positions {
    pub fn new(count: usize, tiles: usize, k: usize) -> Self {
        let step = k + PAD;
        let steps = [tiles * step + PAD, step];
        Positions { data: Scratch::new(count * steps[0]), count, tiles, k, steps }
    }

    /// Rows of tiles of images, mapped to positions.
    pub fn of_tiles(side: &Side, data: &[f32], images: Range<usize>, rows: Range<usize>) -> Self {
        let tiles = images.len() * rows.len() * side.plan.tiles[1];
        let mut positions = Positions::new(side.plan.positions(), tiles, side.k());
        side.map_to_winograd(data, images, rows, positions.view());
        positions
    }

    pub fn view(&mut self) -> ArrayViewMut3<'_, f32> {
        let shape = [self.count, self.tiles, self.k].strides([self.steps[0], self.steps[1], 1]);
        ArrayViewMut3::from_shape(shape, &mut self.data).expect("there is room")
    }

    /// The products with the columns of filters from `first` on, of all groups, that make up a side.
    pub fn multiply(&self, filters: &Filters, first: usize, side: &Side) -> Positions {
        let mut sums = Positions::new(self.count, self.tiles, side.k());
        for (position, mut sums) in sums.view().outer_iter_mut().enumerate() {
            let data = &self.data[position * self.steps[0]..];
            let left = matrix(data, [self.tiles, self.k], [self.steps[1] as isize, 1]);
            let mut groups = sums.axis_chunks_iter_mut(Axis(1), side.padded());
            for group in 0..side.phases() {
                let mut sums = groups.next().expect("a group for each phase");
                for (i, sums) in sums.axis_chunks_iter_mut(Axis(1), side.plan.isa.panel()).enumerate() {
                    let panel = filters.panel(group, first + i * side.plan.isa.panel());
                    multiply(side.plan.isa, left, panel.at(position), sums, false);
                }
            }
        }
        sums
    }
}
