//! `y = conv(x, w)`

use super::tiles::WindowTiles;
use super::{
    SMALL, Shortcut, Sizes, TileShape, channel_block, depthwise, direct, direct_plan, ranges, shortcut,
    winograd, winograd_plan,
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
use ndarray::{ArrayView2, ArrayView3, ArrayViewMut2, ArrayViewMut4, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

pub fn forward<T: Float>(g: &ConvGeom, x: &View, w: &View, y: &mut ViewMut) -> Result<()> {
    let sizes = Sizes::new(g, x.layout.dims()[0], w.layout.dims());
    let storage = x.storage;
    let (x, w) = (Dense::new::<T>(x)?, Dense::new::<T>(w)?);
    let (x, w) = (x.elements::<T>(), w.elements::<T>());
    if let Some(plan) = winograd_plan::<T>(g, &sizes)? {
        let (x, w) = (cast_slice(x), cast_slice(w));
        return dense::write(y, |y| winograd::forward(&plan, x, w, y, storage));
    }
    if let Some(plan) = direct_plan::<T>(g, &sizes, false)? {
        let (x, w) = (cast_slice(x), cast_slice(w));
        return dense::write(y, |y| {
            direct::forward(&plan, x, w, y);
            Ok(())
        });
    }
    dense::write(y, |y: &mut [T]| {
        if x.is_empty() || w.is_empty() {
            y.fill(T::zero());
        } else if sizes.is_depthwise() {
            depthwise::forward(g, x, w, y);
        } else {
            match shortcut(g) {
                Some(Shortcut::Pointwise) => {
                    gemm::product(
                        Matrices { data: w, layout: &sizes.w_matrices() },
                        Matrices { data: x, layout: &sizes.x_matrices() },
                        y,
                    );
                }
                Some(Shortcut::Whole) => {
                    let w_layout = sizes.w_matrix().permute(&[1, 0]);
                    gemm::product(
                        Matrices { data: x, layout: &sizes.x_matrix() },
                        Matrices { data: w, layout: &w_layout },
                        y,
                    );
                }
                None => tiled(g, &sizes, x, w, y),
            }
        }
        Ok(())
    })
}

fn tiled<T: Float>(g: &ConvGeom, sizes: &Sizes, x: &[T], w: &[T], y: &mut [T]) {
    let (cut, outputs) = plan(sizes);
    let dims = [sizes.images, sizes.groups, sizes.outputs, sizes.output_numel];
    let y = ArrayViewMut4::from_shape(dims, y).expect("the output is contiguous");
    let mut tasks = Vec::new();
    for (image, y) in blocks(y, 0, cut.images) {
        for (group, y) in blocks(y, 1, 1) {
            for (window, y) in blocks(y.index_axis_move(Axis(1), 0), 2, cut.windows) {
                for (output, y) in blocks(y, 1, outputs) {
                    tasks.push((image, group, window, output, y));
                }
            }
        }
    }
    let dims = [sizes.groups, sizes.outputs, sizes.inputs * sizes.cells];
    let w = ArrayView3::from_shape(dims, w).expect("the weight is contiguous");
    let tiles = WindowTiles::new(g, x, sizes.groups * sizes.inputs);
    tasks.into_par_iter().for_each(|(image, group, window, output, mut y)| {
        let (images, outputs, windows) = y.dim();
        let w = w.slice(s![group, output..output + outputs, ..]);
        let product = |y: ArrayViewMut2<T>| {
            multiply(sizes, &tiles, w, image..image + images, group, window..window + windows, y);
        };
        if images == 1 {
            return product(y.index_axis_move(Axis(0), 0));
        }
        let mut memory = Scratch::<T>::new(y.len());
        let dims = [outputs, images * windows];
        product(ArrayViewMut2::from_shape(dims, &mut memory).expect("there is room"));
        let columns = ArrayView3::from_shape([outputs, images, windows], &memory).expect("there is room");
        y.assign(&columns.permuted_axes([1, 0, 2]));
    });
}

/// `y = w · col` for the windows of a tile, a block of input channels at a time.
fn multiply<T: Float>(
    sizes: &Sizes,
    tiles: &WindowTiles<T>,
    w: ArrayView2<T>,
    images: Range<usize>,
    group: usize,
    windows: Range<usize>,
    mut y: ArrayViewMut2<T>,
) {
    let columns = y.ncols();
    // As for whole tiles: sums don't depend on how many images there are.
    let block = channel_block(sizes, super::COLUMNS);
    let mut memory = Scratch::<T>::new(block * sizes.cells * columns);
    for channels in ranges(sizes.inputs, block) {
        let w = w.slice(s![.., channels.start * sizes.cells..channels.end * sizes.cells]);
        let beta = if channels.start == 0 { T::zero() } else { T::one() };
        let first = group * sizes.inputs;
        let channels = first + channels.start..first + channels.end;
        let col = tiles.tile(images.clone(), channels, windows.clone(), &mut memory);
        gemm(w, col, beta, y.view_mut());
    }
}

/// Tiles that the output is cut to: its windows, and the output channels of a group.
fn plan(sizes: &Sizes) -> (TileShape, usize) {
    let (mut columns, mut outputs) = (super::COLUMNS, sizes.outputs.min(super::COLUMNS));
    loop {
        let cut = TileShape::new(sizes, columns);
        let tasks = cut.tiles(sizes) * sizes.groups * sizes.outputs.div_ceil(outputs);
        if tasks >= gemm::TASKS || columns.max(outputs) <= SMALL {
            return (cut, outputs);
        }
        if columns > outputs {
            columns = gemm::halve(columns);
        } else {
            outputs = gemm::halve(outputs);
        }
    }
}
