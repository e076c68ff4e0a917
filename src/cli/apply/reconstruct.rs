//! `kiln reconstruct`: images and what an autoencoder makes of them.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::whole;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::DataRequest;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, output};
use clap::Args;
use kiln::data::batch;
use kiln::nn::Exhibit;
use kiln::train::{Data, SHEET_COLUMNS, png, write_output};
use std::path::PathBuf;
use std::process::ExitCode;

/// Encode and decode images with a trained VAE, shown below the originals
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("32 images that were held out of training", "kiln reconstruct runs/vae-1 --out pairs.png"),
    ("Digits of MNIST, by a model trained on others", "kiln reconstruct runs/vae-1 --data mnist:mnist --out mnist.png"),
]))]
pub struct ReconstructArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Data to take images from, as for `kiln train --data` [default: the data of the run]
    #[arg(long, value_name = "DATA", help_heading = "Images")]
    data: Option<String>,
    /// Number of images, from 1 to 4096: the first of those held out of training
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = whole::<1, 4096>, help_heading = "Images")]
    count: u64,
    /// PNG file to write
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for ReconstructArgs {
    /// Writes rows of images, below each row what the model of a run rebuilds of them.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "png")?;
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let config = trained.config.clone();
        let wanted = DataRequest::of_or(&config, self.data.as_deref());
        let (info, options) = (trained.data.clone(), trained.options.clone());
        let encoder = trained.encoder()?;
        let parts = wanted.open_for(&info)?;
        // What the run itself held out, also of a set without a test part.
        let data = Data::new(parts, options.clone())?;
        let set = data.test().unwrap_or(data.train());
        let count = (self.count as usize).min(set.len());
        let indices: Vec<u32> = (0..count as u32).collect();
        let images = batch(set, &indices, &options)?.images().clone();
        let codes = encoder.encode(&images)?;
        let rebuilt = encoder.decode(&codes)?;
        let error = (images.unit() - rebuilt.unit()).square().mean(..).item()?;
        let exhibit =
            Exhibit::pairs(&images, &rebuilt, SHEET_COLUMNS, "images above what the model rebuilds of them");
        write_output(&self.out, &png(&exhibit)?)?;
        output::print(&format!(
            "{count} images over what step {} rebuilds of them in {}; mean squared error {error:.5}\n",
            trained.step,
            self.out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
