//! Repetition along new and length-1 axes; its adjoint is the [sum](super::sum).

use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, or_panic, try_apply};
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Meta, ShapeError};

#[derive(Debug)]
struct BroadcastTo {
    dims: Dims,
}

impl Op for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        if ins[0].dims.broadcast(&self.dims) != Some(self.dims) {
            return Err(ShapeError::new(
                "broadcast_to",
                format!("{} does not broadcast to {}", ins[0], self.dims),
            ));
        }
        Ok(Meta { dims: self.dims, ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).broadcast_to(self.dims)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v.sum_to(cx.input_dims(0)))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::BroadcastTo)
    }
}

impl Tensor {
    /// The same elements repeated along new leading and length-1 axes; a view.
    ///
    /// # Panics
    /// When the dims don't broadcast to `dims`.
    #[must_use]
    #[track_caller]
    pub fn broadcast_to(&self, dims: impl Into<Dims>) -> Tensor {
        or_panic(self.try_broadcast_to(dims))
    }

    /// Like [`broadcast_to`](Self::broadcast_to).
    ///
    /// # Errors
    /// When the dims don't broadcast to `dims`.
    #[track_caller]
    pub fn try_broadcast_to(&self, dims: impl Into<Dims>) -> Result<Tensor, ShapeError> {
        let dims = dims.into();
        if dims == *self.dims() {
            return Ok(self.clone());
        }
        try_apply(BroadcastTo { dims }, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("scalar", [[0; 0]], |x| x[0].broadcast_to([2, 3])).linear(),
        Case::new("row", [[3]], |x| x[0].broadcast_to([2, 3])).linear(),
        Case::new("column", [[2, 1]], |x| x[0].broadcast_to([2, 3])).linear(),
        Case::new("both", [[2, 1, 3]], |x| x[0].broadcast_to([2, 2, 4, 3])).linear(),
        Case::new("to nothing", [[1, 3]], |x| x[0].broadcast_to([0, 3])).linear(),
    ]
}
