//! The settings of the family.

use super::degradation::Noise;
use super::training::{RestoreLoss, RestoreTraining};
use crate::error::ModelError;
use crate::family::{MicroBatches, Settings};
use crate::nets::dncnn::DnCnn;
use crate::settings::{self, count, image};
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, Module, TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::Deserialize;
use toml::Table;

/// The table `[model]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestoreTable {
    loss: RestoreLoss,
    /// Side of the square part of each image that a step looks at.
    patch: Option<usize>,
    degradation: DegradationTable,
    network: RestoreNetworkTable,
}

/// The table `[model.degradation]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DegradationTable {
    kind: DegradationKind,
    /// Least and largest standard deviation, in levels of 0 to 255.
    sigma: [f64; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DegradationKind {
    Noise,
}

/// The table `[model.network]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestoreNetworkTable {
    body: RestoreBody,
    /// Number of convolutions.
    depth: usize,
    /// Channels between them.
    width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RestoreBody {
    #[serde(rename = "dncnn")]
    DnCnn,
}

struct Restore {
    model: RestoreTable,
    optimizer: OptimizerSettings,
}

/// Reads the tables of a recipe.
pub(super) fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let model: RestoreTable = settings::read("model", model)?;
    let RestoreNetworkTable { depth, width, .. } = model.network;
    let ok = (3..=200).contains(&depth);
    settings::check(ok, "model.network.depth", depth, "a whole number from 3 to 200")?;
    count("model.network.width", width)?;
    if let Some(patch) = model.patch {
        count("model.patch", patch)?;
    }
    let [low, high] = model.degradation.sigma;
    let ok = 0.0 <= low && low <= high && high <= 255.0 && high > 0.0;
    let wanted = "two numbers from 0 to 255, the second not less than the first and above 0";
    settings::check(ok, "model.degradation.sigma", format!("[{low}, {high}]"), wanted)?;
    let [optimizer] = settings::optimizers(optimizer, ["network"])?;
    Ok(Box::new(Restore { model, optimizer }))
}

impl Settings for Restore {
    fn check(&self, data: &DataInfo, batch: MicroBatches) -> Result<(), ModelError> {
        let [_, height, width] = image(data)?;
        if let Some(patch) = self.model.patch {
            let wanted = format!("at most the smaller side of the images, {}", height.min(width));
            settings::check(patch <= height.min(width), "model.patch", patch, &wanted)?;
        }
        let pixels = self.model.patch.map_or(height * width, |patch| patch * patch);
        let enough = batch.smallest() * pixels >= 2;
        settings::check(
            enough,
            "batch_size",
            batch.batch_size,
            "so many that batch norm sees more than one pixel",
        )
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let [channels, ..] = image(data)?;
        let RestoreNetworkTable { body, depth, width } = self.model.network;
        let key = Key::new(seed).purpose("init");
        let net: Box<dyn Module> = match body {
            RestoreBody::DnCnn => Box::new(DnCnn::new(channels, depth, width, key, options)),
        };
        let DegradationTable { kind: DegradationKind::Noise, sigma } = self.model.degradation;
        let RestoreTable { loss, patch, .. } = self.model;
        let (noise, options) = (Noise { sigma }, options.clone());
        Ok(Box::new(RestoreTraining::new(net, &self.optimizer, noise, loss, patch, channels, options)))
    }

    fn abilities(&self) -> &'static [Ability] {
        &[Ability::Translate]
    }
}
