//! The tables `[model.generator]` and `[model.discriminator]`, and the networks that are built of them.

use crate::blocks::{ConditionalDiscriminator, ConditionalGenerator};
use crate::error::ModelError;
use crate::nets::style::StyleShape;
use crate::nets::{
    Discriminator, DiscriminatorParts, GeneratorParts, NormKind, dcgan, growing, mlp, points, r3gan, resnet,
    style,
};
use crate::settings::{self, count, image};
use kiln_nn::{DataInfo, Module, TensorOptions};
use kiln_tensor::random::Key;
use serde::Deserialize;

/// Number of layers from the noise to a style, where it is not said.
const MAPPING: usize = 8;

/// A pair of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdversarialBody {
    Mlp,
    Dcgan,
    Resnet,
    R3gan,
    Growing,
    Style,
    Points,
}

/// What samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleForm {
    /// `[channels, height, width]`.
    Images([usize; 3]),
    /// Number of coordinates.
    Points(usize),
}

impl AdversarialBody {
    fn name(self) -> &'static str {
        match self {
            AdversarialBody::Mlp => "mlp",
            AdversarialBody::Dcgan => "dcgan",
            AdversarialBody::Resnet => "resnet",
            AdversarialBody::R3gan => "r3gan",
            AdversarialBody::Growing => "growing",
            AdversarialBody::Style => "style",
            AdversarialBody::Points => "points",
        }
    }

    /// The sides of maps that attention can look at, in images of this size; `None` for bodies without maps.
    fn attention_sides(self, size: usize) -> Option<Vec<usize>> {
        match self {
            AdversarialBody::Dcgan => Some(dcgan::sides(size)),
            AdversarialBody::Resnet => Some(resnet::sides(size)),
            _ => None,
        }
    }

    /// Fails unless it is given the settings that it has, and no others.
    fn check(
        self,
        table: &str,
        width: Option<usize>,
        attention: Option<usize>,
        spectral: bool,
    ) -> Result<(), ModelError> {
        let name = format!("{table}.width");
        match (self, width) {
            (AdversarialBody::Mlp, Some(_)) => {
                let reason = "the dense body has widths of its own";
                return Err(ModelError::conflict(&name, "given", reason, "leave it out"));
            }
            (AdversarialBody::Mlp, None) => {}
            (_, None) => {
                let what =
                    if self == AdversarialBody::Points { "units of a layer" } else { "channels of its maps" };
                return Err(ModelError::Unreadable { problem: format!("`{name}` is missing, the {what}") });
            }
            (_, Some(width)) => {
                count(&name, width)?;
                let ok = self != AdversarialBody::R3gan || r3gan::is_width(width);
                settings::check(ok, &name, width, "at most 8 or a multiple of 8, for groups of 16 channels")?;
            }
        }
        if attention.is_some() && self.attention_sides(32).is_none() {
            let reason = format!("the body {} has no place for it", self.name());
            let instead = "choose the body dcgan or resnet, or leave it out";
            return Err(ModelError::conflict(&format!("{table}.attention"), "given", &reason, instead));
        }
        if spectral
            && matches!(self, AdversarialBody::R3gan | AdversarialBody::Growing | AdversarialBody::Style)
        {
            let reason = match self {
                AdversarialBody::R3gan => {
                    "the last layers of its blocks start at 0, which would be divided by its norm"
                }
                _ => "its layers scale their weights by a rule of their own",
            };
            return Err(ModelError::conflict(&format!("{table}.spectral"), "true", reason, "leave it out"));
        }
        Ok(())
    }

    /// Fails unless it can make, or look at, samples of this form.
    fn check_form(self, table: &str, form: SampleForm, attention: Option<usize>) -> Result<(), ModelError> {
        let SampleForm::Images([_, height, width]) = form else { return Ok(()) };
        let (network, sizes) = match self {
            AdversarialBody::Dcgan => ("the body dcgan", dcgan::SIZES),
            AdversarialBody::Resnet => ("the body resnet", resnet::SIZES),
            AdversarialBody::R3gan => ("the body r3gan", r3gan::SIZES),
            AdversarialBody::Growing => ("the body growing", growing::SIZES),
            AdversarialBody::Style => ("the body style", style::SIZES),
            AdversarialBody::Mlp | AdversarialBody::Points => return Ok(()),
        };
        if height != width || !sizes.contains(&height) {
            return Err(ModelError::Size { network, sizes: "28, 32 or 64", height, width });
        }
        let Some(side) = attention else { return Ok(()) };
        let sides = self.attention_sides(height).unwrap_or_default();
        let all: Vec<String> = sides.iter().map(ToString::to_string).collect();
        let wanted = format!("the side of maps that it has in images of this size: {}", all.join(" or "));
        settings::check(sides.contains(&side), &format!("{table}.attention"), side, &wanted)
    }
}

