//! `ln Σ eˣ` over axes, without overflow.

use crate::axes::{Axes, kept, removed};
use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::tensor::Tensor;
use kiln_tensor::{Array, Map, Meta, Reduce, ShapeError, Zip};

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
        let top = x.reduce(Reduce::Max, &self.axes).map(Map::Clamp(f64::MIN, f64::MAX));
        let sum = x.zip(Zip::Sub, &top).map(Map::Exp).reduce(Reduce::Sum, &self.axes);
        sum.map(Map::Ln).zip(Zip::Add, &top)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v * (cx.input(0) - cx.output()).exp())]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::LogSumExp { axes: self.axes.clone() })
    }
}

impl Tensor {
    /// `ln Σ eˣ` over `axes`, which go away; of no elements it is −∞.
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
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("all", [[2, 3]], |x| x[0].logsumexp(..)),
        Case::new("axis", [[2, 3]], |x| x[0].logsumexp(0)),
        Case::new("large", [[4]], |x| (&x[0] * 400.0).logsumexp(0) / 400.0)
            .on(crate::case::Domain::Distinct),
    ]
}
