//! `kiln reconstruct`: images and what an autoencoder makes of them.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::whole;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::DataRequest;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, grid, output};
use clap::Args;
use kiln::data::batch;
use kiln::grad::Tensor;
use kiln::nn::{Images, PixelRange};
use kiln::train::{Data, SHEET_COLUMNS};
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
        let run = self.model.run.display();
        let Some(autoencoder) = trained.model.autoencoder() else {
            return Err(CommandError::other(format!(
                "{run} holds a {}, which can't rebuild images; name a run of an autoencoder, such as vae",
                trained.config.recipe
            )));
        };
        let mut wanted = DataRequest::of(&trained.config);
        if let Some(data) = &self.data {
            wanted.data = data;
        }
        let source = wanted.load()?;
        // What the run itself held out, also of a set without a test part.
        let data = Data::new(source, trained.shape, trained.options.clone())?;
        let set = data.test().unwrap_or(data.train());
        let count = (self.count as usize).min(set.len());
        let indices: Vec<u32> = (0..count as u32).collect();
        let images = batch(set, &indices, trained.shape, &trained.options)?.images().clone();
        let z = autoencoder.encode(&images)?;
        let [original, rebuilt] = [images.unit(), autoencoder.generate(&z)?.unit()];
        let error = (&original - &rebuilt).square().mean(..).item()?;

        let mut rows: Vec<Tensor> = Vec::new();
        for start in (0..count).step_by(SHEET_COLUMNS) {
            let length = SHEET_COLUMNS.min(count - start);
            let [c, h, w] = trained.shape;
            let missing = trained.options.zeros([SHEET_COLUMNS - length, c, h, w]);
            for images in [&original, &rebuilt] {
                rows.extend([images.narrow(0, start, length), missing.clone()]);
            }
        }
        let all = Tensor::concat(&rows.iter().collect::<Vec<_>>(), 0);
        grid::write(&self.out, &Images::new(all, PixelRange::Unit), SHEET_COLUMNS)?;
        output::print(&format!(
            "{count} images over what step {} rebuilds of them in {}; mean squared error {error:.5}\n",
            trained.step,
            self.out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
