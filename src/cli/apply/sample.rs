//! `kiln sample`: images from a checkpoint.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::noise::NoiseArgs;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, grid, output};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Generate images with a trained GAN or VAE, as one picture
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("64 images in one picture", "kiln sample runs/dcgan-1 --out grid.png"),
    ("9 others, by the checkpoint that was best on the test set", "kiln sample runs/vae-1 --step best --count 9 --seed 1 --out nine.png"),
]))]
pub struct SampleArgs {
    #[command(flatten)]
    model: RunArgs,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Class of the images, by number or name, of a model that was trained with classes [default: all, one after the other]
    #[arg(long, value_name = "CLASS", help_heading = "Images")]
    class: Option<String>,
    /// PNG file to write
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for SampleArgs {
    /// Makes images with the model of a run and writes them as one picture.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "png")?;
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let class = self.class.as_deref().map(|class| trained.class(class)).transpose()?;
        let images = trained.sample(&self.noise, class)?;
        let count = images.len();
        grid::write(&self.out, &images, grid::columns(count))?;
        output::print(&format!("{count} images of step {} in {}\n", trained.step, self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
