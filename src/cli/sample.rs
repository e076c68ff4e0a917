//! `kiln sample`: images from a checkpoint.

use super::args::Sample;
use super::failure::Failure;
use super::{model, output};
use kiln::nn::Place;
use kiln::tensor::random::Key;
use kiln::train::{Checkpoint, RunConfig, RunDir, TrainError, png, write_atomic};

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
    let dir = RunDir::open(&arguments.run)?;
    let config = RunConfig::read(&dir.config())?;
    let settings = model::from_table(&config.model)
        .map_err(|problem| TrainError::Config { path: dir.config(), problem })?;
    let path = dir.find_checkpoint(arguments.step)?;
    let place = Place::cpu_f32();
    let checkpoint = Checkpoint::read(&path, &place)?;
    let mut training = settings.build(checkpoint.shape, config.seed, &place)?;
    kiln::nn::load(&mut *training, &checkpoint.part("model"))
        .map_err(|problem| TrainError::Mismatch { path, problem })?;

    let count = arguments.count as usize;
    let images = training.sample(count, Key::new(arguments.seed).purpose("sample"))?;
    // As square as it can be.
    let columns = (1..).find(|side| side * side >= count).unwrap_or(1);
    write_atomic(&arguments.out, &png(&images, columns)?)?;
    output::print(&format!("{count} images of step {} in {}\n", checkpoint.step, arguments.out.display()))
}
