//! `kiln reconstruct`: images and what an autoencoder makes of them.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::{decimal, whole};
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::DataRequest;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, output};
use clap::Args;
use kiln::data::batch;
use kiln::grad::Tensor;
use kiln::nn::{Exhibit, Images, PixelRange};
use kiln::tensor::random::Key;
use kiln::train::{Data, SHEET_COLUMNS, png, write_output};
use std::path::PathBuf;
use std::process::ExitCode;

/// Encode and decode images with a trained VAE, shown below the originals
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("32 images that were held out of training", "kiln reconstruct runs/vae-1 --out pairs.png"),
    ("Noisy images, of which the model rebuilds what it knows", "kiln reconstruct runs/vae-1 --noise 0.3 --out clean.png"),
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
    /// Standard deviation of the noise that is added to the images before they are encoded, of white as 1; the error is then that
    /// against the images without it
    #[arg(long, value_name = "SIGMA", default_value_t = 0.0, value_parser = decimal::<0, 10>, help_heading = "Images")]
    noise: f64,
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
        let batch = batch(set, &indices, &options)?;
        let images = batch.images().clone();
        let classes = (encoder.classes() > 0).then(|| batch.labels().clone());
        let noise = Tensor::normal(
            Key::new(0).purpose("noise"),
            *images.unit().dims(),
            options.dtype,
            &options.device,
        );
        let given = Images::new(images.unit() + noise * self.noise, PixelRange::Unit);
        let codes = encoder.encode(&given, classes.as_ref())?;
        let rebuilt = encoder.decode(&codes, classes.as_ref())?;
        let error = |of: &Images| (images.unit() - of.unit()).square().mean(..).item();
        let caption = "images above what the model rebuilds of them";
        let exhibit = Exhibit::pairs(&given, &rebuilt, SHEET_COLUMNS, caption);
        write_output(&self.out, &png(&exhibit)?)?;
        let before =
            if self.noise > 0.0 { format!(", {:.5} with the noise", error(&given)?) } else { String::new() };
        output::print(&format!(
            "{count} images over what step {} rebuilds of them in {}; mean squared error {:.5}{before}\n",
            trained.step,
            self.out.display(),
            error(&rebuilt)?,
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
