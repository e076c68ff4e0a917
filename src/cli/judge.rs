//! `kiln judge`: how many of a model's digits are digits.

use super::args::Judge;
use super::failure::Failure;
use super::output;
use super::trained::Trained;
use kiln::metrics::{DigitClassifier, Verdict};
use serde_json::json;
use std::fmt::Write;

/// Makes images with the model of a run and says what the built-in classifier takes them for.
pub fn judge(arguments: &Judge) -> Result<(), Failure> {
    let mut trained = Trained::open(&arguments.which)?;
    let images = trained.sample(&arguments.draw)?;
    let shape = images.unit().dims()[1..].to_vec();
    if shape != [1, 28, 28] {
        return Err(Failure::other(format!(
            "{} makes images of {}x{} pixels and {} channel(s), but the classifier reads grey ones of 28x28; \
             judge a run on builtin:glyphs or MNIST",
            arguments.which.run.display(),
            shape[1],
            shape[2],
            shape[0]
        )));
    }
    let verdict = DigitClassifier::trained().judge(&images)?;
    if arguments.json {
        return output::print_json(&json!({
            "step": trained.step, "count": verdict.count, "confident": verdict.confident,
            "share": verdict.share(), "digits": verdict.digits,
        }));
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
        let _ = writeln!(text, "  {digit}  {count:5}  {}", "#".repeat(200 * count / verdict.count.max(1)));
    }
    output::print(&text)
}
