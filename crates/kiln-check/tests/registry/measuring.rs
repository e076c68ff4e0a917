//! What the difference quotients cope with, and what each part of a check is for.

use kiln_check::{CheckKind, CheckOptions, Verdict, gradients, values};
use kiln_grad::{DType, Device, Tensor};
use kiln_tensor::random::Key;

fn normal(dims: &[usize]) -> Tensor {
    Tensor::normal(Key::new(8), dims, DType::F64, &Device::cpu())
}

/// The step follows the function: of large and small scale, steep and nearly flat.
#[test]
fn the_step_adapts() {
    let x = normal(&[3]);
    gradients(|x| (&x[0] * 300.0).sin(), std::slice::from_ref(&x)).assert_pass();
    gradients(|x| (&x[0] * 0.01).sin(), std::slice::from_ref(&x)).assert_pass();
    gradients(|x| (&x[0] * 3.0).exp() * 1e6, std::slice::from_ref(&x)).assert_pass();
    gradients(|x| x[0].tanh() * 1e-9 + 1e-3, std::slice::from_ref(&x)).assert_pass();
}

/// Where the values and the slope are zero, the values nearby tell what is small.
#[test]
fn flat_places_are_no_mystery() {
    gradients(|x| x[0].square(), &[Tensor::from([0.0, 0.0])]).assert_pass();
    gradients(|x| (x[0].tanh() * x[1].sin()).square(), &[Tensor::from([0.0]), Tensor::from([0.0])])
        .assert_pass();
    let wrong = |x: &[Tensor]| x[0].square() + (&x[0] - x[0].detach()) * 1e-6;
    assert_eq!(gradients(wrong, &[Tensor::from([0.0])]).verdict(), Verdict::Mismatch);
}

/// Noise in the function hides its slope, and the report says so instead of guessing.
#[test]
fn noise_is_inconclusive() {
    let noisy = |x: &[Tensor]| x[0].sin() + ((&x[0] * 1e9).sin() * 1e-4).detach();
    let report = CheckOptions::new().order(1).gradients(noisy, &[normal(&[2])]);
    assert_ne!(report.verdict(), Verdict::Pass);
}

/// A report of order 1 has no check of the second order, and small inputs have all of their Jacobian
/// compared.
#[test]
fn options_choose_what_is_checked() {
    let run = |options: CheckOptions| options.gradients(|x| x[0].sin(), &[normal(&[4])]);
    assert_eq!(run(CheckOptions::new().order(1)).error(CheckKind::SecondOrder), None);
    assert!(run(CheckOptions::new()).error(CheckKind::SecondOrder).is_some_and(|error| error < 1e-8));
    let gradient = |options: CheckOptions| run(options.order(1)).checks[0].tally.total();
    assert_eq!(gradient(CheckOptions::new().jacobian_up_to(16)), 3 + 16);
    assert_eq!(gradient(CheckOptions::new().jacobian_up_to(15).directions(5)), 5);
}

/// Linear ops are held to rounding, and by their own forward pass.
#[test]
fn linear_ops_are_held_to_rounding() {
    let inputs = [normal(&[2, 3]), normal(&[3, 2])];
    let linear = CheckOptions::new().linear().gradients(|x| x[0].matmul(&x[1]) + 1.0, &inputs);
    linear.assert_pass();
    for kind in [CheckKind::Gradient, CheckKind::DotProduct] {
        assert!(linear.error(kind).is_some_and(|error| error < 1e-12), "{kind}: {:?}", linear.error(kind));
    }
    // What isn't linear is found out.
    let curved = CheckOptions::new().linear().gradients(|x| x[0].square(), &[normal(&[2])]);
    assert_eq!(curved.verdict(), Verdict::Mismatch);
}

#[test]
fn functions_without_inputs_or_elements_pass() {
    gradients(|_| Tensor::from([1.0, 2.0]), &[]).assert_pass();
    gradients(|x| x[0].exp(), &[normal(&[0, 3])]).assert_pass();
    gradients(|x| x[0].sum(..), &[normal(&[0])]).assert_pass();
}

/// Products by three loops, over inputs of any layout.
#[test]
fn values_are_those_of_a_naive_function() {
    let naive = |x: &[Vec<f64>]| -> Vec<f64> {
        let entry = |o: usize| (0..4).map(|k| x[0][o / 2 * 4 + k] * x[1][k * 2 + o % 2]).sum();
        (0..6).map(entry).collect()
    };
    let inputs = [normal(&[3, 4]), normal(&[4, 2])];
    let report = values(|x| x[0].matmul(&x[1]), naive, &inputs);
    report.assert_pass();
    assert!(report.error(CheckKind::Value).is_some_and(|error| error < 1e-14) && report.checks.len() == 5);
    let off = values(|x| x[0].matmul(&x[1]) + 1e-9, naive, &inputs);
    assert!(off.verdict() == Verdict::Mismatch && off.to_string().contains("the reference has"), "{off}");
    let short = values(|x| x[0].matmul(&x[1]).narrow(0, 0, 2), naive, &inputs);
    assert!(short.to_string().contains("4 elements; the reference has 6"), "{short}");
}
