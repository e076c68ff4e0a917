//! `kiln train --dry-run`: what a training would take.

use super::model_size::ModelSize;
use super::prepare::PreparedRun;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use indicatif::{DecimalBytes, HumanDuration};
use kiln::train::{Run, Trial};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

/// Time that steps are done for, where no limit is given.
const TIME: Duration = Duration::from_secs(3);

/// Does a few steps, and prints what they and the model take. No file is written.
pub fn run(prepared: PreparedRun, limit: Option<Duration>, as_json: bool) -> Result<ExitCode, CommandError> {
    let PreparedRun { mut run, mut model, notes } = prepared;
    let size = ModelSize::of(&mut *model);
    let trial = run.trial(&mut *model, limit.unwrap_or(TIME))?;
    if as_json {
        let config = run.config();
        output::print_json(&json!({
            "recipe": config.recipe, "data": config.data, "images": run.data().len(),
            "shape": run.data().info().image, "parameters": size.parameters, "checkpoint_bytes": size.checkpoint,
            "peak_bytes": trial.peak_bytes, "seconds_per_step": trial.seconds_per_step, "steps": config.steps,
            "batch_size": config.batch_size, "notes": notes,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for note in notes.iter().chain(&size.warning()) {
        output::say(note);
    }
    output::print(&text(&run, size, trial))?;
    Ok(ExitCode::SUCCESS)
}

fn text(run: &Run, size: ModelSize, trial: Trial) -> String {
    let (config, data) = (run.config(), run.data());
    let [channels, height, width] = data.info().image.unwrap_or_default();
    let whole = HumanDuration(Duration::from_secs_f64(trial.seconds_per_step * config.steps as f64));
    let seconds = trial.seconds_per_step;
    let step = if seconds < 1.0 { format!("{:.1} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") };
    format!(
        "{} on {}: {} images of {channels}x{height}x{width}, {} held out\n\
         model        {}\n\
         memory       {} at most, images apart\n\
         a step       {step} for {} images, the mean of {}\n\
         {} steps   about {whole}, sheets and tests apart\n\
         nothing was written; without --dry-run this is trained\n",
        config.recipe,
        config.data,
        data.len(),
        data.test().map_or(0, |test| test.len()),
        size.words(),
        DecimalBytes(trial.peak_bytes as u64),
        config.batch_size,
        trial.steps - 1,
        config.steps,
    )
}
