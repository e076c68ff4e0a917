//! The identity as an op: what the sweep puts between a composite and inputs that depend on each other.

use crate::op::{Forward, Op, Vjp};
use crate::portable::Portable;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Kernel, Meta, ShapeError};

/// The identity.
#[derive(Debug)]
pub(crate) struct Alias;

impl Op for Alias {
    fn name(&self) -> &'static str {
        "alias"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).clone()
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v.clone())]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Copy))
    }
}
