//! The gradient penalty: training through the derivative of a derivative.

use crate::{gpu, options};
use kiln::nn::layers::{Activation, Conv2d, Flatten, Linear, Sequential};
use kiln::nn::loss::gradient_penalty;
use kiln::nn::optim::{Adam, Optimizer};
use kiln::prelude::*;

const STEPS: u32 = 10;

/// The losses of a critic's first steps, and all its parameters after them.
fn train(options: &TensorOptions) -> (Vec<f64>, Vec<f64>) {
    let key = Key::new(3);
    let mut critic = Sequential::new()
        .add(Conv2d::new(1, 8, 4, key.purpose("conv1"), options).stride(2).padding(1))
        .add(Activation::LeakyRelu(0.2))
        .add(Conv2d::new(8, 16, 4, key.purpose("conv2"), options).stride(2).padding(1))
        .add(Activation::LeakyRelu(0.2))
        .add(Flatten)
        .add(Linear::new(64, 1, key.purpose("head"), options));
    let parameters = named_parameters(&mut critic);
    let mut adam = Adam::new(parameters.clone(), 1e-3).betas(0.0, 0.9);
    let images = |name: &str| Tensor::normal(key.purpose(name), [6, 1, 8, 8], options.dtype, &options.device);
    let (real, fake) = (images("real"), images("fake") * 0.5);
    let mut losses = vec![];
    for step in 0..STEPS {
        let judge = |x: &Tensor| critic.forward(x, &mut Ctx::train(key));
        let penalty = gradient_penalty(judge, &real, &fake, key.step(step)) * 10.0;
        let loss = judge(&fake).mean(..) - judge(&real).mean(..) + penalty;
        losses.push(loss.detach());
        adam.minimize(loss);
    }
    let losses = losses.iter().map(|loss| loss.item().unwrap()).collect();
    let values = |(_, param): &(String, Param)| param.tensor().to_f64_vec().unwrap();
    (losses, parameters.iter().flat_map(values).collect())
}

#[test]
fn a_critic_with_gradient_penalty_trains_as_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let [cpu, there] = [TensorOptions::cpu_f32(), options(&gpu)].map(|options| train(&options));
    let apart = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(1.0)).fold(0.0, f64::max)
    };
    let (losses, parameters) = (apart(&cpu.0, &there.0), apart(&cpu.1, &there.1));
    println!("largest difference of a loss {losses:.1e}, of a parameter {parameters:.1e}");
    assert!(losses <= 1e-4 && parameters <= 1e-4, "{cpu:?} {there:?}");
    // It has learned something: the penalty alone is near 10 at the start.
    assert!(cpu.0[STEPS as usize - 1] < 0.9 * cpu.0[0], "{:?}", cpu.0);
}
