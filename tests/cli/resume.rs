//! A run that is stopped, in any way, and resumed gives the bits of one that wasn't.

use crate::support::*;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often a number of cases is taken: the environment's `KILN_CASES` times as often.
fn cases(count: usize) -> usize {
    let scale = std::env::var("KILN_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    ((count as f64 * scale) as usize).max(1)
}

/// Checkpoint, metrics and sheets, whatever the time they took.
fn same(whole: &Path, resumed: &Path, steps: usize) {
    let last = format!("checkpoints/step-{steps:06}.safetensors");
    assert!(fs::read(whole.join(&last)).unwrap() == fs::read(resumed.join(&last)).unwrap(), "{resumed:?}");
    assert_eq!(timeless(whole), timeless(resumed));
    for sheet in names(&whole.join("sheets")) {
        let sheet = format!("sheets/{sheet}");
        assert!(fs::read(whole.join(&sheet)).unwrap() == fs::read(resumed.join(&sheet)).unwrap(), "{sheet}");
    }
}

/// `KILN_RESUME_STEPS` makes more than a few of them.
#[test]
fn every_recipe_resumes_to_the_same_bits_at_any_number_of_threads() {
    let half: usize = std::env::var("KILN_RESUME_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let folder = folder();
    let at = folder.path();
    for (recipe, smallest) in recipes(at) {
        let train = format!(
            "train {recipe} {smallest} --batch-size 8 --set log_every=2 --set sheet_every={half} --set checkpoint_every={half} \
             --set evaluate_every={half} --set optimizer.schedule=constant"
        );
        let steps = 2 * half;
        success(at, &format!("{train} --steps {steps} --threads 2 --out {recipe}-whole"));
        for threads in [1, 2] {
            let run = format!("{recipe}-{threads}");
            success(at, &format!("{train} --steps {half} --threads {threads} --out {run}"));
            success(at, &format!("train --resume {run} --steps {steps} --threads {threads}"));
            same(&at.join(format!("{recipe}-whole")), &at.join(&run), steps);
        }
    }
}

/// A number in `[0, 1)` that is different at each call, and not the same in the next run of the tests.
fn chance() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[test]
fn a_run_that_is_killed_at_any_moment_can_be_resumed() {
    const STEPS: usize = 300;
    let folder = folder();
    let at = folder.path();
    let train = format!(
        "train vae --data idx:set.idx --steps {STEPS} --batch-size 16 --set hidden=16 --set latent=4 --threads 1 \
         --set log_every=3 --set sheet_every=25 --set checkpoint_every=2"
    );
    success(at, &format!("{train} --out whole"));
    let kills = cases(8);
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        round += 1;
        let run = format!("killed-{round}");
        let mut words = format!("{train} --out {run}");
        // Again and again, until it gets through.
        for _ in 0..4 {
            let mut child = Command::new(env!("CARGO_BIN_EXE_kiln"))
                .args(words.split_whitespace())
                .current_dir(at)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let first = at.join(&run).join("checkpoints/step-000000.safetensors");
            while !first.exists() && words.contains("--out") {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_secs_f64(chance() * 0.4));
            child.kill().unwrap();
            if !child.wait().unwrap().success() {
                killed += 1;
            }
            words = format!("train --resume {run} --threads 1");
        }
        let output = kiln(at, &words);
        let message = stderr(&output);
        assert!(output.status.success() || message.contains("has all its 300 steps behind it"), "{message}");
        same(&at.join("whole"), &at.join(&run), STEPS);
        let left: Vec<String> = names(&at.join(&run).join("checkpoints"));
        assert!(left.iter().all(|name| name.starts_with("step-")), "{left:?}");
    }
    println!("killed {killed} times in {round} runs");
}

#[test]
#[cfg(unix)]
fn ctrl_c_finishes_the_step_and_saves() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --out whole"));
    let words = format!("{TINY} --out run").replace("checkpoint_every=5", "checkpoint_every=100000");
    let words = words.replace("--steps 12", "--steps 1000000");
    let mut child = Command::new(env!("CARGO_BIN_EXE_kiln"))
        .args(words.split_whitespace())
        .current_dir(at)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let metrics = at.join("run/metrics.jsonl");
    while !fs::read_to_string(&metrics).is_ok_and(|text| text.lines().count() > 5) {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it was stopped");
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stderr(&output).contains("finishing the step and saving"), "{}", stderr(&output));
    assert!(stdout(&output).contains("kiln train --resume run"), "{}", stdout(&output));
    // What it looks like there can be seen.
    let sheet = names(&at.join("run/sheets")).into_iter().rfind(|name| name.starts_with("step-")).unwrap();
    assert!(names(&at.join("run/checkpoints")).pop().unwrap().starts_with(sheet.trim_end_matches("png")));
    assert!(
        fs::read(at.join("run/sheets/latest.png")).unwrap()
            == fs::read(at.join("run/sheets").join(sheet)).unwrap()
    );
    let saved = names(&at.join("run/checkpoints")).pop().unwrap();
    assert_ne!(saved, "step-000000.safetensors");
    let done: u64 =
        saved["step-".len().."step-000000".len().max(saved.len() - ".safetensors".len())].parse().unwrap();
    success(at, &format!("train --resume run --steps {}", done + 3));
    assert!(at.join(format!("run/checkpoints/step-{:06}.safetensors", done + 3)).exists());
}

