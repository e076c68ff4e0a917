//! `kiln runs`: all runs at a glance, and the space they take.

use crate::cli::help::examples;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use crate::cli::support::runs::{self, RUNS, RunRecord, best_step};
use crate::cli::support::table::Table;
use clap::{Args, Subcommand};
use indicatif::DecimalBytes;
use kiln::nn::TensorOptions;
use kiln::train::{Checkpoint, RunConfig, RunDir, TrainError};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// List runs with size, best and last figures; remove some, or their old checkpoints
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = examples(&[
    ("All runs of the folder runs", "kiln runs"),
    ("Those of another folder, for a program", "kiln runs runs --json"),
]))]
pub struct RunsArgs {
    /// Folder with the folders of runs
    #[arg(default_value = RUNS)]
    folder: PathBuf,
    #[command(flatten)]
    json: JsonArgs,
    #[command(subcommand)]
    command: Option<RunsCommand>,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// Remove runs with everything they wrote
    #[command(after_help = examples(&[("A run that isn't needed any more", "kiln runs rm vae-3")]))]
    Rm {
        /// Folders of the runs, or their names in the folder runs
        #[arg(required = true, value_name = "RUN", add = words::runs())]
        runs: Vec<PathBuf>,
    },
    /// Remove the checkpoints of runs but the last and the best
    #[command(after_help = examples(&[
        ("Of all runs in the folder runs", "kiln runs prune"),
        ("Of one run", "kiln runs prune vae-1"),
    ]))]
    Prune {
        /// Folders of the runs, or their names in the folder runs [default: all of them]
        #[arg(value_name = "RUN", add = words::runs())]
        runs: Vec<PathBuf>,
    },
}

