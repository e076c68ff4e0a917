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
use kiln::metrics::DigitClassifier;
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// Count the generated images that are digits; `kiln eval` measures that and more
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
                 measure a run on builtin:glyphs or MNIST",
                self.model.run.display(),
                shape[1],
                shape[2],
                shape[0]
            )));
        }
        let guesses = DigitClassifier::trained().classify(&images)?;
        let of = |digit: u32| guesses.iter().filter(|guess| guess.is_sure() && guess.digit == digit).count();
        let digits: Vec<usize> = (0..10).map(of).collect();
        output::say("`kiln eval` measures this and more; `kiln judge` stays for scripts that call it");
        let (count, confident) = (guesses.len(), digits.iter().sum::<usize>());
        let share = confident as f64 / count.max(1) as f64;
        if self.json.json {
            output::print_json(&json!({
                "step": trained.step, "count": count, "confident": confident, "share": share, "digits": digits,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = format!(
            "{confident} of {count} images of step {} are digits ({:.1} %), by a probability of at least {}\n",
            trained.step,
            100.0 * share,
            DigitClassifier::SURE
        );
        for (digit, number) in digits.iter().enumerate() {
            let _ = writeln!(text, "  {digit}  {number:5}  {}", "#".repeat(200 * number / count.max(1)));
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
