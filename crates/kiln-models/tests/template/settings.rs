//! The settings of the family.

use super::net::AutoencoderNet;
use super::training::AutoencoderTraining;
use kiln_models::settings::{self, count, image};
use kiln_models::{MicroBatches, ModelError, Settings};
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::Deserialize;
use toml::Table;

/// The table `[model]`. A key that is not here is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AutoencoderTable {
    /// Length of a code.
    width: usize,
}

struct AutoencoderSettings {
    model: AutoencoderTable,
    optimizer: OptimizerSettings,
}

pub fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let model: AutoencoderTable = settings::read("model", model)?;
    count("model.width", model.width)?;
    let [optimizer] = settings::optimizers(optimizer, ["network"])?;
    Ok(Box::new(AutoencoderSettings { model, optimizer }))
}

impl Settings for AutoencoderSettings {
    fn check(&self, data: &DataInfo, _: MicroBatches) -> Result<(), ModelError> {
        image(data).map(|_| ())
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let key = Key::new(seed).purpose("init");
        let net = AutoencoderNet::new(image(data)?, self.model.width, key, options);
        Ok(Box::new(AutoencoderTraining::new(net, &self.optimizer)))
    }

    fn abilities(&self) -> &'static [Ability] {
        &[Ability::Encode]
    }
}
