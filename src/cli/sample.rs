//! `kiln sample`: images from a checkpoint.

use super::args::Sample;
use super::failure::Failure;
use super::trained::Trained;
use super::{grid, output};

/// Makes images with the model of a run and writes them as one picture.
pub fn sample(arguments: &Sample) -> Result<(), Failure> {
    let out = &arguments.out;
    grid::check_name(out, "png")?;
    let mut trained = Trained::open(&arguments.which)?;
    let images = trained.sample(&arguments.draw)?;
    let count = images.len();
    grid::write(out, &images, grid::columns(count))?;
    output::print(&format!("{count} images of step {} in {}\n", trained.step, out.display()))
}
