//! Every op on the GPU: its values, its vector-Jacobian products, recorded and not, and the derivatives of those.
//!
//! All are computed three times from the same numbers: in `f64` on the CPU, in `f32` on the CPU, and on the GPU. How far
//! the GPU may be off is measured: as far as the CPU's `f32` is, as far as the exact result moves when every given
//! number does by one unit in its last place, and one such unit of the largest element, all together [`SLACK`] times.
//! That grows with an op's condition and with cancellation as rounding does, and is some 1e-5 of a well-conditioned
//! result.
//!
//! An unrecorded sweep runs an op's own rule and a recorded one that of its composite, so both fused and plain
//! forms of a fused op are held against the same numbers.

use crate::support;
use kiln_check::{draw, pull};
use kiln_gpu::Gpu;
use kiln_grad::ops::REGISTRY;
use kiln_grad::{Array, Case, DType, Device, Dims, Error, Tensor};
use kiln_tensor::random::Key;

/// WGSL's functions are good to some units in the last place where the CPU's are to one.
const SLACK: f64 = 8.0;
/// How many times all given numbers are moved.
const NUDGES: u32 = 6;

/// Ops that no GPU can run, and why.
const ON_THE_CPU_ALONE: &[(&str, &str)] = &[("cast", "its cases convert to f64, which GPUs lack")];

/// What is computed of a case: names and elements.
type Quantities = Vec<(String, Vec<f64>)>;

/// Where a case is computed, and whether its numbers are moved.
struct Run<'a> {
    case: &'a Case,
    device: &'a Device,
    dtype: DType,
    nudge: Option<Key>,
}

impl Run<'_> {
    /// Numbers of single precision as a tensor; the `i`-th of those that are moved.
    fn tensor(&self, i: u32, numbers: impl Iterator<Item = f64>, dims: Dims) -> Tensor {
        let moved = |(k, number): (usize, f64)| {
            let single = f64::from(number as f32);
            let sign = |key: Key| if key.step(i).uniform(k as u64) < 0.5 { -1.0 } else { 1.0 };
            single * (1.0 + self.nudge.map_or(0.0, sign) * f64::from(f32::EPSILON))
        };
        let numbers: Vec<f64> = numbers.enumerate().map(moved).collect();
        Array::from_f64(&numbers, dims, self.dtype, self.device).into()
    }

    fn random(&self, i: u32, purpose: &str, dims: Dims) -> Tensor {
        let key = Key::new(0).purpose(purpose).step(i);
        self.tensor(100 + i, (0..dims.numel() as u64).map(|k| key.normal(k)), dims)
    }

    fn quantities(&self) -> Result<Quantities, Error> {
        let inputs = draw(self.case, Key::new(1));
        let leaf = |(i, x): (usize, &Tensor)| {
            Ok(self.tensor(i as u32, x.to_f64_vec()?.into_iter(), *x.dims()).tracked())
        };
        let xs: Vec<Tensor> = inputs.iter().enumerate().map(leaf).collect::<Result<_, Error>>()?;
        let y = (self.case.f)(&xs);
        let v = self.random(0, "cotangent", *y.dims()).tracked();
        let mut all = vec![("the value".to_string(), y.to_f64_vec()?)];
        let leaves: Vec<&Tensor> = xs.iter().collect();
        let plain = pull(y.clone(), &v, &leaves, false);
        let recorded = pull(y, &v, &leaves, true);
        for (i, (plain, recorded)) in plain.iter().zip(&recorded).enumerate() {
            all.push((format!("the gradient for input {i}"), plain.to_f64_vec()?));
            all.push((format!("the recorded gradient for input {i}"), recorded.to_f64_vec()?));
        }
        let leaves: Vec<&Tensor> = xs.iter().chain([&v]).collect();
        for (k, gradient) in recorded.into_iter().enumerate() {
            let u = self.random(k as u32, "functional", *gradient.dims());
            for (i, second) in pull(gradient, &u, &leaves, false).iter().enumerate() {
                all.push((format!("the derivative for input {i} of gradient {k}"), second.to_f64_vec()?));
            }
        }
        Ok(all)
    }
}

/// The largest distance between elements of two lists; infinite if one is no number where the other is.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "the results have different dims");
    let apart = |(a, b): (&f64, &f64)| match (a - b).abs() {
        _ if a == b || a.is_nan() && b.is_nan() => 0.0,
        apart if apart.is_nan() => f64::INFINITY,
        apart => apart,
    };
    a.iter().zip(b).map(apart).fold(0.0, f64::max)
}

/// Compares a case on the GPU with the same on the CPU; gives how much of what is allowed was used.
fn check(case: &Case, gpu: &Gpu) -> Result<f64, String> {
    let cpu = &Device::cpu();
    let run = |device: &Device, dtype, nudge| {
        Run { case, device, dtype, nudge }.quantities().map_err(|error| error.to_string())
    };
    // A device of its own, for a failed one does nothing more.
    let have = run(&Device::new(gpu.clone()), DType::F32, None)?;
    let single = run(cpu, DType::F32, None)?;
    let exact = run(cpu, DType::F64, None)?;
    let moved = (0..NUDGES).map(|k| run(cpu, DType::F64, Some(Key::new(2).step(k))));
    let moved: Vec<Quantities> = moved.collect::<Result<_, _>>()?;
    let mut used: f64 = 0.0;
    for (i, (name, exact)) in exact.iter().enumerate() {
        let largest = exact.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        let moves = moved.iter().map(|moved| distance(&moved[i].1, exact)).fold(0.0, f64::max);
        let natural = distance(&single[i].1, exact) + moves + f64::from(f32::EPSILON) * largest;
        let apart = distance(&have[i].1, exact);
        // Denormal numbers may be flushed.
        if apart > SLACK * natural + 4e-38 {
            return Err(format!("{name} is off by {apart:e}, of {largest:e}; {natural:e} is natural"));
        }
        used = used.max(apart / (SLACK * natural).max(1e-37));
    }
    Ok(used)
}

#[test]
fn every_op_agrees_in_both_orders() {
    let Some(gpu) = support::gpu() else { return };
    let alone = |name: &str| ON_THE_CPU_ALONE.iter().any(|(op, _)| *op == name);
    let mut failures = vec![];
    for entry in REGISTRY.iter().filter(|entry| !alone(entry.name)) {
        let cases = (entry.cases)();
        let mut used: f64 = 0.0;
        for case in &cases {
            match check(case, gpu) {
                Ok(share) => used = used.max(share),
                Err(error) => failures.push(format!("{}, {case:?}: {error}", entry.name)),
            }
        }
        println!("{}: {} cases, {:.0} % of what is allowed", entry.name, cases.len(), 100.0 * used);
        assert!(!cases.is_empty(), "{} has no case", entry.name);
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
