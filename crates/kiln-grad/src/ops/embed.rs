//! A tensor put into zeros: the adjoint of [slicing](super::slice).

use super::slice::Part;
use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply};
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
        let fits = ins[0].dims.rank() == self.dims.rank() && self.places.len() == self.dims.rank();
        let inside = |(axis, &(start, step)): (usize, &(usize, isize))| {
            let (length, room) = (ins[0].dims[axis], self.dims[axis]);
            let last = start as isize + (length.max(1) as isize - 1) * step;
            step != 0 && (length == 0 || (start < room && (0..room as isize).contains(&last)))
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
        let part = |(&(start, step), &length): (&(usize, isize), &usize)| Part { start, length, step };
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
    /// # Panics
    /// When it doesn't fit.
    #[must_use]
    #[track_caller]
    pub fn embed(&self, dims: impl Into<Dims>, places: &[(usize, isize)]) -> Tensor {
        apply(Embed { dims: dims.into(), places: places.to_vec() }, [self])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("shift", [[2, 2]], |x| x[0].embed([4, 3], &[(1, 1), (1, 1)])).linear(),
        Case::new("steps", [[2, 3]], |x| x[0].embed([2, 6], &[(0, 1), (0, 2)])).linear(),
        Case::new("backwards", [[2, 2]], |x| x[0].embed([2, 5], &[(1, -1), (4, -3)])).linear(),
        Case::new("nothing", [[0, 2]], |x| x[0].embed([3, 2], &[(0, 1), (0, 1)])).linear(),
    ]
}
