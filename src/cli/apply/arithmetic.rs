//! `kiln arithmetic`: sums of latent points.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::SeedList;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, latent, output};
use clap::Args;
use kiln::grad::Tensor;
use kiln::nn::{Exhibit, Generator, Images};
use kiln::tensor::random::Key;
use kiln::train::{png, write_output};
use std::path::PathBuf;
use std::process::ExitCode;

/// The most seeds of one group: they share a row.
const MOST: usize = 64;

/// Number of images around the result, and the deviation of what is added to it for them, as in the paper of DCGAN.
const AROUND: usize = 8;
const JITTER: f64 = 0.25;

/// Add and subtract the latent points of images that a trained GAN or VAE makes
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("What three images have in common, less what three others have, plus what another three have",
     "kiln arithmetic runs/dcgan-1 --plus 0-2 --minus 3-5 --plus 6-8 --out sum.png"),
]))]
pub struct ArithmeticArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Seeds whose mean latent point is added, such as 0-2 or 4,8,15; may be given several times
    #[arg(long, value_name = "LIST", required = true, help_heading = "Images")]
    plus: Vec<SeedList>,
    /// Seeds whose mean latent point is subtracted; may be given several times
    #[arg(long, value_name = "LIST", help_heading = "Images")]
    minus: Vec<SeedList>,
    /// Class of the images, by number or name, of a model that was trained with classes [default: the first]
    #[arg(long, value_name = "CLASS", help_heading = "Images")]
    class: Option<String>,
    /// PNG file to write: a row for each group, its mean at the end; then the result, and others around it
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for ArithmeticArgs {
    /// Writes the images of all groups and of their sum.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "png")?;
        if self.plus.iter().chain(&self.minus).any(|group| group.0.len() > MOST) {
            return Err(CommandError::usage(format!("a group has at most {MOST} seeds; name fewer")));
        }
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let class = self.class.as_deref().map(|class| trained.class(class)).transpose()?;
        let step = trained.step;
        let generator = trained.generator()?;
        let length = generator.latent();
        let mut sum = vec![0.0; length];
        let mut rows = Vec::new();
        let groups = self.plus.iter().map(|group| (1.0, group));
        for (sign, SeedList(seeds)) in groups.chain(self.minus.iter().map(|group| (-1.0, group))) {
            let mut points: Vec<Vec<f64>> = seeds.iter().map(|seed| latent::point(*seed, length)).collect();
            let mean: Vec<f64> = (0..length)
                .map(|i| points.iter().map(|point| point[i]).sum::<f64>() / points.len() as f64)
                .collect();
            sum.iter_mut().zip(&mean).for_each(|(sum, mean)| *sum += sign * mean);
            points.push(mean);
            rows.push(images(generator, &points, class)?);
        }
        let key = Key::new(0).purpose("arithmetic");
        let around = |at: usize| -> Vec<f64> {
            let noise = |i: usize| JITTER * key.step(at as u32).normal(i as u64);
            sum.iter().enumerate().map(|(i, value)| value + noise(i)).collect()
        };
        let all: Vec<Vec<f64>> = std::iter::once(sum.clone()).chain((0..AROUND).map(around)).collect();
        rows.push(images(generator, &all, class)?);
        let caption = "rows of images that are added and subtracted, each with its mean; the result, and others around it";
        let exhibit = Exhibit { rows, lines: Vec::new(), caption: caption.to_owned() };
        write_output(&self.out, &png(&exhibit)?)?;
        output::print(&format!("sums of latent points of step {step} in {}\n", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The images of latent points.
fn images(
    generator: &mut dyn Generator,
    points: &[Vec<f64>],
    class: Option<u32>,
) -> Result<Images, CommandError> {
    let z = latent::tensor(points, generator);
    let classes = vec![class.unwrap_or(0); points.len()];
    let classes = Tensor::from_slice(&classes, [points.len()], &generator.options().device);
    let known = generator.classes() > 0;
    Ok(generator.generate(&z, Some(&classes).filter(|_| known))?)
}
