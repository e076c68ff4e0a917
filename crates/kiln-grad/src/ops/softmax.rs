//! Softmax along an axis, and its logarithm.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::{Array, Meta, ShapeError, fused};

/// Softmax along the last axis.
#[derive(Debug)]
struct Softmax {
    log: bool,
}

impl Op for Softmax {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax" } else { "softmax" }
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats(self.name(), ins)?;
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_output();
        let x = cx.input(0);
        Array::fused(fused::Softmax { log: self.log }, &[x], &[x.meta()]).remove(0)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(apply(SoftmaxGrad { log: self.log }, [v, &cx.output()]))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Softmax { log: self.log })
    }
}

/// `y · (v − Σ v·y)` along the last axis, or for the logarithm `v − eʸ · Σ v`.
#[derive(Debug)]
struct SoftmaxGrad {
    log: bool,
}

impl Op for SoftmaxGrad {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax_grad" } else { "softmax_grad" }
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats(self.name(), ins)?;
        Ok(ins[1])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let [v, y] = [0, 1].map(|i| cx.input(i));
        Array::fused(fused::SoftmaxBackward { log: self.log }, &[v, y], &[y.meta()]).remove(0)
    }

    fn vjp(&self, cx: &Vjp, u: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let (v, y) = (cx.input(0), cx.input(1));
        let total = |x: Tensor| x.sum_keepdim(-1);
        if self.log {
            let of_v = || u - total(u * y.exp());
            return vec![need[0].then(of_v), need[1].then(|| -(u * y.exp() * total(v.clone())))];
        }
        // The map of v is its own transpose.
        let of_v = || apply(SoftmaxGrad { log: false }, [u, &y]);
        let of_y = || u * (&v - total(&v * &y)) - &v * total(u * &y);
        vec![need[0].then(of_v), need[1].then(of_y)]
    }
}

impl Tensor {
    /// `eˣ / Σ eˣ` along `axis`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0, 0.0]).softmax(0).to_f64_vec()?, [0.5, 0.5]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn softmax(&self, axis: i32) -> Tensor {
        self.softmax_along(axis, false)
    }

    /// `x − ln Σ eˣ` along `axis`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([7.0]).log_softmax(0).item()?, 0.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn log_softmax(&self, axis: i32) -> Tensor {
        self.softmax_along(axis, true)
    }

    #[track_caller]
    fn softmax_along(&self, axis: i32, log: bool) -> Tensor {
        let (axis, last) = (resolve("softmax", axis, self.rank()), self.rank() - 1);
        if axis == last {
            return apply(Softmax { log }, [self]);
        }
        apply(Softmax { log }, [&self.transpose(axis as i32, last as i32)])
            .transpose(axis as i32, last as i32)
    }
}

/// Domain, cases and refusals of `softmax`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axis: i32, number: usize| {
        let case = Case::new(label, [dims], move |x| x[0].softmax(axis));
        case.reference(move |x| x[0].along(number, reference::softmax))
    };
    let log = |label, dims: &'static [usize], axis: i32, number: usize| {
        let case = Case::new(label, [dims], move |x| x[0].log_softmax(axis));
        case.reference(move |x| x[0].along(number, reference::log_softmax))
    };
    let cases = vec![
        case("last axis", &[2, 3], -1, 1),
        case("first axis", &[2, 3], 0, 0),
        case("of five axes", &[2, 1, 3, 1, 2], 2, 2),
        case("one class", &[2, 1], -1, 1),
        case("nothing", &[0, 3], 1, 1),
        log("logarithm", &[7], -1, 0),
        log("logarithm, middle axis", &[2, 3, 2], 1, 1),
        log("logarithm, one class", &[2, 1], -1, 1),
    ];
    let (nan, minus, row) = (f64::NAN, f64::NEG_INFINITY, |data: [f64; 2]| Values::new([1, 2], data));
    Definition::new("all x", cases)
        .singular("all x = −∞", [row([minus; 2])], row([nan; 2]), [row([nan; 2])])
        .singular("one x = −∞", [row([minus, 1.0])], row([0.0, 1.0]), [row([0.0, 0.0])])
        .refuses(&["softmax", "no axis 2", "2 axes"], [[2, 3]], |x| x[0].softmax(2))
        .refuses(&["softmax", "no axis -1", "0 axes"], [[0; 0]], |x| x[0].log_softmax(-1))
}
