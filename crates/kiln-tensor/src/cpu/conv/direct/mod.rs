//! Convolutions done directly and without columns. `f32` only.
//!
//! An image is copied to a [`Strip`], padded and with the phases of the stride as planes of their own: then
//! neighbouring windows read neighbouring numbers, so that a cell of a row of windows is a load wherever it
//! lies. [`correlate`](crate::cpu::simd::correlate) multiplies such loads.
//!
//! - Forward, the matrix on the left is the weight.
//! - dx is a forward pass over `y` of stride 1 for each phase of `x`.
//! - dw sums over windows: the cells of a window are the rows of a product whose right side is `y` with its
//!   channels side by side, or single rows of `y` where it has few channels.
//!
//! The groups of a convolution are images of their own with fewer channels.

mod band;
mod forward;
mod left;
mod phases;
mod strip;
#[cfg(test)]
mod tests;
mod transpose;
mod weight;

pub use forward::forward;
pub use transpose::transpose;
pub use weight::weight;

use super::Sizes;
use crate::cpu::simd::{Isa, PAD};
use crate::geometry::ConvGeom;
use strip::Strip;

/// A strip that stays in the second cache.
const STRIP_BYTES: usize = 256 << 10;
/// Tasks that work is cut to while each is large enough.
const TASKS: usize = 32;
/// Multiplications worth a task of their own.
const TASK: usize = 1 << 19;
/// The fewest windows of an image that make up for reading the whole weight once for each image.
const WINDOWS: usize = 64;

/// Direct convolution.
#[derive(Clone, Copy, Debug)]
pub struct DirectPlan {
    isa: Isa,
    g: ConvGeom,
    images: usize,
    /// Input channels of a group.
    inputs: usize,
    /// Output channels of a group.
    outputs: usize,
}

impl DirectPlan {
    pub fn new(isa: Isa, g: &ConvGeom, sizes: &Sizes) -> DirectPlan {
        DirectPlan { isa, g: *g, images: sizes.images, inputs: sizes.inputs, outputs: sizes.outputs }
    }

    /// Whether it takes less time than columns: there must be more to do than a product, and few channels on one side,
    /// or groups, or for dw large images. With many channels in one group columns are as fast or faster, but for dw.
    pub fn is_faster(&self, weight: bool) -> bool {
        let few = self.inputs.min(self.outputs) < PAD;
        let pays = few || self.g.output_numel() >= WINDOWS && (weight || self.g.groups > 1);
        pays && self.g.kernel != [1, 1] && super::shortcut(&self.g).is_none()
    }

    /// Groups of all images.
    fn parts(&self) -> usize {
        self.images * self.g.groups
    }

    /// Multiplications of a group of an image.
    fn products(&self) -> usize {
        self.g.output_numel() * self.g.kernel_numel() * self.inputs * self.outputs
    }

    /// Groups of images worth a task of their own.
    fn parts_of_task(&self) -> usize {
        (TASK / self.products()).max(1)
    }

    /// Number of rows of windows that a strip holds, of `rows`: as many as fit the second cache, but so few that there
    /// are tasks enough. Strips of neighbouring rows share some rows of the image.
    fn band_rows(&self, strip: &Strip, rows: usize) -> usize {
        let room = STRIP_BYTES / (strip.row_len() * size_of::<f32>());
        let most = room.saturating_sub(strip.reach()[0]).max(strip.reach()[0] + 1);
        let tasks = TASKS.min(self.parts() * self.products() / TASK).div_ceil(self.parts());
        rows.div_ceil(rows.div_ceil(most).max(tasks.min(rows)))
    }
}
