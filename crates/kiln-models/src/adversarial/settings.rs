//! The settings of the family, beside those of its bodies.

use super::augment::{AugmentProbability, AugmentRules, Augmentation};
use super::bodies::{
    self, DiscriminatorCondition, DiscriminatorTable, GeneratorCondition, GeneratorTable, SampleForm,
};
use super::rules::{Auxiliary, Growth, Penalty, PenaltyKind, Rules};
use super::training::{AdversarialTraining, Networks};
use crate::error::ModelError;
use crate::family::{MicroBatches, Settings};
use crate::nets::NormKind;
use crate::settings::{self, count, fraction, not_negative, positive};
use kiln_nn::loss::GanLoss;
use kiln_nn::optim::OptimizerSettings;
use kiln_nn::{Ability, DataInfo, TensorOptions, Training};
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
    /// Distance of the targets of real images from 1.
    label_smoothing: Option<f64>,
    /// Decay of the generator's running average; 0 for none.
    #[serde(default)]
    average: f64,
    /// Number of the discriminator's steps for each of the generator.
    critic_steps: Option<u64>,
    /// Bound on the discriminator's weights.
    clip_weights: Option<f64>,
    /// Number of samples that the discriminator looks at together.
    pack: Option<usize>,
    generator: GeneratorTable,
    discriminator: DiscriminatorTable,
    penalty: Option<PenaltyTable>,
    augment: Option<AugmentTable>,
    code: Option<CodeTable>,
    growth: Option<GrowthTable>,
}

/// The table `[model.penalty]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PenaltyTable {
    kind: PenaltyKind,
    weight: f64,
    every: Option<u64>,
    final_weight: Option<f64>,
    final_step: Option<u64>,
}

/// The table `[model.augment]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AugmentTable {
    kinds: Vec<Augmentation>,
    probability: Option<f64>,
    target: Option<f64>,
}

/// The table `[model.code]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeTable {
    categories: usize,
    continuous: usize,
    weight: f64,
}

/// The table `[model.growth]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrowthTable {
    stable_steps: u64,
    fade_steps: u64,
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

/// Fails unless a number of steps is one that a training comes to.
fn interval(name: &str, steps: Option<u64>) -> Result<(), ModelError> {
    let ok = (1..=1000).contains(&steps.unwrap_or(1));
    settings::check(ok, name, steps.unwrap_or(1), "a whole number from 1 to 1000")
}

impl AdversarialTable {
    /// Fails if a setting makes no sense by itself or beside another.
    fn check(&self) -> Result<(), ModelError> {
        count("model.latent", self.latent)?;
        fraction("model.average", self.average)?;
        interval("model.critic_steps", self.critic_steps)?;
        if let Some(bound) = self.clip_weights {
            positive("model.clip_weights", bound)?;
        }
        self.generator.check()?;
        self.discriminator.check()?;
        bodies::check_together(&self.generator, &self.discriminator)?;
        self.check_smoothing()?;
        self.check_penalty()?;
        self.check_augment()?;
        self.check_conditioning()?;
        self.check_pack()?;
        self.check_growth()?;
        self.check_slope()
    }

    fn check_smoothing(&self) -> Result<(), ModelError> {
        let Some(smoothing) = self.label_smoothing else { return Ok(()) };
        fraction("model.label_smoothing", smoothing)?;
        if self.loss.has_targets() {
            return Ok(());
        }
        let instead = "leave it out, or choose non-saturating, minimax or least-squares";
        Err(ModelError::conflict("model.label_smoothing", "given", "the loss has no targets", instead))
    }

