//! `kiln traverse`: what each latent of an autoencoder does.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::number::{decimal, whole};
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::DataRequest;
use crate::cli::support::error::CommandError;
use crate::cli::support::table::Table;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, output};
use clap::Args;
use kiln::data::batch;
use kiln::grad::Tensor;
use kiln::metrics::{LatentCodes, latent_codes};
use kiln::nn::Exhibit;
use kiln::tensor::random::Key;
use kiln::train::{Data, TrainError, png, write_output};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Number of images by which latents are put in order.
const LOOKED_AT: usize = 1000;

/// Walk along each latent of a trained VAE, those that say most first
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("A row for each of the ten latents that say most", "kiln traverse runs/vae-1 --out latents.png"),
    ("The rest of the code that of another image, further out", "kiln traverse runs/vae-1 --image 1 --far 3.5 --out latents.png"),
    ("The plane of two latents, as a picture of the manifold", "kiln traverse runs/vae-1 --plane --columns 20 --out plane.png"),
]))]
pub struct TraverseArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Data to take images from, as for `kiln train --data` [default: the data of the run]
    #[arg(long, value_name = "DATA", help_heading = "Walk")]
    data: Option<String>,
    /// Number of the image held out whose code is walked from
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<0, 100_000_000>, help_heading = "Walk")]
    image: u64,
    /// Largest distance from the middle of the prior, in its standard deviations, from 0 to 100
    #[arg(long, value_name = "X", default_value_t = 2.5, value_parser = decimal::<0, 100>, help_heading = "Walk")]
    far: f64,
    /// Number of latents, from 1 to 256
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole::<1, 256>, help_heading = "Walk")]
    rows: u64,
    /// Number of places along a latent, from 2 to 64
    #[arg(long, value_name = "N", default_value_t = 11, value_parser = whole::<2, 64>, help_heading = "Walk")]
    columns: u64,
    /// Show the plane of the two latents that say most instead, at quantiles of the prior; others are as in the image's code
    #[arg(long, conflicts_with_all = ["far", "rows"], help_heading = "Walk")]
    plane: bool,
    /// PNG file to write
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    json: JsonArgs,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for TraverseArgs {
    /// Writes a row of images for each latent and says what each costs.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "png")?;
        let mut trained = Trained::open(&self.model, &self.compute)?;
        trained.density()?;
        let wanted = DataRequest::of_or(&trained.config, self.data.as_deref());
        let options = trained.options.clone();
        let data = Data::new(wanted.open_for(&trained.data)?, options.clone())?;
        let set = data.test().unwrap_or(data.train());
        let number = u32::try_from(self.image).ok().filter(|number| (*number as usize) < set.len());
        let number = number.ok_or_else(|| {
            CommandError::usage(format!("there is no image {}; there are {} held out", self.image, set.len()))
        })?;
        let codes = latent_codes(trained.density()?, set, LOOKED_AT, Key::new(0).purpose("traverse"))
            .map_err(TrainError::from)?;
        let order = by_divergence(&codes);
        let start = batch(set, &[number], &options)?;
        let encoder = trained.encoder()?;
        let class = (encoder.classes() > 0).then(|| start.labels().clone());
        let code = encoder.encode(start.images(), class.as_ref())?.to_f64_vec()?;
        let (points, columns) =
            if self.plane { self.plane(&order, &code)? } else { self.walks(&order, &code) };
        let count = points.len() / code.len();
        let points = Tensor::from_f64(&points, [count, code.len()], options.dtype, &options.device);
        let classes = class.map(|class| class.broadcast_to([count]));
        let images = encoder.decode(&points, classes.as_ref())?;
        let caption = if self.plane { "the plane of two latents" } else { "a row for each latent" };
        write_output(&self.out, &png(&Exhibit::grid(&images, columns, caption))?)?;
        self.say(trained.step, &order, &codes)
    }
}

impl TraverseArgs {
    /// For each latent codes from one end to the other; and how many.
    fn walks(&self, order: &[usize], code: &[f64]) -> (Vec<f64>, usize) {
        let columns = self.columns as usize;
        let mut points = Vec::new();
        for latent in order.iter().take(self.rows as usize) {
            for column in 0..columns {
                let mut point = code.to_vec();
                point[*latent] = self.far * (2.0 * column as f64 / (columns - 1) as f64 - 1.0);
                points.extend(point);
            }
        }
        (points, columns)
    }

    /// Codes of the plane of the two latents that say most, row by row from the top (Kingma and Welling, 2013).
    fn plane(&self, order: &[usize], code: &[f64]) -> Result<(Vec<f64>, usize), CommandError> {
        let [across, down, ..] = order else {
            return Err(CommandError::other("the model has one latent, and no plane; leave --plane out"));
        };
        let columns = self.columns as usize;
        let at = |place: usize| quantile((place as f64 + 0.5) / columns as f64);
        let mut points = Vec::new();
        for place in 0..columns * columns {
            let mut point = code.to_vec();
            (point[*across], point[*down]) = (at(place % columns), -at(place / columns));
            points.extend(point);
        }
        Ok((points, columns))
    }

    fn say(&self, step: u64, order: &[usize], codes: &LatentCodes) -> Result<ExitCode, CommandError> {
        let deviation = |latent: usize| {
            let values: Vec<f64> = codes.means.rows().map(|row| row[latent]).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        if self.json.json {
            let latents: Vec<_> = order
                .iter()
                .map(|latent| json!({ "latent": latent, "kl": codes.divergences[*latent], "deviation": deviation(*latent) }))
                .collect();
            output::print_json(&json!({ "step": step, "images": codes.means.len(), "latents": latents }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new(0, ["latent", "KL in nats", "deviation of means"]);
        for latent in order {
            let kl = format!("{:.3}", codes.divergences[*latent]);
            table.add([latent.to_string(), kl, format!("{:.3}", deviation(*latent))]);
        }
        let images = codes.means.len();
        let what = if self.plane { "the plane of the first two" } else { "walks" };
        output::print(&format!(
            "{}latents of step {step} by {images} images held out, {what} in {}\n",
            table.text(),
            self.out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Numbers of the latents, that of the largest divergence first.
fn by_divergence(codes: &LatentCodes) -> Vec<usize> {
    let mut order: Vec<usize> = (0..codes.divergences.len()).collect();
    order.sort_by(|a, b| codes.divergences[*b].total_cmp(&codes.divergences[*a]));
    order
}

/// The number below which a standard normal one is with this probability, by bisection of the distribution function.
fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if normal_cdf(middle) < probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// `Φ(x)` by Simpson's rule over its density, from the middle.
fn normal_cdf(x: f64) -> f64 {
    const PARTS: usize = 400;
    let density = |t: f64| (-0.5 * t * t).exp() / std::f64::consts::TAU.sqrt();
    let step = x / PARTS as f64;
    let sum: f64 = (0..=PARTS)
        .map(|i| {
            density(step * i as f64)
                * if i == 0 || i == PARTS {
                    1.0
                } else if i % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
        })
        .sum();
    0.5 + sum * step / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_normal_distribution() {
        for (probability, want) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.025, -1.959_963_984_540_054),
            (0.9, 1.281_551_565_544_600_4),
        ] {
            assert!((quantile(probability) - want).abs() < 1e-8, "{probability}");
        }
    }
}
