//! One named test for each wrong gradient that other engines have shipped.

mod convolutions;
mod elements;
mod graph;
mod images;

use kiln_check::CheckOptions;
use kiln_grad::{DType, Device, Tensor};
use kiln_tensor::random::Key;

/// Standard normal numbers.
fn normal(purpose: &str, dims: &[usize]) -> Tensor {
    Tensor::normal(Key::new(9).purpose(purpose), dims, DType::F64, &Device::cpu())
}

/// Checks both orders.
#[track_caller]
fn pass(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Tensor]) {
    CheckOptions::new().jacobian_up_to(64).gradients(f, inputs).assert_pass();
}

/// Checks both orders of a function that is linear in each input: to rounding.
#[track_caller]
fn pass_linear(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Tensor]) {
    CheckOptions::new().jacobian_up_to(64).linear().gradients(f, inputs).assert_pass();
}
