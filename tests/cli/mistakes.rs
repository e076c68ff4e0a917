//! Bad input: one clear sentence, a non-zero status, nothing lost.

use crate::support::*;
use std::fs;

#[test]
fn wrong_words_are_answered_in_one_line_and_nothing_is_written() {
    let folder = folder();
    fs::create_dir(folder.path().join("taken")).unwrap();
    fs::write(folder.path().join("taken/file"), "precious").unwrap();
    fs::write(folder.path().join("broken.idx"), [0, 0, 8, 3, 0, 0]).unwrap();
    let mut huge = (1u64 << 60).to_le_bytes().to_vec();
    huge.extend(b"{\"a\":1}");
    fs::write(folder.path().join("huge.safetensors"), huge).unwrap();
    let before = names(folder.path());
    let tiny = format!("{TINY} ");
    for (words, status, parts) in [
        ("bogus", 2, &["bogus"] as &[&str]),
        ("trian", 2, &["'trian'", "'train'"]),
        ("train", 2, &["<RECIPE>"]),
        ("train vea", 2, &["\"vea\"", "did you mean vae?"]),
        ("train qwertz", 2, &["\"qwertz\"", "there are acgan, cgan, dcgan"]),
        ("train autoencoder", 2, &["there are acgan, cgan, dcgan, dcgan-32, dcgan-64, dcgan-few, gan"]),
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
        ("train vae --set model.latnet=3", 2, &["\"model.latnet\"", "did you mean model.latent?"]),
        ("train vae --set batchsize=3", 2, &["did you mean batch_size?"]),
        ("train vae --set steps=0", 2, &["`steps` is 0"]),
        ("train vae --set steps=1.5", 2, &["steps takes a whole number", "\"1.5\""]),
        ("train vae --set steps=-3", 2, &["steps takes", "\"-3\""]),
        ("train vae --set sheet_every=0", 2, &["`sheet_every` is 0"]),
        ("train vae --set evaluate_every=often", 2, &["expected u64"]),
        ("train vae --set lr=nan", 2, &["lr takes a finite number"]),
        ("train vae --set lr=inf", 2, &["lr takes a finite number"]),
        ("train vae --set lr=-1", 2, &["`optimizer.lr` is -1"]),
        ("train vae --set lr=fast", 2, &["lr takes a number", "\"fast\""]),
        ("train vae --set latent=0", 2, &["`model.latent` is 0"]),
        ("train vae --set hidden=99999999999", 2, &["`model.network.hidden` is 99999999999"]),
        (
            "train gan --set loss=wasserstein",
            2,
            &["`model.loss` is wasserstein", "clip_weights", "non-saturating"],
        ),
        ("train gan --set loss=hing", 2, &["hing", "hinge"]),
        ("train vae --set family=gan", 2, &["family can't be set"]),
        ("train dcgan --image-size 30", 2, &["28, 32 or 64"]),
        ("train vae --data glyphs", 2, &["\"glyphs\"", "did you mean builtin:glyphs?"]),
        ("train vae --data idx:", 2, &["idx:FILE"]),
        ("train vae --data mnist:nowhere", 1, &["nowhere lacks", "train-images-idx3-ubyte"]),
        ("train vae --data idx:nowhere", 1, &["cannot read nowhere"]),
        ("train vae --data idx:broken.idx", 1, &["broken.idx"]),
        ("train dcgan --data idx:set.idx", 2, &["28, 32 or 64", "10x10", "--image-size N"]),
        ("train vae-conv --data idx:set.idx", 2, &["a multiple of 4", "10x10", "--image-size N"]),
        ("train gan --batch-size 1", 2, &["`batch_size` is 1", "at least 2", "batch norm"]),
        (
            "train gan --batch-size 8 --set micro_batches=8",
            2,
            &["`batch_size` is 8", "at least 2 in each micro-batch"],
        ),
        (&format!("{tiny} --out taken"), 1, &["taken already exists"]),
        (&format!("{tiny} --out set.idx"), 1, &["set.idx already exists"]),
        (&format!("{tiny} --out set.idx/run"), 1, &["cannot write set.idx"]),
        ("sample", 2, &["<RUN>", "--out"]),
        ("sample nowhere --out a.png", 1, &["nowhere is not the folder of a run"]),
        ("sample taken --out a.png", 1, &["taken is not the folder of a run"]),
        ("sample taken --out a.jpg", 2, &["a.jpg", "name it a.png"]),
        ("sample taken --out a.png --count 0", 2, &["--count"]),
        ("sample taken --out a.png --step first", 2, &["'first'", "a step or `best`"]),
        ("train vae --resume taken", 2, &["cannot be used with"]),
        ("train --resume nowhere", 1, &["nowhere is not the folder of a run"]),
        ("train --resume taken", 1, &["taken is not the folder of a run"]),
        ("train vae --time-limit soon", 2, &["'soon'", "90s, 30m or 2h"]),
        ("train vae --time-limit 0s", 2, &["'0s'", "90s, 30m or 2h"]),
        ("train vae --quiet --json", 2, &["--quiet", "--json"]),
        ("train vae --set clip_norm=-1", 2, &["`optimizer.clip_norm` is -1"]),
        ("train vae --set clip_norm=0", 2, &["`optimizer.clip_norm` is 0", "above 0"]),
        ("train vae --set micro_batches=3", 2, &["`micro_batches` is 3", "a divisor of the batch size, 128"]),
        ("train vae --set micro_batches=0", 2, &["`micro_batches` is 0"]),
        ("train vae --set schedule=cosin", 2, &["cosin", "cosine"]),
        ("train vae --set warmup=-1", 2, &["warmup"]),
        ("train vae --set checkpoint_minutes=0", 2, &["`checkpoint_minutes` is 0"]),
        ("train vae --channels 5", 2, &["'5'", "--channels"]),
        ("train vae --augment spin", 2, &["spin"]),
        ("info nowhere", 1, &["cannot read nowhere"]),
        ("info taken", 1, &["taken is not the folder of a run"]),
        ("info huge.safetensors", 1, &["huge.safetensors", "not a valid safetensors file"]),
        (&format!("{tiny} --out /proc/kiln"), 1, &["cannot write /proc/kiln"]),
        ("info set.idx", 1, &["set.idx", "not a valid safetensors file"]),
        ("compare taken", 2, &["2 values required"]),
        ("compare taken nowhere", 1, &["taken is not the folder of a run"]),
        ("compare taken taken --out a.svg", 2, &["a.svg", "name it a.png"]),
        ("interpolate nowhere --out a.gif", 1, &["nowhere is not the folder of a run"]),
        ("interpolate taken --out a.png", 2, &["a.png is no GIF", "name it a.gif"]),
        ("interpolate taken --out a.gif --path round", 2, &["'round'", "spherical, linear"]),
        ("interpolate taken --out a.gif --stops 1", 2, &["--stops", "from 2 to 64"]),
        ("reconstruct nowhere --out a.png", 1, &["nowhere is not the folder of a run"]),
        ("export taken", 2, &["--onnx", "--safetensors"]),
        ("export taken --onnx g.bin", 2, &["g.bin is no ONNX", "name it g.onnx"]),
        ("report nowhere", 1, &["nowhere is not the folder of a run"]),
        ("watch nowhere", 1, &["nowhere is not the folder of a run"]),
        ("watch taken", 1, &["taken is not the folder of a run, nor has it any in it"]),
        ("watch taken --port 99999", 2, &["--port", "from 0 to 65535"]),
        ("completions ksh", 2, &["'ksh'", "bash"]),
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
        let resume = "train --resume run --steps 20";
        failure(folder.path(), resume, 1, &["step-000012.safetensors is not", "remove it to go on from"]);
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
    // What would help can't be changed in the steps that are done.
    assert!(last.contains("start a new run with a smaller learning rate"), "{message}");
    assert!(folder.path().join("run/sheets/step-000000.png").exists());
}

#[test]
fn a_model_is_not_asked_for_what_it_can_not_do() {
    let folder = folder();
    let at = folder.path();
    success(at, "train gan --data idx:set.idx --steps 2 --batch-size 8 --set latent=4 --out gan");
    failure(at, "reconstruct gan --out a.png", 1, &["gan", "can't rebuild images", "vae, vae-8bit"]);
    failure(at, "sample gan --step best --out a.png", 1, &["gan has no best checkpoint", "leave --step out"]);
    assert!(!at.join("a.png").exists());
}

#[test]
fn data_in_another_form_is_refused_by_every_command() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out run"));
    for data in ["builtin:ring", "builtin:moving-glyphs"] {
        failure(at, &format!("train vae --data {data}"), 2, &["this model needs", "images"]);
        failure(at, &format!("reconstruct run --data {data} --out a.png"), 1, &["no single images"]);
        failure(at, &format!("eval run --data {data}"), 1, &["no single images"]);
    }
}

