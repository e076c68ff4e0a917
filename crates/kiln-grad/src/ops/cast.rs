//! Conversion to another element type.

use crate::case::{self, Domain};
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply};
use crate::portable::Portable;
use crate::tape::Constant;
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Kernel, Meta, ShapeError};
use std::panic::Location;

#[derive(Debug)]
struct Cast {
    to: DType,
}

impl Op for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(Meta { dtype: self.to, ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).to_dtype(self.to)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v.to_dtype(cx.input_dtype(0)))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Copy))
    }
}

impl Tensor {
    /// The elements converted to `dtype`: itself if they are of that type. Gradients flow between
    /// floating-point types; integers are cut off.
    ///
    /// ```
    /// use kiln_grad::{DType, Tensor};
    /// assert_eq!(Tensor::from([1.5, 2.0]).to_dtype(DType::U32).to_vec::<u32>()?, [1, 2]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    #[doc(alias = "to")]
    pub fn to_dtype(&self, dtype: DType) -> Tensor {
        if dtype == self.dtype() {
            self.clone()
        } else if dtype.is_float() && self.dtype().is_float() {
            apply(Cast { to: dtype }, [self])
        } else {
            let cast = Constant::begin("cast");
            let y = cast.end(Kernel::Copy, &[self], self.array().to_dtype(dtype));
            Tensor::new(y.into_array(), self.track().cut(Location::caller()))
        }
    }
}

/// Domain, cases and refusals of `cast`.
pub fn definition() -> Definition {
    // To f32 and back would round, so only what leaves values as they are.
    Definition::new("all x", case::unary(|x| x.to_dtype(DType::F64), |x| x, Domain::Real))
        .linear()
        .smooth()
        .total()
}
