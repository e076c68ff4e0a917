//! The residual denoiser DnCNN, whose batch norm is run in both modes.

use crate::file::{Golden, Series, values};
use kiln::grad::{DType, Device};
use kiln::models::nets::dncnn::DnCnn;
use kiln::models::restore::{Noise, RestoreLoss, RestoreTraining};
use kiln::nn::{Images, PixelRange, StepCtx, TensorOptions, Translator, named_parameters};
use kiln::tensor::random::Key;

fn steps(dtype: DType, tolerance: f64) {
    let golden = Golden::read("denoise.json");
    let options = TensorOptions::new(dtype, &Device::cpu());
    let channels = golden.count("channels");
    let mut net = DnCnn::new(channels, golden.count("depth"), golden.count("width"), Key::new(0), &options);
    golden.set_parameters("net.", named_parameters(&mut net), dtype);
    // The noise is the file's, so that kiln adds none of its own.
    let (noise, loss) = (Noise { sigma: [0.0, 0.0] }, RestoreLoss::Mse);
    let optimizer = golden.setting("optimizer");
    let mut model = RestoreTraining::new(Box::new(net), &optimizer, noise, loss, None, channels, options);
    let images = |step: usize| {
        let clean = golden.data("clean", 2000, step, DType::F64);
        let noisy = &clean + golden.data("noise", 3000, step, DType::F64);
        [clean, noisy].map(|images| images.to_dtype(dtype))
    };
    let mut have = Series::default();
    for step in 0..golden.count("steps") {
        let [clean, noisy] = images(step);
        have.push(model.step_with(&clean, &noisy, &StepCtx::new(0, step as u64)).unwrap());
    }
    golden.agree_in_metrics(&format!("denoise {dtype}"), &have, |_| tolerance);
    if dtype == DType::F64 {
        let [_, noisy] = images(golden.count("steps"));
        let restored = model.translate(&Images::new(noisy, PixelRange::Unit)).unwrap();
        let mut state = values(&mut model, &[("net.", "net.")]);
        state.insert("restored".to_owned(), restored.unit().to_f64_vec().unwrap());
        golden.agree_in_sums(&state);
    }
}

#[test]
fn denoise_in_f64() {
    steps(DType::F64, 1e-10);
}

#[test]
fn denoise_in_f32() {
    steps(DType::F32, 1e-4);
}
