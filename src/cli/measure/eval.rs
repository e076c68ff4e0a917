//! `kiln eval`: how good a trained model is.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::number::{MAX_SEED, whole};
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::DataRequest;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{output, pictures};
use clap::Args;
use kiln::metrics::{DigitClassifier, MEASURES, measure};
use kiln::nn::Batch;
use kiln::tensor::random::Key;
use kiln::train::{Data, evaluate, evaluate_batches};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// The least share of a run's own images that the digit classifier must read right, for its word about made ones to
/// count.
const LEAST_READ: f64 = 0.9;

/// Measure a trained model: on images that were held out of training, and what it makes
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("All that can be measured of a model", "kiln eval runs/dcgan-1 --count 640"),
    ("A denoiser on pictures of one's own, each at its own size", "kiln eval runs/denoise-1 --pictures photos"),
]))]
pub struct EvalArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Data to measure on, as for `kiln train --data` [default: the data of the run]
    #[arg(long, value_name = "DATA", help_heading = "Images")]
    data: Option<String>,
    /// Folder of pictures to measure on one by one, each at its own size, instead of data
    #[arg(long, value_name = "DIR", conflicts_with = "data", help_heading = "Images")]
    pictures: Option<PathBuf>,
    /// Number of images to make and measure
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<1, 100_000>, help_heading = "Images")]
    count: u64,
    /// Seed of the noise; the same seed gives the same figures
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_SEED>, help_heading = "Images")]
    seed: u64,
    #[command(flatten)]
    json: JsonArgs,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for EvalArgs {
    /// Prints the figures: means over held-out images, and those of the measures that fit the model.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let mut figures = Vec::new();
        let mut notes = Vec::new();
        match &self.pictures {
            Some(folder) => figures.extend(self.on_pictures(&mut trained, folder)?),
            None => {
                let data = self.data(&trained)?;
                let (batch_size, step) = (trained.config.batch_size, trained.step);
                let means = evaluate(&mut *trained.model, &data, batch_size, self.seed, step)?;
                if let (Some(set), true) = (data.test(), means.is_some()) {
                    notes.push(format!("means over {} images held out of training", set.len()));
                }
                figures.extend(means.unwrap_or_default());
                if let Some(problem) = unread(&data)? {
                    notes.push(problem);
                } else {
                    let key = Key::new(self.seed).purpose("measure");
                    for mut measure in
                        MEASURES.iter().filter_map(|(name, _)| measure(name, self.count as usize))
                    {
                        let taken = measure.take(&mut *trained.model, key)?;
                        if taken.is_some() {
                            notes.push(format!("{} of {} made images", measure.name(), self.count));
                        }
                        figures.extend(taken.unwrap_or_default());
                    }
                }
            }
        }
        if figures.is_empty() {
            let why = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
            return Err(CommandError::other(format!(
                "there is nothing to measure of a {}{why}; look at its sheets, or sample it",
                trained.config.recipe
            )));
        }
        if self.json.json {
            let object: Map<String, Value> =
                figures.into_iter().map(|(name, value)| (name, json!(value))).collect();
            output::print_json(&json!({ "step": trained.step, "figures": object, "notes": notes }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let width = figures.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = format!("{} after step {}\n", trained.config.recipe, trained.step);
        for (name, value) in figures {
            let _ = writeln!(text, "  {name:<width$}  {value:.4}");
        }
        for note in notes {
            let _ = writeln!(text, "{note}");
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl EvalArgs {
    /// The data to measure on, as the model takes it.
    fn data(&self, trained: &Trained) -> Result<Data, CommandError> {
        let wanted = DataRequest::of_or(&trained.config, self.data.as_deref());
        Ok(Data::new(wanted.open_for(&trained.data)?, trained.options.clone())?)
    }

    /// Means over pictures, each measured by itself at its own size.
    fn on_pictures(
        &self,
        trained: &mut Trained,
        folder: &std::path::Path,
    ) -> Result<Vec<(String, f64)>, CommandError> {
        let files = pictures::files(folder)?;
        let (options, step) = (trained.options.clone(), trained.step);
        let [channels, ..] = trained.data.image.unwrap_or([3, 0, 0]);
        trained.translator()?;
        let batch = |file: &PathBuf| -> Result<Batch, CommandError> {
            Ok(Batch::of_images(pictures::images(&pictures::read(file, channels)?, 1, &options)))
        };
        let means = evaluate_batches(&mut *trained.model, files.iter().map(batch), self.seed, step)?;
        Ok(means.unwrap_or_default())
    }
}

/// Why the digit classifier can say nothing about images like these, if it can't: it must read those that are real.
fn unread(data: &Data) -> Result<Option<String>, CommandError> {
    let set = data.test().unwrap_or(data.train());
    if data.info().image != Some([1, 28, 28]) || set.classes() != 10 {
        return Ok(Some(
            "no digits: the built-in classifier reads grey images of 28x28 of ten classes".to_owned(),
        ));
    }
    let labels = set.labels().unwrap_or_default();
    let count = set.len().min(500);
    let indices: Vec<u32> = (0..count as u32).collect();
    let batch = kiln::data::batch(set, &indices, &kiln::nn::TensorOptions::cpu_f32())?;
    let guesses = DigitClassifier::trained().classify(batch.images())?;
    let right = guesses.iter().zip(labels).filter(|(guess, label)| guess.digit == **label).count();
    let share = right as f64 / count as f64;
    Ok((share < LEAST_READ).then(|| {
        format!("no digits: the built-in classifier reads {:.0} % of the real images right", 100.0 * share)
    }))
}
