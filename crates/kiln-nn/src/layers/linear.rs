//! A linear map of vectors.

use super::{start, visit_weights};
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

impl Stateful for Linear {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, self.bias.as_ref());
    }
}

impl Module for Linear {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        let weight = self.weight.tensor();
        let (dims, [outputs, inputs]) = (*x.dims(), [weight.dims()[0], weight.dims()[1]]);
        assert!(dims.last() == Some(&inputs), "Linear: got {dims}; wanted [.., {inputs}]");
        // All leading axes are rows of one matrix product.
        let rows: usize = dims[..dims.rank() - 1].iter().product();
        let y = x.reshape([rows, inputs]).matmul(&weight.transpose(0, 1));
        let y = match &self.bias {
            Some(bias) => y + bias.tensor(),
            None => y,
        };
        let leading = dims[..dims.rank() - 1].iter().copied();
        y.reshape(leading.chain([outputs]).collect::<Dims>())
    }
}
