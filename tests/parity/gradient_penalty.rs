//! The gradient penalty by itself: its value, and its gradient for every weight of a critic of images.

use crate::adversarial::networks;
use crate::file::{Golden, agree, floats, hash};
use kiln::grad::{DType, Device, Tensor, no_grad, try_grad_allow_unused};
use kiln::models::adversarial::Networks;
use kiln::nn::loss::gradient_penalty;
use kiln::nn::{Ctx, Param, StepCtx, TensorOptions, named_parameters};

/// The penalty of the first step, as a function of the critic's parameters, which come with it.
fn penalty(golden: &Golden) -> (impl Fn() -> Tensor + use<>, Vec<(String, Param)>) {
    let Networks { generator, mut discriminator, .. } =
        networks(golden, &TensorOptions::new(DType::F64, &Device::cpu()));
    let params = named_parameters(&mut discriminator);
    let key = StepCtx::new(0, 0).key;
    let real = golden.data("real", 2000, 0, DType::F64);
    let noise = golden.data("z", 3000, 0, DType::F64);
    let fake = no_grad(|| generator.forward(&noise, None, &mut Ctx::train(key)));
    let penalty = move || {
        let critic = |x: &Tensor| discriminator.forward(x, None, &mut Ctx::train(key));
        gradient_penalty(critic, &real, &fake, key.purpose("penalty"))
    };
    (penalty, params)
}

/// The gradients of a loss; zeros for what it isn't computed from.
fn gradients(loss: Tensor, params: &[(String, Param)]) -> Vec<Vec<f64>> {
    let tensors: Vec<Tensor> = params.iter().map(|(_, param)| param.tensor()).collect();
    let gradients = try_grad_allow_unused(loss, &tensors.iter().collect::<Vec<_>>()).unwrap();
    let gradients = gradients.into_iter().zip(&tensors);
    gradients
        .map(|(gradient, of)| gradient.unwrap_or_else(|| of.zeros_like()).to_f64_vec().unwrap())
        .collect()
}

/// For colour images too, where a norm over each pixel's channels would be another one than that over a sample.
#[test]
fn value_and_gradients_are_pytorchs_for_every_weight() {
    for file in ["wgan_gp.json", "wgan_gp_grey.json"] {
        let golden = Golden::read(file);
        let want = golden.get("penalty");
        let (penalty, params) = penalty(&golden);
        let value = penalty();
        let want_value = want["value"].as_f64().unwrap();
        agree(&format!("{file}, penalty"), &[value.item().unwrap()], &[want_value], |_| 1e-11);
        for (gradient, (name, _)) in gradients(value, &params).into_iter().zip(&params) {
            let want = floats(&want["grads"][format!("D.{name}")]);
            agree(&format!("{file}, {name}"), &gradient, &want, |_| 1e-10);
        }
    }
}

/// Between the kinks of leaky ReLU the critic is linear in its input, so its slope depends on all weights and on no
/// bias.
#[test]
fn the_gradient_of_every_weight_is_not_0_and_is_that_of_finite_differences() {
    let (penalty, params) = penalty(&Golden::read("wgan_gp.json"));
    for (salt, (gradient, (name, param))) in
        gradients(penalty(), &params).into_iter().zip(&params).enumerate()
    {
        assert_eq!(gradient.iter().all(|g| *g == 0.0), name.ends_with("bias"), "{name}: {gradient:?}");
        let direction: Vec<f64> = (0..gradient.len() as u32).map(|i| hash(i, salt as u32)).collect();
        let start = param.tensor().into_array();
        let along = Tensor::from_slice(&direction, *start.dims(), &Device::cpu());
        let at = |distance: f64| {
            param.set((Tensor::from(start.clone()) + &along * distance).into_array());
            let value = penalty().item().unwrap();
            param.set(start.clone());
            value
        };
        let h = 1e-6;
        let differences = (at(h) - at(-h)) / (2.0 * h);
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        let off = (differences - slope).abs();
        println!("{name}: {slope:.9}, by differences {differences:.9}");
        assert!(off <= 1e-7 * slope.abs().max(0.01), "{name}: {slope}, by differences {differences}");
    }
}
