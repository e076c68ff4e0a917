//! The gradient penalty of WGAN-GP (Gulrajani et al., 2017), on a critic of three units.

use super::page::{TracePage, differences};
use crate::cli::support::error::CommandError;
use kiln::grad::{Device, Tensor, grad_recorded};

/// This file, whose lines are shown.
pub const SOURCE: [&str; 2] = [file!(), include_str!("penalty.rs")];

/// The critic's score of a sample `x [1, 2]`, with the weights `w [2, 3]`.
fn critic(x: &Tensor, w: &Tensor) -> Tensor {
    x.matmul(w).tanh().sum(..)
}

/// The squared distance of the length of the critic's gradient from 1.
fn penalty(gradient: &Tensor) -> Tensor {
    (gradient.square().sum(..).sqrt() - 1.0).square()
}

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let weights = |values: &[f64]| Tensor::from_slice(values, [2, 3], &Device::cpu());
    let numbers = [0.5, -0.3, 0.8, 0.1, 0.9, -0.6];
    let x = page.leaf("x", [[0.7, -0.2]]);
    let w = page.leaf("w", weights(&numbers));
    let y = page.compute(|| critic(&x, &w));
    page.graph(&y);
    page.say("First the gradient for the sample, recorded, because it is part of the loss.");
    let gradient = page.sweep(y, &[&x], true)?.remove(0);
    let loss = page.compute(|| penalty(&gradient));
    page.say("Then the penalty is computed from it, and the gradient of that for the weights goes back through both.");
    page.graph(&loss);
    let gradient = page.sweep(loss, &[&w], false)?.remove(0);
    let expected = differences(&numbers, |moved| {
        let inner = grad_recorded(critic(&x, &weights(moved)), &[&x]).remove(0);
        Ok(penalty(&inner).item()?)
    })?;
    page.compare("d penalty / dw", &gradient, "by differences", &expected)
}
