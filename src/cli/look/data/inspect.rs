//! `kiln data inspect`: what data holds.

use crate::cli::help::examples;
use crate::cli::options::image::ImageArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::{self, DataRequest};
use crate::cli::support::error::CommandError;
use crate::cli::support::{extension, grid, output};
use clap::Args;
use kiln::data::inspect::Summary;
use kiln::data::{Augment, Dataset, HostBatch};
use kiln::grad::Tensor;
use kiln::nn::{Images, PixelRange, TensorOptions};
use kiln::train::SHEET_COLUMNS;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Number of images that a sheet shows.
const SHEET: usize = 64;

/// Print the number of images, their size, values and classes; write a sheet of them
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("The built-in digits", "kiln data inspect builtin:glyphs"),
    ("Photos as training would read them, with a picture of the first", "kiln data inspect folder:photos --image-size 64 --resize crop --sheet photos.png"),
    ("The same with random augmentation", "kiln data inspect folder:photos --sheet augmented.png --augment flip,crop=4"),
]))]
pub struct InspectArgs {
    /// Data, as for `kiln train --data`: builtin:glyphs, folder:DIR, mnist:DIR, …
    data: String,
    #[command(flatten)]
    images: ImageArgs,
    /// PNG file to write: the first 64 images, or 32 pairs
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    sheet: Option<PathBuf>,
    /// Random changes of the images on the sheet, as for `kiln train --augment`
    #[arg(long, value_name = "LIST", requires = "sheet", help_heading = "Output")]
    augment: Option<String>,
}

impl CommandArgs for InspectArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        if let Some(out) = &self.sheet {
            extension::check(out, "png")?;
        }
        let augment = self.augment.as_deref().map(data::augment).transpose()?;
        let source = DataRequest::new(&self.data, &self.images).load()?;
        let mut text = Summary::of(&source).to_string();
        if let Some(out) = &self.sheet {
            let count = sheet(&source.train, augment.as_ref(), out)?;
            text += &format!("\nthe first {count} images are in {}\n", out.display());
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the first images of a set, beside each its target if it has one; returns their number.
fn sheet(set: &Dataset, augment: Option<&Augment>, out: &Path) -> Result<usize, CommandError> {
    let (options, pairs) = (TensorOptions::cpu_f32(), set.targets().is_some());
    let count = set.len().min(if pairs { SHEET / 2 } else { SHEET });
    let indices: Vec<u32> = (0..count as u32).collect();
    let mut batch = HostBatch::gather(set, &indices, set.shape())?;
    if let Some(augment) = augment {
        batch.augment(augment, Augment::key(0, 0), &indices);
    }
    let batch = batch.to_batch(&options);
    let [_, height, width] = set.shape();
    let mut all = coloured(batch.images().unit());
    if let Some(targets) = batch.targets.filter(|_| pairs) {
        let pair = [&all, &coloured(targets.unit())];
        all = Tensor::stack(&pair, 1).reshape([2 * count, 3, height, width]);
    }
    grid::write(out, &Images::new(all, PixelRange::Unit), SHEET_COLUMNS)?;
    Ok(count)
}

/// Images with three channels, so that grey ones can stand beside others.
fn coloured(images: Tensor) -> Tensor {
    let mut dims = *images.dims();
    dims[1] = 3;
    images.broadcast_to(dims)
}
