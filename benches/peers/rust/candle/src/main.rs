//! One training step in candle, timed: `peer-candle ROW [SECONDS]`.
//!
//! The row `wgangp` needs the environment variable `CANDLE_GRAD_DO_NOT_DETACH=1`: without it gradients are
//! constants, and the penalty silently has none.

mod gan;
#[path = "../../timing.rs"]
mod timing;
mod vae;
mod wgangp;

use candle_core::{Device, Result};
use candle_nn::{AdamW, Conv2dConfig, ConvTranspose2dConfig, Optimizer, ParamsAdamW, VarMap};
use timing::Measure;

const CPU: Device = Device::Cpu;

fn main() -> Result<()> {
    let measure = Measure::from_arguments("0.11.1");
    match measure.row.as_str() {
        "dcgan64" => gan::dcgan(&measure, 64, 3, 64),
        "dcgan32" => gan::dcgan(&measure, 32, 1, 32),
        "convvae" => vae::conv_vae(&measure),
        "mlpvae" => vae::mlp_vae(&measure),
        "wgangp" => wgangp::critic(&measure),
        row => panic!("there is no row {row} in candle"),
    }
}

fn window(stride: usize, padding: usize) -> Conv2dConfig {
    Conv2dConfig { stride, padding, ..Default::default() }
}

fn window_transpose(stride: usize, padding: usize) -> ConvTranspose2dConfig {
    ConvTranspose2dConfig { stride, padding, ..Default::default() }
}

/// Without weight decay AdamW is Adam.
fn adam(variables: &VarMap, lr: f64, beta1: f64, beta2: f64) -> Result<AdamW> {
    let rule = ParamsAdamW { lr, beta1, beta2, eps: 1e-8, weight_decay: 0.0 };
    AdamW::new(variables.all_vars(), rule)
}
