//! Larger images.

use super::stateless;
use crate::module::{Ctx, Module};
use kiln_grad::Tensor;

/// Images `[n, c, h, w]` enlarged by a whole factor.
#[derive(Clone, Debug)]
pub struct Upsample {
    factor: usize,
    bilinear: bool,
}

impl Upsample {
    /// Each pixel repeated `factor` times along both axes.
    pub fn nearest(factor: usize) -> Self {
        Upsample { factor, bilinear: false }
    }

    /// Linear interpolation along both axes, with the image's edges where they were (PyTorch's
    /// `align_corners=False`).
    pub fn bilinear(factor: usize) -> Self {
        Upsample { factor, bilinear: true }
    }
}

stateless!(Upsample);

impl Module for Upsample {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        assert!(x.rank() == 4, "Upsample: got {}; wanted images [n, c, h, w]", x.dims());
        let size = [x.dims()[2] * self.factor, x.dims()[3] * self.factor];
        if self.bilinear { x.resize_bilinear(size, false) } else { x.resize_nearest(size) }
    }
}
