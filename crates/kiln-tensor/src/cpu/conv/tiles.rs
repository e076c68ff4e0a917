//! Windows of images as columns of a matrix, and the way of columns to the image.

use crate::cpu::walk::gather;
use crate::dtype::Float;
use crate::geometry::ConvGeom;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};
use std::ops::Range;

/// The windows of a batch of images as the columns of matrices.
pub struct WindowTiles<'a, T> {
    g: &'a ConvGeom,
    /// Contiguous images.
    x: &'a [T],
    /// Channels of an image.
    channels: usize,
    /// Whether each window is its own cell, so that the image is the matrix.
    identity: bool,
}

impl<'a, T: Float> WindowTiles<'a, T> {
    pub fn new(g: &'a ConvGeom, x: &'a [T], channels: usize) -> Self {
        WindowTiles { g, x, channels, identity: super::shortcut(g) == Some(super::Shortcut::Pointwise) }
    }

    /// The matrix with a row for each cell of a window of `channels` and a column for each of `windows` of
    /// each of `images`. `memory` has room for it.
    pub fn tile<'b>(
        &self,
        images: Range<usize>,
        channels: Range<usize>,
        windows: Range<usize>,
        memory: &'b mut [T],
    ) -> ArrayView2<'b, T>
    where
        'a: 'b,
    {
        let numel = self.g.input_numel();
        let image = |i: usize| {
            let first = (i * self.channels + channels.start) * numel;
            &self.x[first..first + channels.len() * numel]
        };
        if self.identity && images.len() == 1 {
            let all = ArrayView2::from_shape([channels.len(), numel], image(images.start));
            return all.expect("images are contiguous").slice_move(s![.., windows]);
        }
        let dims = [channels.len() * self.g.kernel_numel(), images.len() * windows.len()];
        let mut tile =
            ArrayViewMut2::from_shape(dims, &mut memory[..dims[0] * dims[1]]).expect("there is room");
        for (i, columns) in images.zip(tile.axis_chunks_iter_mut(Axis(1), windows.len())) {
            im2col(self.g, image(i), windows.clone(), columns);
        }
        ArrayView2::from_shape(dims, &memory[..dims[0] * dims[1]]).expect("there is room")
    }
}

/// Writes the windows of an image as columns; cells in the padding are 0.
fn im2col<T: Float>(g: &ConvGeom, image: &[T], windows: Range<usize>, mut col: ArrayViewMut2<T>) {
    let mut rows = col.outer_iter_mut();
    for channel in image.chunks_exact(g.input_numel()) {
        for cell in cells(g) {
            let row = rows.next().expect("a row for each cell").into_slice().expect("rows are contiguous");
            for segment in segments(g, cell, windows.clone()) {
                let out = &mut row[segment.columns];
                let Some(source) = segment.source else {
                    out.fill(T::zero());
                    continue;
                };
                out[..source.skip].fill(T::zero());
                out[source.skip + source.len..].fill(T::zero());
                gather(&mut out[source.skip..][..source.len], &channel[source.start..], g.stride[1]);
            }
        }
    }
}

/// Adds the columns to the cells of the image that [`im2col`] reads for them.
pub fn col2im<T: Float>(g: &ConvGeom, col: ArrayView2<T>, windows: Range<usize>, image: &mut [T]) {
    let mut rows = col.outer_iter();
    for channel in image.chunks_exact_mut(g.input_numel()) {
        for cell in cells(g) {
            let row = rows.next().expect("a row for each cell").to_slice().expect("rows are contiguous");
            for segment in segments(g, cell, windows.clone()) {
                if let Some(source) = segment.source {
                    let columns = &row[segment.columns][source.skip..][..source.len];
                    scatter(columns, &mut channel[source.start..], g.stride[1]);
                }
            }
        }
    }
}

pub fn cells(g: &ConvGeom) -> impl Iterator<Item = [usize; 2]> {
    let width = g.kernel[1];
    (0..g.kernel[0]).flat_map(move |y| (0..width).map(move |x| [y, x]))
}

/// Windows of a tile that are in one row of the output.
pub struct Segment {
    /// Their columns in the tile.
    pub columns: Range<usize>,
    /// Elements that one of their cells reads; `None` if the whole row is in the padding.
    pub source: Option<SegmentSource>,
}

pub struct SegmentSource {
    /// Windows before the first whose cell is in the image.
    pub skip: usize,
    /// Windows whose cell is in the image.
    pub len: usize,
    /// Position that the first of them reads.
    pub start: usize,
}

pub fn segments(g: &ConvGeom, [ky, kx]: [usize; 2], windows: Range<usize>) -> impl Iterator<Item = Segment> {
    let width = g.output[1];
    let (rows, inside) = (g.inside(0, ky), g.inside(1, kx));
    (windows.start / width..windows.end.div_ceil(width)).map(move |y| {
        let first = (y * width).max(windows.start);
        let end = ((y + 1) * width).min(windows.end);
        // The same as windows of the row.
        let (left, right) = (first - y * width, end - y * width);
        let from = inside.start.clamp(left, right);
        let len = inside.end.clamp(from, right) - from;
        let source = (len > 0 && rows.contains(&y)).then(|| {
            let row = y * g.stride[0] + ky * g.dilation[0] - g.padding[0];
            let column = from * g.stride[1] + kx * g.dilation[1] - g.padding[1];
            SegmentSource { skip: from - left, len, start: row * g.input[1] + column }
        });
        Segment { columns: first - windows.start..end - windows.start, source }
    })
}

/// `out[i · stride] += y[i]`
fn scatter<T: Float>(y: &[T], out: &mut [T], stride: usize) {
    match stride {
        1 => out.iter_mut().zip(y).for_each(|(out, y)| *out += *y),
        _ => out.iter_mut().step_by(stride).zip(y).for_each(|(out, y)| *out += *y),
    }
}