    fn check_penalty(&self) -> Result<(), ModelError> {
        let Some(penalty) = &self.penalty else { return Ok(()) };
        positive("model.penalty.weight", penalty.weight)?;
        interval("model.penalty.every", penalty.every)?;
        match (penalty.final_weight, penalty.final_step) {
            (None, None) => {}
            (Some(weight), Some(step)) => {
                not_negative("model.penalty.final_weight", weight)?;
                let ok = (1..=u64::from(u32::MAX)).contains(&step);
                settings::check(ok, "model.penalty.final_step", step, "a whole number from 1 on")?;
            }
            (Some(_), None) => {
                let instead = "set model.penalty.final_step too, or leave both out";
                let reason = "it is not said at which step the weight is there";
                return Err(ModelError::conflict("model.penalty.final_weight", "given", reason, instead));
            }
            (None, Some(_)) => {
                let instead = "set model.penalty.final_weight too, or leave both out";
                let reason = "it is not said which weight is reached";
                return Err(ModelError::conflict("model.penalty.final_step", "given", reason, instead));
            }
        }
        if self.discriminator.norm == Some(NormKind::Batch) {
            let reason = "a penalty looks at the slope of each sample, and batch norm mixes the samples";
            let instead = "choose instance or none, or leave [model.penalty] out";
            return Err(ModelError::conflict("model.discriminator.norm", "batch", reason, instead));
        }
        Ok(())
    }

    fn check_augment(&self) -> Result<(), ModelError> {
        let Some(augment) = &self.augment else { return Ok(()) };
        let mut kinds: Vec<String> = augment.kinds.iter().map(|kind| format!("{kind:?}")).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let ok = !kinds.is_empty() && kinds.len() == augment.kinds.len();
        let wanted = "a list of color, translation and cutout, each once at most";
        settings::check(ok, "model.augment.kinds", format!("{:?}", augment.kinds), wanted)?;
        if self.generator.body == bodies::AdversarialBody::Points {
            let reason = "there are changes of images alone";
            return Err(ModelError::conflict("model.augment", "given", reason, "leave it out for points"));
        }
        match (augment.probability, augment.target) {
            (Some(_), Some(_)) => {
                let reason = "the probability is adapted to it";
                let instead = "leave one of model.augment.probability and model.augment.target out";
                Err(ModelError::conflict("model.augment.target", "given", reason, instead))
            }
            (probability, None) => {
                let probability = probability.unwrap_or(1.0);
                let ok = probability > 0.0 && probability <= 1.0;
                settings::check(ok, "model.augment.probability", probability, "above 0 and at most 1")
            }
            (None, Some(target)) => {
                let ok = (-1.0..1.0).contains(&target);
                settings::check(ok, "model.augment.target", target, "at least -1 and below 1")?;
                if self.loss.threshold().is_some() {
                    return Ok(());
                }
                let reason = "this loss looks at differences of logits, whose signs say nothing";
                let instead = "set model.augment.probability instead";
                Err(ModelError::conflict("model.augment.target", "given", reason, instead))
            }
        }
    }

    fn check_conditioning(&self) -> Result<(), ModelError> {
        let (g, d) = (&self.generator, &self.discriminator);
        if let Some(code) = &self.code {
            if d.condition.is_some() || g.condition == Some(GeneratorCondition::BatchNorm) {
                let name = if d.condition.is_some() { "discriminator" } else { "generator" };
                let reason = "a code takes the place of classes";
                let instead = "leave it out, or [model.code]";
                return Err(ModelError::conflict(
                    &format!("model.{name}.condition"),
                    "given",
                    reason,
                    instead,
                ));
            }
            count("model.code.categories", code.categories)?;
            positive("model.code.weight", code.weight)?;
            let ok = code.continuous < self.latent;
            let wanted = "below the length of the noise, whose last numbers they are";
            settings::check(ok, "model.code.continuous", code.continuous, wanted)?;
        } else if g.condition.is_some() != d.condition.is_some() {
            let (has, lacks, value) = if g.condition.is_some() {
                ("model.generator.condition", "discriminator", "\"projection\"")
            } else {
                ("model.discriminator.condition", "generator", "\"embedding\"")
            };
            let reason = format!("the {lacks} would not know the classes");
            let instead = format!("set model.{lacks}.condition = {value} too, or leave both out");
            return Err(ModelError::conflict(has, "given", &reason, &instead));
        }
        if self.code.is_some() && g.condition.is_some() {
            let reason = "the generator is told the category of a code without it";
            return Err(ModelError::conflict("model.generator.condition", "given", reason, "leave it out"));
        }
        Ok(())
    }

