//! The settings of the family, and the networks that are built of them.

use super::training::VariationalTraining;
use crate::error::ModelError;
use crate::family::{MicroBatches, Settings};
use crate::nets::Autoencoder;
use crate::nets::conv_autoencoder::ConvAutoencoder;
use crate::nets::mlp_autoencoder::MlpAutoencoder;
use crate::settings::{self, count, image, not_negative};
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::Deserialize;
use toml::Table;

/// The table `[model]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariationalTable {
    /// Number of latent dimensions.
    latent: usize,
    /// Weight of the KL term: 1 for a VAE, more for a β-VAE (Higgins et al., 2017).
    kl_weight: f64,
    network: VariationalNetworkTable,
}

/// The table `[model.network]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariationalNetworkTable {
    body: VariationalBody,
    /// Width of the dense layers.
    hidden: usize,
    /// Channels of the first convolution; the second has twice as many.
    width: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VariationalBody {
    Mlp,
    Conv,
}

struct Variational {
    model: VariationalTable,
    optimizer: OptimizerSettings,
}

/// Reads the tables of a recipe.
pub(super) fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let model: VariationalTable = settings::read("model", model)?;
    count("model.latent", model.latent)?;
    not_negative("model.kl_weight", model.kl_weight)?;
    count("model.network.hidden", model.network.hidden)?;
    match (model.network.body, model.network.width) {
        (VariationalBody::Conv, Some(width)) => count("model.network.width", width)?,
        (VariationalBody::Conv, None) => {
            let problem =
                "`model.network.width` is missing, the channels of the first convolution".to_owned();
            return Err(ModelError::Unreadable { problem });
        }
        (VariationalBody::Mlp, Some(_)) => {
            let (name, reason) = ("model.network.width", "the dense body has no convolutions");
            return Err(ModelError::conflict(name, "given", reason, "leave it out"));
        }
        (VariationalBody::Mlp, None) => {}
    }
    let [optimizer] = settings::optimizers(optimizer, ["network"])?;
    Ok(Box::new(Variational { model, optimizer }))
}

impl Settings for Variational {
    fn check(&self, data: &DataInfo, _: MicroBatches) -> Result<(), ModelError> {
        let [_, height, width] = image(data)?;
        // Two halvings must come out even.
        let fits = height.is_multiple_of(4) && width.is_multiple_of(4);
        if self.model.network.body == VariationalBody::Conv && !fits {
            return Err(ModelError::Size {
                network: "the body conv",
                sizes: "a multiple of 4",
                height,
                width,
            });
        }
        Ok(())
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let (shape, key) = (image(data)?, Key::new(seed).purpose("init"));
        let VariationalTable { latent, kl_weight, network: VariationalNetworkTable { body, hidden, width } } =
            self.model;
        let net: Box<dyn Autoencoder> = match body {
            VariationalBody::Mlp => Box::new(MlpAutoencoder::new(shape, hidden, latent, key, options)),
            VariationalBody::Conv => {
                let width = width.unwrap_or_default();
                Box::new(ConvAutoencoder::new(shape, width, hidden, latent, key, options))
            }
        };
        Ok(Box::new(VariationalTraining::new(net, &self.optimizer, latent, kl_weight, options.clone())))
    }

    fn abilities(&self) -> &'static [Ability] {
        &[Ability::Generate, Ability::Encode]
    }
}
