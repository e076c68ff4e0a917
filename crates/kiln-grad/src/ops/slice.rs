//! A part of a tensor along each axis; its adjoint is [embedding in zeros](super::embed).

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::lengths::Place;
use crate::op::{Forward, Op, Vjp, apply};
use crate::picks::Picks;
use crate::portable::{AxisSlice, Portable};
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Meta, ShapeError};

/// Position of the last of `length` elements from `start`, in numbers that can't overflow.
pub(super) fn last_place(start: usize, length: usize, step: isize) -> i128 {
    start as i128 + (length.max(1) as i128 - 1) * step as i128
}

#[derive(Debug)]
struct Slice {
    parts: Vec<AxisSlice>,
}

impl Op for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        for (axis, (part, &length)) in self.parts.iter().zip(&*ins[0].dims).enumerate() {
            let last = last_place(part.start, part.length, part.step);
            let inside = part.start < length && (0..length as i128).contains(&last);
            if part.step == 0 || (part.length > 0 && !inside) {
                return Err(ShapeError::new(
                    "slice",
                    format!(
                        "{} elements from {} by {} along axis {axis} don't lie within {}",
                        part.length, part.start, part.step, ins[0]
                    ),
                ));
            }
        }
        Ok(Meta { dims: self.parts.iter().map(|part| part.length).collect(), ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let parts = self.parts.iter().enumerate();
        parts.fold(cx.input(0).clone(), |x, (axis, part)| x.slice(axis, part.start, part.length, part.step))
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let places: Vec<(usize, isize)> = self.parts.iter().map(|part| (part.start, part.step)).collect();
        vec![Some(v.embed(cx.input_dims(0), &places))]
    }

    fn picks(&self) -> Option<Picks<'_>> {
        Some(Picks::Slice(&self.parts))
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Slice { parts: self.parts.clone() })
    }
}

impl Tensor {
    /// `length` elements of `axis` from `start`, which counts from the end if it is negative; a view.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 3.0]).narrow(0, 1, 2).to_f64_vec()?, [2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When they don't all exist.
    #[must_use]
    #[track_caller]
    pub fn narrow(&self, axis: i32, start: impl Place, length: usize) -> Tensor {
        self.slice(axis, start, length, 1)
    }

    /// `length` elements of `axis` from `start`, `step` apart; a negative start counts from the end, a negative
    /// step walks backwards. A view.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 3.0, 4.0]).slice(0, -1, 2, -2).to_f64_vec()?, [4.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When they don't all exist, or the step is 0.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, axis: i32, start: impl Place, length: usize, step: isize) -> Tensor {
        let axis = resolve("slice", axis, self.rank());
        let start = start.place("slice", self.dims()[axis]);
        let mut parts: Vec<AxisSlice> =
            self.dims().iter().map(|&length| AxisSlice { start: 0, length, step: 1 }).collect();
        parts[axis] = AxisSlice { start, length, step };
        self.slice_parts(parts)
    }

    #[track_caller]
    pub(crate) fn slice_parts(&self, parts: Vec<AxisSlice>) -> Tensor {
        apply(Slice { parts }, [self])
    }

    /// The element or sub-tensor at `index` of `axis`, which goes away; a negative index counts from the end. A view.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).select_at(0, -1).to_f64_vec()?, [3.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When it doesn't exist.
    #[must_use]
    #[track_caller]
    #[doc(alias = "select")]
    pub fn select_at(&self, axis: i32, index: impl Place) -> Tensor {
        self.narrow(axis, index, 1).squeeze(axis)
    }
}

/// Domain, cases and refusals of `slice`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axis: usize, [start, length]: [usize; 2], step: isize| {
        let case = Case::new(label, [dims], move |x| x[0].slice(axis as i32, start, length, step));
        let pick = move |line: &[f64]| {
            (0..length).map(|i| line[(start as isize + i as isize * step) as usize]).collect()
        };
        case.reference(move |x| x[0].along(axis, pick))
    };
    let row = Case::new("one row", [[3, 2]], |x| x[0].select_at(0, 2));
    let cases = vec![
        case("part", &[4, 3], 0, [1, 2], 1),
        case("steps", &[2, 5], 1, [0, 3], 2),
        case("backwards", &[2, 5], 1, [4, 2], -3),
        case("nothing", &[2, 3], 1, [3, 0], 1),
        case("of five axes", &[2, 1, 7, 1, 2], 2, [5, 3], -2),
        row.reference(|x| Values::from([x[0].data[4], x[0].data[5]])),
        Case::new("from the end", [[3, 2]], |x| x[0].narrow(0, -2, 2).select_at(0, -1))
            .reference(|x| Values::from([x[0].data[4], x[0].data[5]])),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["slice", "3 elements from 1 by 1 along axis 0", "f64[3]"], [[3]], |x| x[0].narrow(0, 1, 3))
        .refuses(&["slice", "by 0"], [[3]], |x| x[0].slice(0, 0, 2, 0))
        .refuses(&["slice", "don't lie within"], [[3]], |x| x[0].slice(0, 1, usize::MAX, isize::MAX))
        .refuses(&["slice", "no axis 1"], [[3]], |x| x[0].narrow(1, 0, 1))
        .refuses(&["slice", "no place -4", "length 3"], [[3]], |x| x[0].select_at(0, -4))
        .refuses(&["slice", "1 elements from 3"], [[3]], |x| x[0].select_at(0, 3))
}
