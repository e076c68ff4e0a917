//! Words that a shell completes: names of runs, recipes, settings, ops and data.

use crate::cli::support::explained;
use crate::cli::support::runs::{self, RUNS};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use kiln::data::KINDS;
use kiln::grad::ops::REGISTRY;
use kiln::models;
use std::ffi::OsStr;
use std::path::Path;

/// Those of some words, each with what it means, that begin with what is typed.
fn beginning(current: &OsStr, words: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    let fitting = words.into_iter().filter(|(word, _)| word.starts_with(&*typed));
    fitting
        .map(|(word, about)| CompletionCandidate::new(word).help((!about.is_empty()).then(|| about.into())))
        .collect()
}

fn run_words() -> Vec<(String, String)> {
    let names = runs::names(Path::new(RUNS)).unwrap_or_default();
    names.into_iter().map(|name| (name, "a run".to_owned())).collect()
}

fn recipe_words() -> Vec<(String, String)> {
    let about = |recipe: &models::Recipe| crate::cli::support::recipe::about(recipe).unwrap_or_default();
    models::recipes().map(|recipe| (recipe.name.to_owned(), about(recipe))).collect()
}

/// Names of runs, and folders.
pub fn runs() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut all = beginning(current, run_words());
        all.extend(PathCompleter::dir().complete(current));
        all
    })
}

/// Names of recipes.
pub fn recipes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| beginning(current, recipe_words()))
}

/// What a training can start from: recipes, runs, files and folders.
pub fn starts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut all = beginning(current, recipe_words().into_iter().chain(run_words()));
        all.extend(PathCompleter::any().complete(current));
        all
    })
}

/// Names of settings, with the sign that their values follow.
pub fn settings() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let all = explained::all().into_iter().map(|(name, about)| (format!("{name}="), about));
        let full = beginning(current, all.clone());
        if !full.is_empty() {
            return full;
        }
        // By the end of the name, as `lr`.
        let short = all.filter_map(|(name, about)| Some((name.rsplit_once('.')?.1.to_owned(), about)));
        beginning(current, short)
    })
}

/// Kinds of data, and folders.
pub fn data() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let word = |kind: &kiln::data::DataKind| {
            let end = if kind.argument.is_empty() { "" } else { ":" };
            (format!("{}{end}", kind.name), kind.about.to_owned())
        };
        let kinds = KINDS.iter().map(word);
        let mut all = beginning(current, kinds);
        all.extend(PathCompleter::dir().complete(current));
        all
    })
}

/// Names of ops.
pub fn ops() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        beginning(current, REGISTRY.iter().map(|entry| (entry.name.to_owned(), String::new())))
    })
}
