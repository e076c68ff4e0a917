//! What the benches share: timing, the machine's limits, and tables of rows.

#![allow(dead_code, reason = "each bench uses a part")]

mod cyclegan;
mod flops;
pub mod op_rows;
pub mod peak;
pub mod rows;

pub use peak::peak_gflops;

use std::time::{Duration, Instant};

/// Median, smallest and largest time of one call.
#[derive(Clone, Copy)]
pub struct Timing {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Timing {
    /// Calls `f` a few times unmeasured, then at least seven times and for about `budget`. In seconds.
    pub fn of(budget: Duration, mut f: impl FnMut()) -> Timing {
        (0..2).for_each(|_| f());
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.len() < 7 || (start.elapsed() < budget && times.len() < 500) {
            let begin = Instant::now();
            f();
            times.push(begin.elapsed().as_secs_f64());
        }
        Timing::of_times(times)
    }

    /// Of these times, in seconds.
    pub fn of_times(mut times: Vec<f64>) -> Timing {
        times.sort_by(f64::total_cmp);
        Timing { median: times[times.len() / 2], min: times[0], max: times[times.len() - 1] }
    }

    /// Median and range in milliseconds.
    pub fn millis(&self) -> String {
        format!("{:8.2} ms ({:.2} to {:.2})", self.median * 1e3, self.min * 1e3, self.max * 1e3)
    }
}

/// Makes the calling thread one of those that compute, as the command does.
pub fn compute_here() {
    let pool = rayon::ThreadPoolBuilder::new().use_current_thread();
    pool.build_global().expect("nobody has computed yet");
}

/// The largest resident size of this process so far, in MiB, where the system tells.
pub fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// Says what machine this is, and measures its FMA peak with all of rayon's threads.
pub fn announce() -> f64 {
    let threads = rayon::current_num_threads();
    let peak = peak_gflops();
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    println!(
        "machine:{}, {threads} threads, f32 FMA peak {peak:.0} GFLOP/s",
        model.trim_start().trim_start_matches(':')
    );
    peak
}

/// Only the rows whose name holds one of the words given on the command line, or all.
pub fn wanted(name: &str) -> bool {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    words.is_empty() || words.iter().any(|word| name.contains(word.as_str()))
}
