//! The largest element along axes; where several are equal, each gets an equal part of the gradient.

use crate::axes::{Axes, kept, removed};
use crate::case::{Case, Domain};
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::tensor::Tensor;
use kiln_tensor::{Array, Kernel, Meta, Reduce, ShapeError};

/// The largest or, with `smallest`, the smallest element.
#[derive(Debug)]
pub(super) struct Extreme {
    pub smallest: bool,
    pub axes: Vec<usize>,
}

impl Extreme {
    fn reduce(&self) -> Reduce {
        if self.smallest { Reduce::Min } else { Reduce::Max }
    }
}

impl Op for Extreme {
    fn name(&self) -> &'static str {
        if self.smallest { "min" } else { "max" }
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats(self.name(), ins)?;
        if self.axes.iter().any(|&axis| ins[0].dims[axis] == 0) {
            let message = format!("there is no {} of no elements, in {}", self.name(), ins[0]);
            return Err(ShapeError::new(self.name(), message));
        }
        Ok(Meta { dims: kept(&ins[0].dims, &self.axes), dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_input(0);
        cx.save_output();
        cx.input(0).reduce(self.reduce(), &self.axes)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        // A product with the mask would turn an infinite cotangent into NaN at all other elements.
        let chosen = cx.input(0).eq(&cx.output());
        let ties = chosen.to_dtype(v.dtype()).sum_keepdim(&self.axes[..]);
        vec![Some(chosen.select(&(v / ties), &Tensor::zeros([], v.dtype(), v.device())))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Reduce(self.reduce())))
    }
}

impl Tensor {
    /// The largest element along `axes`, which go away; NaN if any is.
    ///
    /// # Panics
    /// When an axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn max(&self, axes: impl Axes) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("max", self.rank()));
        self.max_keepdim(axes).reshape(dims)
    }

    /// The largest element along `axes`, which stay with length 1; NaN if any is.
    ///
    /// # Panics
    /// When an axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn max_keepdim(&self, axes: impl Axes) -> Tensor {
        apply(Extreme { smallest: false, axes: axes.resolve("max", self.rank()) }, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("all", [[2, 3]], |x| x[0].max(..)).on(Domain::Distinct),
        Case::new("axis", [[2, 3]], |x| x[0].max(1)).on(Domain::Distinct),
        Case::new("kept", [[2, 3, 2]], |x| x[0].max_keepdim([0, 2])).on(Domain::Distinct),
    ]
}
