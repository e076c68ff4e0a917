//! Images made larger by their mirror image.

use super::stateless;
use crate::module::{Ctx, Module};
use kiln_grad::Tensor;

/// Images `[n, c, h, w]` with their border mirrored outward on all four sides; the edge pixels are not
/// repeated. In front of a convolution it avoids the frame that zeros leave in style transfer.
#[derive(Clone, Debug)]
pub struct ReflectionPad2d {
    size: usize,
}

impl ReflectionPad2d {
    /// `size` pixels on each side.
    pub fn new(size: usize) -> Self {
        ReflectionPad2d { size }
    }
}

stateless!(ReflectionPad2d);

impl Module for ReflectionPad2d {
    /// # Panics
    /// When an image isn't larger than the padding.
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        x.pad_reflect(-2, self.size, self.size).pad_reflect(-1, self.size, self.size)
    }
}
