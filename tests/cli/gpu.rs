//! Computing on a GPU from the command line. Without an adapter these tests say that they were skipped;
//! `KILN_REQUIRE_GPU` makes that a failure.

use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Whether there is a GPU, if only in software.
pub fn found() -> bool {
    let devices: Value = serde_json::from_str(&success(Path::new("."), "devices --json")).unwrap();
    let found = devices.as_array().unwrap().iter().any(|d| d["name"].as_str().unwrap().starts_with("gpu:"));
    assert!(found || std::env::var_os("KILN_REQUIRE_GPU").is_none(), "there is no GPU: {devices}");
    if !found {
        skipped_tests::skip("`kiln devices` finds no GPU; install mesa-vulkan-drivers for one in software");
    }
    found
}

/// A DCGAN of 8 features, whose metrics are read at every step.
///
/// Devices round differently. Where a number in front of a ReLU lies within rounding of 0, they may take
/// different sides, and from then on their losses part; so do those of one device with another method of
/// convolution. With this seed that doesn't happen in 20 steps.
const DCGAN: &str = "train dcgan --steps 20 --batch-size 8 --seed 5 --set generator.width=8 --set discriminator.width=8 --set log_every=1 --set sheet_every=20 --quiet";

/// What must agree between the devices, by the names of the metrics.
fn losses(run: &Path) -> Vec<(String, f64)> {
    let lines = timeless(run);
    let each = |line: &Value| {
        let all = line.as_object().unwrap().clone().into_iter();
        all.filter(|(name, _)| name.contains("loss") || name == "neg_elbo")
            .map(|(name, v)| (name, v.as_f64().unwrap()))
            .collect()
    };
    lines.iter().flat_map(|line| -> Vec<(String, f64)> { each(line) }).collect()
}

/// Holds losses of a GPU against the CPU's; the largest difference, relative to the loss or to 1.
fn largest_difference(cpu: &Path, gpu: &Path) -> f64 {
    let [cpu, gpu] = [cpu, gpu].map(losses);
    assert_eq!(cpu.len(), gpu.len());
    assert!(!cpu.is_empty());
    let pairs = cpu.iter().zip(&gpu);
    let off = |((a, x), (b, y)): (&(String, f64), &(String, f64))| {
        assert_eq!(a, b);
        (x - y).abs() / x.abs().max(1.0)
    };
    pairs.map(off).fold(0.0, f64::max)
}

#[test]
fn a_gan_trains_as_on_the_cpu_and_repeats_its_bits() {
    if !found() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    for (run, device) in [("cpu", "cpu"), ("gpu", "gpu"), ("again", "gpu")] {
        success(at, &format!("{DCGAN} --device {device} --out {run}"));
    }
    let worst = largest_difference(&at.join("cpu"), &at.join("gpu"));
    println!("largest difference of a loss in 20 steps: {worst:.1e}");
    assert!(worst <= 1e-3, "{worst}");
    // The same bits again: metrics, checkpoint and sheet.
    assert_eq!(timeless(&at.join("gpu")), timeless(&at.join("again")));
    for file in ["checkpoints/step-000020.safetensors", "sheets/step-000020.png"] {
        let [a, b] = ["gpu", "again"].map(|run| fs::read(at.join(run).join(file)).unwrap());
        assert!(a == b, "{file} differs");
    }
}

#[test]
fn every_recipe_trains_as_on_the_cpu() {
    if !found() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("small.idx"), idx(24, 28)).unwrap();
    for (recipe, smaller) in recipes(at) {
        // Few images, but some models need to know their classes, and some make points.
        let has_own =
            ["cgan", "sagan", "acgan", "cvae"].contains(&recipe.as_str()) || recipe.starts_with("toy-");
        let data = if has_own { "" } else { "--data idx:small.idx" };
        for device in ["cpu", "gpu"] {
            success(
                at,
                &format!(
                    "train {recipe} {smaller} {data} --steps 3 --batch-size 4 --set log_every=1 --set sheet_every=3 \
                     --quiet --device {device} --out {recipe}-{device}"
                ),
            );
        }
        let [cpu, gpu] = ["cpu", "gpu"].map(|device| at.join(format!("{recipe}-{device}")));
        let worst = largest_difference(&cpu, &gpu);
        println!("{recipe}: largest difference of a loss in 3 steps: {worst:.1e}");
        assert!(worst <= 1e-4, "{recipe}: {worst}");
    }
}

