//! The derivative of a convolution for `x`, which is also the transposed convolution.

use super::tiles::{WindowTiles, col2im};
use super::{
    Shortcut, Sizes, TileShape, channel_block, depthwise, direct, direct_plan, pointwise, ranges, shortcut,
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
use ndarray::{ArrayView3, ArrayViewMut2, ArrayViewMut3, ArrayViewMut4, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

pub fn transpose<T: Float>(g: &ConvGeom, y: &View, w: &View, x: &mut ViewMut) -> Result<()> {
    let sizes = Sizes::new(g, y.layout.dims()[0], w.layout.dims());
    let storage = y.storage;
    let (y, w) = (Dense::new::<T>(y)?, Dense::new::<T>(w)?);
    let (y, w) = (y.elements::<T>(), w.elements::<T>());
    if let Some(plan) = winograd_plan::<T>(g, &sizes)? {
        let (y, w) = (cast_slice(y), cast_slice(w));
        return dense::write(x, |x| winograd::transpose(&plan, y, w, x, storage));
    }
    if let Some(plan) = direct_plan::<T>(g, &sizes, false)? {
        let (y, w) = (cast_slice(y), cast_slice(w));
        return dense::write(x, |x| {
            direct::transpose(&plan, y, w, x);
            Ok(())
        });
    }
    dense::write(x, |x: &mut [T]| {
        if y.is_empty() || w.is_empty() {
            x.fill(T::zero());
        } else if sizes.is_depthwise() {
            depthwise::transpose(g, y, w, x);
        } else {
            match shortcut(g) {
                Some(Shortcut::Pointwise) => {
                    let w_layout = sizes.w_matrices().permute(&[0, 1, 3, 2]);
                    gemm::product(
                        Matrices { data: w, layout: &w_layout },
                        Matrices { data: y, layout: &sizes.y_matrices() },
                        x,
                    );
                }
                Some(Shortcut::Whole) => {
                    gemm::product(
                        Matrices { data: y, layout: &sizes.y_matrix() },
                        Matrices { data: w, layout: &sizes.w_matrix() },
                        x,
                    );
                }
                None => tiled(g, &sizes, y, w, x),
            }
        }
        Ok(())
    })
}

fn tiled<T: Float>(g: &ConvGeom, sizes: &Sizes, y: &[T], w: &[T], x: &mut [T]) {
    let (cut, inputs) = plan(sizes);
    let dims = [sizes.images, sizes.groups, sizes.inputs, sizes.input_numel];
    let x = ArrayViewMut4::from_shape(dims, x).expect("the output is contiguous");
    let mut tasks = Vec::new();
    for (image, x) in blocks(x, 0, cut.images) {
        for (group, x) in blocks(x, 1, 1) {
            for (input, x) in blocks(x.index_axis_move(Axis(1), 0), 1, inputs) {
                tasks.push((image, group, input, x));
            }
        }
    }
    let dims = [sizes.groups, sizes.outputs, sizes.inputs * sizes.cells];
    let w = ArrayView3::from_shape(dims, w).expect("the weight is contiguous");
    let y_geometry = pointwise(g);
    let tiles = WindowTiles::new(&y_geometry, y, sizes.groups * sizes.outputs);
    tasks.into_par_iter().for_each(|(image, group, input, mut x)| {
        let (images, inputs, _) = x.dim();
        let rows = input * sizes.cells..(input + inputs) * sizes.cells;
        let w = w.slice(s![group, .., rows]).reversed_axes();
        let outputs = group * sizes.outputs..(group + 1) * sizes.outputs;
        x.fill(T::zero());
        let mut y_memory = Scratch::<T>::new(sizes.outputs * cut.columns());
        let mut memory = Scratch::<T>::new(w.nrows() * cut.columns());
        for windows in ranges(sizes.output_numel, cut.windows) {
            let y = tiles.tile(image..image + images, outputs.clone(), windows.clone(), &mut y_memory);
            let (rows, columns) = (w.nrows(), y.ncols());
            let mut col = ArrayViewMut2::from_shape([rows, columns], &mut memory[..rows * columns])
                .expect("there is room");
            gemm(w, y, T::zero(), col.view_mut());
            add(g, col, windows, x.view_mut());
        }
    });
}

/// Adds the columns, those of one image after those of another, to their images.
fn add<T: Float>(g: &ConvGeom, col: ArrayViewMut2<T>, windows: Range<usize>, mut x: ArrayViewMut3<T>) {
    for (col, image) in col.axis_chunks_iter(Axis(1), windows.len()).zip(x.axis_iter_mut(Axis(0))) {
        let image = image.into_slice().expect("the channels of an image are contiguous");
        col2im(g, col, windows.clone(), image);
    }
}

/// Tiles that the windows are cut to, and the number of input channels of a group that a task computes.
fn plan(sizes: &Sizes) -> (TileShape, usize) {
    let cut = TileShape::new(sizes, super::COLUMNS);
    let inputs = channel_block(sizes, cut.columns());
    (cut, inputs)
}