/// The table `[model.generator]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorTable {
    pub body: AdversarialBody,
    width: Option<usize>,
    pub condition: Option<GeneratorCondition>,
    #[serde(default)]
    spectral: bool,
    attention: Option<usize>,
    /// Number of layers from the noise to a style.
    mapping: Option<usize>,
    /// Probability of style mixing.
    mixing: Option<f64>,
}

/// How a generator is told the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorCondition {
    Embedding,
    BatchNorm,
}

/// The table `[model.discriminator]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscriminatorTable {
    pub body: AdversarialBody,
    width: Option<usize>,
    pub norm: Option<NormKind>,
    pub condition: Option<DiscriminatorCondition>,
    /// Factor of the auxiliary head's loss.
    pub class_weight: Option<f64>,
    #[serde(default)]
    pub spectral: bool,
    attention: Option<usize>,
    #[serde(default)]
    pub minibatch_std: bool,
}

/// What a discriminator has to do with classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscriminatorCondition {
    Projection,
    Auxiliary,
}

impl GeneratorTable {
    /// Fails if a setting makes no sense for this body.
    pub fn check(&self) -> Result<(), ModelError> {
        self.body.check("model.generator", self.width, self.attention, self.spectral)?;
        let has_norms =
            !matches!(self.body, AdversarialBody::R3gan | AdversarialBody::Growing | AdversarialBody::Style);
        if self.condition == Some(GeneratorCondition::BatchNorm) && !has_norms {
            let reason = format!("the body {} has no batch norms", self.body.name());
            let instead = "choose \"embedding\", or leave it out";
            return Err(ModelError::conflict("model.generator.condition", "batch-norm", &reason, instead));
        }
        let given = [("mapping", self.mapping.is_some()), ("mixing", self.mixing.is_some())];
        if let Some((name, _)) = given.iter().find(|(_, given)| *given && self.body != AdversarialBody::Style)
        {
            let reason = format!("the body {} has no styles", self.body.name());
            let name = format!("model.generator.{name}");
            return Err(ModelError::conflict(
                &name,
                "given",
                &reason,
                "leave it out, or choose the body style",
            ));
        }
        let ok = (1..=16).contains(&self.mapping.unwrap_or(1));
        let layers = self.mapping.unwrap_or(1);
        settings::check(ok, "model.generator.mapping", layers, "a whole number from 1 to 16")?;
        let mixing = self.mixing.unwrap_or(0.0);
        settings::check((0.0..=1.0).contains(&mixing), "model.generator.mixing", mixing, "from 0 to 1")
    }

    /// Whether it compares the samples of a batch, by norms over vectors.
    pub fn needs_two_samples(&self) -> bool {
        matches!(self.body, AdversarialBody::Mlp | AdversarialBody::Points)
    }

    /// A generator of samples of this form, of so many classes, 0 without conditioning.
    pub fn build(
        &self,
        form: SampleForm,
        latent: usize,
        classes: usize,
        key: Key,
        options: &TensorOptions,
    ) -> ConditionalGenerator {
        let by_norms = self.condition == Some(GeneratorCondition::BatchNorm);
        let told = classes > 0 && !by_norms;
        let latent = latent + if told { ConditionalGenerator::class_width(classes) } else { 0 };
        let width = self.width.unwrap_or_default();
        let parts = GeneratorParts {
            norm_classes: if by_norms { classes } else { 0 },
            spectral: self.spectral,
            attention: self.attention,
        };
        let body: Box<dyn Module> = match (self.body, form) {
            (AdversarialBody::Points, SampleForm::Points(coordinates)) => {
                Box::new(points::generator(latent, coordinates, width, parts, key, options))
            }
            (AdversarialBody::Mlp, SampleForm::Images(shape)) => {
                Box::new(mlp::generator(latent, shape, parts, key, options))
            }
            (AdversarialBody::Dcgan, SampleForm::Images([channels, size, _])) => {
                Box::new(dcgan::generator_of(size, channels, latent, width, parts, key, options))
            }
            (AdversarialBody::Resnet, SampleForm::Images([channels, size, _])) => {
                Box::new(resnet::generator(size, channels, latent, width, parts, key, options))
            }
            (AdversarialBody::R3gan, SampleForm::Images([channels, size, _])) => {
                Box::new(r3gan::generator(size, channels, latent, width, key, options))
            }
            (AdversarialBody::Growing, SampleForm::Images([channels, size, _])) => {
                Box::new(growing::generator(size, channels, latent, width, key, options))
            }
            (AdversarialBody::Style, SampleForm::Images([channels, size, _])) => {
                let (mapping, mixing) = (self.mapping.unwrap_or(MAPPING), self.mixing.unwrap_or(0.0));
                let shape = StyleShape { size, channels, latent, width, mapping, mixing };
                Box::new(style::generator(shape, key, options))
            }
            (body, form) => unreachable!("{body:?} for {form:?} was refused"),
        };
        match classes {
            0 => ConditionalGenerator::plain(body),
            classes if by_norms => ConditionalGenerator::of_norms(body, classes),
            classes => ConditionalGenerator::of_classes(body, classes, key.purpose("class"), options),
        }
    }
}

