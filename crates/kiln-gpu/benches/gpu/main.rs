//! What the GPU at hand does.
//!
//! ```text
//! cargo bench -p kiln-gpu [-- --only NAME] [--adapter NAME] [--seconds S]
//! ```
//!
//! Parts are `start`, `dispatch`, `memory`, `matmul` and `triad`; `--only` may be given more than once.
//! `--adapter` takes the first adapter whose name holds the word, `--seconds` says how long a number is
//! measured for. In software sizes and times are small.
//!
//! The tile of a product is chosen once a process, as is whether shaders are checked, so each column of the
//! tables of products is measured by a process of its own. FLOPs are those of the direct method, without
//! products with padding.

mod peak;
mod products;

use kiln_gpu::{Adapter, Gpu};
use kiln_tensor::{Array, Backend, DType, Device, Map, Reduce};
use std::process::Command;
use std::time::Instant;

fn main() {
    let options = Options::read(std::env::args().skip(1));
    let adapter = Adapter::choose(options.adapter.as_deref()).unwrap_or_else(|error| panic!("{error}"));
    match options.task {
        Task::Table => table(&options, &adapter),
        Task::Products => products::measure(&Bench::open(&options, &adapter), &options),
        Task::Start => {
            let start = Instant::now();
            let bench = Bench::open(&options, &adapter);
            products::compile(&bench);
            println!("{}", start.elapsed().as_secs_f64());
        }
    }
}

/// What the command line asks for.
struct Options {
    task: Task,
    adapter: Option<String>,
    seconds: Option<f64>,
    only: Vec<String>,
}

enum Task {
    Table,
    /// Prints the rates of products, a line each.
    Products,
    /// Prints how long it takes to compile shaders of products.
    Start,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Options {
        let mut options = Options { task: Task::Table, adapter: None, seconds: None, only: vec![] };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} takes a value"));
            match argument.as_str() {
                // Cargo says so of itself.
                "--bench" => {}
                "--adapter" => options.adapter = Some(value()),
                "--only" => options.only.push(value()),
                "--seconds" => options.seconds = Some(value().parse().expect("--seconds takes a number")),
                "--products" => options.task = Task::Products,
                "--start" => options.task = Task::Start,
                other => panic!("there is no option {other}; see the head of benches/gpu/main.rs"),
            }
        }
        options
    }

    /// Whether a part is asked for.
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == part)
    }

    /// The lines that this program prints with an option and environment variables.
    fn ask(&self, task: &str, variables: &[(&str, &str)]) -> Vec<f64> {
        let program = std::env::current_exe().expect("a running program has a file");
        let mut child = Command::new(program);
        child.arg(task).envs(variables.iter().copied());
        let seconds = self.seconds.map(|seconds| seconds.to_string());
        let given = [("--adapter", &self.adapter), ("--seconds", &seconds)];
        let given = given.into_iter().filter_map(|(name, value)| Some([name, value.as_deref()?]));
        child.args(given.chain(self.only.iter().map(|part| ["--only", part])).flatten());
        let output = child.output().expect("this program can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(|line| line.parse().expect("a number")).collect()
    }
}

/// An open device, and how long to measure.
struct Bench {
    gpu: Gpu,
    device: Device,
    software: bool,
    seconds: f64,
}

impl Bench {
    fn open(options: &Options, adapter: &Adapter) -> Bench {
        let gpu = Gpu::open(adapter).unwrap_or_else(|error| panic!("{error}"));
        let software = adapter.is_software();
        let seconds = options.seconds.unwrap_or(if software { 0.05 } else { 0.5 });
        Bench { device: Device::new(gpu.clone()), gpu, software, seconds }
    }

    /// The seconds that a call takes if as many follow each other as fill the time.
    fn time(&self, mut call: impl FnMut()) -> f64 {
        let mut times = |calls: usize| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            self.device.flush().unwrap_or_else(|error| panic!("{error}"));
            start.elapsed().as_secs_f64()
        };
        // Compiles.
        times(1);
        let (mut calls, mut took) = (1, times(1));
        while took < self.seconds / 2.0 {
            calls *= 2;
            took = times(calls);
        }
        let mut all = [took, times(calls), times(calls)];
        all.sort_by(f64::total_cmp);
        all[1] / calls as f64
    }

    fn random(&self, len: usize) -> Array {
        let values: Vec<f32> = (0..len).map(|i| (i as f32 * 0.37).sin()).collect();
        Array::from_slice(&values, [len], &self.device)
    }
}

