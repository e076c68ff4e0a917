//! A model as a run left it.

use super::args::{Draw, StepChoice, Which};
use super::device::Opened;
use super::failure::Failure;
use super::{model, output, threads};
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
    pub fn open(which: &Which) -> Result<Trained, Failure> {
        threads::limit(which.threads)?;
        let dir = RunDir::open(&which.run)?;
        let (config, settings) = model::of_run(&dir)?;
        let Opened { options, note } = which.on.open()?;
        if options.device != Device::cpu()
            && let Some(note) = note
        {
            output::say(&note);
        }
        let step = match which.step {
            None => None,
            Some(StepChoice::At(step)) => Some(step),
            Some(StepChoice::Best) => Some(best(&dir, &options)?),
        };
        let path = dir.find_checkpoint(step)?;
        let checkpoint = Checkpoint::read(&path, &options)?;
        let mut model = settings.build(checkpoint.shape, config.seed, &options)?;
        kiln::nn::load(&mut *model, &checkpoint.part("model"))
            .map_err(|problem| TrainError::Mismatch { path, problem })?;
        Ok(Trained { model, config, step: checkpoint.step, shape: checkpoint.shape, options })
    }

    /// The model as a map from latent points to images.
    pub fn generator(&mut self) -> Result<&mut dyn Generator, Failure> {
        let Trained { model, config, .. } = self;
        model.generator().ok_or_else(|| {
            Failure::other(format!(
                "a {} makes no images out of noise; name the run of a GAN or a VAE",
                config.recipe
            ))
        })
    }

    /// New images; which ones is decided by the seed.
    pub fn sample(&mut self, draw: &Draw) -> Result<Images, Failure> {
        let options = self.options.clone();
        let images =
            self.generator()?.draw(draw.count as usize, Key::new(draw.seed).purpose("sample"), &options)?;
        Ok(images)
    }
}

/// The step of a run's best checkpoint, which its latest one knows.
fn best(dir: &RunDir, options: &TensorOptions) -> Result<u64, Failure> {
    let latest = Checkpoint::read(&dir.find_checkpoint(None)?, options)?;
    match latest.state.get("best.step") {
        Some(StateValue::Count(step)) if *step > 0 => Ok(*step),
        _ => Err(Failure::other(format!(
            "{} has no best checkpoint, because nothing was measured on a test set; leave --step out for the latest",
            dir.root().display()
        ))),
    }
}