    fn check_growth(&self) -> Result<(), ModelError> {
        let grows = self.generator.body == bodies::AdversarialBody::Growing;
        match &self.growth {
            None if grows => Err(ModelError::Unreadable {
                problem: "`model.growth` is missing, the stable_steps and fade_steps of the body growing"
                    .to_owned(),
            }),
            None => Ok(()),
            Some(_) if !grows => {
                let reason = "the bodies have one size from the start";
                let instead = "leave it out, or choose the body growing for both networks";
                Err(ModelError::conflict("model.growth", "given", reason, instead))
            }
            Some(growth) => {
                let limit = u64::from(u32::MAX);
                let ok = growth.stable_steps <= limit;
                settings::check(
                    ok,
                    "model.growth.stable_steps",
                    growth.stable_steps,
                    "a whole number from 0 on",
                )?;
                let ok = (1..=limit).contains(&growth.fade_steps);
                settings::check(ok, "model.growth.fade_steps", growth.fade_steps, "a whole number from 1 on")
            }
        }
    }

    fn check_pack(&self) -> Result<(), ModelError> {
        let Some(pack) = self.pack else { return Ok(()) };
        settings::check((1..=16).contains(&pack), "model.pack", pack, "a whole number from 1 to 16")?;
        if pack > 1 && (self.code.is_some() || self.discriminator.condition.is_some()) {
            let reason = "a pack of samples has no class";
            return Err(ModelError::conflict(
                "model.pack",
                &pack.to_string(),
                reason,
                "leave out one of the two",
            ));
        }
        Ok(())
    }

    /// Fails unless a critic whose logits have no bound has a bounded slope, by one means.
    fn check_slope(&self) -> Result<(), ModelError> {
        let spectral = self.discriminator.spectral;
        if spectral && self.clip_weights.is_some() {
            let reason = "weights that are divided by their norm have any size";
            let instead = "leave it out, or model.discriminator.spectral";
            return Err(ModelError::conflict("model.clip_weights", "given", reason, instead));
        }
        let bounded = self.clip_weights.is_some() || self.penalty.is_some() || spectral;
        if self.loss == GanLoss::Wasserstein && !bounded {
            let reason = "nothing bounds the slope of the critic, so it would grow without end";
            let instead = "add clip_weights, a table [model.penalty] or discriminator.spectral, or choose non-saturating, \
                           minimax, least-squares, hinge or relativistic";
            return Err(ModelError::conflict("model.loss", "wasserstein", reason, instead));
        }
        Ok(())
    }

    fn rules(&self) -> Rules {
        let penalty = self.penalty.as_ref().map(|table| Penalty {
            kind: table.kind,
            weight: table.weight,
            falls_to: table.final_weight.zip(table.final_step),
            every: table.every.unwrap_or(1),
        });
        let augment = self.augment.as_ref().map(|table| AugmentRules {
            kinds: table.kinds.clone(),
            probability: match table.target {
                Some(target) => AugmentProbability::Adaptive { target },
                None => AugmentProbability::Fixed(table.probability.unwrap_or(1.0)),
            },
        });
        let of_code = self.code.as_ref().map(|&CodeTable { categories, continuous, weight }| {
            Auxiliary::Code { categories, continuous, weight }
        });
        let of_classes = (self.discriminator.condition == Some(DiscriminatorCondition::Auxiliary))
            .then(|| Auxiliary::Classes { weight: self.discriminator.class_weight.unwrap_or(1.0) });
        Rules {
            label_smoothing: self.label_smoothing.unwrap_or(0.0),
            average_decay: self.average,
            critic_steps: self.critic_steps.unwrap_or(1),
            clip_weights: self.clip_weights,
            penalty,
            pack: self.pack.unwrap_or(1),
            augment,
            auxiliary: of_code.or(of_classes),
            growth: self
                .growth
                .as_ref()
                .map(|&GrowthTable { stable_steps, fade_steps }| Growth { stable_steps, fade_steps }),
            ..Rules::new(self.latent, self.loss)
        }
    }
}