fn table(options: &Options, adapter: &Adapter) {
    println!("adapter: {adapter}, {}", adapter.driver());
    if options.wants("start") {
        start(options);
    }
    let bench = Bench::open(options, adapter);
    if options.wants("dispatch") {
        dispatch(&bench);
    }
    if options.wants("memory") {
        memory(&bench);
    }
    if options.wants("matmul") || options.wants("triad") {
        let peak = peak::gflops(&bench);
        println!("f32 peak, multiplying and adding in registers: {peak:.1} GFLOP/s");
        let columns = [
            options.ask("--products", &[("KILN_GPU_TILE", "32")]),
            options.ask("--products", &[("KILN_GPU_TILE", "64")]),
            options.ask("--products", &[("KILN_GPU_TILE", "128")]),
            options.ask("--products", &[]),
            options.ask("--products", &[("KILN_GPU_CHECKS", "1")]),
        ];
        println!(
            "{:<34}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
            "GFLOP/s with tiles of", "32", "64", "128", "chosen", "share", "checked"
        );
        for (i, row) in products::rows(&bench, options).iter().enumerate() {
            let [small, medium, large, chosen, checked] =
                [0, 1, 2, 3, 4].map(|column: usize| columns[column][i]);
            let share = 100.0 * chosen / peak;
            println!(
                "{:<34}{small:9.1}{medium:9.1}{large:9.1}{chosen:9.1}{share:7.0} %{checked:9.1}",
                row.name
            );
        }
    }
}

/// How long it takes until shaders are compiled, without and with what the last process left. Drivers may
/// keep caches of their own, which are switched off here.
fn start(options: &Options) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let cache = folder.path().to_str().expect("its name is text");
    let variables =
        [("KILN_CACHE_DIR", cache), ("MESA_SHADER_CACHE_DISABLE", "true"), ("__GL_SHADER_DISK_CACHE", "0")];
    let [first, second] = [(); 2].map(|()| options.ask("--start", &variables)[0] * 1e3);
    println!(
        "start: {first:.0} ms to open the device and compile a product of each kind, {second:.0} ms with kiln's cache"
    );
}

fn dispatch(bench: &Bench) {
    let x = bench.random(64);
    let micros = |seconds: f64| seconds * 1e6;
    let tiny = micros(bench.time(|| drop(x.map(Map::Neg))));
    let recorded = {
        // As many as fit a batch, so that none is submitted.
        let start = Instant::now();
        (0..500).for_each(|_| drop(x.map(Map::Neg)));
        micros(start.elapsed().as_secs_f64() / 500.0)
    };
    let flushed = micros(bench.time(|| {
        drop(x.map(Map::Neg));
        bench.device.flush().unwrap_or_else(|error| panic!("{error}"));
    }));
    println!(
        "dispatch: {tiny:.1} µs a tiny kernel, of which {recorded:.1} µs to record it; {flushed:.0} µs with submit and wait"
    );
    let reads = |count: usize| {
        let read = || {
            let pending: Vec<_> = (0..count).map(|_| bench.gpu.read(x.storage(), 0..1)).collect();
            pending.into_iter().for_each(|read| drop(read.wait()));
        };
        micros(bench.time(read))
    };
    println!("reading a number: {:.0} µs; sixteen started together: {:.0} µs", reads(1), reads(16));
}

fn memory(bench: &Bench) {
    println!("{:<34}{:>9}{:>9}{:>9}", "GB/s", "copy", "negate", "sum");
    let sizes: &[usize] = if bench.software { &[1, 16] } else { &[1, 16, 256] };
    for mib in sizes {
        let bytes = mib << 20;
        let x = Array::full(1.0, [bytes / 4], DType::F32, &bench.device);
        let rate = |moved: usize, seconds: f64| moved as f64 / seconds / 1e9;
        let copy = rate(2 * bytes, bench.time(|| drop(x.copy())));
        let negate = rate(2 * bytes, bench.time(|| drop(x.map(Map::Neg))));
        let sum = rate(bytes, bench.time(|| drop(x.reduce(Reduce::Sum, &[0]))));
        println!("{:<34}{copy:9.1}{negate:9.1}{sum:9.1}", format!("{mib} MiB"));
    }
}
