//! The sum over axes; its adjoint is [broadcasting](super::broadcast_to).

use crate::axes::{Axes, kept, removed};
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::portable::Portable;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Kernel, Meta, Reduce, ShapeError};

/// The sum over `axes`, which stay with length 1.
#[derive(Debug)]
struct Sum {
    axes: Vec<usize>,
}

impl Op for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("sum", ins)?;
        Ok(Meta { dims: kept(&ins[0].dims, &self.axes), dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).reduce(Reduce::Sum, &self.axes)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v.broadcast_to(cx.input_dims(0)))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Reduce(Reduce::Sum)))
    }
}

impl Tensor {
    /// The sum over `axes`, which go away; of no elements it is 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.sum(..).item()?, 10.0);
    /// assert_eq!(x.sum(0).to_f64_vec()?, [4.0, 6.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn sum(&self, axes: impl Axes) -> Tensor {
        let axes = axes.resolve("sum", self.rank());
        let dims = removed(self.dims(), &axes);
        self.sum_axes(axes).reshape(dims)
    }

    /// The sum over `axes`, which stay with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0]]).sum_keepdim(1).dims(), &[1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn sum_keepdim(&self, axes: impl Axes) -> Tensor {
        self.sum_axes(axes.resolve("sum", self.rank()))
    }

    #[track_caller]
    fn sum_axes(&self, axes: Vec<usize>) -> Tensor {
        if axes.iter().all(|&axis| self.dims()[axis] == 1) {
            return self.clone();
        }
        apply(Sum { axes }, [self])
    }

    /// The sum over whatever broadcasting from `dims` to this tensor's dims repeats: the gradient of a
    /// broadcast.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).sum_to([2]).to_f64_vec()?, [4.0, 6.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `dims` doesn't broadcast to this tensor's dims.
    #[must_use]
    #[track_caller]
    pub fn sum_to(&self, dims: impl Into<Dims>) -> Tensor {
        let dims = dims.into();
        let have = *self.dims();
        assert!(dims.broadcast(&have) == Some(have), "sum_to: {dims} does not broadcast to {have}");
        let lead = have.rank() - dims.rank();
        let repeated = |&axis: &usize| axis < lead || (dims[axis - lead] == 1 && have[axis] != 1);
        self.sum_axes((0..have.rank()).filter(repeated).collect()).reshape(dims)
    }
}

/// Domain, cases and refusals of `sum`.
pub fn definition() -> Definition {
    let sum = |line: &[f64]| line.iter().sum();
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].sum(..))
            .reference(move |x| x[0].reduce(&[0, 1], sum).without(&[0, 1])),
        Case::new("first", [[3, 2]], |x| x[0].sum(0))
            .reference(move |x| x[0].reduce(&[0], sum).without(&[0])),
        Case::new("last", [[3, 7]], |x| x[0].sum(-1))
            .reference(move |x| x[0].reduce(&[1], sum).without(&[1])),
        Case::new("channels", [[2, 3, 2, 2]], |x| x[0].sum_keepdim([0, 2, 3]))
            .reference(move |x| x[0].reduce(&[0, 2, 3], sum)),
        Case::new("none", [[2, 3]], |x| x[0].sum([0_i32; 0])).reference(|x| x[0].clone()),
        Case::new("empty", [[0, 3]], |x| x[0].sum(0)).reference(|_| Values::zeros([3])),
        Case::new("scalar", [[0; 0]], |x| x[0].sum(..)).reference(|x| x[0].clone()),
        Case::new("to", [[2, 3, 2]], |x| x[0].sum_to([3, 1]))
            .reference(move |x| x[0].reduce(&[0, 2], sum).without(&[0])),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["sum", "no axis 2", "2 axes"], [[2, 3]], |x| x[0].sum(2))
        .refuses(&["sum", "an axis occurs twice in [0, 0]"], [[2, 3]], |x| x[0].sum([0, 0]))
        .refuses(&["sum_to", "[3, 3] does not broadcast to [2, 3]"], [[2, 3]], |x| x[0].sum_to([3, 3]))
}
