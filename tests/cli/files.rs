//! Files that a command is given and writes: outputs of any kind, and folders of runs from elsewhere.

use crate::support::*;
use kiln::grad::{Array, Device};
use kiln::nn::StateValue;
use kiln::nn::safetensors::{Metadata, to_bytes};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Whether a text has a character that would act on a terminal.
fn acts(text: &str) -> bool {
    text.contains(|letter: char| {
        letter.is_control() && letter != '\n' || matches!(letter, '\u{202a}'..='\u{202e}')
    })
}

#[test]
fn names_and_metadata_out_of_files_are_seen_and_do_nothing() {
    let folder = folder();
    let at = folder.path();
    let tensor = || StateValue::Tensor(Array::from_slice(&[1.0f32], [1], &Device::cpu()));
    let wild = "a\u{1b}[2J\u{7}\r\n\u{9b}1m\u{202e}b";
    let state =
        [(wild.to_owned(), tensor()), ("n".repeat(1_000_000), tensor()), ("plain".to_owned(), tensor())];
    let metadata = Metadata::from([("key\u{1b}c".to_owned(), "one\ntwo\u{1b}]0;title\u{7}".to_owned())]);
    fs::write(at.join("wild.safetensors"), to_bytes(&state.into(), &metadata).unwrap()).unwrap();
    let text = success(at, "info wild.safetensors");
    assert!(!acts(&text) && text.lines().all(|line| line.chars().count() < 200), "{text}");
    assert!(
        text.contains(r"a\u{1b}[2J\u{7}\r\n\u{9b}1m\u{202e}b") && text.contains(r"one\ntwo\u{1b}]0;title"),
        "{text}"
    );
    let text = success(at, "info wild.safetensors --json");
    assert!(!acts(&text), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["tensors"][wild]["dims"], serde_json::json!([1]));

    // The same in settings, in metrics, and in an error.
    success(at, &format!("{TINY} --quiet --out run"));
    let config = fs::read_to_string(at.join("run/config.toml")).unwrap();
    let recipe = format!("recipe = \"{}\\u001B[2J\"", "v".repeat(100_000));
    fs::write(at.join("run/config.toml"), config.replace("recipe = \"vae\"", &recipe)).unwrap();
    for words in ["info run", "compare run run --out c.png"] {
        let output = kiln(at, words);
        assert!(!acts(&stdout(&output)) && !acts(&stderr(&output)), "{words}");
    }
    fs::write(at.join("run/config.toml"), config.replace("recipe = \"vae\"", "recipe = \"v\"")).unwrap();
    let metrics = fs::read_to_string(at.join("run/metrics.jsonl")).unwrap();
    let renamed = metrics.replace("\"neg_elbo\"", &format!("\"{}\\u001b[2J\"", "m".repeat(100_000)));
    assert_ne!(renamed, metrics);
    fs::write(at.join("run/metrics.jsonl"), renamed).unwrap();
    let text = success(at, "compare run run --out c.png");
    assert!(!acts(&text) && text.contains("mmm…"), "{text}");
    let output = kiln(at, "info \u{1b}[2J");
    assert!(!output.status.success() && !acts(&stderr(&output)));
}

/// `script` gives the command a terminal. Its own colours act there, and what comes from elsewhere is seen.
#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_colours_act_and_nothing_else_does() {
    let command = format!("{} train 'a\u{1b}[2J'", env!("CARGO_BIN_EXE_kiln"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm");
    let Ok(output) = script.output() else {
        skipped_tests::skip("there is no `script`; Debian's bsdutils has it");
        return;
    };
    let text = stdout(&output);
    assert!(text.contains("\u{1b}[31merror:\u{1b}[0m there is no recipe"), "{text}");
    assert!(!text.contains("\u{1b}[2J") && text.contains("[2J"), "{text}");
}

#[test]
fn an_output_that_is_no_file_name_is_answered_with_one() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out run"));
    for out in [".", "..", "./", "run"] {
        failure(
            at,
            &format!("interpolate run --out {out}"),
            2,
            &["is a folder; name the file to write, such as"],
        );
    }
    failure(at, "export run", 2, &["name what to write", "--onnx FILE", "--safetensors FILE"]);
    // An empty folder is as good as none.
    fs::create_dir(at.join("empty")).unwrap();
    success(at, &format!("{TINY} --quiet --out empty"));
    assert!(success(at, "train --help").contains("which must not exist or be empty"));
}

#[test]
fn a_run_whose_pictures_were_not_made_gets_them_with_its_report() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out run"));
    let picture = |name: &str| fs::read(at.join("run").join(name));
    let made = ["curves.png", "training.gif"].map(|name| picture(name).unwrap());
    for name in ["curves.png", "training.gif"] {
        fs::remove_file(at.join("run").join(name)).unwrap();
    }
    success(at, "report run --out alone.html");
    assert!(picture("curves.png").is_err() && at.join("alone.html").exists());
    success(at, "report run");
    assert_eq!(["curves.png", "training.gif"].map(|name| picture(name).unwrap()), made);
}

