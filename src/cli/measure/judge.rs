//! `kiln judge`: how many of a model's digits are digits.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::noise::NoiseArgs;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use crate::cli::support::trained::Trained;
use clap::Args;
use kiln::metrics::{DigitClassifier, Verdict};
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// Count the generated images that a built-in classifier recognises as digits
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Of 640 images of a GAN trained on digits", "kiln judge runs/dcgan-1 --count 640"),
]))]
pub struct JudgeArgs {
    #[command(flatten)]
    model: RunArgs,
    #[command(flatten)]
    noise: NoiseArgs,
    #[command(flatten)]
    json: JsonArgs,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for JudgeArgs {
    /// Makes images with the model of a run and says what the built-in classifier takes them for.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let images = trained.sample(&self.noise, None)?;
        let shape = images.unit().dims()[1..].to_vec();
        if shape != [1, 28, 28] {
            return Err(CommandError::other(format!(
                "{} makes images of {}x{} pixels and {} channel(s), but the classifier reads grey ones of 28x28; \
             judge a run on builtin:glyphs or MNIST",
                self.model.run.display(),
                shape[1],
                shape[2],
                shape[0]
            )));
        }
        let verdict = DigitClassifier::trained().judge(&images)?;
        if self.json.json {
            output::print_json(&json!({
                "step": trained.step, "count": verdict.count, "confident": verdict.confident,
                "share": verdict.share(), "digits": verdict.digits,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = format!(
            "{} of {} images of step {} are digits ({:.1} %), by a probability of at least {}\n",
            verdict.confident,
            verdict.count,
            trained.step,
            100.0 * verdict.share(),
            Verdict::CONFIDENT
        );
        for (digit, count) in verdict.digits.iter().enumerate() {
            let _ =
                writeln!(text, "  {digit}  {count:5}  {}", "#".repeat(200 * count / verdict.count.max(1)));
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