#[test]
fn words_for_the_log_are_checked() {
    let folder = folder();
    let run = |value: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"));
        let words = format!("{TINY} --out {value} --quiet");
        command.args(words.split_whitespace()).current_dir(folder.path()).env("KILN_LOG", value);
        command.output().unwrap()
    };
    let refused = run("kiln=loud");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("KILN_LOG is \"kiln=loud\""), "{}", stderr(&refused));
    let logged = run("debug");
    assert!(logged.status.success() && stderr(&logged).contains("checkpoint written"), "{}", stderr(&logged));
    assert!(stdout(&logged).is_empty());
}

#[test]
fn a_second_process_is_kept_out_of_a_run() {
    let folder = folder();
    let at = folder.path();
    let words = TINY.replace("--steps 12", "--steps 1000000");
    let mut first = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"))
        .args(format!("{words} --out run --quiet").split_whitespace())
        .current_dir(at)
        .spawn()
        .unwrap();
    while !at.join("run/checkpoints/step-000000.safetensors").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    failure(at, "train --resume run", 1, &["another process is training in run", "wait until it is done"]);
    let info = success(at, "info run");
    assert!(info.contains("training now"), "{info}");
    first.kill().unwrap();
    first.wait().unwrap();
    let info = success(at, "info run");
    assert!(info.contains("kiln train --resume run"), "{info}");
}

