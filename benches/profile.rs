//! What it costs to watch a training step: the cost of one record of the profile, times the kernels of a
//! step. A difference of two times of a step would be lost in their spread.
//!
//! ```text
//! cargo bench --bench profile [-- WORD..]
//! ```

mod support;

use kiln::grad::graph::Profile;
use kiln::grad::{DType, Device, scope};
use kiln::nn::TensorOptions;
use kiln::tensor::{Array, Map};
use std::hint::black_box;
use std::time::Duration;
use support::rows::rows;
use support::{Timing, wanted};

/// Kernels in a row; many, so that starting and ending a profile counts for nothing.
const KERNELS: usize = 10_000;

fn main() {
    let record = record_seconds();
    println!("one record: {:.2} µs", record * 1e6);
    for row in rows().into_iter().filter(|row| wanted(row.name)) {
        let mut step = (row.make)(row.batch, &TensorOptions::default());
        let time = Timing::of(Duration::from_secs(1), &mut step);
        let kernels = Profile::watch(&mut step).1.calls();
        println!(
            "{:<12}{} {kernels:>6} kernels a step: {:6.3} ms, {:.2} % of the step",
            row.name,
            time.millis(),
            record * kernels as f64 * 1e3,
            100.0 * record * kernels as f64 / time.median,
        );
    }
}

/// How much longer a kernel takes when it is watched, in seconds.
fn record_seconds() -> f64 {
    // Scopes as deep as those of a model; the kernel is as small as there is.
    let (_network, _part, _layer) = (scope("G"), scope("main"), scope("3"));
    let x = Array::zeros([1], DType::F32, &Device::cpu());
    let kernels = || (0..KERNELS).for_each(|_| drop(black_box(x.map(Map::Neg))));
    let budget = Duration::from_millis(300);
    let plain = Timing::of(budget, kernels);
    let watched = Timing::of(budget, || {
        Profile::watch(kernels);
    });
    (watched.median - plain.median) / KERNELS as f64
}
