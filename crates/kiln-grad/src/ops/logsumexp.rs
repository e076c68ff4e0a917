//! `ln Σ eˣ` over axes, without overflow.

use crate::axes::{Axes, kept, removed};
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Map, Meta, Reduce, ShapeError, Zip};

/// The lowest number of a type that is finite.
fn lowest(dtype: DType) -> f64 {
    if dtype == DType::F32 { f32::MIN.into() } else { f64::MIN }
}

#[derive(Debug)]
struct LogSumExp {
    axes: Vec<usize>,
}

impl Op for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("logsumexp", ins)?;
        Ok(Meta { dims: kept(&ins[0].dims, &self.axes), dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_input(0);
        cx.save_output();
        let x = cx.input(0);
        // An infinite maximum must not be subtracted from itself.
        let top = x.reduce(Reduce::Max, &self.axes).map(Map::Clamp(lowest(x.dtype()), -lowest(x.dtype())));
        let sum = x.zip(Zip::Sub, &top).map(Map::Exp).reduce(Reduce::Sum, &self.axes);
        sum.map(Map::Ln).zip(Zip::Add, &top)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let y = cx.output();
        // Where all inputs are −∞ so is y, and each gets the gradient 0 of one that is far below.
        let finite = y.clamp(lowest(y.dtype()), f64::INFINITY);
        vec![Some(v * (cx.input(0) - finite).exp())]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::LogSumExp { axes: self.axes.clone() })
    }
}

impl Tensor {
    /// `ln Σ eˣ` over `axes`, which go away; of no elements it is −∞.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([1000.0, 1000.0]).logsumexp(0);
    /// assert_eq!(y.item()?, 1000.0 + 2_f64.ln());
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn logsumexp(&self, axes: impl Axes) -> Tensor {
        let axes = axes.resolve("logsumexp", self.rank());
        let dims = removed(self.dims(), &axes);
        apply(LogSumExp { axes }, [self]).reshape(dims)
    }

    /// `ln Σ eˣ` over `axes`, which stay with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([[1000.0, 1000.0]]).logsumexp_keepdim(1);
    /// assert_eq!(y.to_f64_vec()?, [1000.0 + 2_f64.ln()]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn logsumexp_keepdim(&self, axes: impl Axes) -> Tensor {
        apply(LogSumExp { axes: axes.resolve("logsumexp", self.rank()) }, [self])
    }
}

/// Domain, cases and refusals of `logsumexp`.
pub fn definition() -> Definition {
    let total = reference::logsumexp;
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].logsumexp(..))
            .reference(move |x| x[0].reduce(&[0, 1], total).without(&[0, 1])),
        Case::new("axis", [[2, 3]], |x| x[0].logsumexp(0))
            .reference(move |x| x[0].reduce(&[0], total).without(&[0])),
        Case::new("two axes", [[2, 3, 2, 1, 2]], |x| x[0].logsumexp([1, -1]))
            .reference(move |x| x[0].reduce(&[1, 4], total).without(&[1, 4])),
        Case::new("kept", [[2, 3]], |x| x[0].logsumexp_keepdim(1))
            .reference(move |x| x[0].reduce(&[1], total)),
        Case::new("length 1", [[3, 1]], |x| x[0].logsumexp(1)).reference(move |x| x[0].without(&[1])),
        Case::new("scalar", [[0; 0]], |x| x[0].logsumexp(..)).reference(|x| x[0].clone()),
        Case::new("large", [[4]], |x| (&x[0] * 400.0).logsumexp(0) / 400.0)
            .on(Domain::Distinct)
            .reference(move |x| x[0].map(|x| x * 400.0).reduce(&[0], total).without(&[0]).map(|y| y / 400.0)),
    ];
    let minus = f64::NEG_INFINITY;
    Definition::new("all x", cases)
        .singular("no element", [Values::zeros([0, 3])], minus, [Values::zeros([0, 3])])
        .singular("all x = −∞", [[minus; 2]], minus, [[0.0; 2]])
        .singular("one x = −∞", [[minus, 1.0]], 1.0, [[0.0, 1.0]])
        .singular("one x = ∞", [[f64::INFINITY, 1.0]], f64::INFINITY, [[f64::NAN, 0.0]])
        .refuses(&["logsumexp", "no axis 2", "2 axes"], [[2, 3]], |x| x[0].logsumexp(2))
        .refuses(&["logsumexp", "an axis occurs twice"], [[2, 3]], |x| x[0].logsumexp([1, -1]))
}
