//! A whole network, for its input and all its parameters.

use kiln_check::{CheckKind, CheckOptions};
use kiln_grad::{DType, Device, Tensor};
use kiln_nn::layers::{Activation, BatchNorm, Conv2d, Flatten, Linear, Sequential};
use kiln_nn::{Ctx, Module, Param, TensorOptions, parameters};
use kiln_tensor::random::Key;

/// A convolution, batch norm, and a linear layer: two classes of images of one channel.
fn network() -> Sequential {
    let (key, place) = (Key::new(5).purpose("network"), TensorOptions::cpu_f64());
    Sequential::new()
        .with(key, |key| Conv2d::new(1, 2, 3, key, &place).stride(2).padding(1))
        .add(BatchNorm::new(2, &place))
        .add(Activation::Tanh)
        .add(Flatten)
        .with(key, |key| Linear::new(8, 2, key, &place))
}

#[test]
fn a_convolutional_network_passes_both_orders() {
    let mut network = network();
    let params: Vec<Param> = parameters(&mut network);
    let mut inputs = vec![Tensor::normal(Key::new(6), [3, 1, 4, 4], DType::F64, &Device::cpu())];
    inputs.extend(params.iter().map(|param| param.tensor().detach()));
    let model = |x: &[Tensor]| {
        params.iter().zip(&x[1..]).for_each(|(param, x)| param.set(x.array().clone()));
        let images = x[0].tracked();
        let logits = network.forward(&images, &mut Ctx::train(Key::new(0)));
        (logits, [images].into_iter().chain(params.iter().map(Param::tensor)).collect())
    };
    let report = CheckOptions::new().model(model, &inputs);
    report.assert_pass();
    let gradients = report.checks.iter().filter(|check| check.kind == CheckKind::Gradient);
    assert_eq!(gradients.count(), 1 + 6, "one for the images and each parameter");
}

#[test]
#[should_panic(expected = "the function has 1 leaves for 2 inputs")]
fn a_leaf_for_each_input_is_wanted() {
    let x = Tensor::from([1.0]);
    CheckOptions::new().model(|x| (&x[0] * &x[1], vec![x[0].clone()]), &[x.clone(), x]);
}
