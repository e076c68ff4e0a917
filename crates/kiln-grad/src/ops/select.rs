//! One of two tensors, element by element.

use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::portable::Portable;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Meta, ShapeError};

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
        let whole = ins.iter().all(|m| m.dtype == DType::U32);
        let dtype = if whole { DType::U32 } else { same_floats("select", ins)? };
        let mask = self.mask.meta();
        let dims = ins[0].dims.broadcast(&ins[1].dims).and_then(|dims| dims.broadcast(&mask.dims));
        match dims {
            Some(dims) if mask.dtype == DType::U32 => Ok(Meta { dims, dtype }),
            _ => Err(ShapeError::new(
                "select",
                format!(
                    "a {mask} mask for {} and {}; wanted a u32 mask and dims that broadcast",
                    ins[0], ins[1]
                ),
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
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([-1.0, 2.0, -3.0]);
    /// assert_eq!(x.gt(0.0).select(&x, &(&x * 10.0)).to_f64_vec()?, [-10.0, 2.0, -30.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast, this isn't `U32`, or `a` and `b` aren't of one type.
    #[must_use]
    #[track_caller]
    #[doc(alias = "where")]
    pub fn select(&self, a: &Tensor, b: &Tensor) -> Tensor {
        apply(Select { mask: self.array().clone() }, [a, b])
    }

    /// This tensor, but `value` where the `U32` mask isn't 0. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([-1.0, 2.0, -3.0]);
    /// assert_eq!(x.masked_fill(&x.lt(0.0), 0.5).to_f64_vec()?, [0.5, 2.0, 0.5]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast, or the mask isn't `U32`.
    #[must_use]
    #[track_caller]
    pub fn masked_fill(&self, mask: &Tensor, value: f64) -> Tensor {
        mask.select(&Tensor::full(value, [], self.dtype(), self.device()), self)
    }
}

/// Domain, cases and refusals of `select`.
pub fn definition() -> Definition {
    let mask = |x: &Tensor| Tensor::from_slice(&[1u32, 0, 0, 1, 0, 1], [2, 3], x.device());
    let call = move |x: &[Tensor]| mask(&x[0]).select(&x[0], &x[1]);
    let case = |label, a: &'static [usize], b: &'static [usize]| {
        Case::new(label, [a, b], call).reference(|x| {
            let mask = Values::new([2, 3], [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
            let dims = x[0].dims.broadcast(&x[1].dims).and_then(|dims| dims.broadcast(&mask.dims));
            let dims = dims.expect("the dims of a reference broadcast");
            Values::build(
                dims,
                |i| if mask.stretched(i) == 1.0 { x[0].stretched(i) } else { x[1].stretched(i) },
            )
        })
    };
    let cases = vec![
        case("same dims", &[2, 3], &[2, 3]),
        case("broadcast", &[3], &[]),
        case("broadcast mask", &[2, 2, 3], &[2, 1, 1]),
        case("empty", &[0, 2, 3], &[3]),
        Case::new("masked fill", [[2, 3]], move |x| x[0].masked_fill(&mask(&x[0]), 0.0)).reference(|x| {
            x[0].zip(&Values::new([2, 3], [0.0, 1.0, 1.0, 0.0, 1.0, 0.0]), |x, kept| x * kept)
        }),
    ];
    let float = |x: &[Tensor]| x[0].select(&x[0], &x[0]);
    Definition::new("all a, b", cases)
        .linear()
        .smooth()
        .refuses(&["select", "u32[2, 3] mask", "f64[2]", "dims that broadcast"], [[2], [2]], call)
        .refuses(&["select", "f64[2] mask", "wanted a u32 mask"], [[2]], float)
}
