//! `kiln sample`: images from a checkpoint.

use super::args::Sample;
use super::failure::Failure;
use super::output;
use super::trained::Trained;
use kiln::train::{png, write_atomic};

/// Makes images with the model of a run and writes them as one picture.
pub fn sample(arguments: &Sample) -> Result<(), Failure> {
    if !arguments.out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
        let wanted = arguments.out.with_extension("png");
        return Err(Failure::usage(format!(
            "{} is no PNG, which is what is written; name it {}",
            arguments.out.display(),
            wanted.display()
        )));
    }
    let mut trained = Trained::open(&arguments.which)?;
    let images = trained.sample(&arguments.which)?;
    let count = images.len();
    // As square as it can be.
    let columns = (1..).find(|side| side * side >= count).unwrap_or(1);
    write_atomic(&arguments.out, &png(&images, columns)?)?;
    output::print(&format!("{count} images of step {} in {}\n", trained.step, arguments.out.display()))
}
