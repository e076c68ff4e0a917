//! The same seed, the same bits.

use crate::support::*;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

#[test]
fn results_depend_on_the_seed_but_not_on_the_threads() {
    let folder = folder();
    for (name, more) in [("a", "--threads 1"), ("b", "--threads 2"), ("c", "--threads 2"), ("d", "--seed 1")]
    {
        success(folder.path(), &format!("{TINY} --out {name} {more}"));
    }
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
    let files =
        ["sheets/step-000000.png", "sheets/latest.png", "checkpoints/step-000012.safetensors", "config.toml"];
    for other in [&b, &c] {
        assert_eq!(timeless(&a), timeless(other));
        for file in files {
            assert!(fs::read(a.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
        }
    }
    assert_ne!(timeless(&a), timeless(&d));
    for file in files {
        assert!(fs::read(a.join(file)).unwrap() != fs::read(d.join(file)).unwrap(), "{file} is the same");
    }
}

#[test]
fn convolutions_give_the_same_at_any_number_of_threads() {
    let folder = folder();
    let narrow = ["--set generator.width=4 --set discriminator.width=4", "--set width=4"];
    for (recipe, narrow) in ["dcgan", "vae-conv"].into_iter().zip(narrow) {
        for threads in [1, 2] {
            let words = format!("train {recipe} --steps 3 --batch-size 8 {narrow} --out {recipe}{threads}");
            success(folder.path(), &format!("{words} --threads {threads}"));
        }
        let run = |threads: u32| folder.path().join(format!("{recipe}{threads}"));
        assert_eq!(timeless(&run(1)), timeless(&run(2)));
        for file in ["sheets/latest.png", "checkpoints/step-000003.safetensors"] {
            let [one, two] = [1, 2].map(|threads| fs::read(run(threads).join(file)).unwrap());
            assert!(one == two, "{recipe}: {file} differs");
        }
    }
}

/// The instruction sets of kiln that this processor has.
fn instruction_sets() -> Vec<&'static str> {
    let mut sets = vec!["portable"];
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            sets.push("avx2");
        }
        if is_x86_feature_detected!("avx512f") {
            sets.push("avx512");
        }
    }
    #[cfg(target_arch = "aarch64")]
    sets.push("neon");
    sets
}

fn with_variable(folder: &Path, name: &str, value: &str, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command.args(words.split_whitespace()).current_dir(folder).env(name, value).output().unwrap()
}

#[test]
fn every_recipe_gives_the_same_bits_with_every_instruction_set() {
    let folder = folder();
    let at = folder.path();
    for (recipe, smallest) in recipes(at) {
        let mut checkpoints = Vec::new();
        for set in instruction_sets() {
            let run = format!("{recipe}-{set}");
            let words = format!(
                "train {recipe} {smallest} --batch-size 8 --steps 2 --device cpu --out {run} --quiet"
            );
            let output = with_variable(at, "KILN_SIMD", set, &words);
            assert!(output.status.success(), "{run}: {}", stderr(&output));
            let environment = fs::read_to_string(at.join(&run).join("environment.json")).unwrap();
            assert!(environment.contains(&format!("\"instructions\": \"{set}\"")), "{environment}");
            checkpoints.push(fs::read(at.join(&run).join("checkpoints/step-000002.safetensors")).unwrap());
        }
        assert!(
            checkpoints.iter().all(|bytes| *bytes == checkpoints[0]),
            "{recipe}: {:?}",
            instruction_sets()
        );
    }
}

#[test]
fn a_run_that_goes_on_with_other_roundings_says_so() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --device cpu --quiet --out run"));
    let resumed = |value: &str, steps: u64| {
        let output = with_variable(at, "KILN_CONV", value, &format!("train --resume run --steps {steps}"));
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    assert!(!resumed("auto", 13).contains("going on with"));
    let said = resumed("direct", 14);
    assert!(
        said.contains("going on with convolutions direct instead of auto: from here on the bits are not"),
        "{said}"
    );
    // Since then it is the way it is done.
    assert!(!resumed("direct", 15).contains("going on with"));
    let environment = fs::read_to_string(at.join("run/environment.json")).unwrap();
    assert!(environment.contains("\"begun\"") && environment.contains("\"resumed\""), "{environment}");
}
