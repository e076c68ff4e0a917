//! `kiln info`: what a run or a file holds.

use super::args::Info;
use super::failure::Failure;
use super::{model, output};
use kiln::nn::safetensors::{Listed, Metadata, list};
use kiln::nn::{StateDict, StateValue, TensorOptions};
use kiln::train::{Checkpoint, RunDir, TrainError};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Describes a run's folder or a safetensors file.
pub fn info(arguments: &Info) -> Result<(), Failure> {
    let path = &arguments.path;
    if path.is_dir() {
        return run(&RunDir::open(path)?, arguments.json);
    }
    let bytes = std::fs::read(path).map_err(|reason| TrainError::Read { path: path.clone(), reason })?;
    let (tensors, metadata) = list(&bytes).map_err(|problem| {
        Failure::other(format!(
            "{}: {problem}; name the folder of a run or a safetensors file",
            path.display()
        ))
    })?;
    if arguments.json {
        let tensor =
            |tensor: &Listed| (tensor.name.clone(), json!({ "type": tensor.dtype, "dims": tensor.dims }));
        let tensors: Map<String, Value> = tensors.iter().map(tensor).collect();
        return output::print_json(&json!({ "metadata": metadata, "tensors": tensors }));
    }
    output::print(&file_text(&tensors, &metadata))
}

fn run(dir: &RunDir, as_json: bool) -> Result<(), Failure> {
    let (config, _) = model::of_run(dir)?;
    let steps = dir.checkpoint_steps()?;
    let latest = match steps.last() {
        Some(step) => Some(Checkpoint::read(&dir.checkpoint(*step), &TensorOptions::cpu_f32())?),
        None => None,
    };
    let done = latest.as_ref().map_or(0, |checkpoint| checkpoint.step);
    let best = latest.as_ref().and_then(|checkpoint| match checkpoint.state.get("best.step") {
        Some(StateValue::Count(step)) if *step > 0 => Some(*step),
        _ => None,
    });
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
        config.recipe,
        config.data,
        config.steps,
        if training { ", and training now" } else { "" }
    );
    if let Some(Checkpoint { shape: [c, h, w], .. }) = latest {
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
        let _ = writeln!(text, "{name:<24} {numbers:>12} numbers");
    }
    if done < config.steps && !training {
        let _ = writeln!(text, "go on with   kiln train --resume {}", dir.root().display());
    }
    output::print(&text)
}

/// How many numbers the parts of a model hold.
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
        let _ = writeln!(text, "{name}: {value}");
    }
    let width = tensors.iter().map(|tensor| tensor.name.len()).max().unwrap_or(0);
    for Listed { name, dtype, dims } in tensors {
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
