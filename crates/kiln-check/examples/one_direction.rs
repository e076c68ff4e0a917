//! How often one random direction at a loose tolerance misses a single wrong entry of a million, and how
//! often this checker does.
//!
//! ```text
//! cargo run --release -p kiln-check --example one_direction
//! ```

use kiln_check::{CheckOptions, Verdict};
use kiln_grad::{DType, Device, Tensor, vjp};
use kiln_tensor::random::Key;

const ENTRIES: usize = 1_000_000;
const DIRECTIONS: u32 = 400;
const REPORTS: u64 = 20;
/// The tolerance that is common: of the derivative's size.
const LOOSE: f64 = 1e-3;

/// `sin x`, with a gradient that is twice as large as it should be at one entry.
fn wrong(x: &Tensor) -> Tensor {
    let at = ENTRIES / 3;
    let one = x.narrow(0, at, 1).sin();
    x.sin() + (&one - one.detach()).embed([ENTRIES], &[(at, 1)])
}

fn normal(purpose: &str, step: u32) -> Tensor {
    Tensor::normal(Key::new(1).purpose(purpose).step(step), [ENTRIES], DType::F64, &Device::cpu())
}

fn sum(x: &Tensor) -> f64 {
    x.sum(..).item().expect("the CPU doesn't fail")
}

fn main() {
    let missed = (0..DIRECTIONS).filter(|&k| {
        let (x, u, v) = (normal("x", k), normal("u", k), normal("v", k));
        let leaf = x.tracked();
        let analytic = sum(&(&vjp(wrong(&leaf), &v, &[&leaf])[0] * &u));
        let h = 1e-6;
        let (left, right) = (wrong(&(&x - &u * h)), wrong(&(&x + &u * h)));
        let numeric = sum(&((right - left) * &v)) / (2.0 * h);
        (analytic - numeric).abs() <= LOOSE * numeric.abs()
    });
    let share = missed.count() as f64 / f64::from(DIRECTIONS);
    println!("one direction, tolerance {LOOSE:e}: misses {:.0} % of {DIRECTIONS}", share * 100.0);

    let x = normal("x", 0);
    let missed = (0..REPORTS).filter(|&seed| {
        let options = CheckOptions::new().order(1).seed(seed);
        options.gradients(|x| wrong(&x[0]), std::slice::from_ref(&x)).verdict() != Verdict::Mismatch
    });
    println!("kiln-check, order 1: misses {} of {REPORTS}", missed.count());
}
