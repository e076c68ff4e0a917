//! What the commands print and write.

use crate::support::*;
use std::fs;

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
        // Values forwards and backwards, the example's own code, names, and numbers from 1.
        let parts = [
            "Computed, in this order",
            " x  leaf",
            "   #1  ",
            " = ",
            "| let x = ",
            "Backwards",
            "arrives",
            "by the sweep",
        ];
        for part in parts {
            assert!(text.contains(part), "{name}: {part:?} is not in\n{text}");
        }
        assert!(!text.contains(".rs:"), "{name} shows places in place of code:\n{text}");
    }
}

#[test]
fn a_training_writes_everything_and_can_be_sampled() {
    let folder = folder();
    let text = success(folder.path(), TINY);
    assert!(text.contains("kiln sample runs/vae-1 --count 64 --out grid.png"), "{text}");
    let run = folder.path().join("runs/vae-1");
    assert_eq!(
        names(&run),
        [
            "checkpoints",
            "config.toml",
            "curves.png",
            "environment.json",
            "metrics.jsonl",
            "run.lock",
            "sheets",
            "tensorboard",
            "training.gif"
        ]
    );
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
fn held_out_images_are_rebuilt() {
    let folder = folder();
    success(folder.path(), &format!("{TINY} --out run"));
    // Of the 100 images, 10 were not trained on.
    let text = success(folder.path(), "reconstruct run --out a.png");
    assert!(text.starts_with("10 images over what step 12 rebuilds of them"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_may_have_any_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let name = OsStr::from_bytes(b"r\xffn");
    let run = |words: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"));
        command.args(words.split_whitespace()).arg(name).current_dir(folder.path()).output().unwrap()
    };
    for words in [&format!("{TINY} --json --out"), "info --json"] {
        let output = run(words);
        assert!(output.status.success(), "{words}: {}", stderr(&output));
    }
    assert!(folder.path().join(name).join("checkpoints/step-000012.safetensors").exists());
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
fn a_classifier_judges_digits_and_nothing_else() {
    let folder = folder();
    success(
        folder.path(),
        "train dcgan --steps 2 --batch-size 8 --set generator.width=4 --set discriminator.width=4 --out digits",
    );
    let verdict = success(folder.path(), "judge digits --count 20");
    assert!(verdict.contains("of 20 images of step 2 are digits"), "{verdict}");
    assert_eq!(verdict.lines().count(), 11, "{verdict}");
    success(folder.path(), &format!("{TINY} --out small"));
    failure(folder.path(), "judge small", 1, &["10x10", "28x28"]);
    failure(folder.path(), "judge nowhere", 1, &["nowhere"]);
}

#[test]
fn a_run_starts_with_what_another_has_learned_and_remembers_which() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out first"));
    let next = format!("{TINY} --quiet --set uses.start=first --seed 5");
    success(at, &format!("{next} --out whole"));
    success(at, &format!("{TINY} --quiet --seed 5 --out fresh"));
    let first = |run: &str| timeless(&at.join(run))[0]["neg_elbo"].as_f64().unwrap();
    assert!(first("whole") < first("fresh") - 0.1, "{} {}", first("whole"), first("fresh"));
    // It goes on with that start alone.
    success(at, &format!("{} --out halves", next.replace("--steps 12", "--steps 6")));
    success(at, "train --resume halves --steps 12 --quiet");
    let last = "checkpoints/step-000012.safetensors";
    assert!(
        fs::read(at.join("whole").join(last)).unwrap() == fs::read(at.join("halves").join(last)).unwrap()
    );
    success(at, "train --resume first --steps 14 --quiet");
    let message = ["first, which this run uses as `start`, is not what it was", "put it back as it was"];
    failure(at, "train --resume halves --steps 14", 1, &message);
    failure(at, &format!("{TINY} --set uses.start=nowhere"), 1, &["nowhere is not the folder of a run"]);
    failure(
        at,
        &format!("{TINY} --set uses.features=first"),
        2,
        &["nothing that this model uses as \"features\""],
    );
    success(at, "train gan --data idx:set.idx --batch-size 8 --steps 1 --quiet --out gan");
    failure(at, &format!("{TINY} --set uses.start=gan"), 1, &["has no parameter like those of this model"]);
}
