//! What a sweep computes, and what it doesn't.

use kiln_grad::ops::Conv;
use kiln_grad::{DType, Device, Sweep, Tensor, grad, grad_recorded, no_grad, vjp};
use kiln_tensor::cpu::Cpu;

fn values(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

/// A device of this test alone.
fn own_device() -> Device {
    Device::new(Cpu::new())
}

#[test]
fn diamonds_and_reuse_add_up() {
    let x = Tensor::from([1.0, -2.0, 0.5]).tracked();
    // x³ + 2x·x² + x, through shared parts.
    let square = x.square();
    let y = &square * &x + &square * &(&x + &x) + &x;
    let want: Vec<f64> = values(&x).iter().map(|x| 9.0 * x * x + 1.0).collect();
    assert_eq!(values(&grad(y.sum(..), &[&x])[0]), want);

    let chain = (0..20).fold(x.clone(), |y, _| &y + &y);
    assert_eq!(values(&grad(chain.sum(..), &[&x])[0]), [f64::from(1 << 20); 3]);
}

#[test]
fn intermediate_tensors_and_the_result_itself_can_be_asked_for() {
    let x = Tensor::from(3.0).tracked();
    let middle = x.square();
    let y = &middle * 2.0;
    let gradients = grad(y.clone(), &[&y, &middle, &x, &x]);
    let got: Vec<f64> = gradients.iter().map(|g| g.item().unwrap()).collect();
    assert_eq!(got, [1.0, 2.0, 12.0, 12.0]);
}

#[test]
fn the_sum_of_parts_does_not_change_a_part() {
    // The rule of `alias` hands the very cotangent on, so both uses of x share one storage with v.
    let x = Tensor::from([1.0, 2.0]).tracked();
    let v = Tensor::from([10.0, 20.0]);
    let y = x.alias() + x.alias();
    assert_eq!(values(&vjp(y, &v, &[&x])[0]), [20.0, 40.0]);
    assert_eq!(values(&v), [10.0, 20.0]);

    // Steps keep what they saw, although later parts are added to the same cotangents.
    let y = (&x * 2.0).sum(..) + (&x * 3.0).sum(..) + (&x * 4.0).sum(..);
    let one = y.ones_like();
    let steps: Vec<_> = Sweep::new(y, one, &[&x], false).unwrap().collect();
    let parts: Vec<Vec<f64>> = steps
        .iter()
        .filter(|step| step.node.name() == "mul_scalar")
        .map(|step| values(step.outgoing[0].as_ref().unwrap()))
        .collect();
    assert_eq!(parts, [[4.0; 2], [3.0; 2], [2.0; 2]]);
    assert_eq!(values(&steps.last().unwrap().cotangent), [9.0; 2]);
}

#[test]
fn gradients_are_summed_in_place_when_nothing_else_holds_them() {
    let device = own_device();
    let x = Tensor::zeros([64], DType::F64, &device).tracked();
    let y = (0..10).fold(x.zeros_like(), |y, k| y + &x * f64::from(k));
    let copies = device.copy_on_write_count();
    assert_eq!(values(&grad(y.sum(..), &[&x])[0])[0], 45.0);
    assert_eq!(device.copy_on_write_count(), copies, "no write in place had to copy");
}

/// How many kernels it takes to get the gradients of `y`.
fn kernels(device: &Device, y: &Tensor, xs: &[&Tensor]) -> u64 {
    let before = device.kernel_count();
    grad(y.clone(), xs);
    device.kernel_count() - before
}

#[test]
fn gradients_that_are_not_wanted_are_not_computed() {
    let device = own_device();
    let [a, b] = [2.0, 3.0].map(|value| Tensor::full(value, [2, 2], DType::F64, &device).tracked());
    let w = Tensor::full(1.0, [1, 1, 2, 2], DType::F64, &device).tracked();

    let product = a.matmul(&b).sum(..);
    assert_eq!(kernels(&device, &product, &[&a]), 2, "the cotangent 1, and one product");
    assert_eq!(kernels(&device, &product, &[&b]), 2);
    assert_eq!(kernels(&device, &product, &[&a, &b]), 3);

    let conv = a.reshape([1, 1, 2, 2]).conv2d(&w, Conv::default().padding(1)).sum(..);
    assert_eq!(kernels(&device, &conv, &[&a]), 2);
    assert_eq!(kernels(&device, &conv, &[&w]), 2);

    // A long branch to a tensor that isn't wanted isn't entered.
    let branch = (0..50).fold(b.clone(), |y, _| y.tanh());
    let y = (&a * branch).sum(..);
    assert_eq!(kernels(&device, &y, &[&a]), 2);
    assert!(kernels(&device, &y, &[&b]) > 50);
}

#[test]
fn ops_on_untracked_tensors_leave_no_record() {
    let x = Tensor::from([1.0, 2.0]);
    assert!(!x.exp().is_tracked());
    let tracked = x.tracked();
    assert!(!no_grad(|| tracked.exp()).is_tracked());
    assert!(tracked.exp().is_tracked());
    let panicked = std::panic::catch_unwind(|| no_grad(|| Tensor::from([1.0]).reshape([2])));
    assert!(panicked.is_err() && kiln_grad::is_recording(), "a panic puts the mode back");
}

#[test]
fn unrecorded_sweeps_record_nothing() {
    let x = Tensor::from([1.0, 2.0]).tracked();
    let v = Tensor::from([3.0, 4.0]).tracked();
    assert!(!vjp(x.alias(), &v, &[&x])[0].is_tracked(), "although the cotangent is tracked");
    assert!(!vjp(x.alias() + x.alias(), &v, &[&x])[0].is_tracked());
    assert!(!grad(x.square().sum(..), &[&x])[0].is_tracked());
    assert!(grad_recorded(x.square().sum(..), &[&x])[0].is_tracked());
    // Within no_grad nothing is recorded, also by ops with a composite.
    let image = x.reshape([2, 1, 1]);
    let y = (image.batch_norm(None, 1e-3).0 * &image).sum(..);
    let plain = grad(y.clone(), &[&x]);
    let quiet = no_grad(|| grad_recorded(y, &[&x]));
    assert!(!quiet[0].is_tracked());
    assert_eq!(values(&quiet[0]), values(&plain[0]));
}

#[test]
fn a_step_tells_what_it_did() {
    let x = Tensor::from(3.0).tracked();
    let y = x.square() * 2.0;
    let one = y.ones_like();
    let steps: Vec<_> = Sweep::new(y, one, &[&x], false).unwrap().collect();
    let names: Vec<&str> = steps.iter().map(|step| step.node.name()).collect();
    assert_eq!(names, ["mul_scalar", "square", "leaf"]);
    assert_eq!(steps[1].cotangent.item(), Ok(2.0));
    assert_eq!(steps[1].outgoing[0].as_ref().unwrap().item(), Ok(12.0));
    assert_eq!(steps[2].cotangent.item(), Ok(12.0));
}
