//! A linear map of vectors.

use super::{Activation, SpectralNorm, effective, start, visit_weights};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// `y = x·weightᵀ + bias`, from `[.., inputs]` to `[.., outputs]`.
#[derive(Debug)]
pub struct Linear {
    /// `[outputs, inputs]`.
    pub weight: Param,
    /// `[outputs]`.
    pub bias: Option<Param>,
    spectral: Option<SpectralNorm>,
}

impl Linear {
    /// A layer with a bias; weight and bias start in `U(±1/√inputs)`.
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, key: Key, options: &TensorOptions) -> Self {
        let (weight, bias) = start(key, [outputs, inputs].into(), outputs, options);
        Linear { weight, bias: Some(bias), spectral: None }
    }

    /// Without a bias.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Linear { bias: None, ..self }
    }

    /// With spectral norm: the weight is divided by its largest singular value. To be said last.
    #[must_use]
    #[track_caller]
    pub fn spectral(self) -> Self {
        let spectral = Some(SpectralNorm::new(&self.weight, 0));
        Linear { spectral, ..self }
    }
}

impl Linear {
    #[cfg(test)]
    pub(super) fn spectral_norm(&self) -> Option<&SpectralNorm> {
        self.spectral.as_ref()
    }

    #[track_caller]
    fn check(&self, x: &Tensor) {
        let (dims, inputs) = (x.dims(), self.weight.dims()[1]);
        assert!(dims.last() == Some(&inputs), "Linear: got {dims}; wanted [.., {inputs}]");
    }

    /// `x·weightᵀ`, with all leading axes as rows of one matrix.
    fn product(&self, x: &Tensor, weight: &Tensor) -> Tensor {
        let (dims, [outputs, inputs]) = (x.dims(), [0, 1].map(|axis| self.weight.dims()[axis]));
        let last = dims.rank() - 1;
        let rows = x.reshape([dims[..last].iter().product(), inputs]);
        let y = rows.matmul(&weight.transpose(0, 1));
        y.reshape(dims.with(last, outputs))
    }
}

impl Stateful for Linear {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, self.spectral.as_ref(), self.bias.as_ref());
    }
}

impl Module for Linear {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.check(x);
        let weight = effective(&self.weight, self.spectral.as_ref(), cx);
        match &self.bias {
            Some(bias) => x.linear(&weight, &bias.tensor()),
            None => self.product(x, &weight),
        }
    }

    fn forward_then(&self, x: &Tensor, activation: Activation, cx: &mut Ctx) -> Option<Tensor> {
        self.check(x);
        let (bias, activation) = (self.bias.as_ref()?, activation.fused()?);
        let weight = effective(&self.weight, self.spectral.as_ref(), cx);
        Some(x.linear_then(&weight, &bias.tensor(), activation))
    }
}