#[test]
fn a_run_is_resumed_from_another_folder_or_told_how() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out run"));
    fs::create_dir(at.join("elsewhere")).unwrap();
    let elsewhere = at.join("elsewhere");
    let says = [
        "cannot read set.idx",
        "the run's data is idx:set.idx, as seen from where the run was started",
        "--data",
    ];
    failure(&elsewhere, "train --resume ../run --steps 14", 1, &says);
    failure(&elsewhere, "reconstruct ../run --out a.png", 1, &says);
    failure(&elsewhere, "eval ../run", 1, &says);
    failure(&elsewhere, "train ../run", 1, &says);
    success(&elsewhere, "train --resume ../run --steps 14 --data idx:../set.idx");
    // Data of one's own that is missing is another matter.
    let output = kiln(at, "train vae --data idx:nowhere");
    assert!(!stderr(&output).contains("the run's data"), "{}", stderr(&output));
}

#[test]
fn a_variable_that_is_empty_is_as_good_as_none() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    for name in ["KILN_DEVICE", "KILN_SIMD", "KILN_CONV", "KILN_CACHE", "KILN_LOG"] {
        command.env(name, "");
    }
    let output =
        command.args(TINY.split_whitespace()).arg("--quiet").current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// What comes of looking at a run and of going on with it, neither of which may wait for what never comes.
#[cfg(unix)]
fn looks(at: &Path, run: &str) -> Vec<std::process::Output> {
    let words = ["report", "train --steps 14 --quiet --resume"];
    let look = |words: &str| {
        let mut command = Command::new("timeout");
        command.arg("20").arg(env!("CARGO_BIN_EXE_kiln")).args(words.split_whitespace()).arg(run);
        let output = command.current_dir(at).output().unwrap();
        assert_ne!(output.status.code(), Some(124), "kiln {words} {run} waits");
        output
    };
    words.into_iter().map(look).collect()
}

#[test]
#[cfg(unix)]
fn a_run_from_elsewhere_leads_nowhere() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out run"));
    fs::write(at.join("secret"), "a secret\n").unwrap();
    fs::create_dir(at.join("precious")).unwrap();
    for step in [1, 2, 3] {
        fs::write(at.join(format!("precious/step-00000{step}.safetensors")), "precious").unwrap();
    }
    let files = [
        "config.toml",
        "metrics.jsonl",
        "environment.json",
        "profile.json",
        "run.lock",
        "sheets/step-000006.png",
    ];
    for file in files {
        for kind in ["link", "pipe"] {
            let run = format!("{}-{kind}", file.replace('/', "-"));
            assert!(Command::new("cp").args(["-r", "run", &run]).current_dir(at).status().unwrap().success());
            let path = at.join(&run).join(file);
            let _ = fs::remove_file(&path);
            match kind {
                "link" => symlink(at.join("secret"), &path).unwrap(),
                _ => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            }
            for output in looks(at, &run) {
                assert!(
                    !acts(&stderr(&output)) && !stderr(&output).contains("panicked"),
                    "{}",
                    stderr(&output)
                );
            }
            assert_eq!(fs::read_to_string(at.join("secret")).unwrap(), "a secret\n", "{run}");
            let report = fs::read_to_string(at.join(&run).join("report.html")).unwrap_or_default();
            // The secret as it is, and as a picture would hold it.
            assert!(!report.contains("a secret") && !report.contains("YSBzZWNyZXQK"), "{run}");
        }
    }
    for inside in ["checkpoints", "sheets", "tensorboard"] {
        let run = format!("{inside}-link");
        assert!(Command::new("cp").args(["-r", "run", &run]).current_dir(at).status().unwrap().success());
        fs::remove_dir_all(at.join(&run).join(inside)).unwrap();
        symlink(at.join("precious"), at.join(&run).join(inside)).unwrap();
        for output in looks(at, &run) {
            let message = stderr(&output);
            assert!(
                !output.status.success() && message.contains("it is a link or a file, and no folder"),
                "{message}"
            );
        }
        assert_eq!(names(&at.join("precious")).len(), 3);
    }
}

/// As another user than the superuser, whom the limit doesn't bind.
#[test]
#[cfg(target_os = "linux")]
fn where_no_thread_can_be_started_a_sentence_says_so() {
    let folder = folder();
    let at = folder.path();
    fs::copy(env!("CARGO_BIN_EXE_kiln"), at.join("kiln")).unwrap();
    let all = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
    fs::set_permissions(at, all).unwrap();
    for words in [
        "trace neuron",
        "devices",
        "gradcheck tanh",
        "data inspect idx:set.idx",
        "train vae --data idx:set.idx",
    ] {
        let limited = format!("exec prlimit --nproc=1 ./kiln {words} --quiet");
        let limited = if words.starts_with("train") { limited } else { limited.replace(" --quiet", "") };
        let output = Command::new("setpriv")
            .args(["--reuid=65533", "--regid=65533", "--clear-groups", "sh", "-c", &limited])
            .env("RAYON_NUM_THREADS", "2")
            .current_dir(at)
            .output();
        let Some(output) =
            output.ok().filter(|output| ![Some(126), Some(127)].contains(&output.status.code()))
        else {
            skipped_tests::skip("no other user can be asked with setpriv");
            return;
        };
        let message = stderr(&output);
        if message.contains("setpriv") || message.contains("prlimit") {
            skipped_tests::skip("no other user can be asked with setpriv");
            return;
        }
        assert_eq!(output.status.code(), Some(1), "kiln {words}: {message}");
        assert!(
            message.lines().count() == 1 && message.contains("can't be started"),
            "kiln {words}: {message}"
        );
    }
}
