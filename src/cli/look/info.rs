//! `kiln info`: what a run or a file holds.

use crate::cli::help::examples;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use crate::cli::support::runs::{self, best_step};
use clap::Args;
use kiln::nn::safetensors::{Listed, Metadata, list};
use kiln::nn::{StateDict, StateValue, TensorOptions};
use kiln::train::{Checkpoint, RunConfig, RunDir, TrainError};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Describe a run, or list the tensors of a safetensors file
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("How far a run is", "kiln info runs/vae-1"),
    ("The tensors of a file", "kiln info generator.safetensors"),
    ("All settings of a run, for a program", "kiln info runs/vae-1 --json"),
]))]
pub struct InfoArgs {
    /// Folder of a run, or its name in the folder runs; or a safetensors file
    #[arg(add = words::runs(), value_hint = clap::ValueHint::AnyPath)]
    path: PathBuf,
    #[command(flatten)]
    json: JsonArgs,
}

impl CommandArgs for InfoArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        let run = runs::find(&self.path);
        if run.is_dir() {
            describe_run(&runs::open(&run)?, self.json.json)?;
        } else {
            describe_file(&self.path, self.json.json)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn describe_file(path: &Path, as_json: bool) -> Result<(), CommandError> {
    let bytes = std::fs::read(path).map_err(|reason| TrainError::Read { path: path.to_owned(), reason })?;
    let (tensors, metadata) = list(&bytes).map_err(|problem| {
        CommandError::other(format!(
            "{}: {problem}; name the folder of a run or a safetensors file",
            path.display()
        ))
    })?;
    if as_json {
        let tensor =
            |tensor: &Listed| (tensor.name.clone(), json!({ "type": tensor.dtype, "dims": tensor.dims }));
        let tensors: Map<String, Value> = tensors.iter().map(tensor).collect();
        return output::print_json(&json!({ "metadata": metadata, "tensors": tensors }));
    }
    output::print(&file_text(&tensors, &metadata))
}

fn describe_run(dir: &RunDir, as_json: bool) -> Result<(), CommandError> {
    let config = RunConfig::read(&dir.config())?;
    let steps = dir.checkpoint_steps()?;
    let latest = match steps.last() {
        Some(step) => Some(Checkpoint::read(&dir.checkpoint(*step), &TensorOptions::cpu_f32())?),
        None => None,
    };
    let done = latest.as_ref().map_or(0, |checkpoint| checkpoint.step);
    let best = latest.as_ref().and_then(best_step);
    let parts = latest.as_ref().map_or(Vec::new(), |checkpoint| parts(&checkpoint.part("model")));
    let training = dir.is_locked();
    if as_json {
        let parts: Map<String, Value> =
            parts.into_iter().map(|(name, numbers)| (name, json!(numbers))).collect();
        return output::print_json(&json!({
            "run": dir.root().to_string_lossy(), "recipe": config.recipe, "data": config.data, "done": done,
            "steps": config.steps, "training": training, "best": best, "checkpoints": steps,
            "numbers": parts, "settings": config,
        }));
    }
    let mut text = format!(
        "{} on {}: {done} of {} steps done{}\n",
        output::name(&config.recipe),
        output::name(&config.data),
        config.steps,
        if training { ", and training now" } else { "" }
    );
    if let Some([c, h, w]) = latest.as_ref().and_then(|checkpoint| checkpoint.data.image) {
        let _ = writeln!(text, "images       {c}x{h}x{w}");
    }
    let list: Vec<String> = steps.iter().map(u64::to_string).collect();
    let after =
        if list.is_empty() { "none yet".to_owned() } else { format!("after step {}", list.join(", ")) };
    let _ = writeln!(text, "checkpoints  {after}");
    if let Some(best) = best {
        let _ = writeln!(text, "best         step {best}");
    }
    for (name, numbers) in parts {
        let _ = writeln!(text, "{:<24} {numbers:>12} numbers", output::name(&name));
    }
    if done < config.steps && !training {
        match runs::check_own(&config, dir.root()) {
            Ok(()) => writeln!(text, "go on with   kiln train --resume {}", dir.root().display()),
            Err(_) => writeln!(text, "go on with   the program that trained it, whose own this model is"),
        }
        .unwrap_or_default();
    }
    output::print(&text)
}

/// The parts of a model, each with its number of elements.
fn parts(state: &StateDict) -> Vec<(String, usize)> {
    let mut parts: Vec<(String, usize)> = Vec::new();
    for (name, value) in state {
        let StateValue::Tensor(array) = value else { continue };
        let part = name.split('.').next().unwrap_or_default();
        match parts.iter_mut().find(|(known, _)| known == part) {
            Some((_, numbers)) => *numbers += array.numel(),
            None => parts.push((part.to_owned(), array.numel())),
        }
    }
    parts
}

fn file_text(tensors: &[Listed], metadata: &Metadata) -> String {
    let mut text = String::new();
    for (name, value) in metadata {
        let _ = writeln!(text, "{}: {}", output::name(name), output::name(value));
    }
    let names: Vec<String> = tensors.iter().map(|tensor| output::name(&tensor.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, Listed { dtype, dims, .. }) in names.iter().zip(tensors) {
        let _ = writeln!(text, "{name:<width$}  {dtype:<4} {dims:?}");
    }
    let numbers: usize = tensors.iter().map(numel).sum();
    let _ = writeln!(text, "{numbers} numbers in {} tensors", tensors.len());
    text
}

/// Lengths beside a 0 may be absurd.
fn numel(tensor: &Listed) -> usize {
    tensor.dims.iter().fold(1, |product, length| product.saturating_mul(*length))
}
