//! A linear map of vectors.

use super::{Activation, add_channels, add_channels_then, start, visit_weights};
use crate::module::{Ctx, Module};
use crate::param::Param;
use crate::place::Place;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::{Dims, Tensor};
use kiln_tensor::random::Key;

/// `y = x·weightᵀ + bias`, from `[.., inputs]` to `[.., outputs]`.
#[derive(Debug)]
pub struct Linear {
    /// `[outputs, inputs]`.
    pub weight: Param,
    /// `[outputs]`.
    pub bias: Option<Param>,
}

impl Linear {
    /// A layer with a bias; weight and bias start in `U(±1/√inputs)`.
    pub fn new(inputs: usize, outputs: usize, key: Key, place: &Place) -> Self {
        let (weight, bias) = start(key, [outputs, inputs].into(), outputs, place);
        Linear { weight, bias: Some(bias) }
    }

    /// Without a bias.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Linear { bias: None, ..self }
    }
}

impl Linear {
    /// `f` of all leading axes as rows of one matrix, with these axes again.
    #[track_caller]
    fn of_rows(&self, x: &Tensor, f: impl FnOnce(Tensor) -> Option<Tensor>) -> Option<Tensor> {
        let (dims, [outputs, inputs]) = (*x.dims(), [0, 1].map(|axis| self.weight.dims()[axis]));
        assert!(dims.last() == Some(&inputs), "Linear: got {dims}; wanted [.., {inputs}]");
        let leading = &dims[..dims.rank() - 1];
        let y = f(x.reshape([leading.iter().product(), inputs]))?;
        Some(y.reshape(leading.iter().copied().chain([outputs]).collect::<Dims>()))
    }

    /// `x·weightᵀ` of a matrix.
    #[track_caller]
    fn product(&self, x: &Tensor) -> Tensor {
        x.matmul(&self.weight.tensor().transpose(0, 1))
    }
}

impl Stateful for Linear {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, self.bias.as_ref());
    }
}

impl Module for Linear {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        self.of_rows(x, |rows| Some(add_channels(self.product(&rows), self.bias.as_ref())))
            .expect("there is a result whether there is a bias or not")
    }

    fn forward_then(&self, x: &Tensor, activation: Activation, _: &mut Ctx) -> Option<Tensor> {
        self.of_rows(x, |rows| add_channels_then(|| self.product(&rows), self.bias.as_ref(), activation))
    }
}
