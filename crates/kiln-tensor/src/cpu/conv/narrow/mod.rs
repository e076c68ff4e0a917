//! Convolutions with few channels on one side, directly and without columns. `f32` only.
//!
//! An image is copied to a [`Strip`], padded and with the phases of the stride as planes of their own: then
//! neighbouring windows read neighbouring numbers, so that a cell of a row of windows is a load wherever it
//! lies. [`correlate`](crate::cpu::simd::correlate) multiplies such loads.
//!
//! - Forward, the matrix on the left is the weight.
//! - dx is a forward pass over `y` of stride 1, whose outputs are the phases of `x`.
//! - dw sums over windows: the cells of a window are the rows of a product whose right side is `y` with its
//!   channels side by side.

mod forward;
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
const STRIP_BYTES: usize = 512 << 10;
/// Tasks that work is cut to while each is large enough.
const TASKS: usize = 8;
/// Multiplications worth a task of their own.
const TASK: usize = 1 << 19;

/// A convolution of one group.
#[derive(Clone, Copy, Debug)]
pub struct NarrowPlan {
    isa: Isa,
    g: ConvGeom,
    images: usize,
    inputs: usize,
    outputs: usize,
}

impl NarrowPlan {
    /// A plan for a convolution of one group.
    pub fn new(isa: Isa, g: &ConvGeom, sizes: &Sizes) -> Option<NarrowPlan> {
        let plan =
            NarrowPlan { isa, g: *g, images: sizes.images, inputs: sizes.inputs, outputs: sizes.outputs };
        (g.groups == 1).then_some(plan)
    }

    /// Whether one side has too few channels for Winograd's method, and there is more to do than a product.
    pub fn is_faster(&self) -> bool {
        self.inputs.min(self.outputs) < PAD && self.g.kernel != [1, 1] && super::shortcut(&self.g).is_none()
    }

    /// Whether [`transpose`] computes `dx`: each phase of `x` must meet as many cells of the window.
    pub fn supports_input_grad(&self) -> bool {
        transpose::Phases::new(&self.g).is_some()
    }

    /// Whether [`weight`] computes `dw`, which needs channels on the side that has no windows.
    pub fn supports_weight_grad(&self) -> bool {
        self.inputs < PAD || weight::swapped(&self.g).is_some()
    }

    /// Images worth a task of their own.
    fn images_of_task(&self) -> usize {
        let products = self.g.output_numel() * self.g.kernel_numel() * self.inputs * self.outputs;
        (TASK / products).max(1)
    }
}

/// Number of rows of windows that a strip holds, of `rows`: as many as fit the second cache, but so few that there
/// are tasks enough. Strips of neighbouring rows share some rows of the image.
fn band(strip: &Strip, images: usize, rows: usize) -> usize {
    let room = STRIP_BYTES / (strip.row_len() * size_of::<f32>());
    let most = room.saturating_sub(strip.reach()[0]).max(strip.reach()[0] + 1);
    let bands = rows.div_ceil(most).max(TASKS.div_ceil(images).min(rows));
    rows.div_ceil(bands)
}
