//! Images on their way to positions and back, with the channels side by side in between.

use super::WinogradPlan;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{
    Grid, PAD, PositionsView, Rows, StripLayout, Transform, WinogradMap, from_winograd, pack, to_winograd,
    unpack,
};
use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis, s};
use std::ops::Range;

/// Images of one side of a convolution, as tiles see them.
#[derive(Clone, Copy)]
pub struct Side {
    pub plan: WinogradPlan,
    /// To positions, and back from them.
    maps: [WinogradMap; 2],
    /// Channels of the images; a task may have some of those of the convolution.
    channels: usize,
    size: [usize; 2],
    padding: [usize; 2],
    stride: [usize; 2],
    /// Cells of a tile along an axis, within its phase.
    cells: usize,
}

impl Side {
    /// `x`: tiles overlap.
    pub fn input(plan: &WinogradPlan) -> Side {
        Side {
            plan: *plan,
            maps: [WinogradMap::Input, WinogradMap::InputAdjoint],
            channels: plan.inputs,
            size: plan.g.input,
            padding: plan.g.padding,
            stride: plan.g.stride,
            cells: plan.family.positions(),
        }
    }

    /// `y`: tiles lie side by side.
    pub fn output(plan: &WinogradPlan) -> Side {
        Side {
            plan: *plan,
            maps: [WinogradMap::OutputAdjoint, WinogradMap::Output],
            channels: plan.outputs,
            size: plan.g.output,
            padding: [0, 0],
            stride: [1, 1],
            cells: plan.family.outputs(),
        }
    }

    /// The same with other channels.
    pub fn with_channels(self, channels: usize) -> Side {
        Side { channels, ..self }
    }

    pub fn phases(&self) -> usize {
        self.stride[0] * self.stride[1]
    }

    /// Channels with padding.
    pub fn padded(&self) -> usize {
        self.channels.next_multiple_of(PAD)
    }

    /// Numbers of a tile at a position.
    pub fn k(&self) -> usize {
        self.phases() * self.padded()
    }

    /// Pixels between the starts of neighbouring tiles along an axis.
    fn advance(&self, axis: usize) -> usize {
        self.stride[axis] * self.plan.family.outputs()
    }

    /// Pixels that `tiles` tiles span along an axis.
    fn span(&self, axis: usize, tiles: usize) -> usize {
        self.stride[axis] * ((tiles - 1) * self.plan.family.outputs() + self.cells)
    }

    /// Pixels of a row of a strip: the image with its padding, and all tiles.
    fn width(&self) -> usize {
        self.span(1, self.plan.tiles[1]).max(self.padding[1] + self.size[1])
    }

    /// The length of a strip for some rows of tiles.
    fn strip_len(&self, rows: &Range<usize>) -> usize {
        self.span(0, rows.len()) * self.width() * self.padded()
    }

    /// Rows of the image that a strip for some rows of tiles holds, and where they are in it.
    fn pixels(&self, rows: &Range<usize>) -> (Range<usize>, StripLayout) {
        let first = self.advance(0) * rows.start;
        let end = (first + self.span(0, rows.len())).saturating_sub(self.padding[0]).min(self.size[0]);
        let start = first.saturating_sub(self.padding[0]).min(end);
        let (width, channels) = (self.width(), self.padded());
        let at = (start + self.padding[0]).saturating_sub(first) * width + self.padding[1];
        (start..end, StripLayout { start: at * channels, width, channels })
    }

    /// The tiles of a phase in a strip.
    fn grid(&self, phase: usize) -> Grid {
        let pixel = |y: usize, x: usize| (y * self.width() + x) * self.padded();
        let [sy, sx] = self.stride;
        Grid {
            start: pixel(phase / sx, phase % sx),
            tiles: [0, pixel(self.advance(0), 0), pixel(0, self.advance(1))],
            cells: [pixel(sy, 0), pixel(0, sx)],
        }
    }

    /// Maps rows of tiles of images to `positions[p, tile, phase and channel]`.
    pub fn map_to_winograd(
        &self,
        data: &[f32],
        images: Range<usize>,
        rows: Range<usize>,
        mut positions: ArrayViewMut3<f32>,
    ) {
        let (isa, [height, width]) = (self.plan.isa, self.size);
        let numel = height * width;
        let (pixels, strip) = self.pixels(&rows);
        let mut memory = Scratch::<f32>::new(self.strip_len(&rows));
        // The padding stays as it is from image to image.
        memory.fill(0.0);
        let counts = [1, rows.len(), self.plan.tiles[1]];
        let tiles = positions.axis_chunks_iter_mut(Axis(1), counts[1] * counts[2]);
        for (image, mut positions) in images.zip(tiles) {
            let planes = &data[image * self.channels * numel..(image + 1) * self.channels * numel];
            if !pixels.is_empty() {
                let dims = [self.channels, pixels.len() * width, width];
                let planes = Rows { data: &planes[pixels.start * width..], step: numel };
                pack(isa, planes, dims, &mut memory, strip);
            }
            for phase in 0..self.phases() {
                let channels = phase * self.padded()..(phase + 1) * self.padded();
                let positions = positions.slice_mut(s![.., .., channels]);
                let transform = Transform { family: self.plan.family, map: self.maps[0] };
                to_winograd(isa, transform, &memory, self.grid(phase), counts, positions);
            }
        }
    }

    /// Maps positions of rows of an image's tiles back, and adds them to a strip for `all` rows, or sets
    /// them. Neighbouring positions lie `steps[0]` numbers apart, neighbouring tiles `steps[1]`.
    pub fn map_from_winograd(
        &self,
        positions: &[f32],
        steps: [usize; 2],
        rows: Range<usize>,
        all: &Range<usize>,
        strip: &mut [f32],
        add: bool,
    ) {
        let counts = [1, rows.len(), self.plan.tiles[1]];
        for phase in 0..self.phases() {
            let mut grid = self.grid(phase);
            grid.start += (rows.start - all.start) * grid.tiles[1];
            let data = &positions[phase * self.padded()..];
            let positions = PositionsView { data, steps, channels: self.padded() };
            let transform = Transform { family: self.plan.family, map: self.maps[1] };
            from_winograd(self.plan.isa, transform, positions, counts, strip, grid, add);
        }
    }

    /// Memory for a strip.
    pub fn strip(&self, rows: &Range<usize>) -> Scratch<f32> {
        Scratch::new(self.strip_len(rows))
    }

    /// Writes the pixels of an image that a strip holds to planes, the rows of `planes`. Pixels after those
    /// become 0.
    pub fn unpack(&self, strip: &[f32], rows: &Range<usize>, planes: ArrayViewMut2<f32>) {
        let (pixels, place) = self.pixels(rows);
        let (held, mut beyond) = planes.split_at(Axis(1), pixels.len() * self.size[1]);
        beyond.fill(0.0);
        unpack(self.plan.isa, strip, place, self.size[1], held);
    }
}
