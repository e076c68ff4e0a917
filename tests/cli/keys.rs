//! No dead options: every key of a run's settings changes the run's bits, or its record. (Those of models and optimisers
//! are tried by `kiln-models`.)

use crate::support::*;
use kiln::train::RunConfig;
use std::fs;
use std::path::Path;

/// A change of a key, and what it must change.
enum Change {
    /// The state after the last step.
    Bits(&'static str),
    /// The files of the run, or their lines.
    Record(&'static str),
    /// Neither by itself: another test tries it.
    Elsewhere,
}

fn change(key: &str) -> Change {
    match key {
        "steps" => Change::Record("--steps 5"),
        "batch_size" => Change::Bits("--batch-size 6"),
        "micro_batches" => Change::Bits("--set micro_batches=2"),
        "seed" => Change::Bits("--seed 3"),
        "log_every" => Change::Record("--set log_every=1"),
        "sheet_every" => Change::Record("--set sheet_every=1"),
        "checkpoint_every" => Change::Record("--set checkpoint_every=3"),
        "checkpoint_minutes" => Change::Record("--set checkpoint_minutes=1e-9"),
        "keep_checkpoints" => Change::Record("--set keep_checkpoints=all"),
        "evaluate_every" => Change::Record("--set evaluate_every=1"),
        "data" => Change::Bits("--data builtin:scenes --channels 1 --image-size 8"),
        "augment" => Change::Bits("--augment flip"),
        "image_size" => Change::Bits("--image-size 6"),
        "resize" => Change::Bits("--resize crop"),
        "channels" => Change::Bits("--channels 1"),
        "background" => Change::Bits("--background white"),
        "skip_broken" => Change::Elsewhere,
        "binarise" => Change::Bits("--set binarise=each-epoch"),
        "measures" | "leave_out" => Change::Elsewhere,
        "recipe" | "model" | "optimizer" | "uses" => Change::Elsewhere,
        other => panic!("say here what the key {other} changes"),
    }
}

/// Pictures with transparent corners, and wider than high.
fn pictures(at: &Path) {
    fs::create_dir(at.join("set")).unwrap();
    for i in 0..24u8 {
        let picture = image::RgbaImage::from_fn(12, 8, |x, y| {
            let opacity = if x + y < 6 { 0 } else { 255 };
            image::Rgba([i * 9, x as u8 * 20, y as u8 * 30, opacity])
        });
        picture.save(at.join(format!("set/{i}.png"))).unwrap();
    }
}

#[test]
fn every_key_changes_the_bits_or_the_record() {
    let folder = folder();
    let at = folder.path();
    pictures(at);
    let train = |options: &str, out: &str| {
        let small = "--data folder:set --image-size 8 --batch-size 8 --steps 4 --set hidden=8 --set latent=2";
        let record = "--set log_every=2 --set sheet_every=2 --set checkpoint_every=2";
        // No setting may be said twice.
        let mut words: Vec<String> = format!("{small} {record}").split(" --").map(str::to_owned).collect();
        words.retain(|word| {
            let name = word.trim_start_matches("--").split([' ', '=']).next().unwrap_or_default();
            match word.strip_prefix("set ").and_then(|change| change.split_once('=')) {
                Some((key, _)) => !options.contains(&format!("--set {key}=")),
                None => !options.contains(&format!("--{name} ")),
            }
        });
        let words =
            words.iter().map(|word| format!("--{}", word.trim_start_matches("--"))).collect::<Vec<_>>();
        success(at, &format!("train vae {} {options} --quiet --out {out}", words.join(" ")));
    };
    train("", "base");
    let state = |run: &str| {
        let checkpoints = names(&at.join(run).join("checkpoints"));
        fs::read(at.join(run).join("checkpoints").join(checkpoints.last().unwrap())).unwrap()
    };
    let record = |run: &str| {
        let root = at.join(run);
        (timeless(&root), names(&root.join("sheets")), names(&root.join("checkpoints")))
    };
    for key in RunConfig::KEYS {
        match change(key) {
            Change::Bits(options) => {
                train(options, key);
                assert!(state(key) != state("base"), "{key} changes nothing");
            }
            Change::Record(options) => {
                train(options, key);
                assert!(record(key) != record("base"), "{key} changes nothing");
            }
            Change::Elsewhere => {}
        }
    }
}
