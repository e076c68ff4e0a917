//! A model as a run left it.

use super::args::Which;
use super::failure::Failure;
use super::model;
use kiln::nn::{Images, Place, Training};
use kiln::tensor::random::Key;
use kiln::train::{Checkpoint, RunConfig, RunDir, TrainError};

/// A model with the parameters of a checkpoint.
pub struct Trained {
    model: Box<dyn Training>,
    /// The step after which the checkpoint was written.
    pub step: u64,
}

impl Trained {
    /// Reads the settings of a run, and a checkpoint of it.
    pub fn open(which: &Which) -> Result<Trained, Failure> {
        let dir = RunDir::open(&which.run)?;
        let config = RunConfig::read(&dir.config())?;
        let settings = model::from_table(&config.model)
            .map_err(|problem| TrainError::Config { path: dir.config(), problem })?;
        let path = dir.find_checkpoint(which.step)?;
        let place = Place::cpu_f32();
        let checkpoint = Checkpoint::read(&path, &place)?;
        let mut model = settings.build(checkpoint.shape, config.seed, &place)?;
        kiln::nn::load(&mut *model, &checkpoint.part("model"))
            .map_err(|problem| TrainError::Mismatch { path, problem })?;
        Ok(Trained { model, step: checkpoint.step })
    }

    /// New images; which ones is decided by the seed.
    pub fn sample(&mut self, which: &Which) -> Result<Images, Failure> {
        Ok(self.model.sample(which.count as usize, Key::new(which.seed).purpose("sample"))?)
    }
}
