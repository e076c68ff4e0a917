//! The settings of the family.

use super::training::ClassifyTraining;
use crate::error::ModelError;
use crate::family::{MicroBatches, Settings};
use crate::nets::vgg::Vgg;
use crate::settings::{self, count, fraction, image};
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::Deserialize;
use toml::Table;

/// The table `[model]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassifyTable {
    /// Share of the target that is spread over all classes.
    #[serde(default)]
    label_smoothing: f64,
    network: ClassifierTable,
}

/// The table `[model.network]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassifierTable {
    body: ClassifierBody,
    /// Number of stages, of which each halves the size.
    stages: usize,
    /// Channels of the first stage.
    width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ClassifierBody {
    Vgg,
}

struct Classify {
    model: ClassifyTable,
    optimizer: OptimizerSettings,
}

/// Reads the tables of a recipe.
pub(super) fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let model: ClassifyTable = settings::read("model", model)?;
    let ClassifierTable { stages, width, .. } = model.network;
    settings::check((1..=6).contains(&stages), "model.network.stages", stages, "a whole number from 1 to 6")?;
    count("model.network.width", width)?;
    fraction("model.label_smoothing", model.label_smoothing)?;
    let [optimizer] = settings::optimizers(optimizer, ["network"])?;
    Ok(Box::new(Classify { model, optimizer }))
}

/// Number of classes of the data.
fn classes(data: &DataInfo) -> Result<usize, ModelError> {
    let instead = "builtin:glyphs, mnist:DIR, or folder:DIR with a folder for each class";
    let error = ModelError::Data { needs: "images with labels of two classes or more", instead };
    if data.classes > 1 { Ok(data.classes) } else { Err(error) }
}

impl Settings for Classify {
    fn check(&self, data: &DataInfo, batch: MicroBatches) -> Result<(), ModelError> {
        let [_, height, width] = image(data)?;
        classes(data)?;
        let halved = 1 << self.model.network.stages;
        let cells = height.div_ceil(halved) * width.div_ceil(halved);
        let wanted = "so many that batch norm sees more than one cell of the last stage";
        settings::check(batch.smallest() * cells >= 2, "batch_size", batch.batch_size, wanted)
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let (shape, classes) = (image(data)?, classes(data)?);
        let ClassifierTable { body, stages, width } = self.model.network;
        let key = Key::new(seed).purpose("init");
        let net = match body {
            ClassifierBody::Vgg => Vgg::new(shape[0], classes, stages, width, key, options),
        };
        let smoothing = self.model.label_smoothing;
        Ok(Box::new(ClassifyTraining::new(net, &self.optimizer, smoothing, shape, classes, options.clone())))
    }

    fn abilities(&self) -> &'static [Ability] {
        &[Ability::Classify]
    }
}
