//! The derivative of a convolution for `w`.

use super::tiles::WindowTiles;
use super::{
    Shortcut, Sizes, TileShape, channel_block, depthwise, direct, direct_plan, pointwise, shortcut, winograd,
    winograd_plan,
};
use crate::backend::{View, ViewMut};
use crate::cpu::dense::{self, Dense};
use crate::cpu::gemm::{self, Matrices, gemm};
use crate::cpu::scratch::Scratch;
use crate::cpu::split::blocks;
use crate::dtype::Float;
use crate::error::Result;
use crate::geometry::ConvGeom;
use bytemuck::cast_slice;
use ndarray::{ArrayViewMut4, Axis};
use rayon::prelude::*;

pub fn weight<T: Float>(g: &ConvGeom, x: &View, y: &View, w: &mut ViewMut) -> Result<()> {
    let sizes = Sizes::new(g, x.layout.dims()[0], w.layout.dims());
    let storage = x.storage;
    let (x, y) = (Dense::new::<T>(x)?, Dense::new::<T>(y)?);
    let (x, y) = (x.elements::<T>(), y.elements::<T>());
    if let Some(plan) = winograd_plan::<T>(g, &sizes)? {
        let (x, y) = (cast_slice(x), cast_slice(y));
        return dense::write(w, |w| winograd::weight(&plan, x, y, w, storage));
    }
    if let Some(plan) = direct_plan::<T>(g, &sizes, true)? {
        let (x, y) = (cast_slice(x), cast_slice(y));
        return dense::write(w, |w| direct::weight(&plan, x, y, w, storage));
    }
    dense::write(w, |w: &mut [T]| {
        if x.is_empty() || y.is_empty() {
            w.fill(T::zero());
        } else if sizes.is_depthwise() {
            depthwise::weight(g, x, y, w);
        } else if shortcut(g) == Some(Shortcut::Whole) {
            let (y_layout, x_layout) = (sizes.y_matrix().permute(&[1, 0]), sizes.x_matrix());
            let (y, x) = (Matrices { data: y, layout: &y_layout }, Matrices { data: x, layout: &x_layout });
            gemm::product(y, x, w);
        } else {
            let plan = WeightTiling::new(&sizes);
            if plan.parts == 1 {
                tiled(g, &sizes, &plan, x, y, w);
            } else {
                let len = plan.parts * w.len();
                let mut parts = dense::scratch::<T>(storage, len)?;
                tiled(g, &sizes, &plan, x, y, parts.elements_mut(len));
                sum_parts(parts.elements(len), w);
            }
        }
        Ok(())
    })
}

/// Tiles and tasks of the product. The number of parts of the batch depends on the shapes alone, so sums do too.
struct WeightTiling {
    cut: TileShape,
    /// Input channels of a group that a task handles.
    inputs: usize,
    /// Parts of the batch's tiles, each with a sum of its own.
    parts: usize,
}

impl WeightTiling {
    fn new(sizes: &Sizes) -> Self {
        let cut = TileShape::new(sizes, super::COLUMNS);
        let inputs = channel_block(sizes, cut.columns());
        let blocks = sizes.groups * sizes.inputs.div_ceil(inputs);
        let parts = gemm::TASKS.div_ceil(blocks).min(cut.tiles(sizes));
        WeightTiling { cut, inputs, parts }
    }
}

/// Writes the sum of each part of the batch.
fn tiled<T: Float>(g: &ConvGeom, sizes: &Sizes, plan: &WeightTiling, x: &[T], y: &[T], w: &mut [T]) {
    let dims = [plan.parts, sizes.groups, sizes.outputs, sizes.inputs * sizes.cells];
    let w = ArrayViewMut4::from_shape(dims, w).expect("the output is contiguous");
    let mut tasks = Vec::new();
    for (part, w) in blocks(w, 0, 1) {
        for (group, w) in blocks(w.index_axis_move(Axis(0), 0), 0, 1) {
            for (row, w) in blocks(w.index_axis_move(Axis(0), 0), 1, plan.inputs * sizes.cells) {
                tasks.push((part, group, row / sizes.cells, w));
            }
        }
    }
    let y_geometry = pointwise(g);
    let x_tiles = WindowTiles::new(g, x, sizes.groups * sizes.inputs);
    let y_tiles = WindowTiles::new(&y_geometry, y, sizes.groups * sizes.outputs);
    let tiles = plan.cut.tiles(sizes);
    tasks.into_par_iter().for_each(|(part, group, input, mut w)| {
        let first = group * sizes.inputs + input;
        let inputs = first..first + w.ncols() / sizes.cells;
        let outputs = group * sizes.outputs..(group + 1) * sizes.outputs;
        let mut x_memory = Scratch::<T>::new(w.ncols() * plan.cut.columns());
        let mut y_memory = Scratch::<T>::new(w.nrows() * plan.cut.columns());
        let mut beta = T::zero();
        for tile in part * tiles / plan.parts..(part + 1) * tiles / plan.parts {
            let (images, windows) = plan.cut.tile(sizes, tile);
            let col = x_tiles.tile(images.clone(), inputs.clone(), windows.clone(), &mut x_memory);
            let y = y_tiles.tile(images, outputs.clone(), windows, &mut y_memory);
            gemm(y, col.reversed_axes(), beta, w.view_mut());
            beta = T::one();
        }
    });
}

/// Adds the sums of the parts, in order.
pub fn sum_parts<T: Float>(parts: &[T], w: &mut [T]) {
    const TASK: usize = 1 << 12;
    let len = w.len();
    w.par_chunks_mut(TASK).enumerate().for_each(|(task, out)| {
        let start = task * TASK;
        out.copy_from_slice(&parts[start..start + out.len()]);
        for part in parts.chunks_exact(len).skip(1) {
            out.iter_mut().zip(&part[start..]).for_each(|(out, part)| *out += *part);
        }
    });
}
