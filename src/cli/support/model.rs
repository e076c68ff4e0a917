//! Between the settings of a run, which know no model, and those of the model.

use super::error::CommandError;
use kiln::models::ModelConfig;
use kiln::train::{RunConfig, RunDir, TrainError};

/// The settings of the model in a table `[model]`.
pub fn from_table(table: &toml::Table) -> Result<ModelConfig, String> {
    table.clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// The table `[model]` with all settings spelled out.
pub fn to_table(model: &ModelConfig) -> Result<toml::Table, CommandError> {
    toml::Table::try_from(model).map_err(|error| CommandError::other(error.to_string()))
}

/// The settings in a run's folder.
pub fn of_run(dir: &RunDir) -> Result<(RunConfig, ModelConfig), CommandError> {
    let config = RunConfig::read(&dir.config())?;
    let model =
        from_table(&config.model).map_err(|problem| TrainError::Config { path: dir.config(), problem })?;
    Ok((config, model))
}
