//! What a run was asked to do.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{TrainError, write_atomic};

/// Everything that decides what a run does, besides its data: the content of `config.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The recipe it came from.
    pub recipe: String,
    /// The data spec, such as `builtin:glyphs`.
    pub data: String,
    /// How many steps to train.
    pub steps: u64,
    /// Samples in a step.
    pub batch_size: usize,
    /// Decides everything random.
    #[serde(default)]
    pub seed: u64,
    /// The metrics are read and logged every so many steps. A count and not a time, so that what is
    /// written doesn't depend on the machine.
    #[serde(default = "default_log_every")]
    pub log_every: u64,
    /// A sheet of pictures every so many steps; also at the start and the end.
    pub sheet_every: u64,
    /// A checkpoint every so many steps; also at the end.
    pub checkpoint_every: u64,
    /// The test set is measured every so many steps, and at the end; at the end of each epoch if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
    /// The settings of the model, which the loop doesn't look into.
    pub model: toml::Table,
}

fn default_log_every() -> u64 {
    10
}

impl RunConfig {
    /// The names of all settings.
    pub const KEYS: [&str; 10] = [
        "recipe",
        "data",
        "steps",
        "batch_size",
        "seed",
        "log_every",
        "sheet_every",
        "checkpoint_every",
        "evaluate_every",
        "model",
    ];

    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// [`TrainError::Setting`], when a count is 0 or too large.
    pub fn validate(&self) -> Result<(), TrainError> {
        // A key of random numbers has 32 bits for the step.
        let most = u64::from(u32::MAX);
        let counts = [
            ("steps", self.steps),
            ("batch_size", self.batch_size as u64),
            ("log_every", self.log_every),
            ("sheet_every", self.sheet_every),
            ("checkpoint_every", self.checkpoint_every),
            ("evaluate_every", self.evaluate_every.unwrap_or(1)),
        ];
        for (name, value) in counts {
            if !(1..=most).contains(&value) {
                let wanted = format!("a whole number from 1 to {most}");
                return Err(TrainError::Setting { name, value: value.to_string(), wanted });
            }
        }
        if i64::try_from(self.seed).is_err() {
            // TOML's integers end there.
            let wanted = format!("a whole number from 0 to {}", i64::MAX);
            return Err(TrainError::Setting { name: "seed", value: self.seed.to_string(), wanted });
        }
        Ok(())
    }

    /// Reads a `config.toml`.
    ///
    /// # Errors
    /// When it can't be read, isn't TOML, or has settings that are unknown, missing or senseless.
    pub fn read(path: &Path) -> Result<RunConfig, TrainError> {
        let invalid = |problem: String| TrainError::Config { path: path.to_owned(), problem };
        let bytes = std::fs::read(path).map_err(TrainError::read(path))?;
        let text = str::from_utf8(&bytes).map_err(|error| invalid(error.to_string()))?;
        let config: RunConfig = toml::from_str(text).map_err(|error| invalid(error.message().to_owned()))?;
        config.validate().map_err(|error| invalid(error.to_string()))?;
        Ok(config)
    }

    /// Writes it as TOML.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let text = toml::to_string(self)
            .map_err(|error| TrainError::Config { path: path.to_owned(), problem: error.to_string() })?;
        write_atomic(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> RunConfig {
        RunConfig {
            recipe: "toy".into(),
            data: "builtin:glyphs".into(),
            steps: 20,
            batch_size: 4,
            seed: 3,
            log_every: 5,
            sheet_every: 10,
            checkpoint_every: 10,
            evaluate_every: Some(7),
            model: toml::Table::from_iter([("lr".to_owned(), toml::Value::Float(1e-3))]),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        config().write(&path).unwrap();
        assert_eq!(RunConfig::read(&path).unwrap(), config());
    }

    #[test]
    fn keys_are_those_that_are_written() {
        let mut written: Vec<String> =
            toml::Table::try_from(config()).unwrap().into_iter().map(|p| p.0).collect();
        let mut keys = RunConfig::KEYS.to_vec();
        written.sort_unstable();
        keys.sort_unstable();
        assert_eq!(written, keys);
    }

    #[test]
    fn senseless_counts_are_refused() {
        for change in [
            |c: &mut RunConfig| c.steps = 0,
            |c: &mut RunConfig| c.batch_size = 0,
            |c: &mut RunConfig| c.evaluate_every = Some(0),
            |c: &mut RunConfig| c.steps = u64::MAX,
            |c: &mut RunConfig| c.seed = u64::MAX,
        ] {
            let mut bad = config();
            change(&mut bad);
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains("it must be a whole number"), "{error}");
        }
    }
}
