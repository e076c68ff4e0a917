//! A tensor put into zeros: the adjoint of [slicing](super::slice).

use super::slice::last_place;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply};
use crate::portable::{AxisSlice, Portable};
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Meta, ShapeError};

#[derive(Debug)]
struct Embed {
    dims: Dims,
    places: Vec<(usize, isize)>,
}

impl Op for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        self.dims.checked_numel("embed")?;
        let fits = ins[0].dims.rank() == self.dims.rank() && self.places.len() == self.dims.rank();
        let inside = |(axis, &(start, step)): (usize, &(usize, isize))| {
            let (length, room) = (ins[0].dims[axis], self.dims[axis]);
            let last = last_place(start, length, step);
            step != 0 && (length == 0 || (start < room && (0..room as i128).contains(&last)))
        };
        if !fits || !self.places.iter().enumerate().all(inside) {
            return Err(ShapeError::new(
                "embed",
                format!("{} at {:?} does not lie within {}", ins[0], self.places, self.dims),
            ));
        }
        Ok(Meta { dims: self.dims, ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).embed(0.0, self.dims, &self.places)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let part = |(&(start, step), &length): (&(usize, isize), &usize)| AxisSlice { start, length, step };
        vec![Some(v.slice_parts(self.places.iter().zip(&*cx.input_dims(0)).map(part).collect()))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Embed { places: self.places.clone() })
    }
}

impl Tensor {
    /// Zeros of `dims` with this tensor at those places: for each axis where it starts and how far
    /// apart its elements lie.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([1.0, 2.0]).embed([5], &[(1, 2)]);
    /// assert_eq!(y.to_f64_vec()?, [0.0, 1.0, 0.0, 2.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When it doesn't fit.
    #[must_use]
    #[track_caller]
    pub fn embed(&self, dims: impl Into<Dims>, places: &[(usize, isize)]) -> Tensor {
        apply(Embed { dims: dims.into(), places: places.to_vec() }, [self])
    }
}

/// Domain, cases and refusals of `embed`.
pub fn definition() -> Definition {
    type Places = &'static [(usize, isize)];
    let case = |label, x: &'static [usize], dims: &'static [usize], places: Places| {
        let case = Case::new(label, [x], move |x| x[0].embed(dims, places));
        case.reference(move |x| reference::embed(&x[0], dims, places, 0.0))
    };
    let cases = vec![
        case("shift", &[2, 2], &[4, 3], &[(1, 1), (1, 1)]),
        case("steps", &[2, 3], &[2, 6], &[(0, 1), (0, 2)]),
        case("backwards", &[2, 2], &[2, 5], &[(1, -1), (4, -3)]),
        case("nothing", &[0, 2], &[3, 2], &[(0, 1), (0, 1)]),
        case("scalar", &[], &[], &[]),
        case("five axes", &[1, 2, 1, 2, 1], &[2, 2, 1, 5, 1], &[(1, 1), (1, -1), (0, 1), (1, 3), (0, 1)]),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["embed", "[2]", "does not lie within [2]"], [[2]], |x| x[0].embed([2], &[(1, 1)]))
        .refuses(&["embed", "does not lie within"], [[2]], |x| x[0].embed([2], &[(0, 0)]))
        .refuses(&["embed", "does not lie within"], [[3]], |x| x[0].embed([5], &[(1, isize::MAX)]))
        .refuses(&["embed", "does not lie within"], [[2]], |x| x[0].embed([2, 2], &[(0, 1)]))
}