impl CommandArgs for RunsArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        match &self.command {
            None => list(&self.folder, self.json.json)?,
            Some(RunsCommand::Rm { runs }) => remove(runs)?,
            Some(RunsCommand::Prune { runs }) => prune(runs)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints a line for each run. One that can't be read is named with the reason, and hides no other.
fn list(folder: &Path, as_json: bool) -> Result<(), CommandError> {
    let names = if folder.exists() || folder != Path::new(RUNS) { runs::names(folder)? } else { Vec::new() };
    let mut table = Table::new(4, ["run", "recipe", "data", "status", "size", "figure", "best", "last"]);
    let (mut all, mut broken, mut bytes) = (Vec::new(), Vec::new(), 0);
    for name in &names {
        let record = RunDir::open(&folder.join(name)).map_err(CommandError::from);
        let record = record.and_then(|dir| RunRecord::read(dir, name.clone()));
        match record.and_then(|record| Ok((record.status()?, record))) {
            Ok((status, record)) => {
                let size = record.bytes();
                bytes += size;
                add(&mut table, &record, &status, size);
                all.push(described(&record, &status, size));
            }
            Err(error) => broken.push(format!("{name} can't be shown: {}", error.message)),
        }
    }
    if as_json {
        broken.iter().for_each(|problem| output::say(problem));
        return output::print_json(&Value::Array(all));
    }
    if names.is_empty() {
        return output::print(&format!(
            "there are no runs in {}; `kiln train` makes them\n",
            folder.display()
        ));
    }
    let mut text = table.text();
    let runs = if names.len() == 1 { "run" } else { "runs" };
    text += &format!("{} {runs}, {}\n", names.len(), DecimalBytes(bytes));
    broken.iter().for_each(|problem| text += &format!("{problem}\n"));
    output::print(&text)
}

fn add(table: &mut Table, record: &RunRecord, status: &str, size: u64) {
    let figure = record.figure();
    let none = || "–".to_owned();
    let number = |value: f64| format!("{value:.4}");
    let best = figure.as_ref().and_then(|figure| figure.best);
    table.add([
        record.name.clone(),
        record.config.recipe.clone(),
        record.config.data.clone(),
        status.to_owned(),
        DecimalBytes(size).to_string(),
        figure.as_ref().map_or_else(none, |figure| figure.name.clone()),
        best.map_or_else(none, |(step, value)| format!("{} at {step}", number(value))),
        figure.as_ref().map_or_else(none, |figure| number(figure.last)),
    ]);
}

fn described(record: &RunRecord, status: &str, size: u64) -> Value {
    let RunRecord { name, config, history, dir, .. } = record;
    let figure = record.figure().map(|figure| {
        let best = figure.best.map(|(step, value)| json!({ "step": step, "value": value }));
        json!({ "name": figure.name, "best": best, "last": figure.last })
    });
    json!({
        "run": name, "path": dir.root().to_string_lossy(), "recipe": config.recipe, "data": config.data,
        "status": status, "done": history.last_step, "steps": config.steps, "seconds": history.seconds,
        "bytes": size, "figure": figure,
    })
}

/// Removes runs. All of them are looked at before the first is removed.
fn remove(names: &[PathBuf]) -> Result<(), CommandError> {
    let dirs: Vec<RunDir> = names.iter().map(|name| runs::open(name)).collect::<Result<_, _>>()?;
    for dir in &dirs {
        RunConfig::read(&dir.config())?;
        refuse_others(dir)?;
    }
    let mut text = String::new();
    for dir in &dirs {
        let size = runs::bytes(dir.root());
        // Nobody else trains here while it is removed.
        let lock = dir.lock()?;
        fs::remove_dir_all(dir.root())
            .map_err(|reason| TrainError::Write { path: dir.root().to_owned(), reason })?;
        drop(lock);
        text += &format!("removed {}, {}\n", dir.root().display(), DecimalBytes(size));
    }
    output::print(&text)
}

/// Fails where the folder of a run is a link, or holds what no training wrote.
fn refuse_others(dir: &RunDir) -> Result<(), CommandError> {
    let root = dir.root();
    let read = |reason| TrainError::Read { path: root.to_owned(), reason };
    if fs::symlink_metadata(root).map_err(read)?.is_symlink() {
        return Err(CommandError::other(format!(
            "{} is a link to the folder of a run; name the folder itself",
            root.display()
        )));
    }
    let files = dir.entries();
    for entry in fs::read_dir(root).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if !files.contains(&path) && path.extension().is_none_or(|end| end != "tmp") {
            return Err(CommandError::other(format!(
                "{} is no file that a training writes, and would be removed with the run; move it away first",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Removes checkpoints but the last and the best. A run that trains is left alone.
fn prune(names: &[PathBuf]) -> Result<(), CommandError> {
    let all: Vec<PathBuf> = match names {
        [] if !Path::new(RUNS).exists() => Vec::new(),
        [] => runs::names(Path::new(RUNS))?.into_iter().map(|name| Path::new(RUNS).join(name)).collect(),
        names => names.to_vec(),
    };
    let (mut text, mut bytes) = (String::new(), 0);
    for name in &all {
        let dir = runs::open(name)?;
        if dir.is_locked() {
            text += &format!("{} trains now and is left as it is\n", dir.root().display());
            continue;
        }
        let lock = dir.lock()?;
        let steps = lock.checkpoint_steps()?;
        let [older @ .., last] = &steps[..] else { continue };
        if older.is_empty() {
            continue;
        }
        let latest = Checkpoint::read(&lock.checkpoint(*last), &TensorOptions::cpu_f32())?;
        let best = best_step(&latest);
        for step in older.iter().filter(|step| Some(**step) != best) {
            let path = lock.checkpoint(*step);
            bytes += fs::metadata(&path).map_or(0, |meta| meta.len());
            fs::remove_file(&path).map_err(|reason| TrainError::Write { path: path.clone(), reason })?;
            text += &format!("removed {}\n", path.display());
        }
    }
    text += &format!("{} are free again\n", DecimalBytes(bytes));
    output::print(&text)
}
