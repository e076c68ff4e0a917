//! Running the command.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the command with these words in this folder.
pub fn kiln(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command.args(words.split_whitespace()).current_dir(folder).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the command, which must succeed; what it printed.
pub fn success(folder: &Path, words: &str) -> String {
    let output = kiln(folder, words);
    assert!(output.status.success(), "kiln {words}: {}", stderr(&output));
    stdout(&output)
}

/// Runs the command, which must fail with this status and one line that holds these parts.
pub fn failure(folder: &Path, words: &str, status: i32, parts: &[&str]) {
    let output = kiln(folder, words);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "kiln {words}: {message}");
    assert_eq!(message.lines().count(), 1, "kiln {words}: {message}");
    assert!(message.starts_with("error: "), "kiln {words}: {message}");
    for part in parts {
        assert!(message.contains(part), "kiln {words}: {part:?} is not in {message}");
    }
    assert!(output.stdout.is_empty(), "kiln {words}: {}", stdout(&output));
}

/// An IDX file of grey square images, a gradient each.
pub fn idx(count: u32, size: u32) -> Vec<u8> {
    let header = [2051, count, size, size].into_iter().flat_map(u32::to_be_bytes);
    let pixels = size * size;
    let image = |i: u32| (0..pixels).map(move |p| ((p % size) * (i % 11) + p * i / 50) as u8);
    header.chain((0..count).flat_map(image)).collect()
}

/// A folder with `set.idx`: 100 grey images of 10×10 pixels.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.idx"), idx(100, 10)).unwrap();
    folder
}

/// A training that takes a moment.
pub const TINY: &str = "train vae --data idx:set.idx --steps 12 --batch-size 16 --set hidden=16 --set latent=4 \
                    --set log_every=3 --set sheet_every=6 --set checkpoint_every=5";

pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The metrics without the seconds.
pub fn timeless(run: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let parse = |line| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    text.lines().map(parse).collect()
}

/// All recipes, with the options that make them as small as they go; the size of a batch is left to the test.
pub fn recipes(at: &Path) -> Vec<(String, String)> {
    let all: serde_json::Value = serde_json::from_str(&success(at, "recipes --json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let smallest = |recipe: &serde_json::Value| {
        let all = recipe["smallest"].as_array().unwrap().iter();
        let all = all.map(text).filter(|change| !change.starts_with("batch_size="));
        all.map(|change| format!("--set {change}")).collect::<Vec<_>>().join(" ")
    };
    all.as_array().unwrap().iter().map(|recipe| (text(&recipe["name"]), smallest(recipe))).collect()
}
