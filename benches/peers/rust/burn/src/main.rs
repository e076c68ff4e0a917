//! One training step in burn, timed: `peer-burn ROW [SECONDS]`.
//!
//! There is no `wgangp`: burn's gradients are not tracked, so no second derivative can be taken.

// Burn's types nest deeply.
#![recursion_limit = "256"]

mod gan;
#[path = "../../timing.rs"]
mod timing;
mod vae;

use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2dConfig, ConvTranspose2dConfig};
use burn::tensor::{Device, Tensor};
use timing::Measure;

fn main() {
    let measure = Measure::from_arguments("0.23.0-pre.1");
    let device = Device::flex().autodiff();
    match measure.row.as_str() {
        "dcgan64" => gan::dcgan(&measure, 64, 3, 64, &device),
        "dcgan32" => gan::dcgan(&measure, 32, 1, 32, &device),
        "convvae" => vae::conv_vae(&measure, &device),
        "mlpvae" => vae::mlp_vae(&measure, &device),
        row => panic!("there is no row {row} in burn"),
    }
}

/// A 4×4 convolution.
fn conv(from: usize, to: usize, stride: usize, padding: usize) -> Conv2dConfig {
    let padding = match padding {
        0 => PaddingConfig2d::Valid,
        p => PaddingConfig2d::Explicit(p, p, p, p),
    };
    Conv2dConfig::new([from, to], [4, 4]).with_stride([stride, stride]).with_padding(padding)
}

/// A transposed 4×4 convolution.
fn conv_transpose(from: usize, to: usize, stride: usize, padding: usize) -> ConvTranspose2dConfig {
    ConvTranspose2dConfig::new([from, to], [4, 4])
        .with_stride([stride, stride])
        .with_padding([padding, padding])
}

fn value(loss: Tensor<1>) -> f32 {
    loss.into_scalar::<f32>()
}
