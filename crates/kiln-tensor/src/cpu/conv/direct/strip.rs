//! Images laid out for windows.

use crate::cpu::simd::PAD;
use crate::cpu::walk::gather;
use crate::geometry::ConvGeom;
use std::ops::Range;

/// Layout in memory of the padded image of some rows of windows: for each channel and each phase of the stride
/// a plane, in which window `[y, x]` starts at `y · width + x`.
#[derive(Clone, Copy)]
pub struct Strip {
    g: ConvGeom,
    channels: usize,
    /// Numbers of a row of a plane.
    width: usize,
}

impl Strip {
    pub fn new(g: &ConvGeom, channels: usize) -> Self {
        let mut strip = Strip { g: *g, channels, width: 0 };
        let reach = strip.reach()[1];
        strip.width = g.output[1] + reach;
        if g.stride[1] == 1 {
            // The padding after a row can be that before the next.
            let after = strip.width.saturating_sub(g.padding[1] + g.input[1]);
            strip.width -= after.min(g.padding[1]).min(reach);
        }
        strip
    }

    /// Distance in a plane from a window's first cell to its last.
    pub fn reach(&self) -> [usize; 2] {
        [0, 1].map(|axis| (self.g.kernel[axis] - 1) * self.g.dilation[axis] / self.g.stride[axis])
    }

    pub fn width(&self) -> usize {
        self.width
    }

    fn planes(&self) -> usize {
        self.channels * self.g.stride[0] * self.g.stride[1]
    }

    /// Numbers of a plane for some rows of windows.
    fn plane(&self, rows: usize) -> usize {
        (rows + self.reach()[0]) * self.width
    }

    /// Numbers that each further row of windows takes.
    pub fn row_len(&self) -> usize {
        self.planes() * self.width
    }

    /// The length of a strip for some rows of windows. Whole vectors may be read from any of them.
    pub fn len(&self, rows: usize) -> usize {
        self.planes() * self.plane(rows) + self.reach()[1] + PAD
    }

    /// Positions of `cells` of the first window, channel by channel.
    pub fn offsets(&self, rows: usize, cells: impl Iterator<Item = [usize; 2]>) -> Vec<usize> {
        let ([sy, sx], [dy, dx], plane) = (self.g.stride, self.g.dilation, self.plane(rows));
        let cell = |[y, x]: [usize; 2]| {
            let (y, x) = (y * dy, x * dx);
            (y % sy * sx + x % sx) * plane + y / sy * self.width + x / sx
        };
        let cells: Vec<_> = cells.map(cell).collect();
        let channels = (0..self.channels).map(|channel| channel * sy * sx * plane);
        channels.flat_map(|start| cells.iter().map(move |cell| start + cell)).collect()
    }

    /// Fills a strip with what some rows of windows of an image read.
    pub fn fill(&self, image: &[f32], rows: Range<usize>, strip: &mut [f32]) {
        let ([height, width], [sy, sx], padding) = (self.g.input, self.g.stride, self.g.padding);
        // At once, as padding is a few numbers at the ends of many rows.
        strip.fill(0.0);
        let mut planes = strip.chunks_exact_mut(self.plane(rows.len()));
        for channel in image.chunks_exact(self.g.input_numel()) {
            for (py, px) in (0..sy).flat_map(|py| (0..sx).map(move |px| (py, px))) {
                // The columns of the plane that lie in the image.
                let first = padding[1].saturating_sub(px).div_ceil(sx);
                let end = (padding[1] + width).saturating_sub(px).div_ceil(sx).min(self.width);
                let first = first.min(end);
                let plane = planes.next().expect("a plane for each phase");
                for (i, row) in plane.chunks_exact_mut(self.width).enumerate() {
                    let y = ((rows.start + i) * sy + py).checked_sub(padding[0]).filter(|y| *y < height);
                    let Some(y) = y.filter(|_| first < end) else { continue };
                    gather(&mut row[first..end], &channel[y * width + first * sx + px - padding[1]..], sx);
                }
            }
        }
    }
}
