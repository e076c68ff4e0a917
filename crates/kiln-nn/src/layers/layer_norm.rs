//! Layer norm.

use super::{Affine, unit_affine};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::{Dims, Tensor};

/// Layer norm (Ba, Kiros and Hinton, 2016): each sample normalised over its last axes, then scaled and
/// shifted element by element.
#[derive(Debug)]
pub struct LayerNorm {
    affine: Affine,
    eps: f64,
}

impl LayerNorm {
    /// For tensors whose last axes have the lengths `dims`; weight 1 and bias 0 of these dims, eps 1e-5.
    #[track_caller]
    pub fn new(dims: impl Into<Dims>, options: &TensorOptions) -> Self {
        LayerNorm { affine: unit_affine(dims.into(), options), eps: 1e-5 }
    }

    /// What is added to the variance to keep the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        LayerNorm { eps, ..self }
    }
}

impl Stateful for LayerNorm {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.affine.visit(v);
    }
}

impl Module for LayerNorm {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        let (weight, bias) = self.affine.tensors();
        x.layer_norm(&weight, &bias, self.eps)
    }
}