impl Adversarial {
    /// Number of classes that the generator is told; 0 without conditioning.
    fn classes(&self, data: &DataInfo) -> Result<usize, ModelError> {
        match (&self.model.code, self.model.generator.condition, data.classes) {
            (Some(code), ..) => Ok(code.categories),
            (None, None, _) => Ok(0),
            (None, Some(_), 0) => Err(ModelError::Data {
                needs: "labels",
                instead: "builtin:glyphs, mnist:DIR or a folder a class",
            }),
            (None, Some(_), classes) => Ok(classes),
        }
    }
}

impl Settings for Adversarial {
    fn check(&self, data: &DataInfo, batch: MicroBatches) -> Result<(), ModelError> {
        let AdversarialTable { generator, discriminator, pack, .. } = &self.model;
        bodies::form(generator, discriminator, data)?;
        self.classes(data)?;
        let pack = pack.unwrap_or(1);
        let wanted = format!("a multiple of the {pack} samples of a pack in each micro-batch");
        let ok = batch.batch_size.is_multiple_of(pack * batch.count.max(1)) || pack == 1;
        settings::check(ok, "batch_size", batch.batch_size, &wanted)?;
        // The norms of the convolutions have pixels to look at too.
        let enough = !generator.needs_two_samples() || batch.smallest() >= 2;
        let wanted = "at least 2 in each micro-batch, because batch norm compares samples";
        settings::check(enough, "batch_size", batch.batch_size, wanted)?;
        let enough = !discriminator.minibatch_std || batch.smallest() >= 2 * pack;
        let wanted = "at least 2 packs in each micro-batch, because minibatch_std compares them";
        settings::check(enough, "batch_size", batch.batch_size, wanted)
    }

    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError> {
        let (model, classes) = (&self.model, self.classes(data)?);
        let form = bodies::form(&model.generator, &model.discriminator, data)?;
        let key = Key::new(seed).purpose("init");
        let generator =
            || model.generator.build(form, model.latent, classes, key.purpose("generator"), options);
        let rules = model.rules();
        let auxiliary = match rules.auxiliary {
            None => 0,
            Some(Auxiliary::Classes { .. }) => classes,
            Some(Auxiliary::Code { categories, continuous, .. }) => categories + continuous,
        };
        let networks = Networks {
            generator: generator(),
            average: generator(),
            discriminator: model.discriminator.build(
                form,
                rules.pack,
                classes,
                auxiliary,
                key.purpose("discriminator"),
                options,
            ),
        };
        let has_styles = model.generator.body == bodies::AdversarialBody::Style;
        let training = AdversarialTraining::new(networks, &self.optimizers, rules, options.clone());
        let training = training.of_styles(has_styles);
        Ok(Box::new(match form {
            SampleForm::Images([_, size, _]) => training.of_size(size),
            SampleForm::Points(coordinates) => training.of_points(coordinates),
        }))
    }

    fn abilities(&self) -> &'static [Ability] {
        if self.model.generator.body == bodies::AdversarialBody::Points {
            return &[Ability::GeneratePoints];
        }
        // A pack of samples has one logit.
        if self.model.pack.unwrap_or(1) > 1 {
            &[Ability::Generate]
        } else {
            &[Ability::Generate, Ability::Judge]
        }
    }
}
