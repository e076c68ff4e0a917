//! `kiln reconstruct`: images and what an autoencoder makes of them.

use super::args::Reconstruct;
use super::failure::Failure;
use super::input::{self, Input};
use super::trained::Trained;
use super::{grid, output};
use kiln::data::batch;
use kiln::grad::Tensor;
use kiln::nn::{Images, PixelRange};
use kiln::train::{Data, SHEET_COLUMNS};

/// Writes rows of images, below each row what the model of a run rebuilds of them.
pub fn reconstruct(arguments: &Reconstruct) -> Result<(), Failure> {
    let out = &arguments.out;
    grid::check_name(out, "png")?;
    let mut trained = Trained::open(&arguments.which)?;
    let run = arguments.which.run.display();
    let Some(autoencoder) = trained.model.autoencoder() else {
        return Err(Failure::other(format!(
            "{run} holds a {}, which can't rebuild images; name a run of an autoencoder, such as vae",
            trained.config.recipe
        )));
    };
    let mut wanted = Input::of(&trained.config);
    if let Some(data) = &arguments.data {
        wanted.data = data;
    }
    let source = input::load(&wanted)?;
    // What the run itself held out, also of a set without a test part.
    let data = Data::new(source, trained.shape, trained.options.clone())?;
    let set = data.test().unwrap_or(data.train());
    let count = (arguments.count as usize).min(set.len());
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
    grid::write(out, &Images::new(all, PixelRange::Unit), SHEET_COLUMNS)?;
    output::print(&format!(
        "{count} images over what step {} rebuilds of them in {}; mean squared error {error:.5}\n",
        trained.step,
        out.display()
    ))
}
