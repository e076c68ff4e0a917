//! Single ops: milliseconds forward and backward, for the gradients of all inputs, and their shares of the machine's limit: products of
//! the FMA peak, everything else of the rate at which memory is copied. (What fits a cache may exceed that.)
//!
//! ```text
//! cargo bench --bench ops [-- WORD..]              the rows whose names hold a word
//! cargo bench --bench ops -- --json ROW            one row, as a line of JSON
//! benches/peers/ops                                beside PyTorch, in turns
//! ```
//!
//! `--seconds S` says how long a row is measured for.

mod support;

use kiln::grad::{Tensor, vjp};
use serde_json::json;
use std::time::{Duration, Instant};
use support::op_rows::{OpRow, Work, rows};
use support::peak::memory_gbytes;
use support::{Timing, compute_here, peak_gflops};

/// What the command line asks for.
struct Options {
    json: bool,
    seconds: f64,
    words: Vec<String>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Options {
        let mut options = Options { json: false, seconds: 0.5, words: Vec::new() };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // Cargo says so of itself.
                "--bench" => {}
                "--json" => options.json = true,
                "--seconds" => {
                    let seconds = arguments.next().and_then(|value| value.parse().ok());
                    options.seconds = seconds.expect("--seconds takes a number");
                }
                option if option.starts_with('-') => {
                    panic!("there is no option {option}; see the head of benches/ops.rs")
                }
                word => options.words.push(word.to_owned()),
            }
        }
        options
    }
}

fn main() {
    compute_here();
    let options = Options::read(std::env::args().skip(1));
    let limits = Limits { gflops: peak_gflops(), gbytes: memory_gbytes() };
    if options.json {
        let row = rows().into_iter().find(|row| options.words == [row.name]);
        let row = row.expect("--json takes the name of one row");
        let [forward, backward] = measure(&row, options.seconds);
        let shares = limits.shares(&row, [forward, backward]);
        let line = json!({
            "row": row.name,
            "what": row.what,
            "threads": rayon::current_num_threads(),
            "forward_ms": forward * 1e3,
            "backward_ms": backward * 1e3,
            "forward_share": shares[0],
            "backward_share": shares[1],
            "fma_peak_gflops": limits.gflops,
            "memory_gbytes": limits.gbytes,
        });
        return println!("{line}");
    }
    let threads = rayon::current_num_threads();
    println!(
        "{threads} threads, f32 FMA peak {:.0} GFLOP/s, memory copied at {:.0} GB/s\n",
        limits.gflops, limits.gbytes
    );
    println!("{:<66}{:>12}{:>12}{:>22}", "op", "forward ms", "backward ms", "share of the limit");
    let all = options.words.is_empty();
    for row in
        rows().iter().filter(|row| all || options.words.iter().any(|word| row.name.contains(word.as_str())))
    {
        let times = measure(row, options.seconds);
        let [forward, backward] = times.map(|time| time * 1e3);
        let shares = limits.shares(row, times).map(|share| format!("{:.0} %", 100.0 * share));
        println!("{:<66}{forward:>12.2}{backward:>12.2}{:>22}", row.what, shares.join(" | "));
    }
}

/// Median seconds forward and backward.
fn measure(row: &OpRow, seconds: f64) -> [f64; 2] {
    let (inputs, v) = row.draw();
    let wanted: Vec<&Tensor> = inputs.iter().collect();
    let mut times = [Vec::new(), Vec::new()];
    Timing::of(Duration::from_secs_f64(seconds), || {
        let begin = Instant::now();
        let y = (row.f)(&inputs);
        let forward = begin.elapsed();
        let gradients = vjp(y, &v, &wanted);
        times[1].push((begin.elapsed() - forward).as_secs_f64());
        times[0].push(forward.as_secs_f64());
        drop(gradients);
    });
    times.map(|times| Timing::of_times(times).median)
}

/// Rates that nothing exceeds.
struct Limits {
    gflops: f64,
    gbytes: f64,
}

impl Limits {
    /// Parts of the limit that a row reaches forward and backward, in so many seconds.
    fn shares(&self, row: &OpRow, seconds: [f64; 2]) -> [f64; 2] {
        let (work, limit) = match row.work {
            Work::Gflop(work) => (work, self.gflops),
            Work::Gbyte(work) => (work, self.gbytes),
        };
        [0, 1].map(|i| work[i] / seconds[i] / limit)
    }
}
