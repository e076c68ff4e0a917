//! The settings of the family, and the networks that are built of them.

use super::flow::Flow;
use super::levels::Levels;
use super::posterior::Posterior;
use super::rules::{Capacity, Rules};
use super::training::{VariationalNetworks, VariationalTraining};
use crate::error::ModelError;
use crate::family::{MicroBatches, Settings};
use crate::nets::burgess_autoencoder::{self, BurgessAutoencoder};
use crate::nets::conv_autoencoder::ConvAutoencoder;
use crate::nets::mlp_autoencoder::MlpAutoencoder;
use crate::nets::{Autoencoder, AutoencoderForm};
use crate::settings::{self, count, image, not_negative, positive};
use kiln_nn::layers::Activation;
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, Likelihood, TensorOptions, Training};
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
    #[serde(default = "one")]
    kl_weight: f64,
    /// Number of steps over which the weight rises.
    kl_warmup: Option<u64>,
    /// Number of codes drawn of each image.
    draws: Option<usize>,
    condition: Option<Condition>,
    total_correlation: Option<f64>,
    mmd: Option<f64>,
    network: NetworkTable,
    likelihood: Option<LikelihoodTable>,
    flow: Option<FlowTable>,
    levels: Option<LevelsTable>,
    capacity: Option<CapacityTable>,
}

fn one() -> f64 {
    1.0
}

/// The table `[model.network]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    body: Body,
    /// Width of the dense layers.
    hidden: usize,
    /// Channels of the first convolution.
    width: Option<usize>,
    /// Number of hidden layers each way.
    depth: Option<usize>,
    activation: Option<HiddenActivation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Body {
    Mlp,
    Conv,
    Burgess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HiddenActivation {
    Relu,
    Tanh,
}

/// How both networks are told the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Condition {
    OneHot,
}

/// The table `[model.likelihood]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LikelihoodTable {
    kind: LikelihoodKind,
    components: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LikelihoodKind {
    Bernoulli,
    Gaussian,
    DiscretisedLogistic,
    LogisticMixture,
}

/// The table `[model.flow]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowTable {
    steps: usize,
    hidden: usize,
}

/// The table `[model.levels]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelsTable {
    above: usize,
    hidden: usize,
}

/// The table `[model.capacity]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapacityTable {
    nats: f64,
    steps: u64,
}

struct Variational {
    model: VariationalTable,
    optimizer: OptimizerSettings,
}

/// Reads the tables of a recipe.
pub(super) fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let model: VariationalTable = settings::read("model", model)?;
    model.check()?;
    let [optimizer] = settings::optimizers(optimizer, ["network"])?;
    Ok(Box::new(Variational { model, optimizer }))
}

/// Fails unless a number of steps is one that a training comes to.
fn steps(name: &str, steps: u64) -> Result<(), ModelError> {
    let ok = (1..=u64::from(u32::MAX)).contains(&steps);
    settings::check(ok, name, steps, "a whole number from 1 on")
}

fn conflict(name: &str, reason: &str, instead: &str) -> Result<(), ModelError> {
    Err(ModelError::conflict(name, "given", reason, instead))
}

impl VariationalTable {
    /// Fails if a setting makes no sense by itself or beside another.
    fn check(&self) -> Result<(), ModelError> {
        count("model.latent", self.latent)?;
        not_negative("model.kl_weight", self.kl_weight)?;
        self.network.check()?;
        if let Some(likelihood) = &self.likelihood {
            likelihood.check()?;
        }
        if let Some(FlowTable { steps, hidden }) = self.flow {
            settings::check(
                (1..=64).contains(&steps),
                "model.flow.steps",
                steps,
                "a whole number from 1 to 64",
            )?;
            count("model.flow.hidden", hidden)?;
        }
        if let Some(LevelsTable { above, hidden }) = self.levels {
            count("model.levels.above", above)?;
            count("model.levels.hidden", hidden)?;
            if self.flow.is_some() {
                let reason = "the codes of two levels are Gaussian";
                return conflict("model.flow", reason, "leave [model.flow] or [model.levels] out");
            }
        }
        self.check_terms()?;
        self.check_draws()
    }

