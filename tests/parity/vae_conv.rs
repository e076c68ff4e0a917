//! The convolutional variational autoencoder.

use crate::file::{Golden, Series, values};
use kiln::grad::{DType, Device};
use kiln::models::nets::AutoencoderForm;
use kiln::models::nets::conv_autoencoder::ConvAutoencoder;
use kiln::models::variational::{Rules, VariationalNetworks, VariationalTraining};
use kiln::nn::{StepCtx, TensorOptions, named_parameters};
use kiln::tensor::random::Key;

fn steps(dtype: DType, tolerance: f64) {
    let golden = Golden::read("vae_conv.json");
    let options = TensorOptions::new(dtype, &Device::cpu());
    let mut net = ConvAutoencoder::new(AutoencoderForm::new([1, 28, 28], 20), 8, 64, Key::new(0), &options);
    golden.set_parameters("", named_parameters(&mut net), dtype);
    let optimizer = golden.setting("optimizer");
    let mut model =
        VariationalTraining::new(VariationalNetworks::diagonal(net), &optimizer, Rules::new(20), options);
    let mut have = Series::default();
    for step in 0..golden.count("steps") {
        let x = golden.data("x", 2000, step, dtype);
        let noise = golden.data("eps_noise", 3000, step, dtype);
        have.push(model.step_with(&x, None, &noise, &StepCtx::new(0, step as u64)).unwrap());
    }
    golden.agree_in_metrics(&format!("vae-conv {dtype}"), &have, |_| tolerance);
    if dtype == DType::F64 {
        golden.agree_in_sums(&values(&mut model, &[("net.", "")]));
    }
}

#[test]
fn vae_conv_in_f64() {
    steps(DType::F64, 1e-10);
}

#[test]
fn vae_conv_in_f32() {
    steps(DType::F32, 1e-4);
}