impl DiscriminatorTable {
    /// Fails if a setting makes no sense for this body.
    pub fn check(&self) -> Result<(), ModelError> {
        self.body.check("model.discriminator", self.width, self.attention, self.spectral)?;
        if self.norm.is_some() && self.body != AdversarialBody::Dcgan {
            let reason = format!("the discriminator {} has no norms", self.body.name());
            let name = "model.discriminator.norm";
            return Err(ModelError::conflict(name, "given", &reason, "leave it out"));
        }
        if let Some(weight) = self.class_weight {
            if self.condition != Some(DiscriminatorCondition::Auxiliary) {
                let reason = "it is the weight of an auxiliary head";
                let instead = "set model.discriminator.condition = \"auxiliary\", or leave it out";
                let name = "model.discriminator.class_weight";
                return Err(ModelError::conflict(name, "given", reason, instead));
            }
            settings::positive("model.discriminator.class_weight", weight)?;
        }
        Ok(())
    }

    /// A discriminator of packs of `pack` samples of this form. A head beside that for reality has so many outputs; 0
    /// for none.
    pub fn build(
        &self,
        form: SampleForm,
        pack: usize,
        classes: usize,
        auxiliary: usize,
        key: Key,
        options: &TensorOptions,
    ) -> ConditionalDiscriminator {
        let width = self.width.unwrap_or_default();
        let parts = DiscriminatorParts {
            norm: self.norm.unwrap_or_default(),
            spectral: self.spectral,
            attention: self.attention,
            minibatch_std: self.minibatch_std,
        };
        let body: Box<dyn Discriminator> = match (self.body, form) {
            (AdversarialBody::Points, SampleForm::Points(coordinates)) => {
                Box::new(points::discriminator(coordinates * pack, width, parts, key, options))
            }
            (AdversarialBody::Mlp, SampleForm::Images([c, h, w])) => {
                Box::new(mlp::discriminator([c * pack, h, w], parts, key, options))
            }
            (AdversarialBody::Dcgan, SampleForm::Images([channels, size, _])) => {
                Box::new(dcgan::discriminator(size, channels * pack, width, parts, key, options))
            }
            (AdversarialBody::Resnet, SampleForm::Images([channels, size, _])) => {
                Box::new(resnet::discriminator(size, channels * pack, width, parts, key, options))
            }
            (AdversarialBody::R3gan, SampleForm::Images([channels, size, _])) => {
                Box::new(r3gan::discriminator(size, channels * pack, width, parts, key, options))
            }
            (AdversarialBody::Growing, SampleForm::Images([channels, size, _])) => {
                Box::new(growing::discriminator(size, channels * pack, width, parts, key, options))
            }
            (AdversarialBody::Style, SampleForm::Images([channels, size, _])) => {
                Box::new(style::discriminator(size, channels * pack, width, parts, key, options))
            }
            (body, form) => unreachable!("{body:?} for {form:?} was refused"),
        };
        let key = key.purpose("class");
        let network = match (auxiliary, self.condition) {
            (1.., _) => ConditionalDiscriminator::auxiliary(body, auxiliary, key, options),
            (0, Some(DiscriminatorCondition::Projection)) => {
                ConditionalDiscriminator::projection(body, classes, key, options)
            }
            _ => ConditionalDiscriminator::plain(body),
        };
        if self.spectral { network.spectral() } else { network }
    }
}

/// The form of the data's samples that both bodies are for.
///
/// # Errors
/// When they are for different forms or the data has another, or a body can't have its size.
pub fn form(g: &GeneratorTable, d: &DiscriminatorTable, data: &DataInfo) -> Result<SampleForm, ModelError> {
    let form = if g.body == AdversarialBody::Points {
        match data.coordinates {
            0 => return Err(ModelError::Data { needs: "points", instead: "builtin:ring or points:FILE" }),
            coordinates => SampleForm::Points(coordinates),
        }
    } else {
        SampleForm::Images(image(data)?)
    };
    g.body.check_form("model.generator", form, g.attention)?;
    d.body.check_form("model.discriminator", form, d.attention)?;
    Ok(form)
}

/// Fails unless both bodies are for samples of one form, and grow together.
pub fn check_together(g: &GeneratorTable, d: &DiscriminatorTable) -> Result<(), ModelError> {
    for (alone, what) in [
        (AdversarialBody::Points, "is for images"),
        (AdversarialBody::Growing, "takes images of one size alone"),
    ] {
        let [is_g, is_d] = [g.body, d.body].map(|body| body == alone);
        if is_g != is_d {
            let [one, other] =
                if is_g { ["generator", "discriminator"] } else { ["discriminator", "generator"] };
            let reason = format!("the {other} {what}");
            let instead = "give both this body, or none";
            return Err(ModelError::conflict(&format!("model.{one}.body"), alone.name(), &reason, instead));
        }
    }
    Ok(())
}
