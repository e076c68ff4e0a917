//! Layers, one file each.
//!
//! Names and layouts of their parameters, their defaults and their start values are PyTorch's. A
//! constructor takes the sizes, the [`Key`] its parameters draw from, and the [`TensorOptions`] they are made in;
//! options are methods:
//!
//! ```
//! use kiln_nn::layers::Conv2d;
//! use kiln_nn::{Ctx, Module, TensorOptions};
//! use kiln_tensor::random::Key;
//!
//! let options = TensorOptions::cpu_f32();
//! let conv = Conv2d::new(3, 8, 4, Key::new(1).purpose("conv"), &options).stride(2).padding(1);
//! let y = conv.forward(&options.zeros([2, 3, 16, 16]), &mut Ctx::eval());
//! assert_eq!(y.dims()[..], [2, 8, 8, 8]);
//! ```
//!
//! Give each layer a key of its own purpose: two layers with one key start with the same numbers.
//! [`Sequential::with`] does that by the layer's index.

mod activation;
mod batch_norm;
mod conditional_batch_norm;
mod conv1d;
mod conv2d;
mod conv_transpose2d;
mod dropout;
mod embedding;
mod flatten;
mod group_norm;
mod instance_norm;
mod layer_norm;
mod linear;
mod masked_linear;
mod minibatch_std;
mod pad;
mod pool;
mod sequential;
mod spectral_norm;
mod upsample;

pub use activation::Activation;
pub use batch_norm::BatchNorm;
pub use conditional_batch_norm::ConditionalBatchNorm;
pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::{Flatten, Reshape};
pub use group_norm::GroupNorm;
pub use instance_norm::InstanceNorm;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use masked_linear::MaskedLinear;
pub use minibatch_std::MinibatchStd;
pub use pad::ReflectionPad2d;
pub use pool::{AvgPool2d, MaxPool2d};
pub use sequential::Sequential;
pub use spectral_norm::SpectralNorm;
pub use upsample::Upsample;

use crate::init;
use crate::module::Ctx;
use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::StateVisitor;
use kiln_grad::{Dims, Tensor};
use kiln_tensor::random::Key;

/// Weight and bias of a linear or convolution layer, with PyTorch's start values: both
/// `U(±1/√fan_in)`, drawn from the key's purposes `weight` and `bias`.
#[track_caller]
fn start(key: Key, weight: Dims, outputs: usize, options: &TensorOptions) -> (Param, Param) {
    let values = init::kaiming_uniform(key.purpose("weight"), weight, 5f64.sqrt(), options);
    let bias = init::bias(key.purpose("bias"), outputs, &weight, options);
    (Param::new(values), Param::new(bias))
}

/// Scale 1 and shift 0 of a norm layer.
#[track_caller]
fn unit_affine(dims: Dims, options: &TensorOptions) -> Affine {
    Affine { weight: Param::new(options.ones(dims)), bias: Param::new(options.zeros(dims)) }
}

/// Scale and shift of a norm layer.
#[derive(Debug)]
struct Affine {
    weight: Param,
    bias: Param,
}

impl Affine {
    fn tensors(&self) -> (Tensor, Tensor) {
        (self.weight.tensor(), self.bias.tensor())
    }

    fn visit(&self, v: &mut StateVisitor) {
        v.param("weight", &self.weight);
        v.param("bias", &self.bias);
    }
}

/// Shows a weight, by the names of PyTorch's `spectral_norm` where it is divided by its norm, and, if there is one, a bias.
fn visit_weights(
    v: &mut StateVisitor,
    weight: &Param,
    spectral: Option<&SpectralNorm>,
    bias: Option<&Param>,
) {
    match spectral {
        None => v.param("weight", weight),
        Some(spectral) => spectral.visit(v, weight),
    }
    if let Some(bias) = bias {
        v.param("bias", bias);
    }
}

/// The weight that a layer computes with: divided by its norm, where it has a spectral norm.
#[track_caller]
fn effective(weight: &Param, spectral: Option<&SpectralNorm>, cx: &Ctx) -> Tensor {
    let weight = weight.tensor();
    spectral.map_or_else(|| weight.clone(), |spectral| spectral.normalized(&weight, cx))
}

/// `y + bias` along the channels of `[n, c, ..]`.
#[track_caller]
fn add_channels(y: Tensor, bias: Option<&Param>) -> Tensor {
    match bias {
        Some(bias) => y.bias_then(&bias.tensor(), kiln_tensor::Activation::Identity),
        None => y,
    }
}

/// A layer's own function, its bias, and the activation behind it: the latter two in one pass, if there is a bias and
/// the kernel knows the activation.
#[track_caller]
fn add_channels_then(
    y: impl FnOnce() -> Tensor,
    bias: Option<&Param>,
    activation: Activation,
) -> Option<Tensor> {
    let (bias, activation) = (bias?, activation.fused()?);
    Some(y().bias_then(&bias.tensor(), activation))
}

/// Says of layers that they have no state.
macro_rules! stateless {
    ($($layer:ty),*) => {$(
        impl crate::state::Stateful for $layer {
            fn visit(&mut self, _: &mut crate::state::StateVisitor) {}
        }
    )*};
}
use stateless;
