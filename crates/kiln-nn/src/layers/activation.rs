//! Functions of each element.

use super::stateless;
use crate::module::{Ctx, Module};
use kiln_grad::Tensor;

/// A function of each element, as a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x` if positive, else this slope times `x`. GANs take 0.2.
    LeakyRelu(f64),
    /// `tanh x`, in (−1, 1).
    Tanh,
    /// `1 / (1 + e⁻ˣ)`, in (0, 1). Losses here work on logits, so a discriminator doesn't end with it.
    Sigmoid,
    /// `x · sigmoid(x)`, also called swish (Elfwing et al., 2017).
    Silu,
    /// `x · Φ(x)` with the normal distribution function Φ (Hendrycks and Gimpel, 2016).
    Gelu,
    /// `x` if positive, else `eˣ − 1` (Clevert et al., 2015).
    Elu,
    /// `ln(1 + eˣ)`.
    Softplus,
}

impl Activation {
    /// The function of each element of `x`.
    #[must_use]
    #[track_caller]
    pub fn apply(self, x: &Tensor) -> Tensor {
        match self {
            Activation::Relu => x.relu(),
            Activation::LeakyRelu(slope) => x.leaky_relu(slope),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Silu => x.silu(),
            Activation::Gelu => x.gelu(),
            Activation::Elu => x.elu(1.0),
            Activation::Softplus => x.softplus(),
        }
    }

    /// The same among those that fused kernels can end with, if it is there.
    pub(super) fn fused(self) -> Option<kiln_tensor::Activation> {
        match self {
            Activation::Relu => Some(kiln_tensor::Activation::Relu),
            Activation::LeakyRelu(slope) => Some(kiln_tensor::Activation::LeakyRelu(slope)),
            _ => None,
        }
    }
}

stateless!(Activation);

impl Module for Activation {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        self.apply(x)
    }

    fn activation(&self) -> Option<Activation> {
        Some(*self)
    }
}
