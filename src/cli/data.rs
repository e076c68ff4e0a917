//! `kiln data inspect`: what data holds.

use super::args::Inspect;
use super::failure::Failure;
use super::input::{self, Input};
use super::{grid, output};
use kiln::data::inspect::Summary;
use kiln::data::{Augment, Dataset, HostBatch};
use kiln::grad::Tensor;
use kiln::nn::{Images, PixelRange, TensorOptions};
use kiln::train::SHEET_COLUMNS;
use std::path::Path;

/// How many images a sheet shows.
const SHEET: usize = 64;

/// Describes data, and writes a sheet of its first images.
pub fn inspect(arguments: &Inspect) -> Result<(), Failure> {
    if let Some(out) = &arguments.sheet {
        grid::check_name(out, "png")?;
    }
    let augment = arguments.augment.as_deref().map(input::augment).transpose()?;
    let size = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
    let source = input::load(&Input {
        data: &arguments.data,
        image_size: size(arguments.reading.image_size),
        resize: arguments.reading.resize.as_deref().unwrap_or_default(),
        channels: size(arguments.reading.channels),
    })?;
    let mut text = Summary::of(&source).to_string();
    if let Some(out) = &arguments.sheet {
        let count = sheet(&source.train, augment.as_ref(), out)?;
        text += &format!("\nthe first {count} images are in {}\n", out.display());
    }
    output::print(&text)
}

/// Writes the first images of a set, beside each its target if it has one; how many.
fn sheet(set: &Dataset, augment: Option<&Augment>, out: &Path) -> Result<usize, Failure> {
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