    fn check_terms(&self) -> Result<(), ModelError> {
        if let Some(warmup) = self.kl_warmup {
            steps("model.kl_warmup", warmup)?;
        }
        if let Some(capacity) = self.capacity {
            positive("model.capacity.nats", capacity.nats)?;
            steps("model.capacity.steps", capacity.steps)?;
            if self.kl_warmup.is_some() {
                let reason = "the KL term is held at a capacity that rises already";
                return conflict("model.kl_warmup", reason, "leave it or [model.capacity] out");
            }
        }
        let weightless = [("kl_warmup", self.kl_warmup.is_some()), ("capacity", self.capacity.is_some())];
        if let Some((name, _)) = weightless.iter().find(|(_, given)| *given && self.kl_weight == 0.0) {
            let name = format!("model.{name}");
            return conflict(&name, "the KL term has the weight 0", "raise model.kl_weight, or leave it out");
        }
        if let Some(weight) = self.total_correlation {
            positive("model.total_correlation", weight)?;
            if self.flow.is_some() || self.levels.is_some() {
                let reason = "it takes codes whose density is known at the codes of other images";
                let instead = "leave it out, or [model.flow] and [model.levels]";
                return conflict("model.total_correlation", reason, instead);
            }
        }
        if let Some(weight) = self.mmd {
            positive("model.mmd", weight)?;
        }
        Ok(())
    }

    fn check_draws(&self) -> Result<(), ModelError> {
        let Some(draws) = self.draws else { return Ok(()) };
        settings::check(
            (1..=10_000).contains(&draws),
            "model.draws",
            draws,
            "a whole number from 1 to 10000",
        )?;
        if draws == 1 {
            return Ok(());
        }
        let given = [
            ("kl_weight", self.kl_weight != 1.0),
            ("kl_warmup", self.kl_warmup.is_some()),
            ("capacity", self.capacity.is_some()),
            ("total_correlation", self.total_correlation.is_some()),
            ("mmd", self.mmd.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => {
                let value =
                    if *name == "kl_weight" { self.kl_weight.to_string() } else { "given".to_owned() };
                let reason = "the bound of several draws has no KL term of its own";
                let instead = if *name == "kl_weight" {
                    "set it to 1, or leave model.draws out"
                } else {
                    "leave it or model.draws out"
                };
                Err(ModelError::conflict(&format!("model.{name}"), &value, reason, instead))
            }
        }
    }

    fn likelihood(&self) -> Likelihood {
        let table =
            self.likelihood.unwrap_or(LikelihoodTable { kind: LikelihoodKind::Bernoulli, components: None });
        match table.kind {
            LikelihoodKind::Bernoulli => Likelihood::Bernoulli,
            LikelihoodKind::Gaussian => Likelihood::Gaussian,
            LikelihoodKind::DiscretisedLogistic => Likelihood::DiscretisedLogistic,
            LikelihoodKind::LogisticMixture => {
                Likelihood::LogisticMixture { components: table.components.unwrap_or(COMPONENTS) }
            }
        }
    }

    fn rules(&self, data: &DataInfo) -> Rules {
        Rules {
            likelihood: self.likelihood(),
            latent: self.latent,
            kl_weight: self.kl_weight,
            kl_warmup: self.kl_warmup.unwrap_or(0),
            draws: self.draws.unwrap_or(1),
            capacity: self.capacity.map(|CapacityTable { nats, steps }| Capacity { nats, steps }),
            total_correlation: self.total_correlation.unwrap_or(0.0),
            mmd: self.mmd.unwrap_or(0.0),
            classes: if self.condition.is_some() { data.classes } else { 0 },
        }
    }
}

/// Number of components of a mixture that doesn't say it.
const COMPONENTS: usize = 5;

impl LikelihoodTable {
    fn check(&self) -> Result<(), ModelError> {
        let Some(components) = self.components else { return Ok(()) };
        if self.kind != LikelihoodKind::LogisticMixture {
            let reason = "this likelihood is no mixture";
            let instead = "leave it out, or choose the kind logistic-mixture";
            return conflict("model.likelihood.components", reason, instead);
        }
        let ok = (1..=64).contains(&components);
        settings::check(ok, "model.likelihood.components", components, "a whole number from 1 to 64")
    }
}

impl NetworkTable {
    fn check(&self) -> Result<(), ModelError> {
        count("model.network.hidden", self.hidden)?;
        let depth = self.depth.unwrap_or(1);
        settings::check(
            (1..=16).contains(&depth),
            "model.network.depth",
            depth,
            "a whole number from 1 to 16",
        )?;
        match (self.body, self.width) {
            (Body::Mlp, Some(_)) => {
                let reason = "the dense body has no convolutions";
                return conflict("model.network.width", reason, "leave it out");
            }
            (Body::Mlp, None) => return Ok(()),
            (_, Some(width)) => count("model.network.width", width)?,
            (_, None) => {
                let problem =
                    "`model.network.width` is missing, the channels of the first convolution".to_owned();
                return Err(ModelError::Unreadable { problem });
            }
        }
        let given = [("depth", self.depth.is_some()), ("activation", self.activation.is_some())];
        match given.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => {
                let reason = "it is the dense body's";
                conflict(&format!("model.network.{name}"), reason, "leave it out, or choose the body mlp")
            }
        }
    }

