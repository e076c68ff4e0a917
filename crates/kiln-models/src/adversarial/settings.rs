//! The settings of the family, and the networks that are built of them.

use super::training::{AdversarialTraining, Networks, Penalty, Rules};
use crate::blocks::{ConditionalDiscriminator, ConditionalGenerator};
use crate::error::ModelError;
use crate::family::{MicroBatches, Settings};
use crate::nets::{Discriminator, NormKind, dcgan, mlp};
use crate::settings::{self, count, fraction, image, positive};
use kiln_nn::loss::GanLoss;
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, Module, TensorOptions, Training};
use kiln_tensor::random::Key;
use serde::Deserialize;
use toml::Table;

/// The table `[model]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdversarialTable {
    /// Length of a latent point.
    latent: usize,
    loss: GanLoss,
    /// Decay of the generator's running average; 0 for none.
    #[serde(default)]
    average: f64,
    /// Number of the discriminator's steps for each of the generator.
    critic_steps: Option<u64>,
    /// Bound on the discriminator's weights.
    clip_weights: Option<f64>,
    generator: GeneratorTable,
    discriminator: DiscriminatorTable,
    penalty: Option<PenaltyTable>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AdversarialBody {
    Mlp,
    Dcgan,
}

/// The table `[model.generator]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratorTable {
    body: AdversarialBody,
    width: Option<usize>,
    condition: Option<GeneratorCondition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GeneratorCondition {
    Embedding,
}

/// The table `[model.discriminator]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscriminatorTable {
    body: AdversarialBody,
    width: Option<usize>,
    norm: Option<NormKind>,
    condition: Option<DiscriminatorCondition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DiscriminatorCondition {
    Projection,
}

/// The table `[model.penalty]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PenaltyTable {
    kind: PenaltyKind,
    weight: f64,
    every: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PenaltyKind {
    Gradient,
    R1,
}

struct Adversarial {
    model: AdversarialTable,
    optimizers: [OptimizerSettings; 2],
}

/// Reads the tables of a recipe.
pub(super) fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let model: AdversarialTable = settings::read("model", model)?;
    model.check()?;
    let optimizers = settings::optimizers(optimizer, ["generator", "discriminator"])?;
    Ok(Box::new(Adversarial { model, optimizers }))
}

impl AdversarialTable {
    /// Fails if a setting makes no sense by itself or beside another.
    fn check(&self) -> Result<(), ModelError> {
        count("model.latent", self.latent)?;
        fraction("model.average", self.average)?;
        if let Some(steps) = self.critic_steps {
            let ok = (1..=1000).contains(&steps);
            settings::check(ok, "model.critic_steps", steps, "a whole number from 1 to 1000")?;
        }
        if let Some(bound) = self.clip_weights {
            positive("model.clip_weights", bound)?;
        }
        if let Some(penalty) = &self.penalty {
            positive("model.penalty.weight", penalty.weight)?;
            let every = penalty.every.unwrap_or(1);
            let ok = (1..=1000).contains(&every);
            settings::check(ok, "model.penalty.every", every, "a whole number from 1 to 1000")?;
        }
        let (g, d) = (&self.generator, &self.discriminator);
        width("model.generator", g.body, g.width)?;
        width("model.discriminator", d.body, d.width)?;
        if d.body == AdversarialBody::Mlp && d.norm.is_some() {
            let reason = "the dense discriminator has no norms";
            let norm = "given";
            return Err(ModelError::conflict("model.discriminator.norm", norm, reason, "leave it out"));
        }
        if g.condition.is_some() != d.condition.is_some() {
            let (has, lacks, value) = if g.condition.is_some() {
                ("model.generator.condition", "discriminator", "\"projection\"")
            } else {
                ("model.discriminator.condition", "generator", "\"embedding\"")
            };
            let reason = format!("the {lacks} would not know the classes");
            let instead = format!("set model.{lacks}.condition = {value} too, or leave both out");
            return Err(ModelError::conflict(has, "given", &reason, &instead));
        }
        let bounded = self.clip_weights.is_some() || self.penalty.is_some();
        if self.loss == GanLoss::Wasserstein && !bounded {
            let reason = "nothing bounds the slope of the critic, so it would grow without end";
            let instead = "add clip_weights or a table [model.penalty], or choose non-saturating, minimax, \
                           least-squares or hinge";
            return Err(ModelError::conflict("model.loss", "wasserstein", reason, instead));
        }
        if self.penalty.is_some() && d.norm == Some(NormKind::Batch) {
            let reason = "a penalty looks at the slope of each sample, and batch norm mixes the samples";
            let instead = "choose instance or none, or leave [model.penalty] out";
            return Err(ModelError::conflict("model.discriminator.norm", "batch", reason, instead));
        }
        Ok(())
    }
}

