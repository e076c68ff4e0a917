//! How far styles may be from their mean.

use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use clap::Args;

/// The truncation of a style-based generator.
#[derive(Clone, Copy, Debug, Args)]
pub struct TruncationArgs {
    /// Truncation ψ of a style-based generator, from 0 to 1: share of each style's distance from the mean style that is left; less of it
    /// makes fewer failures and less variety [default: 1]
    #[arg(long, value_name = "PSI", value_parser = share, help_heading = "Images")]
    pub trunc: Option<f64>,
}

impl TruncationArgs {
    /// Truncates what a model makes from now on, if that is asked for.
    pub fn apply(self, trained: &mut Trained) -> Result<(), CommandError> {
        let Some(psi) = self.trunc else { return Ok(()) };
        let recipe = trained.config.recipe.clone();
        if trained.generator()?.truncate(psi) {
            return Ok(());
        }
        Err(CommandError::usage(format!(
            "a {recipe} has no styles to truncate; leave --trunc out, or name a run of stylegan"
        )))
    }
}

/// Reads a share.
fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "it must be a number from 0 to 1".to_owned())
}
