//! The largest element along axes; where several are equal, each gets an equal part of the gradient.

use crate::axes::{Axes, kept, removed};
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::portable::Portable;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Kernel, Meta, Reduce, ShapeError};

/// The largest or, with `smallest`, the smallest element.
#[derive(Debug)]
pub(super) struct Extreme {
    pub smallest: bool,
    pub axes: Vec<usize>,
}

impl Extreme {
    fn reduce(&self) -> Reduce {
        if self.smallest { Reduce::Min } else { Reduce::Max }
    }
}

impl Op for Extreme {
    fn name(&self) -> &'static str {
        if self.smallest { "min" } else { "max" }
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats(self.name(), ins)?;
        Ok(Meta { dims: kept(&ins[0].dims, &self.axes), dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_input(0);
        cx.save_output();
        cx.input(0).reduce(self.reduce(), &self.axes)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        // A product with the mask would turn an infinite cotangent into NaN at all other elements.
        let (x, y) = (cx.input(0), cx.output());
        // Beaten, and not unequal: among NaN nothing is, so a gradient arrives.
        let beaten = if self.smallest { x.gt(&y) } else { x.lt(&y) };
        let none = Tensor::zeros([], v.dtype(), v.device());
        let ties = beaten.select(&none, &Tensor::ones([], v.dtype(), v.device())).sum_keepdim(&self.axes[..]);
        vec![Some(beaten.select(&none, &(v / ties)))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Reduce(self.reduce())))
    }
}

impl Tensor {
    /// The largest element along `axes`, which go away; NaN if any is, and of no elements −∞.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 4.0], [3.0, 2.0]]).max(1).to_f64_vec()?, [4.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    #[doc(alias = "amax")]
    pub fn max(&self, axes: impl Axes) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("max", self.rank()));
        self.max_keepdim(axes).reshape(dims)
    }

    /// The largest element along `axes`, which stay with length 1; NaN if any is, and of no elements −∞.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 4.0]]).max_keepdim(1).dims(), &[1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    #[doc(alias = "amax")]
    pub fn max_keepdim(&self, axes: impl Axes) -> Tensor {
        apply(Extreme { smallest: false, axes: axes.resolve("max", self.rank()) }, [self])
    }
}

/// Domain, cases and refusals of `max`.
pub fn definition() -> Definition {
    let found = |line: &[f64]| line.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].max(..))
            .reference(move |x| x[0].reduce(&[0, 1], found).without(&[0, 1])),
        Case::new("axis", [[2, 3]], |x| x[0].max(1))
            .reference(move |x| x[0].reduce(&[1], found).without(&[1])),
        Case::new("kept", [[2, 3, 2]], |x| x[0].max_keepdim([0, 2]))
            .reference(move |x| x[0].reduce(&[0, 2], found)),
        Case::new("length 1", [[5, 1]], |x| x[0].max(-1)).reference(|x| x[0].without(&[1])),
        Case::new("scalar", [[0; 0]], |x| x[0].max(..)).reference(|x| x[0].clone()),
        Case::new("of no rows", [[0, 3]], |x| x[0].max(1)).reference(|_| Values::zeros([0])),
    ];
    Definition::new("all x", cases.into_iter().map(|case| case.on(Domain::Distinct)).collect())
        .singular("several largest", [[3.0, 1.0, 3.0]], 3.0, [[0.5, 0.0, 0.5]])
        .singular("no element", [Values::zeros([0, 3])], f64::NEG_INFINITY, [Values::zeros([0, 3])])
        .refuses(&["max", "no axis 2"], [[2, 3]], |x| x[0].max(2))
}