/// Fails unless a body that has a width is given one, and no other.
fn width(table: &str, body: AdversarialBody, width: Option<usize>) -> Result<(), ModelError> {
    let name = format!("{table}.width");
    match (body, width) {
        (AdversarialBody::Dcgan, Some(width)) => count(&name, width),
        (AdversarialBody::Dcgan, None) => Err(ModelError::Unreadable {
            problem: format!("`{name}` is missing, the channels next to the image"),
        }),
        (AdversarialBody::Mlp, Some(_)) => {
            Err(ModelError::conflict(&name, "given", "the dense body has widths of its own", "leave it out"))
        }
        (AdversarialBody::Mlp, None) => Ok(()),
    }
}

impl Adversarial {
    /// Number of classes that the networks are told; 0 without conditioning.
    fn classes(&self, data: &DataInfo) -> Result<usize, ModelError> {
        match (self.model.generator.condition, data.classes) {
            (None, _) => Ok(0),
            (Some(_), 0) => Err(ModelError::Data {
                needs: "labels",
                instead: "builtin:glyphs, mnist:DIR or a folder a class",
            }),
            (Some(GeneratorCondition::Embedding), classes) => Ok(classes),
        }
    }

    fn generator(
        &self,
        shape: [usize; 3],
        classes: usize,
        key: Key,
        options: &TensorOptions,
    ) -> ConditionalGenerator {
        let extra = if classes > 0 { ConditionalGenerator::class_width(classes) } else { 0 };
        let latent = self.model.latent + extra;
        let [channels, size, _] = shape;
        let body: Box<dyn Module> = match self.model.generator.body {
            AdversarialBody::Mlp => Box::new(mlp::generator(latent, shape, key, options)),
            AdversarialBody::Dcgan => {
                let width = self.model.generator.width.unwrap_or_default();
                Box::new(dcgan::generator(size, channels, latent, width, key, options))
            }
        };
        match classes {
            0 => ConditionalGenerator::plain(body),
            _ => ConditionalGenerator::of_classes(body, classes, key.purpose("class"), options),
        }
    }

    fn discriminator(
        &self,
        shape: [usize; 3],
        classes: usize,
        key: Key,
        options: &TensorOptions,
    ) -> ConditionalDiscriminator {
        let [channels, size, _] = shape;
        let table = &self.model.discriminator;
        let body: Box<dyn Discriminator> = match table.body {
            AdversarialBody::Mlp => Box::new(mlp::discriminator(shape, key, options)),
            AdversarialBody::Dcgan => {
                let (width, norm) = (table.width.unwrap_or_default(), table.norm.unwrap_or(NormKind::None));
                Box::new(dcgan::discriminator(size, channels, width, norm, key, options))
            }
        };
        match table.condition {
            None => ConditionalDiscriminator::plain(body),
            Some(DiscriminatorCondition::Projection) => {
                ConditionalDiscriminator::projection(body, classes, key.purpose("class"), options)
            }
        }
    }
}

impl Settings for Adversarial {
    fn check(&self, data: &DataInfo, batch: MicroBatches) -> Result<(), ModelError> {
        let [_, height, width] = image(data)?;
        self.classes(data)?;
        let (g, d) = (&self.model.generator, &self.model.discriminator);
        if [g.body, d.body].contains(&AdversarialBody::Dcgan)
            && !(height == width && dcgan::SIZES.contains(&height))
        {
            return Err(ModelError::Size { network: "the body dcgan", sizes: "28, 32 or 64", height, width });
        }
        // The norms of the convolutions have pixels to look at too.
        let enough = g.body != AdversarialBody::Mlp || batch.smallest() >= 2;
        let wanted = "at least 2 in each micro-batch, because batch norm compares samples";
        settings::check(enough, "batch_size", batch.batch_size, wanted)
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let (shape, classes) = (image(data)?, self.classes(data)?);
        let key = Key::new(seed).purpose("init");
        let generator = || self.generator(shape, classes, key.purpose("generator"), options);
        let networks = Networks {
            generator: generator(),
            average: generator(),
            discriminator: self.discriminator(shape, classes, key.purpose("discriminator"), options),
        };
        let AdversarialTable { latent, loss, average, critic_steps, clip_weights, ref penalty, .. } =
            self.model;
        let penalty = penalty.as_ref().map(|&PenaltyTable { kind, weight, every }| {
            let every = every.unwrap_or(1);
            match kind {
                PenaltyKind::Gradient => Penalty::Gradient { weight, every },
                PenaltyKind::R1 => Penalty::R1 { gamma: weight, every },
            }
        });
        let rules = Rules {
            latent,
            loss,
            average_decay: average,
            critic_steps: critic_steps.unwrap_or(1),
            clip_weights,
            penalty,
        };
        Ok(Box::new(AdversarialTraining::new(networks, &self.optimizers, rules, options.clone())))
    }

    fn abilities(&self) -> &'static [Ability] {
        &[Ability::Generate, Ability::Judge]
    }
}
