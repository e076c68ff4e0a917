//! The convolutional classifier, whose batch norm is run in both modes, with smoothed labels and decayed weights.

use crate::file::{Golden, Series, values};
use kiln::grad::{DType, Device, Tensor};
use kiln::models::classify::ClassifyTraining;
use kiln::models::nets::vgg::Vgg;
use kiln::nn::{Batch, Classifier, Images, PixelRange, StepCtx, TensorOptions, Training, named_parameters};
use kiln::tensor::random::Key;

fn steps(dtype: DType, tolerance: f64) {
    let golden = Golden::read("classify.json");
    let options = TensorOptions::new(dtype, &Device::cpu());
    let [channels, classes, stages, width, batch, side] =
        ["channels", "classes", "stages", "width", "batch", "side"].map(|name| golden.count(name));
    let mut net = Vgg::new(channels, classes, stages, width, Key::new(0), &options);
    golden.set_parameters("", named_parameters(&mut net), dtype);
    let (optimizer, smoothing) = (golden.setting("optimizer"), golden.setting("label_smoothing"));
    let shape = [channels, side, side];
    let mut model = ClassifyTraining::new(net, &optimizer, smoothing, shape, classes, options.clone());
    let images = |step| Images::new(golden.data("images", 2000, step, dtype), PixelRange::Unit);
    let mut have = Series::default();
    let steps = golden.count("steps");
    for step in 0..steps {
        let labels: Vec<u32> = (0..batch).map(|i| ((i + step) % classes) as u32).collect();
        let labels = Some(Tensor::from_slice(&labels, [batch], &options.device));
        let batch = Batch { labels, ..Batch::of_images(images(step)) };
        have.push(model.step(&batch, &StepCtx::new(0, step as u64)).unwrap());
    }
    golden.agree_in_metrics(&format!("classify {dtype}"), &have, |_| tolerance);
    if dtype == DType::F64 {
        let view = model.classify(&images(steps)).unwrap();
        let mut state = values(&mut model, &[("net.", "")]);
        state.insert("view.features".to_owned(), view.features.to_f64_vec().unwrap());
        state.insert("view.logits".to_owned(), view.logits.to_f64_vec().unwrap());
        golden.agree_in_sums(&state);
    }
}

#[test]
fn classify_in_f64() {
    steps(DType::F64, 1e-10);
}

#[test]
fn classify_in_f32() {
    steps(DType::F32, 1e-4);
}
