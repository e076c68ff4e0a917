//! Many runs: listed, named, compared, thinned and removed.

use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Two runs in the folder `runs`, vae-1 and vae-2, which differ in their learning rates.
fn two(at: &Path) {
    success(at, &format!("{TINY} --quiet"));
    success(at, &format!("{TINY} --quiet --set lr=1e-2"));
}

#[test]
fn runs_are_listed_and_called_by_their_names() {
    let folder = folder();
    let at = folder.path();
    assert!(success(at, "runs").contains("there are no runs in runs"));
    two(at);
    let text = success(at, "runs");
    assert!(text.contains("vae-1") && text.contains("vae-2") && text.contains("2 runs, "), "{text}");
    assert!(text.contains("finished, 12") && text.contains("neg_elbo"), "{text}");
    let all: Value = serde_json::from_str(&success(at, "runs --json")).unwrap();
    let run = &all[0];
    assert_eq!((run["run"].as_str(), run["recipe"].as_str()), (Some("vae-1"), Some("vae")));
    assert_eq!((run["done"].as_u64(), run["figure"]["name"].as_str()), (Some(12), Some("neg_elbo")));
    assert!(run["bytes"].as_u64().unwrap() > 10_000, "{run}");
    // The best is the least of what is better when less, with its step.
    let lines = timeless(&at.join("runs/vae-1"));
    let measured =
        lines.iter().filter_map(|line| Some((line["step"].as_u64()?, line["test"]["neg_elbo"].as_f64()?)));
    let (step, value) = measured.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let best = &run["figure"]["best"];
    assert_eq!((best["step"].as_u64(), best["value"].as_f64()), (Some(step), Some(value)));

    // A name does for a folder, wherever a run is wanted.
    for words in [
        "info vae-1",
        "sample vae-1 --count 2 --out a.png",
        "reconstruct vae-1 --out b.png",
        "eval vae-2",
        "report vae-1",
        "compare vae-1 vae-2",
        "export vae-2 --safetensors a.safetensors",
        "train --resume vae-1 --steps 14 --quiet",
        "train vae-1 --set lr=1e-4 --quiet --out clone",
    ] {
        success(at, words);
    }
    failure(at, "info vae-3", 1, &["cannot read vae-3"]);
    failure(
        at,
        "sample vae-11 --out c.png",
        1,
        &["vae-11 is not the folder of a run, nor the name of one in runs", "vae-1?"],
    );
    // A run that can't be read hides no other.
    fs::write(at.join("runs/vae-2/config.toml"), "steps = ").unwrap();
    let text = success(at, "runs");
    assert!(text.contains("vae-1 ") && text.contains("vae-2 can't be shown: "), "{text}");
}

#[test]
fn a_comparison_says_which_settings_differ_and_what_is_best() {
    let folder = folder();
    let at = folder.path();
    two(at);
    let text = success(at, "compare vae-1 vae-2 vae-1");
    let header = text.lines().next().unwrap();
    assert!(header.contains("optimizer.lr") && header.contains("best test neg_elbo"), "{text}");
    // One term of a sum is not better for being less.
    assert!(header.contains("last test kl") && !header.contains("seed"), "{text}");
    assert!(text.contains(" 0.001 ") && text.contains(" 0.01 "), "{text}");
    let all: Value = serde_json::from_str(&success(at, "compare vae-1 vae-2 --json")).unwrap();
    assert_eq!(all[1]["differs"]["optimizer.lr"], "0.01");
    assert!(all[0]["best_test"]["neg_elbo"].as_f64() <= all[0]["last_test"]["neg_elbo"].as_f64());
    assert!(all[0]["best_test"].get("kl").is_none(), "{all}");
    assert!(success(at, "compare vae-1 vae-1").contains("all settings are the same"));
}

/// Of what is better when it is more, the most is the best.
#[test]
fn a_score_is_best_when_it_is_most() {
    let folder = folder();
    let at = folder.path();
    let small =
        "--set patch=8 --set depth=3 --set width=2 --set evaluate_every=2 --set log_every=2 --set lr=0.03";
    success(at, &format!("train denoise --data idx:set.idx --steps 8 --batch-size 8 {small} --quiet"));
    let lines = timeless(&at.join("runs/denoise-1"));
    let most = lines.iter().filter_map(|line| line["test"]["psnr"].as_f64()).fold(f64::MIN, f64::max);
    let all: Value = serde_json::from_str(&success(at, "compare denoise-1 denoise-1 --json")).unwrap();
    assert_eq!(all[0]["best_test"]["psnr"].as_f64(), Some(most));
    let all: Value = serde_json::from_str(&success(at, "runs --json")).unwrap();
    assert_eq!(all[0]["figure"]["best"]["value"].as_f64(), Some(most));
}

#[test]
fn old_checkpoints_and_runs_are_removed_and_nothing_else() {
    let folder = folder();
    let at = folder.path();
    two(at);
    let checkpoints = |run: &str| names(&at.join("runs").join(run).join("checkpoints"));
    let before = checkpoints("vae-1");
    assert_eq!(before.len(), 2);
    success(at, "runs prune vae-1");
    let after = checkpoints("vae-1");
    assert!(after.contains(&"step-000012.safetensors".to_owned()) && after.len() <= 2, "{after:?}");
    success(at, "sample vae-1 --step best --count 1 --out a.png");
    assert_eq!(checkpoints("vae-2").len(), 2);
    success(at, "runs prune");

    // Files of one's own are not removed with a run.
    fs::write(at.join("runs/vae-2/notes.txt"), "precious").unwrap();
    failure(
        at,
        "runs rm vae-1 vae-2",
        1,
        &["runs/vae-2/notes.txt is no file that a training writes", "move it away"],
    );
    assert_eq!(names(&at.join("runs")), ["vae-1", "vae-2"]);
    fs::remove_file(at.join("runs/vae-2/notes.txt")).unwrap();
    let text = success(at, "runs rm vae-2");
    assert!(text.starts_with("removed runs/vae-2, "), "{text}");
    assert_eq!(names(&at.join("runs")), ["vae-1"]);
    failure(at, "runs rm vae-2", 1, &["vae-2 is not the folder of a run"]);
    failure(at, "runs rm .", 1, &["is not the folder of a run"]);
    failure(at, "runs rm", 2, &["<RUN>"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at.join("runs/vae-1"), at.join("linked")).unwrap();
        failure(at, "runs rm linked", 1, &["linked is a link to the folder of a run"]);
        assert_eq!(names(&at.join("runs")), ["vae-1"]);
    }
}

#[test]
fn a_run_of_another_program_is_a_run_as_far_as_that_goes() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out runs/own"));
    // As examples/train_your_own.rs writes it: without the settings of a model of kiln's.
    let path = at.join("runs/own/config.toml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config.split("[model").next().unwrap().to_owned() + "[model]\n").unwrap();
    success(at, &format!("{TINY} --quiet"));
    assert!(success(at, "info own").contains("12 of 12 steps done"));
    assert!(success(at, "runs").contains("own "));
    success(at, "report own");
    assert!(success(at, "compare own vae-1").contains("own"));
    for words in ["train --resume own --steps 20", "sample own --out a.png", "train own"] {
        let output = kiln(at, words);
        let message = stderr(&output);
        assert!(!output.status.success() && message.lines().count() == 1, "{words}: {message}");
        assert!(message.contains("model"), "{words}: {message}");
    }
    failure(
        at,
        "train --resume own --steps 20",
        1,
        &["own was trained by a program of its own", "train_your_own.rs"],
    );
    failure(at, "sample own --out a.png", 1, &["own was trained by a program of its own"]);
}