#[test]
fn a_time_limit_stops_with_a_checkpoint() {
    let folder = folder();
    let at = folder.path();
    let text = success(at, &format!("{TINY} --out run --time-limit 1ms"));
    assert!(text.contains("kiln train --resume run"), "{text}");
    success(at, "train --resume run");
    success(at, &format!("{TINY} --out whole"));
    same(&at.join("whole"), &at.join("run"), 12);
}

#[test]
fn a_run_without_a_past_can_be_changed() {
    let folder = folder();
    let at = folder.path();
    let changes = "--seed 9 --set hidden=20";
    success(at, &format!("{} {changes} --out whole", TINY.replace("--set hidden=16", "")));
    success(at, &format!("{TINY} --out run --time-limit 1ns"));
    assert_eq!(names(&at.join("run/checkpoints")), ["step-000000.safetensors"]);
    success(at, &format!("train --resume run {changes}"));
    same(&at.join("whole"), &at.join("run"), 12);
}

#[test]
fn a_run_without_its_checkpoints_keeps_its_metrics() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --out run"));
    let metrics = fs::read(at.join("run/metrics.jsonl")).unwrap();
    for checkpoint in names(&at.join("run/checkpoints")) {
        fs::remove_file(at.join("run/checkpoints").join(checkpoint)).unwrap();
    }
    failure(at, "train --resume run", 1, &["run has metrics of 12 steps, but no checkpoint"]);
    assert_eq!(fs::read(at.join("run/metrics.jsonl")).unwrap(), metrics);
    assert!(success(at, "info run").contains("checkpoints  none yet"));
}

#[test]
fn the_past_can_not_be_changed() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --out run"));
    let config = fs::read(at.join("run/config.toml")).unwrap();
    for (words, parts) in [
        ("--seed 9 --steps 20", ["`seed` is 0 in the 12 steps that are done", "can't become 9"]),
        ("--batch-size 8 --steps 20", ["`batch_size` is 16", "8"]),
        ("--set lr=0.1 --steps 20", ["`optimizer.lr` is 0.001", "0.1"]),
        ("--set hidden=17 --steps 20", ["`model.network.hidden` is 16", "17"]),
        ("--augment flip --steps 20", ["`augment` is left out", "flip"]),
        ("--data builtin:glyphs --steps 20", ["was trained on 90 images of 1x10x10", "the data is now"]),
        ("", ["has all its 12 steps behind it", "--steps"]),
        ("--steps 7", ["has all its 12 steps behind it", "--steps"]),
        ("--threads 0", ["--threads", "from 1"]),
    ] {
        let status = if words.contains("threads") { 2 } else { 1 };
        failure(at, &format!("train --resume run {words}"), status, &parts);
    }
    assert_eq!(fs::read(at.join("run/config.toml")).unwrap(), config);
    success(at, "train --resume run --steps 14 --set sheet_every=7");
    assert!(at.join("run/sheets/step-000014.png").exists());
}

#[test]
fn schedules_clipping_parts_and_augmentation_resume_too() {
    let folder = folder();
    let at = folder.path();
    for recipe in ["vae", "gan"] {
        let train = format!(
            "train {recipe} --data idx:set.idx --batch-size 12 --steps 14 --augment flip,crop=1,affine,colour \
             --set latent=4 --set schedule=cosine --set warmup=4 --set clip_norm=0.5 --set micro_batches=3 \
             --set log_every=1 --set sheet_every=7 --set checkpoint_every=7 --set evaluate_every=7 --quiet"
        );
        let (whole, run) = (format!("{recipe}-whole"), format!("{recipe}-run"));
        success(at, &format!("{train} --out {whole}"));
        success(at, &format!("{train} --out {run} --time-limit 1ms"));
        success(at, &format!("train --resume {run} --quiet"));
        same(&at.join(&whole), &at.join(&run), 14);
        failure(at, &format!("train --resume {run} --steps 20"), 1, &["`steps` is 14 in the 14 steps", "20"]);
    }
}
