//! `kiln mix`: images of two styles.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::{SeedList, whole};
use crate::cli::options::run::RunArgs;
use crate::cli::options::truncation::TruncationArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, latent, output};
use clap::Args;
use kiln::grad::Tensor;
use kiln::nn::{Exhibit, Generator, Images, PixelRange};
use kiln::train::{png, write_output};
use std::path::PathBuf;
use std::process::ExitCode;

/// The most rows, and columns.
const MOST: usize = 32;

/// Mix the styles of images that a style-based GAN makes
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Layouts of four images in the looks of six", "kiln mix runs/stylegan-1 --rows 0-3 --columns 4-9 --out mix.png"),
    ("The last layers alone, and styles nearer to the mean", "kiln mix runs/stylegan-1 --rows 0-3 --columns 4-9 --from 4 --trunc 0.7 --out fine.png"),
]))]
pub struct MixArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Seeds of the images whose styles the first layers take: a row each
    #[arg(long, value_name = "LIST", help_heading = "Images")]
    rows: SeedList,
    /// Seeds of the images whose styles the other layers take: a column each
    #[arg(long, value_name = "LIST", help_heading = "Images")]
    columns: SeedList,
    /// Number of the first layer that takes the column's style, counted from 0 [default: the middle one]
    #[arg(long, value_name = "N", value_parser = whole::<1, 64>, help_heading = "Images")]
    from: Option<u64>,
    #[command(flatten)]
    truncation: TruncationArgs,
    /// PNG file to write: the images of the columns on top, those of the rows on the left, and their mixtures
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for MixArgs {
    /// Writes a table of mixtures.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "png")?;
        if self.rows.0.len().max(self.columns.0.len()) > MOST {
            return Err(CommandError::usage(format!(
                "a sheet has at most {MOST} rows and columns; name fewer seeds"
            )));
        }
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let (step, recipe) = (trained.step, trained.config.recipe.clone());
        self.truncation.apply(&mut trained)?;
        let generator = trained.generator()?;
        let layers = generator.style_layers();
        if layers < 2 {
            return Err(CommandError::other(format!(
                "a {recipe} has no styles to mix; name a run of stylegan"
            )));
        }
        let from = self.from.map_or(layers / 2, |from| from as usize);
        if from >= layers {
            return Err(CommandError::usage(format!(
                "--from {from}: the layers with styles are 0 to {}",
                layers - 1
            )));
        }
        if generator.classes() > 0 {
            return Err(CommandError::other(format!(
                "a {recipe} of classes can't be mixed, for a class is a part of its style; name a run without classes"
            )));
        }
        let (rows, columns) = (points(generator, &self.rows), points(generator, &self.columns));
        let top = generator.generate(&columns, None)?.unit();
        let left = generator.generate(&rows, None)?.unit();
        let corner = top.narrow(0, 0, 1) * 0.0;
        let mut sheet = vec![Images::new(Tensor::concat(&[&corner, &top], 0), PixelRange::Unit)];
        for row in 0..self.rows.0.len() {
            let style = rows.narrow(0, row, 1).broadcast_to(*columns.dims());
            let mixed = generator.mix(&style, &columns, from)?.unit();
            let own = left.narrow(0, row, 1);
            sheet.push(Images::new(Tensor::concat(&[&own, &mixed], 0), PixelRange::Unit));
        }
        let caption =
            format!("styles of the left image in layers 0 to {}, of the upper one from {from} on", from - 1);
        write_output(&self.out, &png(&Exhibit { rows: sheet, lines: Vec::new(), caption })?)?;
        output::print(&format!("mixtures of styles of step {step} in {}\n", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The latent points of seeds.
fn points(generator: &dyn Generator, seeds: &SeedList) -> Tensor {
    let points: Vec<Vec<f64>> = seeds.0.iter().map(|seed| latent::point(*seed, generator.latent())).collect();
    latent::tensor(&points, generator)
}
