//! How long the command `kiln` takes to start.
//!
//! ```text
//! cargo bench --bench startup
//! ```

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::Timing;

const KILN: &str = env!("CARGO_BIN_EXE_kiln");

/// The longest that `kiln recipes` should take.
const ANSWER_GOAL: Duration = Duration::from_millis(20);
/// The longest that should pass from the command to the first step of training.
const STEP_GOAL: Duration = Duration::from_millis(300);

fn main() {
    report("kiln recipes", ANSWER_GOAL, 20, |_| answer());
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    for recipe in ["vae", "dcgan"] {
        let what = format!("kiln train {recipe}, to the first step");
        report(&what, STEP_GOAL, 5, |i| first_step(recipe, &dir.path().join(format!("{recipe}-{i}"))));
    }
}

/// Prints the median and the range of so many runs, after one that fills the disk cache.
fn report(what: &str, goal: Duration, runs: usize, run: impl Fn(usize) -> Duration) {
    run(runs);
    let time = Timing::of_times((0..runs).map(|i| run(i).as_secs_f64()).collect());
    let verdict = if time.median <= goal.as_secs_f64() { "met" } else { "missed" };
    println!("{what:<36}{}; the goal of {} ms is {verdict}", time.millis(), goal.as_millis());
}

/// The time of `kiln recipes`, from its start to its end.
fn answer() -> Duration {
    let start = Instant::now();
    let output = Command::new(KILN).arg("recipes").output().expect("kiln can be run");
    assert!(output.status.success(), "kiln recipes failed: {}", String::from_utf8_lossy(&output.stderr));
    start.elapsed()
}

/// The time from the start of `kiln train` to the beginning of its first step, which follows upon the first
/// checkpoint, that of the untrained model.
fn first_step(recipe: &str, out: &Path) -> Duration {
    let start = Instant::now();
    let mut child = Command::new(KILN)
        .args(["train", recipe, "--json", "--steps", "1", "--out"])
        .arg(out)
        .stdout(Stdio::piped())
        .spawn()
        .expect("kiln can be run");
    let lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
    let mut begins = None;
    for line in lines {
        let line = line.expect("kiln prints text");
        let event: serde_json::Value = serde_json::from_str(&line).expect("kiln prints lines of JSON");
        if event["event"] == "checkpoint" && event["step"] == 0 {
            begins = Some(start.elapsed());
        }
    }
    let status = child.wait().expect("kiln can be waited for");
    assert!(status.success(), "kiln train {recipe} failed");
    begins.expect("a training begins with a checkpoint")
}
