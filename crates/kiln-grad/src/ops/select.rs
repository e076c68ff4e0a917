//! One of two tensors, element by element.

use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Device, Meta, ShapeError};

/// `mask ? a : b`.
#[derive(Debug)]
struct Select {
    mask: Array,
}

impl Op for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("select", ins)?;
        let mask = self.mask.meta();
        let dims = ins[0].dims.broadcast(&ins[1].dims).and_then(|dims| dims.broadcast(&mask.dims));
        match dims {
            Some(dims) if mask.dtype == DType::U32 => Ok(Meta { dims, dtype }),
            _ => Err(ShapeError::new(
                "select",
                format!("a {mask} mask for {} and {}; wanted a u32 mask and dims that broadcast", ins[0], ins[1]),
            )),
        }
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        self.mask.select(cx.input(0), cx.input(1))
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        // A product with the mask would turn an infinite cotangent of the other branch into NaN.
        let mask = Tensor::from(self.mask.clone());
        let zeros = Tensor::zeros([], v.dtype(), v.device());
        vec![
            need[0].then(|| mask.select(v, &zeros).sum_to(cx.input_dims(0))),
            need[1].then(|| mask.select(&zeros, v).sum_to(cx.input_dims(1))),
        ]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Select { mask: self.mask.clone() })
    }
}

impl Tensor {
    /// Elements of `a` where this `U32` mask isn't 0, else of `b`. Broadcasts.
    ///
    /// # Panics
    /// When the dims don't broadcast, this isn't `U32`, or `a` and `b` aren't of one float type.
    #[must_use]
    #[track_caller]
    pub fn select(&self, a: &Tensor, b: &Tensor) -> Tensor {
        apply(Select { mask: self.array().clone() }, [a, b])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let mask = || Tensor::from_slice(&[1u32, 0, 0, 1, 0, 1], [2, 3], &Device::cpu());
    vec![
        Case::new("same dims", [[2, 3], [2, 3]], move |x| mask().select(&x[0], &x[1])).linear(),
        Case::new("broadcast", [vec![3], vec![]].map(|d| kiln_tensor::Dims::new(&d)), move |x| {
            mask().select(&x[0], &x[1])
        })
        .linear(),
    ]
}
