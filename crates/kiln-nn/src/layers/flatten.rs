//! Other dims for the elements of each sample.

use super::stateless;
use crate::module::{Ctx, Module};
use kiln_grad::{Dims, Tensor};

/// From `[n, ..]` to `[n, elements of a sample]`.
#[derive(Clone, Debug, Default)]
pub struct Flatten;

/// From `[n, ..]` to `[n, dims..]`: PyTorch's `Unflatten` of all axes of a sample.
#[derive(Clone, Debug)]
pub struct Reshape {
    dims: Dims,
}

impl Reshape {
    /// Gives each sample these dims.
    pub fn new(dims: impl Into<Dims>) -> Self {
        Reshape { dims: dims.into() }
    }
}

stateless!(Flatten, Reshape);

impl Module for Flatten {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        x.flatten(1)
    }
}

impl Module for Reshape {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        x.reshape([x.dim(0)].into_iter().chain(self.dims.iter().copied()).collect::<Dims>())
    }
}
