//! Elements picked along an axis; its adjoint is [scattering](super::scatter_add).

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, try_apply};
use crate::picks::Picks;
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Dims, Kernel, Meta, Result, ShapeError};
use std::sync::{Mutex, PoisonError};

/// `y[.., i, ..] = x[.., index[.., i, ..], ..]`.
#[derive(Debug)]
struct Gather {
    axis: usize,
    index: Array,
    /// The result, where it was found together with the index; `forward` takes it.
    known: Mutex<Option<Array>>,
}

impl Op for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let meta = Meta { dims: *self.index.dims(), ..ins[0] };
        let (x, index) = (&ins[0].dims, self.index.meta());
        let fits = x.rank() == index.dims.rank() && x.with(self.axis, index.dims[self.axis]) == index.dims;
        if index.dtype != DType::U32 || !fits {
            let text = format!(
                "the index is {index}, for {}; wanted u32 with the same dims but along axis {}",
                ins[0], self.axis
            );
            return Err(ShapeError::new("gather", text));
        }
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
        known.unwrap_or_else(|| {
            let Meta { dims, dtype } = cx.output_meta();
            Array::compute(&Kernel::Gather { axis: self.axis }, &[cx.input(0), &self.index], dims, dtype)
        })
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let length = cx.input_dims(0)[self.axis];
        vec![Some(v.scatter_add(self.axis as i32, &self.index.clone().into(), length))]
    }

    fn picks(&self) -> Option<Picks<'_>> {
        Some(Picks::Gather { axis: self.axis, index: &self.index })
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Gather { axis: self.axis, index: self.index.clone() })
    }
}

impl Tensor {
    /// `y[.., i, ..] = x[.., index[.., i, ..], ..]` along `axis`. The index is `U32`, has the dims of
    /// the result, and agrees with this tensor in all other axes.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.gather(1, &Tensor::from([[1_u32], [0]])).to_f64_vec()?, [2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit, or an index is out of range. (A GPU finds that later, and returns it where values are read.)
    #[must_use]
    #[track_caller]
    #[doc(alias = "take_along_dim")]
    pub fn gather(&self, axis: i32, index: &Tensor) -> Tensor {
        let axis = resolve("gather", axis, self.rank());
        apply(Gather { axis, index: index.array().clone(), known: Mutex::default() }, [self])
    }

    /// Like [`gather`](Self::gather).
    ///
    /// # Errors
    /// When the dims don't fit, or an index is out of range on the CPU.
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[track_caller]
    pub fn try_gather(&self, axis: i32, index: &Tensor) -> Result<Tensor> {
        let axis = resolve("gather", axis, self.rank());
        try_apply(Gather { axis, index: index.array().clone(), known: Mutex::default() }, [self])
    }
}

/// An index for a tensor, on its device.
pub(crate) fn index_for(x: &Tensor, values: &[u32], dims: impl Into<Dims>) -> Tensor {
    Tensor::from_slice(values, dims, x.device())
}

/// [`Tensor::gather`] of elements that are known already.
#[track_caller]
pub(super) fn gather_known(x: &Tensor, axis: usize, index: &Array, known: Array) -> Tensor {
    apply(Gather { axis, index: index.clone(), known: Mutex::new(Some(known)) }, [x])
}

/// Domain, cases and refusals of `gather`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axis: usize, places: &'static [u32], to: &'static [usize]| {
        let case = Case::new(label, [dims], move |x| x[0].gather(axis as i32, &index_for(&x[0], places, to)));
        case.reference(move |x| reference::gather(&x[0], axis, &Values::whole(to, places)))
    };
    let cases = vec![
        case("rows", &[3, 2], 0, &[2, 0, 0, 1], &[2, 2]),
        case("columns, repeated", &[2, 3], 1, &[1, 1, 0, 2], &[2, 2]),
        case("a line", &[7], 0, &[6, 0, 6, 3, 3], &[5]),
        case("middle axis", &[2, 3, 2], 1, &[2, 1, 0, 0], &[2, 1, 2]),
        case("nothing", &[2, 3], 1, &[], &[2, 0]),
    ];
    let pick = |x: &[Tensor], dims: &[usize]| x[0].gather(1, &index_for(&x[0], &[0, 0], dims));
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(
            &["gather", "u32[1, 2], for f64[2, 3]", "wanted u32 with the same dims but along axis 1"],
            [[2, 3]],
            move |x| pick(x, &[1, 2]),
        )
        .refuses(&["gather", "u32[2], for f64[2, 3]", "wanted"], [[2, 3]], move |x| pick(x, &[2]))
        .refuses(&["gather", "no axis 1"], [[2]], move |x| pick(x, &[2]))
        .refuses(&["gather", "the index is f64[2, 2]", "wanted u32"], [[2, 2]], |x| x[0].gather(0, &x[0]))
}
