//! Several values of a setting, and what a training would take.

use crate::support::*;
use serde_json::Value;
use std::fs;

#[test]
fn a_sweep_trains_every_combination_and_ends_with_a_table() {
    let folder = folder();
    let at = folder.path();
    let text = success(at, &format!("{TINY} --sweep lr=1e-4,3e-4 --sweep seed=0..2"));
    assert_eq!(names(&at.join("runs")), ["vae-1", "vae-2", "vae-3", "vae-4"]);
    let config = |run: &str| fs::read_to_string(at.join("runs").join(run).join("config.toml")).unwrap();
    for (run, lr, seed) in
        [("vae-1", "0.0001", 0), ("vae-2", "0.0001", 1), ("vae-3", "0.0003", 0), ("vae-4", "0.0003", 1)]
    {
        let config = config(run);
        assert!(
            config.contains(&format!("lr = {lr}\n")) && config.contains(&format!("seed = {seed}\n")),
            "{config}"
        );
    }
    let header = text.lines().find(|line| line.starts_with("run ")).unwrap();
    assert!(
        header.contains("optimizer.lr") && header.contains("seed") && header.contains("best test"),
        "{text}"
    );
    assert!(text.lines().filter(|line| line.starts_with("runs/vae-")).count() == 4, "{text}");
    // One of the runs alone gives the same numbers.
    success(at, &format!("{TINY} --set lr=3e-4 --seed 1 --quiet --out alone"));
    assert_eq!(timeless(&at.join("alone")), timeless(&at.join("runs/vae-4")));
}

#[test]
fn a_run_of_a_sweep_that_fails_ends_none_of_the_others() {
    let folder = folder();
    let at = folder.path();
    let output = kiln(at, &format!("{TINY} --sweep lr=1e30,1e-3 --out all --json"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("lr=1e30 failed: training broke down"), "{}", stderr(&output));
    assert_eq!(names(&at.join("all")).len(), 2);
    let text = stdout(&output);
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "sweep");
    assert_eq!(last["runs"].as_array().unwrap().len(), 1);
    assert_eq!(last["failures"].as_array().unwrap().len(), 1);
}

#[test]
fn mistakes_in_a_sweep_are_found_before_its_first_run() {
    let folder = folder();
    let at = folder.path();
    for (words, parts) in [
        ("--sweep lr", &["--sweep takes KEY=VALUES", "\"lr\""] as &[&str]),
        ("--sweep lr=1e-3,fast", &["lr takes a number", "\"fast\""]),
        ("--sweep latnet=3,4", &["did you mean latent?"]),
        ("--sweep seed=0..1001", &["at most 1000 runs"]),
        ("--sweep seed=1,1", &["has 1 twice"]),
        ("--sweep seed=0..2 --seed 3", &["--seed and --set seed=", "leave one of them out"]),
        ("--sweep lr=1,2 --set lr=3", &["optimizer.lr is set twice"]),
        ("--sweep seed=0..2 --dry-run", &["cannot be used with"]),
    ] {
        failure(at, &format!("{TINY} {words}"), 2, parts);
    }
    assert!(!at.join("runs").exists());
}

#[test]
fn a_dry_run_says_what_a_training_takes_and_writes_nothing() {
    let folder = folder();
    let at = folder.path();
    let before = names(at);
    let text = success(at, &format!("{TINY} --dry-run --time-limit 50ms"));
    for part in [
        "vae on idx:set.idx: 90 images of 1x10x10, 10 held out",
        "parameters, checkpoints of",
        "at most, images apart",
        "12 steps   about",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json: Value =
        serde_json::from_str(&success(at, &format!("{TINY} --dry-run --json --time-limit 50ms"))).unwrap();
    // 100-16-8 and 4-16-100.
    assert_eq!(json["parameters"], 100 * 16 + 16 + 16 * 8 + 8 + 4 * 16 + 16 + 16 * 100 + 100);
    assert!(
        json["seconds_per_step"].as_f64().unwrap() > 0.0 && json["peak_bytes"].as_u64().unwrap() > 40_000,
        "{json}"
    );
    assert_eq!(names(at), before);
    failure(at, &format!("{TINY} --dry-run --out run"), 2, &["cannot be used with"]);
}
