//! Every op on the GPU, held against `f64` on the CPU; see [`kiln_check::parity`].
//!
//! An unrecorded sweep runs an op's own rule and a recorded one that of its composite, so both fused and plain
//! forms of a fused op are held against the same numbers.

use crate::support;
use kiln_check::{Deviation, conv_cases, parity};
use kiln_gpu::Gpu;
use kiln_grad::ops::REGISTRY;
use kiln_grad::{Case, Device, Tensor};
use kiln_tensor::random::Key;

/// Ops that no GPU can run, and why.
const ON_THE_CPU_ALONE: &[(&str, &str)] = &[("cast", "its cases convert to f64, which GPUs lack")];

/// Compares a case on the GPU with the same on the CPU; gives how much of what is allowed was used.
fn check(case: &Case, gpu: &Gpu) -> Result<f64, String> {
    // A device of its own, for a failed one does nothing more.
    let found = parity(case, &Device::new(gpu.clone()), 1).map_err(|error| error.to_string())?;
    if let Some(wrong) = found.iter().find(|found| !found.is_rounding()) {
        let Deviation { quantity, apart, largest, allowed } = wrong;
        return Err(format!("{quantity} is off by {apart:e}, of {largest:e}; {allowed:e} is allowed"));
    }
    Ok(found.iter().map(|found| found.apart / found.allowed).fold(0.0, f64::max))
}

#[test]
fn every_op_agrees_in_both_orders() {
    let Some(gpu) = support::gpu() else { return };
    let alone = |name: &str| ON_THE_CPU_ALONE.iter().any(|(op, _)| *op == name);
    let ops = REGISTRY.iter().filter(|entry| !alone(entry.name));
    let mut all: Vec<(&str, Vec<Case>)> = ops.map(|entry| (entry.name, (entry.cases)())).collect();
    all.push(("random convolutions", conv_cases(Key::new(3)).take(36).collect()));
    let mut failures = vec![];
    for (name, cases) in all {
        let mut used: f64 = 0.0;
        for case in &cases {
            match check(case, gpu) {
                Ok(share) => used = used.max(share),
                Err(error) => failures.push(format!("{name}, {case:?}: {error}")),
            }
        }
        println!("{name}: {} cases, {:.0} % of what is allowed", cases.len(), 100.0 * used);
        let filled = |case: &Case| case.inputs.iter().all(|input| input.dims.numel() > 0);
        assert!(cases.iter().any(filled), "{name} has no case with elements");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is left out can't run, so a registered op is either compared or refused by the GPU.
#[test]
fn what_is_left_out_fails() {
    let Some(gpu) = support::gpu() else { return };
    for (name, reason) in ON_THE_CPU_ALONE {
        let entry = REGISTRY.iter().find(|entry| entry.name == *name).expect(name);
        let ran = |case: &Case| check(case, gpu).is_ok();
        assert!(!(entry.cases)().iter().any(ran), "{name} runs; it is left out because {reason}");
    }
}

/// A case of `x³` that is something else on a GPU.
fn wrong_on_gpu(wrong: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) -> Case {
    Case::new("wrong", [[5]], move |x| {
        let y = x[0].square() * &x[0];
        if *x[0].device() == Device::cpu() { y } else { y + wrong(&x[0]) }
    })
}

#[test]
fn a_wrong_rule_is_caught_in_each_order() {
    let Some(gpu) = support::gpu() else { return };
    assert!(check(&wrong_on_gpu(Tensor::zeros_like), gpu).is_ok());
    let caught = |case: Case, by: &str| {
        let error = check(&case, gpu).expect_err(by);
        assert!(error.starts_with(by), "{error}");
    };
    // Off by 1e-4 in the value, then from the first derivative on, then from the second.
    caught(wrong_on_gpu(|x| x * 1e-4), "the value");
    caught(wrong_on_gpu(|x| (x - x.detach()) * 1e-4), "the gradient for input 0");
    caught(wrong_on_gpu(|x| (x - x.detach()).square() * 1e-4), "the derivative for input 0 of gradient 0");
}
