//! `dx = B [Uᵀ ⊙ A dy]`

use super::filters::Filters;
use super::forward::Positions;
use super::strips::Side;
use super::{WinogradPlan, panels};
use crate::backend::Storage;
use crate::cpu::conv::ranges;
use crate::cpu::split::blocks;
use crate::error::Result;
use ndarray::{ArrayViewMut3, Axis};
use rayon::prelude::*;

/// The derivative for the images `x`, contiguous as all three. Working memory comes from the pool of
/// `storage`.
pub fn transpose(plan: &WinogradPlan, y: &[f32], w: &[f32], x: &mut [f32], storage: &Storage) -> Result<()> {
    if plan.panels {
        return panels::transpose(plan, y, w, x, storage);
    }
    let filters = Filters::transposed(plan, w, storage)?;
    let chunk = plan.chunk(plan.k() + plan.outputs());
    // Tiles overlap in `x`, so a task has whole images.
    let block = plan.channel_block(plan.inputs, plan.images.div_ceil(chunk.images));
    let x = ArrayViewMut3::from_shape([plan.images, plan.inputs, plan.g.input_numel()], x);
    let mut tasks = Vec::new();
    for (image, x) in blocks(x.expect("the output is contiguous"), 0, chunk.images) {
        for (input, x) in blocks(x, 1, block) {
            tasks.push((image, input, x));
        }
    }
    let output = Side::output(plan);
    let all = 0..plan.tiles[0];
    tasks.into_par_iter().for_each(|(image, input, mut x)| {
        let (images, inputs, _) = x.dim();
        let side = Side::input(plan).with_channels(inputs);
        let mut strip = side.strip(&all);
        strip.fill(0.0);
        for rows in ranges(plan.tiles[0], chunk.rows) {
            let positions = Positions::of_tiles(&output, y, image..image + images, rows.clone());
            let sums = positions.multiply(&filters, input, &side);
            let tiles = rows.len() * plan.tiles[1];
            for (i, planes) in x.axis_iter_mut(Axis(0)).enumerate() {
                let image = &sums.data[i * tiles * sums.steps[1]..];
                if i > 0 {
                    strip.fill(0.0);
                }
                side.map_from_winograd(image, sums.steps, rows.clone(), &all, &mut strip, true);
                // Several images have all their tiles in one chunk.
                if rows.end == all.end {
                    side.unpack(&strip, &all, planes);
                }
            }
        }
    });
    Ok(())
}
