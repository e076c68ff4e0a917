//! A dense layer: a product of matrices, a bias, and the activation that often follows.

use super::bias::pre_activation_grads;
use super::normalize::activate;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, or_panic, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{Activation, Array, Dims, Meta, Result, ShapeError, fused};

/// `f(x · weightᵀ + bias)`. The bias isn't kept, so recorded sweeps take the rule in plain ops and not the composite.
#[derive(Debug)]
struct Linear(Activation);

impl Op for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("linear", ins)?;
        let [x, weight, bias] = [0, 1, 2].map(|i| ins[i].dims);
        let fits = x.rank() > 0 && weight.rank() == 2 && x.last() == weight.last() && *bias == weight[..1];
        if !fits {
            let wanted = "wanted [.., inputs], [outputs, inputs] and [outputs]";
            let text = format!("got {x}, a weight {weight} and a bias {bias}; {wanted}");
            return Err(ShapeError::new("linear", text));
        }
        Ok(Meta { dims: x.with(x.rank() - 1, weight[0]), dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_input(0);
        cx.save_input(1);
        if self.0 != Activation::Identity {
            cx.save_output();
        }
        let [x, weight, bias] = [0, 1, 2].map(|i| cx.input(i));
        let rows = x.reshape(matrix(x.dims()));
        let meta = Meta { dims: [rows.dims()[0], weight.dims()[0]].into(), dtype: x.dtype() };
        let y = Array::fused(fused::Linear(self.0), &[&rows, weight, bias], &[meta]).remove(0);
        y.reshape(x.dims().with(x.rank() - 1, weight.dims()[0]))
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let rows = |x: &Tensor| x.reshape(matrix(x.dims()));
        let y = (self.0 != Activation::Identity).then(|| rows(&cx.output()));
        let (u, bias) = pre_activation_grads(self.0, cx, &rows(v), y.as_ref(), need[2]);
        // z = xWᵀ: dx = uW and dW = uᵀx.
        let x = need[0].then(|| u.matmul(&cx.input(1)).reshape(cx.input_dims(0)));
        let weight = need[1].then(|| u.transpose(0, 1).matmul(&rows(&cx.input(0))));
        vec![x, weight, bias]
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let [x, weight, bias] = ins else { return None };
        let product = x.reshape(matrix(x.dims())).matmul(&weight.transpose(0, 1));
        let y = product.reshape(x.dims().with(x.rank() - 1, weight.dims()[0]));
        Some(activate(&(y + bias), self.0))
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Linear(self.0))
    }
}

/// `[.., k]` as rows of one matrix.
fn matrix(dims: &Dims) -> [usize; 2] {
    let last = dims.rank() - 1;
    [dims[..last].iter().product(), dims[last]]
}

impl Tensor {
    /// A dense layer, `x · weightᵀ + bias`: `x [.., inputs]`, `weight [outputs, inputs]` and `bias [outputs]` give
    /// `[.., outputs]`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (weight, bias) = (Tensor::from([[1.0, 10.0]]), Tensor::from([0.5]));
    /// assert_eq!(Tensor::from([[2.0, 3.0]]).linear(&weight, &bias).item()?, 32.5);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit, or the element types aren't one float type.
    #[must_use]
    #[track_caller]
    pub fn linear(&self, weight: &Tensor, bias: &Tensor) -> Tensor {
        self.linear_then(weight, bias, Activation::Identity)
    }

    /// Like [`linear`](Self::linear), and then the activation: both are done to the sums as they are stored.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// use kiln_tensor::Activation;
    /// let (weight, bias) = (Tensor::from([[1.0, -10.0]]), Tensor::from([0.5]));
    /// let y = Tensor::from([[2.0, 3.0]]).linear_then(&weight, &bias, Activation::Relu);
    /// assert_eq!(y.item()?, 0.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit, or the element types aren't one float type.
    #[must_use]
    #[track_caller]
    pub fn linear_then(&self, weight: &Tensor, bias: &Tensor, activation: Activation) -> Tensor {
        or_panic(self.try_linear_then(weight, bias, activation))
    }

    /// Like [`linear_then`](Self::linear_then).
    ///
    /// # Errors
    /// Where that panics.
    #[track_caller]
    pub fn try_linear_then(&self, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
        let inputs = [self, weight, bias];
        match activation {
            // Falling below 0, the result doesn't tell the sign of what went in.
            Activation::LeakyRelu(slope) if slope < 0.0 => {
                Ok(try_apply(Linear(Activation::Identity), inputs)?.leaky_relu(slope))
            }
            _ => try_apply(Linear(activation), inputs),
        }
    }
}

/// Domain, cases and refusals of `linear`.
pub fn definition() -> Definition {
    let then = |f: Activation| move |x: &[Tensor]| x[0].linear_then(&x[1], &x[2], f);
    let sum = |x: &[Values]| {
        let (weight, last) = (&x[1], x[0].dims.rank() - 1);
        Values::build(x[0].dims.with(last, weight.dims[0]), |i| {
            let x_at = |k| x[0].at(&[&i[..last], &[k]].concat());
            let products = (0..weight.dims[1]).map(|k| x_at(k) * weight.at(&[i[last], k]));
            products.sum::<f64>() + x[2].at(&i[last..])
        })
    };
    let plain =
        |label, dims: [&[usize]; 3]| Case::new(label, dims, |x| x[0].linear(&x[1], &x[2])).reference(sum);
    let activated = |label, dims: [&[usize]; 3], f, slope: f64| {
        let reference = move |x: &[Values]| sum(x).map(|y| if y > 0.0 { y } else { slope * y });
        Case::new(label, dims, then(f)).reference(reference)
    };
    let cases = vec![
        plain("matrix", [&[3, 4], &[2, 4], &[2]]),
        plain("vector", [&[4], &[2, 4], &[2]]),
        plain("batch of matrices", [&[2, 3, 2], &[3, 2], &[3]]),
        plain("one output", [&[3, 2], &[1, 2], &[1]]),
        plain("no row", [&[0, 2], &[3, 2], &[3]]),
        plain("nothing to sum", [&[2, 0], &[3, 0], &[3]]),
        plain("no output", [&[2, 3], &[0, 3], &[0]]),
        activated("relu", [&[5, 3], &[4, 3], &[4]], Activation::Relu, 0.0),
        activated("leaky relu", [&[2, 2, 3], &[2, 3], &[2]], Activation::LeakyRelu(0.2), 0.2),
        activated("negative slope", [&[2, 3], &[2, 3], &[2]], Activation::LeakyRelu(-0.5), -0.5),
    ];
    let call = then(Activation::Relu);
    Definition::new("all x", cases)
        .smooth()
        .refuses(
            &["linear", "[2, 3]", "a weight [3, 4]", "wanted [.., inputs], [outputs, inputs] and [outputs]"],
            [&[2, 3][..], &[3, 4], &[3]],
            call,
        )
        .refuses(&["linear", "a bias [3]", "wanted"], [&[2, 3][..], &[2, 3], &[3]], call)
        .refuses(&["linear", "a weight [3]", "wanted"], [&[2, 3][..], &[3], &[3]], call)
        .refuses(&["linear", "got []", "wanted"], [&[][..], &[2, 3], &[2]], call)
        .tries(|x| x[0].try_linear_then(&x[1], &x[2], Activation::Relu))
}
