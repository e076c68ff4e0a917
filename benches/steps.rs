//! Whole training steps: forward, backward, both networks, optimiser; f32, random data.
//!
//! ```text
//! cargo bench --bench steps [-- WORD..]            the rows whose names hold a word
//! cargo bench --bench steps -- --scaling WORD..    one thread against two
//! cargo bench --bench steps -- --json ROW          one row in this process, as a line of JSON
//! ```
//!
//! `--seconds S` says how long a row is measured for, `--batch N` how many images a step takes, `--device gpu` or
//! `gpu:NAME` that they are a GPU's. A step ends when its losses have been read. Each row is measured by a process of
//! its own, so that its peak memory is its own.
//!
//! The generator's step computes no gradients of the discriminator's weights. FLOPs are those of the
//! direct method in convolutions and dense layers, without products with padding.

mod support;

use kiln::grad::Device;
use kiln::nn::TensorOptions;
use kiln::tensor::DType;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;
use support::rows::{StepRow, rows};
use support::{Timing, announce, compute_here, peak_gflops, peak_rss_mib};

/// The least by which two threads should be faster than one.
const SCALING_GOAL: f64 = 1.85;

fn main() {
    compute_here();
    let options = Options::read(std::env::args().skip(1));
    match options.task {
        Task::Table => table(&options),
        Task::Scaling => options.wanted().for_each(|row| scaling(row.name, &options)),
        Task::Json => {
            let row = rows().into_iter().find(|row| options.words == [row.name]);
            println!("{}", measure(row.expect("--json takes the name of one row"), &options));
        }
    }
}

/// What the command line asks for.
struct Options {
    task: Task,
    seconds: f64,
    batch: Option<usize>,
    device: Option<String>,
    words: Vec<String>,
}

enum Task {
    Table,
    Scaling,
    Json,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Options {
        let mut options =
            Options { task: Task::Table, seconds: 4.0, batch: None, device: None, words: Vec::new() };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} takes a value"));
            match argument.as_str() {
                // Cargo says so of itself.
                "--bench" => {}
                "--scaling" => options.task = Task::Scaling,
                "--json" => options.task = Task::Json,
                "--seconds" => options.seconds = value().parse().expect("--seconds takes a number"),
                "--batch" => options.batch = Some(value().parse().expect("--batch takes a whole number")),
                "--device" => options.device = Some(value()).filter(|name| name != "cpu"),
                option if option.starts_with('-') => {
                    panic!("there is no option {option}; see the head of benches/steps.rs")
                }
                word => options.words.push(word.to_owned()),
            }
        }
        options
    }

    /// The rows whose names hold one of the words, or all.
    fn wanted(&self) -> impl Iterator<Item = StepRow> {
        let all = self.words.is_empty();
        rows()
            .into_iter()
            .filter(move |row| all || self.words.iter().any(|word| row.name.contains(word.as_str())))
    }

    /// Where steps are computed.
    fn device(&self) -> Device {
        let Some(name) = &self.device else { return Device::cpu() };
        let name = name.strip_prefix("gpu").expect("a device is cpu, gpu or gpu:NAME");
        gpu(name.strip_prefix(':'))
    }

    /// The processor's FMA peak, if it is the processor that computes.
    fn peak(&self) -> Option<f64> {
        self.device.is_none().then(peak_gflops)
    }
}

#[cfg(feature = "gpu")]
fn gpu(name: Option<&str>) -> Device {
    use kiln::gpu::{Adapter, Gpu};
    let adapter = Adapter::choose(name).unwrap_or_else(|error| panic!("{error}"));
    Device::new(Gpu::open(&adapter).unwrap_or_else(|error| panic!("{error}")))
}

#[cfg(not(feature = "gpu"))]
fn gpu(_: Option<&str>) -> Device {
    panic!("this bench was built without the feature gpu")
}

