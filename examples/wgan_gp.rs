//! Why derivatives of derivatives matter: the gradient penalty of WGAN-GP (Gulrajani et al., 2017).
//!
//! The critic's loss holds the norm of the critic's own gradient, so training it differentiates a gradient.
//!
//! ```text
//! cargo run --release --example wgan_gp
//! ```

use kiln::grad::{DType, Device, Tensor, grad, grad_recorded};
use kiln::nn::layers::{Activation, Conv2d, Flatten, Linear, Sequential};
use kiln::nn::{Ctx, Module, TensorOptions, named_parameters};
use kiln::tensor::random::Key;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In f64, so that finite differences can judge.
    let options = TensorOptions { dtype: DType::F64, device: Device::cpu() };
    let key = Key::new(1);
    let mut critic = Sequential::new()
        .add(Conv2d::new(1, 4, 4, key.purpose("conv1"), &options).stride(2).padding(1))
        .add(Activation::LeakyRelu(0.2))
        .add(Conv2d::new(4, 8, 4, key.purpose("conv2"), &options).stride(2).padding(1))
        .add(Activation::LeakyRelu(0.2))
        .add(Flatten)
        .add(Linear::new(32, 1, key.purpose("head"), &options));
    let images = |name: &str| Tensor::normal(key.purpose(name), [6, 1, 8, 8], options.dtype, &options.device);
    let (real, fake) = (images("real"), images("fake"));
    let epsilon = Tensor::uniform(key.purpose("epsilon"), [6, 1, 1, 1], options.dtype, &options.device);

    let loss = |critic: &Sequential| {
        let logits = |x: &Tensor| critic.forward(x, &mut Ctx::train(key));
        // A point between each real image and a fake one: one epsilon a sample, not a pixel.
        let mixed = (&epsilon * &real + (1.0 - &epsilon) * &fake).tracked();
        // The gradient of the critic's output for its input, recorded: it can be differentiated again.
        let slope = grad_recorded(logits(&mixed).sum(..), &[&mixed]).remove(0);
        // Its norm for each sample, over all of the sample's dims.
        let norm = slope.square().flatten(1).sum(1).sqrt();
        logits(&fake).mean(..) - logits(&real).mean(..) + (norm - 1.0).square().mean(..) * 10.0
    };

    let parameters = named_parameters(&mut critic);
    let tensors: Vec<Tensor> = parameters.iter().map(|(_, param)| param.tensor()).collect();
    let value = loss(&critic);
    println!("critic loss {:.6}\n", value.item()?);
    let gradients = grad(value, &tensors.iter().collect::<Vec<_>>());
    drop(tensors);

    println!("{:<10}{:>18}{:>18}{:>12}", "parameter", "by kiln", "by differences", "off by");
    for ((name, param), gradient) in parameters.iter().zip(gradients) {
        // Along one random direction: (loss(p + h u) - loss(p - h u)) / 2h.
        let start = param.tensor().into_array();
        let direction = Tensor::normal(key.purpose(name), *start.dims(), options.dtype, &options.device);
        let h = 1e-5;
        let at = |distance: f64| {
            param.set((&direction * distance + Tensor::from(start.clone())).into_array());
            loss(&critic).item()
        };
        let by_differences = (at(h)? - at(-h)?) / (2.0 * h);
        param.set(start.clone());
        let by_kiln = (gradient * direction).sum(..).item()?;
        println!("{name:<10}{by_kiln:18.9}{by_differences:18.9}{:12.1e}", (by_kiln - by_differences).abs());
    }
    Ok(())
}