    fn build(&self, form: AutoencoderForm, key: Key, options: &TensorOptions) -> Box<dyn Autoencoder> {
        let (hidden, width) = (self.hidden, self.width.unwrap_or_default());
        match self.body {
            Body::Mlp => {
                let activation = match self.activation.unwrap_or(HiddenActivation::Relu) {
                    HiddenActivation::Relu => Activation::Relu,
                    HiddenActivation::Tanh => Activation::Tanh,
                };
                let depth = self.depth.unwrap_or(1);
                Box::new(MlpAutoencoder::deep(form, hidden, depth, activation, key, options))
            }
            Body::Conv => Box::new(ConvAutoencoder::new(form, width, hidden, key, options)),
            Body::Burgess => Box::new(BurgessAutoencoder::new(form, width, hidden, key, options)),
        }
    }
}

impl Settings for Variational {
    fn check(&self, data: &DataInfo, batch: MicroBatches) -> Result<(), ModelError> {
        let [_, height, width] = image(data)?;
        let size = |network, sizes| Err(ModelError::Size { network, sizes, height, width });
        match self.model.network.body {
            // Two halvings must come out even.
            Body::Conv if !(height.is_multiple_of(4) && width.is_multiple_of(4)) => {
                return size("the body conv", "a multiple of 4");
            }
            Body::Burgess if height != width || !burgess_autoencoder::SIZES.contains(&height) => {
                return size("the body burgess", "32 or 64");
            }
            _ => {}
        }
        if self.model.condition.is_some() && data.classes == 0 {
            return Err(ModelError::Data { needs: "classes", instead: "builtin:glyphs" });
        }
        if data.binary && self.model.likelihood() != Likelihood::Bernoulli {
            let reason = "the pixels of binarised images are 0 and 1";
            let instead = "choose bernoulli, or leave binarise out";
            return conflict("model.likelihood", reason, instead);
        }
        let terms =
            [("model.mmd", self.model.mmd), ("model.total_correlation", self.model.total_correlation)];
        if terms.iter().any(|(_, weight)| weight.is_some()) {
            let wanted = "at least 2 in each micro-batch, whose codes are compared";
            settings::check(batch.smallest() >= 2, "batch_size", batch.batch_size, wanted)?;
        }
        Ok(())
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let (image, key, model) = (image(data)?, Key::new(seed).purpose("init"), &self.model);
        let (latent, rules) = (model.latent, model.rules(data));
        let form = AutoencoderForm {
            image,
            latent,
            outputs: rules.likelihood.channels(image[0]),
            classes: rules.classes,
        };
        let autoencoder = model.network.build(form, key, options);
        let features = autoencoder.features();
        let posterior = match (model.flow, model.levels) {
            (Some(FlowTable { steps, hidden }), _) => {
                Posterior::Flow(Flow::new(steps, latent, hidden, features, key, options))
            }
            (None, Some(LevelsTable { above, hidden })) => {
                Posterior::Levels(Box::new(Levels::new(above, latent, hidden, features, key, options)))
            }
            (None, None) => Posterior::Diagonal,
        };
        let nets = VariationalNetworks { autoencoder, posterior };
        Ok(Box::new(VariationalTraining::new(nets, &self.optimizer, rules, options.clone())))
    }

    fn abilities(&self) -> &'static [Ability] {
        &[Ability::Generate, Ability::Encode, Ability::Weigh]
    }
}
