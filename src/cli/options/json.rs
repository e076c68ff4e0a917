//! The form of printed results.

use clap::Args;

/// The form of results on standard output.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Print the result as JSON
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}
