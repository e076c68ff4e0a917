//! The same elements in the same order with other dims.

use crate::axes::{Axes, removed, resolve};
use crate::case::Case;
use crate::definition::Definition;
use crate::lengths::Lengths;
use crate::op::{Forward, Op, Vjp, or_panic, try_apply};
use crate::picks::Picks;
use crate::portable::Portable;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Meta, Result, ShapeError};

#[derive(Debug)]
struct Reshape {
    dims: Dims,
}

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let count = self.dims.checked_numel("reshape")?;
        if ins[0].dims.numel() != count {
            return Err(ShapeError::new(
                "reshape",
                format!("{} has {} elements, {} takes {count}", ins[0], ins[0].dims.numel(), self.dims),
            ));
        }
        Ok(Meta { dims: self.dims, ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).reshape(self.dims)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v.reshape(cx.input_dims(0)))]
    }

    fn picks(&self) -> Option<Picks<'_>> {
        Some(Picks::Reshape(self.dims))
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Reshape)
    }
}

impl Tensor {
    /// The same elements in the same order with other dims; a view where that is possible. One of signed lengths
    /// may be −1, for what is left.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// assert_eq!(x.reshape([2, 3]).dims(), &[2, 3].into());
    /// assert_eq!(x.reshape([-1, 2]).dims(), &[3, 2].into());
    /// ```
    ///
    /// # Panics
    /// When the number of elements differs.
    #[must_use]
    #[track_caller]
    pub fn reshape(&self, dims: impl Lengths) -> Tensor {
        or_panic(self.try_reshape(dims))
    }

    /// Like [`reshape`](Self::reshape).
    ///
    /// # Errors
    /// When the number of elements differs.
    #[track_caller]
    pub fn try_reshape(&self, dims: impl Lengths) -> Result<Tensor> {
        let dims = dims.dims_for("reshape", self.numel())?;
        if dims == *self.dims() {
            return Ok(self.clone());
        }
        try_apply(Reshape { dims }, [self])
    }

    /// The axes from `first` to the last made one: `[n, c, h, w]` from axis 1 becomes `[n, c·h·w]`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).flatten(0).dims(), &[4].into());
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn flatten(&self, first: i32) -> Tensor {
        let first = resolve("flatten", first, self.rank());
        let rest: usize = self.dims()[first..].iter().product();
        self.reshape(self.dims()[..first].iter().copied().chain([rest]).collect::<Dims>())
    }

    /// The same elements with new axes of length 1, which have these numbers in the result: 0 is put first, −1 last.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).unsqueeze([0, -1]).dims(), &[1, 2, 1].into());
    /// ```
    ///
    /// # Panics
    /// When there is no such place, or one is named twice.
    #[must_use]
    #[track_caller]
    pub fn unsqueeze(&self, axes: impl Axes) -> Tensor {
        let rank = self.rank() + axes.named(0).len();
        let axes = axes.resolve("unsqueeze", rank);
        self.reshape(axes.iter().fold(*self.dims(), |dims, &axis| dims.insert(axis, 1)))
    }

    /// The same elements without `axes`, which have length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0]]).squeeze(0).dims(), &[2].into());
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist or has another length.
    #[must_use]
    #[track_caller]
    pub fn squeeze(&self, axes: impl Axes) -> Tensor {
        let axes = axes.resolve("squeeze", self.rank());
        for &axis in &axes {
            assert!(self.dims()[axis] == 1, "squeeze: axis {axis} of {} has not length 1", self.dims());
        }
        self.reshape(removed(self.dims(), &axes))
    }
}

/// Domain, cases and refusals of `reshape`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], f: fn(&Tensor) -> Tensor, to: &'static [usize]| {
        Case::new(label, [dims], move |x| f(&x[0])).reference(move |x| x[0].reshape(to))
    };
    let transposed = Case::new("of a transpose", [[2, 3]], |x| x[0].transpose(0, 1).reshape([6]));
    let cases = vec![
        case("merge", &[2, 3], |x| x.reshape([6]), &[6]),
        case("split", &[2, 6], |x| x.reshape([2, 2, 3]), &[2, 2, 3]),
        transposed.reference(|x| reference::permute(&x[0], &[1, 0]).reshape([6])),
        case("flatten", &[2, 3, 2], |x| x.flatten(1), &[2, 6]),
        case("unsqueeze", &[2, 3], |x| x.unsqueeze(-1).squeeze(-1).unsqueeze(0), &[1, 2, 3]),
        case("the rest", &[2, 6], |x| x.reshape([3, -1]), &[3, 4]),
        case(
            "several axes",
            &[2, 3],
            |x| x.unsqueeze([0, -1]).squeeze([-1, 0]).unsqueeze([1, 2]),
            &[2, 1, 1, 3],
        ),
        case("scalar", &[1], |x| x.reshape(Dims::SCALAR), &[]),
        case("empty", &[0, 3], |x| x.reshape([3, 0, 2]), &[3, 0, 2]),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["reshape", "f64[2, 3] has 6 elements, [4] takes 4"], [[2, 3]], |x| x[0].reshape([4]))
        .tries(|x| x[0].try_reshape([4]))
        .refuses(&["reshape", "6 elements as [4, -1]", "takes all"], [[2, 3]], |x| x[0].reshape([4, -1]))
        .tries(|x| x[0].try_reshape([4, -1]))
        .refuses(&["reshape", "as [-1, -1]", "one of them at most -1"], [[2, 3]], |x| x[0].reshape([-1, -1]))
        .tries(|x| x[0].try_reshape([-1, -1]))
        .refuses(&["reshape", "more elements than any memory holds"], [[0]], |x| {
            x[0].reshape([usize::MAX / 2 + 1, 2])
        })
        .tries(|x| x[0].try_reshape([usize::MAX / 2 + 1, 2]))
        .refuses(&["unsqueeze", "no axis 3", "3 axes"], [[2, 3]], |x| x[0].unsqueeze(3))
        .refuses(&["squeeze", "axis 0 of [2, 3] has not length 1"], [[2, 3]], |x| x[0].squeeze(0))
}
