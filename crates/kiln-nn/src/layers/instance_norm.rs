//! Instance norm.

use super::{Activation, Affine, unit_affine};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;

/// Instance norm (Ulyanov, Vedaldi and Lempitsky, 2016): each channel of each sample of `[n, c, ..]`
/// normalised over its positions, in training and otherwise alike.
#[derive(Debug)]
pub struct InstanceNorm {
    affine: Option<Affine>,
    eps: f64,
}

impl InstanceNorm {
    /// Without scale and shift, as PyTorch's default; eps 1e-5.
    pub fn new() -> Self {
        InstanceNorm { affine: None, eps: 1e-5 }
    }

    /// Followed by a scale and a shift of each channel, which start with 1 and 0.
    #[track_caller]
    pub fn affine(channels: usize, options: &TensorOptions) -> Self {
        InstanceNorm { affine: Some(unit_affine([channels].into(), options)), ..InstanceNorm::new() }
    }

    /// What is added to the variance to keep the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        InstanceNorm { eps, ..self }
    }
}

impl InstanceNorm {
    #[track_caller]
    fn normalize(&self, x: &Tensor, activation: kiln_tensor::Activation) -> Tensor {
        let affine = self.affine.as_ref().map(Affine::tensors);
        let affine = affine.as_ref().map(|(weight, bias)| (weight, bias));
        x.instance_norm_then(affine, self.eps, activation)
    }
}

impl Default for InstanceNorm {
    fn default() -> Self {
        InstanceNorm::new()
    }
}

impl Stateful for InstanceNorm {
    fn visit(&mut self, v: &mut StateVisitor) {
        if let Some(affine) = &self.affine {
            affine.visit(v);
        }
    }
}

impl Module for InstanceNorm {
    /// # Panics
    /// When there is one position: its normalised value would be constant, as at the innermost level of a
    /// U-Net.
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        self.normalize(x, kiln_tensor::Activation::Identity)
    }

    fn forward_then(&self, x: &Tensor, activation: Activation, _: &mut Ctx) -> Option<Tensor> {
        Some(self.normalize(x, activation.fused()?))
    }
}
