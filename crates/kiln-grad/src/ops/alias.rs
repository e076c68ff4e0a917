//! The same tensor again, as a node of its own.

use crate::case::{self, Domain};
use crate::definition::Definition;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply};
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

impl Tensor {
    /// The same values as another node of the graph: a gradient taken for it counts only its own uses.
    #[must_use]
    #[track_caller]
    pub fn alias(&self) -> Tensor {
        apply(Alias, [self])
    }
}

/// What is known of it.
pub fn definition() -> Definition {
    Definition::new("all x", case::unary(Tensor::alias, |x| x, Domain::Real)).linear().smooth().total()
}