#[test]
fn a_run_resumes_where_it_was_and_its_model_is_used_there() {
    if !found() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --device gpu --out whole"));
    let half = TINY.replace("--steps 12", "--steps 6");
    success(at, &format!("{half} --quiet --device gpu --out halves"));
    // Without --device, a run goes on where it was.
    success(at, "train --resume halves --steps 12 --quiet");
    let environment = fs::read_to_string(at.join("halves/environment.json")).unwrap();
    assert!(environment.contains("\"device\": \"gpu:"), "{environment}");
    let file = "checkpoints/step-000012.safetensors";
    let [a, b] = ["whole", "halves"].map(|run| fs::read(at.join(run).join(file)).unwrap());
    assert!(a == b, "a resumed run has other bits");
    success(at, "sample whole --count 4 --device gpu --out s.png");
    success(at, "reconstruct whole --count 4 --device gpu --out r.png");
    success(at, "interpolate whole --count 2 --stops 2 --frames 2 --device gpu --out w.gif");
    for file in ["s.png", "r.png", "w.gif"] {
        assert!(at.join(file).exists(), "{file}");
    }
}

#[test]
fn what_broke_a_training_down_is_found() {
    if !found() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let words = TINY.replace("log_every=3", "log_every=4") + " --device gpu --set lr=1e30 --quiet --out run";
    let output = kiln(at, &words);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    let message = message.lines().last().unwrap();
    // The metrics are read at step 4, and the op is found by doing the steps again.
    for part in [
        "error: training broke down: ",
        " at step 4, because ",
        "not finite",
        "step-000000.safetensors, is intact",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
}

#[test]
fn derivatives_are_held_against_those_of_the_cpu() {
    if !found() {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let text = success(at, "gradcheck tanh conv2d cast --device gpu --report r.json");
    assert!(text.contains(" differs from the CPU by rounding alone: "), "{text}");
    let report: Value = serde_json::from_slice(&fs::read(at.join("r.json")).unwrap()).unwrap();
    let of = |i: usize, name: &str| report["ops"][i][name].as_f64().unwrap();
    for i in 0..2 {
        assert!(
            of(i, "refused") == 0.0 && of(i, "comparisons") > 10.0 && of(i, "second_order_ulps") < 100.0,
            "{report}"
        );
    }
    assert!(of(2, "refused") > 0.0, "GPUs have no f64: {report}");
}

#[test]
fn devices_are_listed_and_chosen() {
    let folder = folder();
    let at = folder.path();
    let text = success(at, "devices");
    assert!(text.starts_with("cpu  ") && text.contains("\ngpu  "), "{text}");
    failure(at, "train vae --device cuda", 2, &["'cuda'", "auto, cpu, gpu or gpu:NAME", "kiln devices"]);
    failure(at, "train vae --device gpu:NoSuchCard --out x", 1, &["GPU"]);
    assert!(!at.join("x").exists());

    // The variable stands for the option, and the option goes before it.
    let run = |variable: &str, words: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"));
        command.args(words.split_whitespace()).current_dir(at).env("KILN_DEVICE", variable).output().unwrap()
    };
    let output = run("abacus", &format!("{TINY} --out a"));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("'abacus'"), "{}", stderr(&output));
    let output = run("gpu:NoSuchCard", &format!("{TINY} --out b --device cpu"));
    assert!(output.status.success(), "{}", stderr(&output));
    let environment = fs::read_to_string(at.join("b/environment.json")).unwrap();
    assert!(environment.contains("\"device\": \"cpu\""), "{environment}");
}
