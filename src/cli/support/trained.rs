//! A model as a run left it.

use super::error::CommandError;
use super::{model, output};
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::device::OpenDevice;
use crate::cli::options::noise::NoiseArgs;
use crate::cli::options::run::{CheckpointChoice, RunArgs};
use kiln::grad::Device;
use kiln::nn::{Generator, Images, StateValue, TensorOptions, Training};
use kiln::tensor::random::Key;
use kiln::train::{Checkpoint, RunConfig, RunDir, TrainError};

/// A model with the parameters of a checkpoint.
pub struct Trained {
    pub model: Box<dyn Training>,
    pub config: RunConfig,
    /// The step after which the checkpoint was written.
    pub step: u64,
    /// The `[channels, height, width]` of the images the model takes and makes.
    pub shape: [usize; 3],
    pub options: TensorOptions,
}

impl Trained {
    /// Reads the settings of a run, and a checkpoint of it.
    pub fn open(run: &RunArgs, compute: &ComputeArgs) -> Result<Trained, CommandError> {
        compute.threads.start()?;
        let dir = RunDir::open(&run.run)?;
        let (config, settings) = model::of_run(&dir)?;
        let OpenDevice { options, note } = compute.device.open()?;
        if options.device != Device::cpu()
            && let Some(note) = note
        {
            output::say(&note);
        }
        let step = match run.step {
            None => None,
            Some(CheckpointChoice::Step(step)) => Some(step),
            Some(CheckpointChoice::Best) => Some(best(&dir, &options)?),
        };
        let path = dir.find_checkpoint(step)?;
        let checkpoint = Checkpoint::read(&path, &options)?;
        let mut model = settings.build(checkpoint.shape, config.seed, &options)?;
        kiln::nn::load(&mut *model, &checkpoint.part("model"))
            .map_err(|problem| TrainError::Mismatch { path, problem })?;
        Ok(Trained { model, config, step: checkpoint.step, shape: checkpoint.shape, options })
    }

    /// The model as a map from latent points to images.
    pub fn generator(&mut self) -> Result<&mut dyn Generator, CommandError> {
        let Trained { model, config, .. } = self;
        model.generator().ok_or_else(|| {
            CommandError::other(format!(
                "a {} makes no images out of noise; name the run of a GAN or a VAE",
                config.recipe
            ))
        })
    }

    /// New images out of the noise of a seed.
    pub fn sample(&mut self, noise: &NoiseArgs) -> Result<Images, CommandError> {
        let options = self.options.clone();
        let images =
            self.generator()?.draw(noise.count as usize, Key::new(noise.seed).purpose("sample"), &options)?;
        Ok(images)
    }
}

/// The step of a run's best checkpoint, which its latest one knows.
fn best(dir: &RunDir, options: &TensorOptions) -> Result<u64, CommandError> {
    let latest = Checkpoint::read(&dir.find_checkpoint(None)?, options)?;
    match latest.state.get("best.step") {
        Some(StateValue::Count(step)) if *step > 0 => Ok(*step),
        _ => Err(CommandError::other(format!(
            "{} has no best checkpoint, because nothing was measured on a test set; leave --step out for the latest",
            dir.root().display()
        ))),
    }
}
