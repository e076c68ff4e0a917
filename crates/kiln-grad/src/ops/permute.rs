//! The axes in another order.

use crate::axes::{resolve, resolve_each};
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply};
use crate::picks::Picks;
use crate::portable::Portable;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Meta, ShapeError};

#[derive(Debug)]
struct Permute {
    axes: Vec<usize>,
}

impl Op for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..ins[0].dims.rank()) {
            return Err(ShapeError::new(
                "permute",
                format!("{:?} does not hold each axis of {} once", self.axes, ins[0]),
            ));
        }
        Ok(Meta { dims: self.axes.iter().map(|&axis| ins[0].dims[axis]).collect(), ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).permute(&self.axes)
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let mut back = vec![0; self.axes.len()];
        for (i, &axis) in self.axes.iter().enumerate() {
            back[axis] = i;
        }
        vec![Some(apply(Permute { axes: back }, [v]))]
    }

    fn picks(&self) -> Option<Picks<'_>> {
        Some(Picks::Permute(&self.axes))
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Permute { axes: self.axes.clone() })
    }
}

impl Tensor {
    /// Axis `i` of the result is axis `axes[i]` of this; a view.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0, 3.0]]).permute(&[1, 0]).dims(), &[3, 1].into());
    /// ```
    ///
    /// # Panics
    /// When `axes` doesn't hold each axis once.
    #[must_use]
    #[track_caller]
    pub fn permute(&self, axes: &[i32]) -> Tensor {
        apply(Permute { axes: resolve_each("permute", axes, self.rank()) }, [self])
    }

    /// The same elements with two axes exchanged; a view.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).transpose(0, 1).to_f64_vec()?, [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn transpose(&self, a: i32, b: i32) -> Tensor {
        let mut axes: Vec<usize> = (0..self.rank()).collect();
        axes.swap(resolve("transpose", a, self.rank()), resolve("transpose", b, self.rank()));
        apply(Permute { axes }, [self])
    }
}

/// Domain, cases and refusals of `permute`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axes: &'static [i32]| {
        let numbers: Vec<usize> = axes.iter().map(|&axis| axis as usize).collect();
        Case::new(label, [dims], move |x| x[0].permute(axes))
            .reference(move |x| reference::permute(&x[0], &numbers))
    };
    let cases = vec![
        Case::new("transpose", [[2, 3]], |x| x[0].transpose(0, -1))
            .reference(|x| reference::permute(&x[0], &[1, 0])),
        case("cycle", &[2, 3, 4], &[1, 2, 0]),
        case("channels last", &[2, 3, 2, 2], &[0, 2, 3, 1]),
        case("five axes", &[2, 1, 3, 1, 2], &[4, 2, 0, 1, 3]),
        case("empty", &[0, 3], &[1, 0]),
        case("scalar", &[], &[]),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["permute", "[0, 0]", "each axis of f64[2, 3] once"], [[2, 3]], |x| x[0].permute(&[0, 0]))
        .refuses(&["permute", "[0]", "each axis"], [[2, 3]], |x| x[0].permute(&[0]))
        .refuses(&["transpose", "no axis 2"], [[2, 3]], |x| x[0].transpose(0, 2))
}