/// Measures a row in this process.
fn measure(row: StepRow, options: &Options) -> Value {
    let StepRow { name, gflop, make, .. } = row;
    let batch = options.batch.unwrap_or(row.batch);
    let gflop = gflop * batch as f64;
    let fma_peak = options.peak();
    let device = options.device();
    let mut step = make(batch, &TensorOptions::new(DType::F32, &device));
    (0..3).for_each(|_| step());
    let before = device.memory().fresh_bytes;
    let mut steps = 0;
    let time = Timing::of(Duration::from_secs_f64(options.seconds), || {
        step();
        steps += 1;
    });
    let memory = device.memory();
    json!({
        "row": name,
        "batch": batch,
        "device": device.name(),
        "threads": rayon::current_num_threads(),
        "median_ms": time.median * 1e3,
        "min_ms": time.min * 1e3,
        "max_ms": time.max * 1e3,
        "steps": steps,
        "images_per_second": batch as f64 / time.median,
        "gflops": gflop / time.median,
        "fma_peak_gflops": fma_peak,
        "fresh_bytes_per_step": (memory.fresh_bytes - before) / steps,
        "peak_tensor_mib": memory.peak_bytes as f64 / 1_048_576.0,
        "peak_rss_mib": peak_rss_mib(),
    })
}

/// Measures a row in a process of its own, on so many threads or on as many as there are.
fn measured(name: &str, options: &Options, threads: Option<usize>) -> Value {
    let program = std::env::current_exe().expect("a running program has a file");
    let mut child = Command::new(program);
    child.args(["--json", name, "--seconds", &options.seconds.to_string()]);
    child.args(options.device.iter().flat_map(|device| ["--device", device]));
    child.args(options.batch.iter().flat_map(|batch| ["--batch".to_owned(), batch.to_string()]));
    child.envs(threads.map(|threads| ("RAYON_NUM_THREADS", threads.to_string())));
    let output = child.output().expect("this program can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a line of JSON")
}

fn number(line: &Value, field: &str) -> f64 {
    line[field].as_f64().unwrap_or(f64::NAN)
}

fn table(options: &Options) {
    match options.device {
        None => drop(announce()),
        Some(_) => println!("device: {}", options.device().name()),
    }
    println!(
        "{:<14}{:>6}  {:<34}{:>10}{:>10}{:>8}{:>14}{:>13}{:>13}",
        "step", "batch", "time", "images/s", "GFLOP/s", "peak", "new memory", "tensors", "resident"
    );
    for row in options.wanted() {
        let line = measured(row.name, options, None);
        let of = |field| number(&line, field);
        let [median, min, max] = ["median_ms", "min_ms", "max_ms"].map(|field| of(field) / 1e3);
        println!(
            "{:<14}{:>6}  {:<34}{:>10.0}{:>10.1}{:>8}{:>7} B/step{:>9.0} MiB{:>9.0} MiB",
            row.name,
            of("batch"),
            Timing { median, min, max }.millis(),
            of("images_per_second"),
            of("gflops"),
            line["fma_peak_gflops"]
                .as_f64()
                .map_or("–".to_owned(), |peak| format!("{:.0} %", 100.0 * of("gflops") / peak)),
            of("fresh_bytes_per_step"),
            of("peak_tensor_mib"),
            of("peak_rss_mib"),
        );
    }
}

/// One thread against two, in turns.
fn scaling(name: &str, options: &Options) {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..2 {
        for (threads, best) in [1, 2].into_iter().zip(&mut best) {
            *best = best.min(number(&measured(name, options, Some(threads)), "median_ms"));
        }
    }
    let ([one, two], ratio) = (best, best[0] / best[1]);
    let verdict = if ratio >= SCALING_GOAL { "met" } else { "missed" };
    println!(
        "{name}: 1 thread {one:.2} ms, 2 threads {two:.2} ms: {ratio:.2}×; the goal of {SCALING_GOAL}× is {verdict}"
    );
}
