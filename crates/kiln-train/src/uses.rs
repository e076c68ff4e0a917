//! Trained models of other runs that a run uses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kiln_nn::{Slot, StateValue, StateVisitor, TensorOptions, Training};

use crate::{Checkpoint, RunConfig, RunDir, TrainError};

/// The use of a model for the parameters a training starts with, which any model can make of one like it.
pub const START: &str = "start";

/// The latest checkpoint of another run, and what this run uses it for.
#[derive(Clone, Debug)]
pub struct UsedModel {
    /// What it is used for: a key of the table `[uses]`.
    pub name: String,
    /// The folder of the other run.
    pub path: PathBuf,
    /// The settings of the other run.
    pub config: RunConfig,
    /// Its latest checkpoint.
    pub checkpoint: Checkpoint,
    /// What tells the checkpoint from others: its step and the checksum of its file.
    pub fingerprint: String,
}

impl UsedModel {
    /// Opens all that a run uses, in the order of names.
    ///
    /// # Errors
    /// When a folder holds no run, or one without a checkpoint.
    pub fn open_all(config: &RunConfig, options: &TensorOptions) -> Result<Vec<UsedModel>, TrainError> {
        let open = |(name, value): (&String, &toml::Value)| match value.as_str() {
            Some(path) => UsedModel::open(name, Path::new(path), options),
            None => Err(TrainError::Used {
                name: name.clone(),
                path: value.to_string().into(),
                problem: "is no folder of a run".to_owned(),
            }),
        };
        config.uses.iter().map(open).collect()
    }

    fn open(name: &str, path: &Path, options: &TensorOptions) -> Result<UsedModel, TrainError> {
        let dir = RunDir::open(path)?;
        let file = dir.find_checkpoint(None)?;
        let bytes = std::fs::read(&file).map_err(TrainError::read(&file))?;
        let checkpoint = Checkpoint::from_bytes(&bytes, options, &file)?;
        let fingerprint = format!("step {}, checksum {:08x}", checkpoint.step, crc32fast::hash(&bytes));
        let config = RunConfig::read(&dir.config())?;
        Ok(UsedModel { name: name.to_owned(), path: path.to_owned(), config, checkpoint, fingerprint })
    }

    /// Gives a model the parameters and buffers of this one that have the same names, dims and element types. Parts of
    /// the model that have no parameters, such as optimisers, stay as they are.
    ///
    /// # Errors
    /// When none fits.
    pub fn start(&self, model: &mut dyn Training) -> Result<(), TrainError> {
        let state = self.checkpoint.part("model");
        let part = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let mut networks = BTreeSet::new();
        model.visit(&mut StateVisitor::new(&mut |name, slot| {
            if matches!(slot, Slot::Param(_)) {
                networks.insert(part(name));
            }
        }));
        let mut taken = false;
        model.visit(&mut StateVisitor::new(&mut |name, slot| {
            let value = match state.get(name) {
                Some(StateValue::Tensor(array)) => Some(array),
                _ => None,
            };
            let fits = |meta| value.filter(|array| array.meta() == meta).cloned();
            match slot {
                _ if !networks.contains(&part(name)) => return,
                Slot::Param(param) => {
                    let Some(array) = fits(param.tensor().meta()) else { return };
                    param.set(array);
                }
                Slot::Buffer(buffer) => {
                    let Some(array) = fits(buffer.array().meta()) else { return };
                    buffer.set(array);
                }
                Slot::Count(_) | Slot::Number(_) | Slot::Text(_) => return,
            }
            taken = true;
        }));
        if !taken {
            return Err(TrainError::Used {
                name: self.name.clone(),
                path: self.path.clone(),
                problem: "has no parameter like those of this model".to_owned(),
            });
        }
        Ok(())
    }
}

/// What tells used models from others, in one text for a checkpoint.
pub(crate) fn fingerprints(used: &[UsedModel]) -> String {
    used.iter().map(|used| format!("{}: {}\n", used.name, used.fingerprint)).collect()
}
