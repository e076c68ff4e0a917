//! The command line, from the outside.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the command with these words in this folder.
fn kiln(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command.args(words.split_whitespace()).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the command, which must succeed; what it printed.
fn success(folder: &Path, words: &str) -> String {
    let output = kiln(folder, words);
    assert!(output.status.success(), "kiln {words}: {}", stderr(&output));
    stdout(&output)
}

/// Runs the command, which must fail with this status and one line that holds these parts.
fn failure(folder: &Path, words: &str, status: i32, parts: &[&str]) {
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

/// A folder with `set.idx`: 100 grey images of 10×10 pixels, a gradient each.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 100, 0, 0, 0, 10, 0, 0, 0, 10];
    bytes
        .extend((0..100u32).flat_map(|i| (0..100u32).map(move |p| ((p % 10) * (i % 11) + p * i / 50) as u8)));
    fs::write(folder.path().join("set.idx"), bytes).unwrap();
    folder
}

/// A training that takes a moment.
const TINY: &str = "train vae --data idx:set.idx --steps 12 --batch-size 16 --set hidden=16 --set latent=4 \
                    --set log_every=3 --set sheet_every=6 --set checkpoint_every=5";

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The metrics without the seconds.
fn timeless(run: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let parse = |line| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    text.lines().map(parse).collect()
}

#[test]
fn alone_it_says_what_to_try() {
    let folder = folder();
    let text = success(folder.path(), "");
    assert!(["kiln train vae", "kiln recipes", "kiln trace neuron"].iter().all(|line| text.contains(line)));
    assert!(success(folder.path(), "--version").starts_with("kiln "));
    assert!(success(folder.path(), "train --help").contains("--batch-size"));
    let recipes = success(folder.path(), "recipes");
    assert!(["vae ", "vae-conv ", "gan ", "dcgan "].iter().all(|name| recipes.contains(name)), "{recipes}");
}

#[test]
fn every_example_can_be_watched() {
    let folder = folder();
    let list = success(folder.path(), "trace");
    let examples: Vec<&str> = list.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(examples.len(), 6);
    for line in examples {
        let name = line.split_whitespace().next().unwrap();
        let text = success(folder.path(), &format!("trace {name}"));
        for part in ["Computed, in this order", "Backwards", "arrives", "by the sweep"] {
            assert!(text.contains(part), "{name}: {part:?} is not in\n{text}");
        }
    }
}

#[test]
fn a_training_writes_everything_and_can_be_sampled() {
    let folder = folder();
    let text = success(folder.path(), TINY);
    assert!(text.contains("kiln sample runs/vae-1 --count 64 --out grid.png"), "{text}");
    let run = folder.path().join("runs/vae-1");
    assert_eq!(names(&run), ["checkpoints", "config.toml", "metrics.jsonl", "sheets"]);
    assert_eq!(names(&run.join("checkpoints")), ["step-000010.safetensors", "step-000012.safetensors"]);
    let sheets = ["latest.png", "step-000000.png", "step-000006.png", "step-000012.png"];
    assert_eq!(names(&run.join("sheets")), sheets);
    // 90 images are trained on, 5 batches of 16 an epoch; 10 are held out.
    let steps: Vec<_> =
        timeless(&run).iter().map(|line| (line["step"].as_u64(), line["test"].is_object())).collect();
    let expected = [(3, false), (5, true), (6, false), (9, false), (10, true), (12, false), (12, true)];
    assert_eq!(steps, expected.map(|(step, test)| (Some(step), test)));
    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(
        ["steps = 12", "data = \"idx:set.idx\"", "latent = 4", "kl_weight = 1.0"]
            .iter()
            .all(|l| config.contains(l))
    );

    // The data isn't needed any more.
    fs::remove_file(folder.path().join("set.idx")).unwrap();
    success(folder.path(), "sample runs/vae-1 --count 5 --out a.png");
    success(folder.path(), "sample runs/vae-1 --count 5 --out b.png --step 12");
    success(folder.path(), "sample runs/vae-1 --count 5 --out c.png --step 10");
    success(folder.path(), "sample runs/vae-1 --count 5 --out d.png --seed 1");
    let [a, b, c, d] =
        ["a", "b", "c", "d"].map(|name| fs::read(folder.path().join(format!("{name}.png"))).unwrap());
    assert!(a == b && a != c && a != d);
}

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
    for (recipe, width) in [("dcgan", 4), ("vae-conv", 4)] {
        for threads in [1, 2] {
            let words = format!(
                "train {recipe} --steps 3 --batch-size 8 --set width={width} --out {recipe}{threads}"
            );
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

#[test]
fn epochs_are_counted_in_steps() {
    let folder = folder();
    let words = TINY.replace("--steps 12", "--epochs 2");
    success(folder.path(), &format!("{words} --out run"));
    let config = fs::read_to_string(folder.path().join("run/config.toml")).unwrap();
    assert!(config.contains("steps = 10\n"), "{config}");
}

#[test]
fn wrong_words_are_answered_in_one_line_and_nothing_is_written() {
    let folder = folder();
    fs::create_dir(folder.path().join("taken")).unwrap();
    fs::write(folder.path().join("taken/file"), "precious").unwrap();
    fs::write(folder.path().join("broken.idx"), [0, 0, 8, 3, 0, 0]).unwrap();
    let before = names(folder.path());
    let tiny = format!("{TINY} ");
    for (words, status, parts) in [
        ("bogus", 2, &["bogus"] as &[&str]),
        ("trian", 2, &["'trian'", "'train'"]),
        ("train", 2, &["<RECIPE>"]),
        ("train vea", 2, &["\"vea\"", "did you mean vae?"]),
        ("train autoencoder", 2, &["there are vae, vae-conv, gan, dcgan"]),
        ("train vae --stepz 3", 2, &["'--stepz'", "'--steps'"]),
        ("train vae --steps 0", 2, &["'0'", "--steps", "a whole number from 1"]),
        ("train vae --steps -5", 2, &["'-5'", "--steps", "a whole number from 1"]),
        ("train vae --steps many", 2, &["'many'", "--steps", "a whole number from 1"]),
        ("train vae --steps 99999999999", 2, &["'99999999999'", "--steps"]),
        ("train vae --steps 1 --epochs 1", 2, &["--steps", "--epochs"]),
        ("train vae --epochs 0", 2, &["--epochs"]),
        ("train vae --batch-size 0", 2, &["--batch-size"]),
        ("train vae --seed -1", 2, &["--seed"]),
        ("train vae --threads 0", 2, &["--threads", "from 1 to 1024"]),
        ("train vae --set lr", 2, &["KEY=VALUE"]),
        ("train vae --set latnet=3", 2, &["\"latnet\"", "did you mean latent?"]),
        ("train vae --set model.latnet=3", 2, &["\"model.latnet\"", "did you mean latent?"]),
        ("train vae --set batchsize=3", 2, &["did you mean batch_size?"]),
        ("train vae --set steps=0", 2, &["`steps` is 0"]),
        ("train vae --set steps=1.5", 2, &["steps takes a whole number", "\"1.5\""]),
        ("train vae --set steps=-3", 2, &["steps takes", "\"-3\""]),
        ("train vae --set sheet_every=0", 2, &["`sheet_every` is 0"]),
        ("train vae --set evaluate_every=often", 2, &["expected u64"]),
        ("train vae --set lr=nan", 2, &["lr takes a finite number"]),
        ("train vae --set lr=inf", 2, &["lr takes a finite number"]),
        ("train vae --set lr=-1", 2, &["`lr` is -1"]),
        ("train vae --set lr=fast", 2, &["lr takes a number", "\"fast\""]),
        ("train vae --set latent=0", 2, &["`latent` is 0"]),
        ("train vae --set hidden=99999999999", 2, &["`hidden` is 99999999999"]),
        ("train gan --set loss=hing", 2, &["hing", "hinge"]),
        ("train vae --set family=gan", 2, &["family can't be set"]),
        ("train dcgan --set size=30", 2, &["28, 32 or 64"]),
        ("train vae --data glyphs", 2, &["\"glyphs\"", "did you mean builtin:glyphs?"]),
        ("train vae --data idx:", 2, &["idx:FILE"]),
        ("train vae --data mnist:nowhere", 1, &["nowhere lacks", "train-images-idx3-ubyte"]),
        ("train vae --data idx:nowhere", 1, &["cannot read nowhere"]),
        ("train vae --data idx:broken.idx", 1, &["broken.idx"]),
        ("train vae --data idx:set.idx --batch-size 91", 1, &["a batch of 91", "from 1 to 90"]),
        ("train dcgan --data idx:set.idx", 2, &["28, 32 or 64", "10x10"]),
        (&format!("{tiny} --out taken"), 1, &["taken already exists"]),
        (&format!("{tiny} --out set.idx"), 1, &["set.idx already exists"]),
        (&format!("{tiny} --out set.idx/run"), 1, &["cannot write set.idx"]),
        ("sample", 2, &["<RUN>", "--out"]),
        ("sample nowhere --out a.png", 1, &["nowhere is not the folder of a run"]),
        ("sample taken --out a.png", 1, &["taken is not the folder of a run"]),
        ("sample taken --out a.jpg", 2, &["a.jpg", "name it a.png"]),
        ("sample taken --out a.png --count 0", 2, &["--count"]),
        ("trace neurn", 2, &["\"neurn\"", "did you mean neuron?"]),
        ("recipes more", 2, &["'more'"]),
    ] {
        failure(folder.path(), words, status, parts);
    }
    assert_eq!(names(folder.path()), before);
    assert_eq!(fs::read(folder.path().join("taken/file")).unwrap(), b"precious");
}

#[test]
fn a_damaged_run_is_not_sampled() {
    let folder = folder();
    success(folder.path(), &format!("{TINY} --out run"));
    let run = folder.path().join("run");
    let last = run.join("checkpoints/step-000012.safetensors");
    let sample = "sample run --out a.png";
    failure(folder.path(), &format!("{sample} --step 7"), 1, &["no checkpoint of step 7", "step 10 and 12"]);
    failure(folder.path(), "sample run --out missing/a.png", 1, &["cannot write missing/a.png"]);

    let whole = fs::read(&last).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 64;
    for damaged in [&whole[..whole.len() / 2], &whole[..3], b"{}", &flipped] {
        fs::write(&last, damaged).unwrap();
        failure(folder.path(), sample, 1, &["step-000012.safetensors is not a usable checkpoint"]);
    }
    success(folder.path(), "sample run --out earlier.png --step 10");
    fs::write(&last, &whole).unwrap();

    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    for (from, to, part) in [
        ("hidden = 16", "hidden = 17", "does not belong to this model"),
        ("hidden = 16", "hidden = \"x\"", "settings in run/config.toml are not valid"),
        ("hidden = 16", "heaven = 16", "settings in run/config.toml are not valid"),
        ("steps = 12", "steps = ", "settings in run/config.toml are not valid"),
        ("steps = 12", "steps = 0", "settings in run/config.toml are not valid"),
    ] {
        fs::write(run.join("config.toml"), config.replace(from, to)).unwrap();
        failure(folder.path(), sample, 1, &[part]);
    }
    fs::write(run.join("config.toml"), config).unwrap();
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    failure(folder.path(), sample, 1, &["cannot read run/checkpoints"]);
    assert!(!folder.path().join("a.png").exists());
}

#[test]
fn a_training_that_breaks_down_says_where_and_keeps_its_checkpoint() {
    let folder = folder();
    let output =
        kiln(folder.path(), &format!("{TINY} --out run --steps 400").replace("--steps 12", "--set lr=1e30"));
    let message = stderr(&output);
    let last = message.lines().last().unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(last.starts_with("error: training broke down: `") && last.contains(" at step "), "{message}");
    assert!(folder.path().join("run/sheets/step-000000.png").exists());
}

#[test]
fn a_classifier_judges_digits_and_nothing_else() {
    let folder = folder();
    success(folder.path(), "train dcgan --steps 2 --batch-size 8 --set width=4 --out digits");
    let verdict = success(folder.path(), "judge digits --count 20");
    assert!(verdict.contains("of 20 images of step 2 are digits"), "{verdict}");
    assert_eq!(verdict.lines().count(), 11, "{verdict}");
    success(folder.path(), &format!("{TINY} --out small"));
    failure(folder.path(), "judge small", 1, &["10x10", "28x28"]);
    failure(folder.path(), "judge nowhere", 1, &["nowhere"]);
}
