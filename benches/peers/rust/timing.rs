//! Times the steps of a peer and prints one line of JSON with the fields that kiln's own bench prints.

use std::time::Instant;

/// A step longer than this is measured fewer times.
const SLOW_SECONDS: f64 = 1.0;

/// What is to be measured.
pub struct Measure {
    pub row: String,
    pub batch: usize,
    pub seconds: f64,
    /// The peer's version.
    pub version: &'static str,
}

impl Measure {
    /// Reads `ROW [SECONDS]` from the command line.
    pub fn from_arguments(version: &'static str) -> Measure {
        let mut arguments = std::env::args().skip(1);
        let row = arguments.next().expect("the name of a row");
        let seconds = arguments.next().map_or(4.0, |text| text.parse().expect("a number of seconds"));
        let batch = if row == "dcgan64" { 64 } else { 128 };
        Measure { row, batch, seconds, version }
    }

    /// Calls `step`, which returns its loss, for about the seconds after a warm-up, and prints the median.
    pub fn run(&self, mut step: impl FnMut() -> f32) {
        let mut timed = || {
            let begin = Instant::now();
            let loss = step();
            assert!(loss.is_finite(), "the loss is {loss}");
            begin.elapsed().as_secs_f64()
        };
        let first = timed();
        let slow = first > SLOW_SECONDS;
        if !slow {
            (0..3).for_each(|_| _ = timed());
        }
        let (least, start, mut times) = (if slow { 3 } else { 7 }, Instant::now(), Vec::new());
        while times.len() < least || (start.elapsed().as_secs_f64() < self.seconds && times.len() < 500) {
            times.push(timed());
        }
        times.sort_by(f64::total_cmp);
        let Measure { row, batch, version, .. } = self;
        let (median, min, max) = (times[times.len() / 2], times[0], times[times.len() - 1]);
        println!(
            "{{\"row\": \"{row}\", \"batch\": {batch}, \"version\": \"{version}\", \"median_ms\": {:.4}, \
             \"min_ms\": {:.4}, \"max_ms\": {:.4}, \"steps\": {}, \"first_step_ms\": {:.1}, \
             \"peak_rss_mib\": {:.1}, \"skips_unneeded_gradients\": {}}}",
            median * 1e3,
            min * 1e3,
            max * 1e3,
            times.len(),
            first * 1e3,
            peak_rss_mib(),
            // Neither peer has a backward pass that is restricted to some of the parameters.
            if row.starts_with("dcgan") { "false" } else { "null" },
        );
    }
}

/// The largest resident size of this process so far.
fn peak_rss_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux system");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a number") / 1024.0
}
