//! The examples at the end of each help text: every one of them is run.

use crate::gpu::found as a_gpu_is_found;
use crate::support::*;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// All commands, as `kiln --help` lists them under its headings; those below others included.
fn commands(folder: &Path) -> Vec<String> {
    let help = success(folder, "--help");
    let list = help.lines().take_while(|line| *line != "Options:");
    list.flat_map(|line| named(line).into_iter().flat_map(|name| with_inner(folder, name))).collect()
}

/// A command and those below it.
fn with_inner(folder: &Path, command: &str) -> Vec<String> {
    let help = success(folder, &format!("{command} --help"));
    let inner = help.lines().skip_while(|line| *line != "Commands:").take_while(|line| !line.is_empty());
    let inner = inner.filter_map(named);
    let inner = inner.flat_map(|name| with_inner(folder, &format!("{command} {name}")));
    std::iter::once(command.to_owned()).chain(inner).collect()
}

/// The name in a line `  name  about`.
fn named(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("  ")?.split_once("  ")?;
    name.starts_with(|letter: char| letter.is_ascii_lowercase()).then_some(name)
}

/// The examples at the end of a command's help.
fn examples(folder: &Path, command: &str) -> Vec<String> {
    let help = success(folder, &format!("{command} --help"));
    let examples = help.lines().skip_while(|line| *line != "Examples:");
    examples.filter_map(|line| Some(line.strip_prefix("    ")?.to_owned())).collect()
}

/// A folder with what the examples name: runs, photos and MNIST, as small as they go.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for part in ["train", "t10k"] {
        let labels = [2049, 30].into_iter().flat_map(u32::to_be_bytes).chain((0..30).map(|i| i % 10));
        fs::create_dir_all(at.join("mnist")).unwrap();
        fs::write(at.join(format!("mnist/{part}-images-idx3-ubyte")), idx(30, 28)).unwrap();
        fs::write(at.join(format!("mnist/{part}-labels-idx1-ubyte")), labels.collect::<Vec<u8>>()).unwrap();
    }
    fs::create_dir(at.join("photos")).unwrap();
    for i in 0..12 {
        let photo = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([6 * x as u8, 8 * y as u8, 20 * i]));
        photo.save(at.join(format!("photos/{i}.png"))).unwrap();
    }
    let small = "--steps 2 --batch-size 8 --set log_every=1 --set evaluate_every=1 --quiet";
    for run in ["vae-1", "vae-2", "vae-3"] {
        success(at, &format!("train vae {small} --set hidden=16 --set latent=4 --out runs/{run}"));
    }
    success(
        at,
        &format!(
            "train dcgan {small} --set generator.width=4 --set discriminator.width=4 --out runs/dcgan-1"
        ),
    );
    let width = "--set generator.width=4 --set discriminator.width=4";
    success(at, &format!("train stylegan {small} {width} --out runs/stylegan-1"));
    success(at, &format!("train features-mnist {small} --set width=2 --out runs/features-mnist-1"));
    let tiny = "--set patch=12 --set depth=3 --set width=2";
    success(at, &format!("train denoise {small} --data folder:photos {tiny} --out runs/denoise-1"));
    fs::copy(at.join("runs/vae-1/checkpoints/step-000002.safetensors"), at.join("generator.safetensors"))
        .unwrap();
    folder
}

/// Runs an example as a shell would, in so little time as it can take.
fn run(folder: &Path, example: &str) {
    let mut words = example.to_owned();
    if example.starts_with("kiln train ") {
        words += " --time-limit 1ms";
    }
    if example.starts_with("kiln watch ") && !example.contains("--port") {
        // The port of the example may be taken where the tests run.
        words += " --port 0";
    }
    let kiln = Path::new(env!("CARGO_BIN_EXE_kiln")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([kiln.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut command = Command::new("sh");
    // The shell becomes the command, so that to kill one is to kill the other.
    command.args(["-c", &format!("exec {words}")]).current_dir(folder).env("PATH", path);
    if example.starts_with("kiln watch ") {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(line.contains(" is shown at http://127.0.0.1:"), "{example}: {line}");
        return;
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{example}: {}", stderr(&output));
    let words: Vec<&str> = example.split_whitespace().collect();
    for pair in words.windows(2) {
        if ["--out", "--sheet", "--onnx", "--safetensors", "--report", ">"].contains(&pair[0]) {
            assert!(folder.join(pair[1]).exists(), "{example} writes no {}", pair[1]);
        }
    }
}

#[test]
#[cfg(unix)]
fn every_example_in_a_help_text_works() {
    let folder = prepared();
    let at = folder.path();
    let commands = commands(at);
    assert!(commands.len() > 15 && commands.contains(&"data inspect".to_owned()), "{commands:?}");
    for command in &commands {
        let examples = examples(at, command);
        assert!(!examples.is_empty(), "kiln {command} --help shows no example");
        for example in &examples {
            assert!(
                example.starts_with(&format!("kiln {command}")),
                "kiln {command} has the example {example:?}"
            );
            if example.contains("--device gpu") && !a_gpu_is_found() {
                continue;
            }
            run(at, example);
        }
    }
}
