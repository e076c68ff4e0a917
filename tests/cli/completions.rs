//! What a shell completes: it calls the command with the words that are typed.

use crate::support::*;
use std::path::Path;
use std::process::Command;

/// The words that can go on from these, as fish asks for them.
fn completed(at: &Path, words: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    let output =
        command.args(["--", "kiln"]).args(words).env("KILN_COMPLETE", "fish").current_dir(at).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{words:?}: {}", stderr(&output));
    stdout(&output).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn recipes_settings_ops_data_and_runs_are_completed() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet"));
    for (words, wanted) in [
        (&["tra"] as &[&str], &["train", "trace", "translate"] as &[&str]),
        (&["train", "va"], &["vae", "vae-conv", "vae-1"]),
        (&["train", "dcgan", "--set", "model.la"], &["model.latent="]),
        (&["train", "dcgan", "--set", "clip"], &["clip_norm=", "clip_weights="]),
        (&["train", "--resume", "va"], &["vae-1"]),
        (&["train", "vae", "--data", "bui"], &["builtin:glyphs"]),
        (&["sample", "v"], &["vae-1"]),
        (&["recipes", "show", "ls"], &["lsgan"]),
        (&["gradcheck", "conv2"], &["conv2d"]),
        (&["runs", "rm", ""], &["vae-1"]),
        (&["train", "vae", "--dry"], &["--dry-run"]),
    ] {
        let found = completed(at, words);
        for word in wanted {
            assert!(found.iter().any(|found| found == word), "{words:?}: {word} is not in {found:?}");
        }
    }
    assert!(!completed(at, &["recipes", "show", ""]).contains(&"vae-1".to_owned()));
}

#[test]
fn every_shell_gets_a_script_that_asks_the_command() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = success(folder.path(), &format!("completions {shell}"));
        assert!(script.contains("KILN_COMPLETE") && script.contains("kiln"), "{shell}: {script}");
    }
}

/// Colours are for terminals: what is written to a file has none.
#[test]
fn text_in_files_has_no_colours() {
    let folder = folder();
    let at = folder.path();
    let output = kiln(at, TINY);
    assert!(
        output.status.success() && !stderr(&output).contains('\x1b') && !stdout(&output).contains('\x1b')
    );
    assert!(!stderr(&kiln(at, "train vea")).contains('\x1b'));
}
