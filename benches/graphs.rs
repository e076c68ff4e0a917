//! What a step of a graph costs as graphs grow: microseconds forward and backward, in graphs of a thousand to a million
//! steps of one number each, and in brackets how many times that of the smallest. Numbers this small make the
//! bookkeeping everything.
//!
//! ```text
//! cargo bench --bench graphs [-- WORD..]
//! ```

mod support;

use kiln::grad::{Tensor, grad, grad_recorded};
use kiln::tensor::Device;
use std::time::{Duration, Instant};
use support::{Timing, compute_here, wanted};

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Time of one measurement, unless three rounds take longer.
const BUDGET: Duration = Duration::from_millis(300);

/// A graph of any size: its result, and the tensors that gradients are taken for.
struct Row {
    name: &'static str,
    /// What a step is.
    step: &'static str,
    build: fn(usize) -> (Tensor, Vec<Tensor>),
    /// Whether the gradient of the gradient is taken.
    second: bool,
}

fn rows() -> [Row; 5] {
    [
        Row { name: "chain", step: "a tanh", build: chain, second: false },
        Row { name: "fan-out", step: "an addition of one leaf", build: fan_out, second: false },
        Row { name: "leaves", step: "a leaf and its addition", build: leaves, second: false },
        Row {
            name: "slices",
            step: "an element of one tensor and its addition",
            build: slices,
            second: false,
        },
        Row { name: "second", step: "a tanh, differentiated twice", build: chain, second: true },
    ]
}

fn chain(steps: usize) -> (Tensor, Vec<Tensor>) {
    let x = Tensor::from(0.5_f32).tracked();
    let y = (0..steps).fold(x.clone(), |y, _| y.tanh());
    (y, vec![x])
}

fn fan_out(steps: usize) -> (Tensor, Vec<Tensor>) {
    let x = Tensor::from(0.5_f32).tracked();
    let y = (0..steps).fold(x.clone(), |y, _| y + &x);
    (y, vec![x])
}

fn leaves(steps: usize) -> (Tensor, Vec<Tensor>) {
    let leaves: Vec<Tensor> = (0..steps).map(|_| Tensor::from(0.5_f32).tracked()).collect();
    let y = leaves[1..].iter().fold(leaves[0].clone(), |y, x| y + x);
    (y, leaves)
}

fn slices(steps: usize) -> (Tensor, Vec<Tensor>) {
    let x = Tensor::from_slice(&vec![0.5_f32; steps], [steps], &Device::cpu()).tracked();
    let y = (1..steps).fold(x.select_at(0, 0), |y, i| y + x.select_at(0, i));
    (y, vec![x])
}

fn main() {
    compute_here();
    println!("{:<10}{}  a step", "µs a step", SIZES.map(|steps| format!("{steps:>16}")).concat());
    for row in rows().into_iter().filter(|row| wanted(row.name)) {
        let times = SIZES.map(|steps| row.micros(steps));
        let cells = times.map(|micros| format!("{micros:8.2} ({:4.2}×)", micros / times[0]));
        println!("{:<10}{}  {}", row.name, cells.concat(), row.step);
    }
    let row = &rows()[0];
    println!("{:<10}{:8.2}  after all of this", row.name, row.micros(SIZES[0]));
}

impl Row {
    /// Median microseconds a step, forward, backward, and dropping what is left; the first time doesn't count.
    fn micros(&self, steps: usize) -> f64 {
        self.once(steps);
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.len() < 3 || start.elapsed() < BUDGET {
            times.push(self.once(steps));
        }
        Timing::of_times(times).median * 1e6 / steps as f64
    }

    /// Seconds that it takes once.
    fn once(&self, steps: usize) -> f64 {
        let begin = Instant::now();
        let (mut y, xs) = (self.build)(steps);
        let wanted: Vec<&Tensor> = xs.iter().collect();
        if self.second {
            y = grad_recorded(y, &wanted).remove(0);
        }
        grad(y, &wanted);
        drop(xs);
        begin.elapsed().as_secs_f64()
    }
}
