//! A model as a run left it.

use super::error::CommandError;
use super::settings::RunSettings;
use super::{output, runs};
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::device::OpenDevice;
use crate::cli::options::noise::NoiseArgs;
use crate::cli::options::run::{CheckpointChoice, RunArgs};
use kiln::grad::Device;
use kiln::models::recipes;
use kiln::nn::{
    Ability, Classifier, Critic, DataInfo, Density, Encoder, Generator, Images, TensorOptions, Training,
    Translator,
};
use kiln::tensor::random::Key;
use kiln::train::{Checkpoint, RunConfig, RunDir, TrainError};
use std::path::PathBuf;

/// A model with the parameters of a checkpoint.
pub struct Trained {
    pub dir: RunDir,
    pub model: Box<dyn Training>,
    pub config: RunConfig,
    /// The step after which the checkpoint was written.
    pub step: u64,
    /// The best step of the run that the checkpoint knows of.
    pub best: Option<u64>,
    /// What is known of the data it was trained on.
    pub data: DataInfo,
    pub options: TensorOptions,
}

impl Trained {
    /// Reads the settings of a run, and a checkpoint of it.
    pub fn open(run: &RunArgs, compute: &ComputeArgs) -> Result<Trained, CommandError> {
        Trained::read(run, &options(compute)?)
    }

    /// Reads some runs, each with its latest checkpoint.
    pub fn open_all(paths: &[PathBuf], compute: &ComputeArgs) -> Result<Vec<Trained>, CommandError> {
        let options = options(compute)?;
        let read = |run: &PathBuf| Trained::read(&RunArgs { run: run.clone(), step: None }, &options);
        paths.iter().map(read).collect()
    }

    /// Reads a run with tensors of these options.
    pub fn read(run: &RunArgs, options: &TensorOptions) -> Result<Trained, CommandError> {
        let (dir, options) = (runs::open(&run.run)?, options.clone());
        let RunSettings { config, model: settings } = RunSettings::of_run(&dir)?;
        let step = match run.step {
            None => None,
            Some(CheckpointChoice::Step(step)) => Some(step),
            Some(CheckpointChoice::Best) => Some(best(&dir, &options)?),
        };
        let path = dir.find_checkpoint(step)?;
        let checkpoint = Checkpoint::read(&path, &options)?;
        let mut model = settings.build(&checkpoint.data, config.seed, &options)?;
        kiln::nn::load(&mut *model, &checkpoint.part("model"))
            .map_err(|problem| TrainError::Mismatch { path, problem })?;
        let best = runs::best_step(&checkpoint);
        Ok(Trained { dir, model, config, step: checkpoint.step, best, data: checkpoint.data, options })
    }

    /// Takes the parameters of another checkpoint of the run.
    pub fn go_to(&mut self, step: u64) -> Result<(), CommandError> {
        if step == self.step {
            return Ok(());
        }
        let path = self.dir.find_checkpoint(Some(step))?;
        let checkpoint = Checkpoint::read(&path, &self.options)?;
        kiln::nn::load(&mut *self.model, &checkpoint.part("model"))
            .map_err(|problem| TrainError::Mismatch { path, problem })?;
        self.step = step;
        Ok(())
    }

    /// The model as a map from latent points to images.
    pub fn generator(&mut self) -> Result<&mut dyn Generator, CommandError> {
        let Trained { model, config, .. } = self;
        model.generator().ok_or_else(|| lacks(&config.recipe, Ability::Generate))
    }

    /// The model as a map from images to codes and back.
    pub fn encoder(&mut self) -> Result<&mut dyn Encoder, CommandError> {
        let Trained { model, config, .. } = self;
        model.encoder().ok_or_else(|| lacks(&config.recipe, Ability::Encode))
    }

    /// The model as a distribution of images.
    pub fn density(&mut self) -> Result<&mut dyn Density, CommandError> {
        let Trained { model, config, .. } = self;
        model.density().ok_or_else(|| lacks(&config.recipe, Ability::Weigh))
    }

    /// The model as a map from images to images.
    pub fn translator(&mut self) -> Result<&mut dyn Translator, CommandError> {
        let Trained { model, config, .. } = self;
        model.translator().ok_or_else(|| lacks(&config.recipe, Ability::Translate))
    }

    /// The model as a judge of images.
    pub fn critic(&mut self) -> Result<&mut dyn Critic, CommandError> {
        let Trained { model, config, .. } = self;
        model.critic().ok_or_else(|| lacks(&config.recipe, Ability::Judge))
    }

    /// The model as a map from images to their classes.
    pub fn classifier(&mut self) -> Result<&mut dyn Classifier, CommandError> {
        let Trained { model, config, .. } = self;
        model.classifier().ok_or_else(|| lacks(&config.recipe, Ability::Classify))
    }

    /// The number of a class by its number or name.
    pub fn class(&mut self, class: &str) -> Result<u32, CommandError> {
        let (recipe, names) = (self.config.recipe.clone(), self.data.class_names.clone());
        let known = self.generator()?.classes();
        if known == 0 {
            return Err(CommandError::usage(format!(
                "a {recipe} was trained without classes; leave --class out, or train cgan"
            )));
        }
        let number = names.iter().position(|name| name == class).or_else(|| class.parse().ok());
        let number = number.filter(|number| *number < known);
        number.map(|number| number as u32).ok_or_else(|| {
            let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
            CommandError::usage(format!("there is no class {class:?}; there are 0 to {}{names}", known - 1))
        })
    }

    /// New images out of the noise of a seed.
    pub fn sample(&mut self, noise: &NoiseArgs, class: Option<u32>) -> Result<Images, CommandError> {
        Ok(self.generator()?.draw(noise.count as usize, Key::new(noise.seed).purpose("sample"), class)?)
    }
}

/// Starts the threads and opens the device.
fn options(compute: &ComputeArgs) -> Result<TensorOptions, CommandError> {
    compute.threads.start()?;
    let OpenDevice { options, note } = compute.device.open()?;
    if options.device != Device::cpu()
        && let Some(note) = note
    {
        output::say(&note);
    }
    Ok(options)
}

/// Says that a model can't be used so, and by the registry, which ones can.
fn lacks(recipe: &str, ability: Ability) -> CommandError {
    let able = recipes().filter(|recipe| recipe.settings().is_ok_and(|s| s.abilities().contains(&ability)));
    let able: Vec<&str> = able.map(|recipe| recipe.name).collect();
    CommandError::other(format!("a {recipe} can't {ability}; name a run of {}", able.join(", ")))
}

/// The step of a run's best checkpoint, which its latest one knows.
fn best(dir: &RunDir, options: &TensorOptions) -> Result<u64, CommandError> {
    let latest = Checkpoint::read(&dir.find_checkpoint(None)?, options)?;
    runs::best_step(&latest).ok_or_else(|| {
        CommandError::other(format!(
            "{} has no best checkpoint, because nothing was measured on a test set; leave --step out for the latest",
            dir.root().display()
        ))
    })
}
