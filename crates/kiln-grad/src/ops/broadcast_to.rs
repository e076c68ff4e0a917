//! Repetition along new and length-1 axes; its adjoint is the [sum](super::sum).

use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, or_panic, try_apply};
use crate::portable::Portable;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Meta, Result, ShapeError};

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
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).broadcast_to([2, 2]).to_f64_vec()?, [1.0, 2.0, 1.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast to `dims`.
    #[must_use]
    #[track_caller]
    #[doc(alias = "expand")]
    pub fn broadcast_to(&self, dims: impl Into<Dims>) -> Tensor {
        or_panic(self.try_broadcast_to(dims))
    }

    /// Like [`broadcast_to`](Self::broadcast_to).
    ///
    /// # Errors
    /// When the dims don't broadcast to `dims`.
    #[track_caller]
    pub fn try_broadcast_to(&self, dims: impl Into<Dims>) -> Result<Tensor> {
        let dims = dims.into();
        if dims == *self.dims() {
            return Ok(self.clone());
        }
        try_apply(BroadcastTo { dims }, [self])
    }
}

/// Domain, cases and refusals of `broadcast_to`.
pub fn definition() -> Definition {
    let list: [(&str, &[usize], &[usize]); 7] = [
        ("scalar", &[], &[2, 3]),
        ("row", &[3], &[2, 3]),
        ("column", &[2, 1], &[2, 3]),
        ("both", &[2, 1, 3], &[2, 2, 4, 3]),
        ("same", &[2, 3], &[2, 3]),
        ("five axes", &[1, 2, 1], &[2, 1, 3, 2, 2]),
        ("to nothing", &[1, 3], &[0, 3]),
    ];
    let case = |(label, from, to): (&str, &[usize], &'static [usize])| {
        Case::new(label, [from], move |x| x[0].broadcast_to(to))
            .reference(move |x| Values::build(to, |i| x[0].stretched(i)))
    };
    Definition::new("all x", list.into_iter().map(case).collect())
        .linear()
        .smooth()
        .refuses(&["broadcast_to", "[2]", "[2, 3]"], [[2]], |x| x[0].broadcast_to([2, 3]))
        .tries(|x| x[0].try_broadcast_to([2, 3]))
        .refuses(&["broadcast_to", "more elements than any memory holds"], [[1]], |x| {
            x[0].broadcast_to([usize::MAX / 2, 4])
        })
        .tries(|x| x[0].try_broadcast_to([usize::MAX / 2, 4]))
}
