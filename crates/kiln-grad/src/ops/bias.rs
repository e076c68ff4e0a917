//! A bias for each channel, and the activation that often follows it.

use super::leaky_relu::leaky_relu_grad;
use super::normalize::{activate, positions};
use super::relu::relu_grad;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, or_panic, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::Activation;
use kiln_tensor::fused::{Bias, BiasBackward};
use kiln_tensor::{Array, Meta, Result, ShapeError};

/// `f(x + bias)`. Its rule needs nothing but the result, so `x` isn't kept, and recorded sweeps take the rule in plain
/// ops and not the composite.
#[derive(Debug)]
struct AddBias(Activation);

impl Op for AddBias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats("bias", ins)?;
        let (x, bias) = (&ins[0].dims, &ins[1].dims);
        if x.rank() < 2 || **bias != x[1..2] {
            let text = format!("got {x} and a bias {bias}; wanted [n, c, ..] and [c]");
            return Err(ShapeError::new("bias", text));
        }
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        if self.0 != Activation::Identity {
            cx.save_output();
        }
        let x = cx.input(0).reshape(positions(cx.input(0).dims()));
        let y = Array::fused(Bias(self.0), &[&x, cx.input(1)], &[x.meta()]).remove(0);
        y.reshape(*cx.input(0).dims())
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let y = (self.0 != Activation::Identity).then(|| cx.output());
        let (u, bias) = pre_activation_grads(self.0, cx, v, y.as_ref(), need[1]);
        vec![need[0].then_some(u), bias]
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let column = ins[0].channel_dims();
        Some(activate(&(&ins[0] + ins[1].reshape(column)), self.0))
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Bias(self.0))
    }
}

/// Pre-activation gradients of `y = f(x + bias)`: of `x` and, if needed, of the bias, from the gradient `v` of
/// `y [n, c, ..]`. Only the identity does without `y`.
pub(super) fn pre_activation_grads(
    f: Activation,
    cx: &Vjp,
    v: &Tensor,
    y: Option<&Tensor>,
    need_bias: bool,
) -> (Tensor, Option<Tensor>) {
    let channels = v.dims()[1];
    if let Some(y) = y.filter(|_| !cx.recording) {
        let seen_as = positions(v.dims());
        let (v3, y3) = (v.array().reshape(seen_as), y.array().reshape(seen_as));
        let bias = Meta { dims: [channels].into(), dtype: v.dtype() };
        let outs = Array::fused(BiasBackward(f), &[&v3, &y3], &[v3.meta(), bias]);
        let [u, bias] = outs.try_into().expect("two outputs were asked for");
        return (u.reshape(*v.dims()).into(), need_bias.then(|| bias.into()));
    }
    let u = match (f, y) {
        (Activation::Relu, Some(y)) => relu_grad(v, y),
        (Activation::LeakyRelu(slope), Some(y)) => leaky_relu_grad(v, y, slope),
        _ => v.clone(),
    };
    let bias = need_bias.then(|| u.sum_to(v.channel_dims()).reshape([channels]));
    (u, bias)
}

impl Tensor {
    /// `x + bias` for each channel of `x [n, c, ..]`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0, 4.0]).reshape([1, 2, 2]);
    /// assert_eq!(x.bias(&Tensor::from([10.0, 20.0])).to_f64_vec()?, [11.0, 12.0, 23.0, 24.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis, or the bias isn't `[c]` or of another element type.
    #[must_use]
    #[track_caller]
    pub fn bias(&self, bias: &Tensor) -> Tensor {
        self.bias_then(bias, Activation::Identity)
    }

    /// `x + bias` for each channel of `x [n, c, ..]`, and then the activation, in one pass over memory.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// use kiln_tensor::Activation;
    /// let x = Tensor::from([[1.0, -3.0]]);
    /// let y = x.bias_then(&Tensor::from([1.0, 1.0]), Activation::Relu);
    /// assert_eq!(y.to_f64_vec()?, [2.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has no channel axis, or the bias isn't `[c]` or of another element type.
    #[must_use]
    #[track_caller]
    pub fn bias_then(&self, bias: &Tensor, activation: Activation) -> Tensor {
        or_panic(self.try_bias_then(bias, activation))
    }

    /// Like [`bias_then`](Self::bias_then).
    ///
    /// # Errors
    /// Where that panics.
    #[track_caller]
    pub fn try_bias_then(&self, bias: &Tensor, activation: Activation) -> Result<Tensor> {
        match activation {
            // Falling below 0, the result doesn't tell the sign of what went in.
            Activation::LeakyRelu(slope) if slope < 0.0 => {
                Ok(try_apply(AddBias(Activation::Identity), [self, bias])?.leaky_relu(slope))
            }
            _ => try_apply(AddBias(activation), [self, bias]),
        }
    }
}

/// Domain, cases and refusals of `bias`.
pub fn definition() -> Definition {
    let then = |f: Activation| move |x: &[Tensor]| x[0].bias_then(&x[1], f);
    let sum = |x: &[Values]| reference::affine(&x[0], &x[1].map(|_| 1.0), &x[1]);
    let plain =
        |label, dims: [&[usize]; 2]| Case::new(label, dims, then(Activation::Identity)).reference(sum);
    let activated = |label, dims: [&[usize]; 2], f, slope: f64| {
        let reference = move |x: &[Values]| sum(x).map(|y| if y > 0.0 { y } else { slope * y });
        Case::new(label, dims, then(f)).reference(reference)
    };
    let cases = vec![
        plain("images", [&[2, 3, 2, 2], &[3]]),
        plain("vectors", [&[5, 2], &[2]]),
        plain("one channel", [&[3, 1, 2], &[1]]),
        plain("no sample", [&[0, 3, 2], &[3]]),
        activated("relu", [&[2, 3, 2, 2], &[3]], Activation::Relu, 0.0),
        activated("relu of vectors", [&[4, 3], &[3]], Activation::Relu, 0.0),
        activated("leaky relu", [&[2, 2, 5], &[2]], Activation::LeakyRelu(0.2), 0.2),
        activated("negative slope", [&[2, 2, 3], &[2]], Activation::LeakyRelu(-0.5), -0.5),
    ];
    let call = then(Activation::Relu);
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["bias", "[3]", "wanted [n, c, ..] and [c]"], [&[3][..], &[3]], call)
        .refuses(&["bias", "[5, 2]", "a bias [3]"], [&[5, 2][..], &[3]], call)
        .tries(|x| x[0].try_bias_then(&x[1], Activation::Relu))
}
