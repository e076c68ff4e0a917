//! Generative adversarial networks (Goodfellow et al., 2014): a generator and a discriminator that train against each
//! other. Losses, bodies, norms, penalties and conditioning compose.

pub mod augment;
mod bodies;
mod plane;
mod rules;
mod settings;
mod training;

pub use augment::{AugmentProbability, AugmentRules, Augmentation};
pub use rules::{Auxiliary, Growth, Penalty, PenaltyKind, Rules};
pub use training::{AdversarialTraining, Networks};

use crate::family::{Family, OptionalSetting};
use crate::files;

/// The family.
pub const FAMILY: Family = Family {
    name: "adversarial",
    about: "a generator and a discriminator train against each other",
    recipes: files::ADVERSARIAL,
    optional: &[
        OptionalSetting::new(
            "model.average",
            "0.0",
            "decay of the generator's running average, which makes the samples",
        ),
        OptionalSetting::new("model.critic_steps", "1", "steps of the critic for each of the generator"),
        OptionalSetting::new(
            "model.clip_weights",
            "",
            "bound on the critic's weights, which bounds its slope",
        ),
        OptionalSetting::new("model.label_smoothing", "0.0", "distance of the targets of real images from 1"),
        OptionalSetting::new("model.pack", "1", "number of samples that the discriminator looks at together"),
        OptionalSetting::new(
            "model.generator.width",
            "",
            "channels next to the image (dcgan, growing), of all maps (resnet, r3gan, style), or units of a layer (points)",
        ),
        OptionalSetting::new(
            "model.generator.condition",
            "",
            "embedding: a learned vector of the class behind the noise; batch-norm: scales and shifts of each class",
        ),
        OptionalSetting::new(
            "model.generator.spectral",
            "false",
            "whether weights are divided by their largest singular value",
        ),
        OptionalSetting::new(
            "model.generator.attention",
            "",
            "bodies dcgan and resnet: side of the maps that are seen as a whole",
        ),
        OptionalSetting::new(
            "model.generator.mapping",
            "8",
            "body style: number of layers from the noise to a style",
        ),
        OptionalSetting::new(
            "model.generator.mixing",
            "0.0",
            "body style: probability that styles change at some layer, in training",
        ),
        OptionalSetting::new(
            "model.discriminator.width",
            "",
            "channels next to the image (dcgan, growing), of all maps (resnet, r3gan, style), or units of a layer (points)",
        ),
        OptionalSetting::new("model.discriminator.norm", "\"none\"", "body dcgan: none, batch or instance"),
        OptionalSetting::new(
            "model.discriminator.condition",
            "",
            "projection: a learned vector of the class in the logit; auxiliary: a second head finds the class",
        ),
        OptionalSetting::new(
            "model.discriminator.class_weight",
            "1.0",
            "condition auxiliary: factor of the second head's cross-entropy",
        ),
        OptionalSetting::new(
            "model.discriminator.spectral",
            "false",
            "whether weights are divided by their largest singular value",
        ),
        OptionalSetting::new(
            "model.discriminator.attention",
            "",
            "bodies dcgan and resnet: side of the maps that are seen as a whole",
        ),
        OptionalSetting::new(
            "model.discriminator.minibatch_std",
            "false",
            "whether a channel of the features says how much samples differ",
        ),
        OptionalSetting::new(
            "model.penalty.kind",
            "",
            "penalty on the critic's slope: gradient, r1, r2 or r1-r2",
        ),
        OptionalSetting::new("model.penalty.weight", "", "factor of the penalty in the critic's loss"),
        OptionalSetting::new("model.penalty.every", "1", "interval of the penalty, in steps of the critic"),
        OptionalSetting::new(
            "model.penalty.final_weight",
            "",
            "weight of the penalty at the end of its fall",
        ),
        OptionalSetting::new("model.penalty.final_step", "", "number of steps over which the weight falls"),
        OptionalSetting::new(
            "model.augment.kinds",
            "",
            "changes of what the discriminator sees: a list of color, translation and cutout",
        ),
        OptionalSetting::new("model.augment.probability", "1.0", "probability of each change"),
        OptionalSetting::new(
            "model.augment.target",
            "",
            "mean sign of the logits of real images that the probability is adapted to; 0.6 in the paper",
        ),
        OptionalSetting::new(
            "model.growth.stable_steps",
            "",
            "number of steps at a size before the next fades in",
        ),
        OptionalSetting::new("model.growth.fade_steps", "", "number of steps over which a size fades in"),
        OptionalSetting::new("model.code.categories", "", "categories that the discriminator is to find"),
        OptionalSetting::new("model.code.continuous", "", "how many numbers of the noise it is to find"),
        OptionalSetting::new("model.code.weight", "", "factor of the information that is to be kept"),
    ],
    smallest: &[
        ("batch_size", "4"),
        ("model.latent", "4"),
        ("model.generator.width", "2"),
        ("model.discriminator.width", "2"),
        ("model.penalty.every", "2"),
        ("model.penalty.final_step", "3"),
        ("model.growth.stable_steps", "0"),
        ("model.growth.fade_steps", "1"),
        ("model.generator.mapping", "1"),
    ],
    without_gradient: &[
        ("main.6.bias", "a difference of means doesn't depend on the critic's last bias"),
        ("discriminator.linear.bias", "nor does it in bodies that end with a layer of this name"),
        ("main.4.bias", "nor on the one before, while all activations are on one side of their kinks"),
    ],
    read: settings::read,
};