/// A device that takes nothing, which only Linux has.
#[test]
#[cfg(target_os = "linux")]
fn a_training_goes_on_when_its_output_can_not_be_written() {
    let folder = folder();
    let run = |words: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"));
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        command.args(words.split_whitespace()).current_dir(folder.path()).stderr(full).output().unwrap()
    };
    assert_eq!(run(&format!("{TINY} --out run")).status.code(), Some(0));
    assert!(folder.path().join("run/checkpoints/step-000012.safetensors").exists());
    assert_eq!(run("train vea").status.code(), Some(2));
}

/// On a file system of its own that is too small, which only Linux lets a test make.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_last_checkpoint_intact() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("small")).unwrap();
    let kiln = env!("CARGO_BIN_EXE_kiln");
    let train = TINY.replace("--steps 12", "--steps 200");
    let script = format!(
        "mount -t tmpfs -o size=700k none small || exit 77
         {kiln} {train} --out small/run --quiet; echo status $?
         rm small/run/tensorboard/* small/run/sheets/step-000000.png
         {kiln} sample small/run --out small/a.png; echo status $?
         ls -A small/run/checkpoints"
    );
    let output =
        std::process::Command::new("unshare").args(["-rm", "sh", "-c", &script]).current_dir(at).output();
    let Some(output) = output.ok().filter(|output| ![Some(77), Some(1)].contains(&output.status.code()))
    else {
        skipped_tests::skip("no file system can be mounted here");
        return;
    };
    let (out, error) = (stdout(&output), stderr(&output));
    assert!(
        error.contains("error: cannot write small/run/") && error.contains("the disk is not full"),
        "{error}"
    );
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "status 1", "{out} {error}");
    assert!(lines.contains(&"status 0"), "the last checkpoint can't be used: {out} {error}");
    assert!(!out.contains(".tmp"), "{out}");
}

/// What a kernel on the CPU can't do is a sentence like any other failure, and no panic.
#[test]
fn a_kernel_that_can_not_run_is_said_in_a_sentence() {
    let folder = folder();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiln"));
    let words = format!("{TINY} --device cpu --quiet --out run");
    let output =
        command.args(words.split_whitespace()).current_dir(folder.path()).env("KILN_SIMD", "sse9").output();
    let output = output.unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: ") && message.lines().count() == 1, "{message}");
    assert!(message.contains("KILN_SIMD is `sse9`"), "{message}");
}
