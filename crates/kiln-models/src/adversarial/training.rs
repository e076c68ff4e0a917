//! The training step of the family.

use crate::blocks::{ConditionalDiscriminator, ConditionalGenerator};
use kiln_grad::{Error, Tensor, no_grad, scope};
use kiln_nn::loss::{GanLoss, gradient_penalty, r1_penalty};
use kiln_nn::optim::{Optimizer, OptimizerSettings, clip_weights};
use kiln_nn::{
    Batch, Critic, Ctx, Exhibit, Generator, Images, Metrics, MicroBatch, PixelRange, StateVisitor, Stateful,
    StepCtx, StepError, TensorOptions, Training, named_parameters, start_average, update_average,
};
use kiln_tensor::random::Key;

/// Number of samples an exhibit shows, and how many a row.
const SAMPLES: usize = 64;
const COLUMNS: usize = 8;
/// Number of samples the averaged generator's batch statistics are taken of.
const CALIBRATION: usize = 512;

/// The networks: noise `[n, latent]` to images in `[-1, 1]`, and images to one logit each.
pub struct Networks {
    /// The generator that trains.
    pub generator: ConditionalGenerator,
    /// A second generator of the same architecture, made to follow the first.
    pub average: ConditionalGenerator,
    /// The discriminator.
    pub discriminator: ConditionalDiscriminator,
}

/// A regulariser of the discriminator's slope, added to its loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// `weight` times [`gradient_penalty`] (Gulrajani et al., 2017), every `every`-th step, then `every` times.
    Gradient {
        /// Factor of the penalty: 10 in the paper.
        weight: f64,
        /// Interval in steps of the discriminator.
        every: u64,
    },
    /// `γ/2` times [`r1_penalty`] (Mescheder et al., 2018), every `every`-th step, then `every` times.
    R1 {
        /// The factor γ.
        gamma: f64,
        /// Interval in steps of the discriminator.
        every: u64,
    },
}

/// What is minimised, how often, and how it is regularised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Length of a latent point.
    pub latent: usize,
    /// What the two minimise.
    pub loss: GanLoss,
    /// Decay of the generator's running average, in `[0, 1)`.
    pub average_decay: f64,
    /// Number of the discriminator's steps for each of the generator.
    pub critic_steps: u64,
    /// Bound on the absolute values of the discriminator's weights, after each of its steps (Arjovsky et al., 2017).
    pub clip_weights: Option<f64>,
    /// Regulariser of the discriminator's slope.
    pub penalty: Option<Penalty>,
}

/// A generator and a discriminator that train against each other, each with its optimiser.
///
/// Samples are made by a running average of the generator (Yazıcı et al., 2018), which swings less from step to step
/// than the generator itself.
pub struct AdversarialTraining {
    networks: Networks,
    generator_optimizer: Box<dyn Optimizer>,
    discriminator_optimizer: Box<dyn Optimizer>,
    rules: Rules,
    options: TensorOptions,
}

impl AdversarialTraining {
    /// Networks with optimisers of these settings: the generator's, and the discriminator's.
    pub fn new(
        mut networks: Networks,
        [generator, discriminator]: &[OptimizerSettings; 2],
        rules: Rules,
        options: TensorOptions,
    ) -> Self {
        start_average(&mut networks.average, &mut networks.generator);
        AdversarialTraining {
            generator_optimizer: generator.build(named_parameters(&mut networks.generator)),
            discriminator_optimizer: discriminator.build(named_parameters(&mut networks.discriminator)),
            networks,
            rules,
            options,
        }
    }

    fn noise(&self, count: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, self.rules.latent], self.options.dtype, &self.options.device)
    }

    /// One step with given real images in `[-1, 1]`, their classes if the networks look at them, and noise
    /// `[n, latent]`: the discriminator on real and made images, then, if it is its turn, the generator on what the
    /// discriminator says of the same made images. (Of a batch computed in micro-batches they are made again for the
    /// generator, so that the graph of one is held at a time.)
    ///
    /// # Errors
    /// The failure of a device, or a loss or gradient that isn't finite.
    pub fn step_with(
        &mut self,
        real: &Tensor,
        classes: Option<&Tensor>,
        noise: &Tensor,
        cx: &StepCtx,
    ) -> Result<Metrics, StepError> {
        let Networks { generator, discriminator, .. } = &self.networks;
        let rules = self.rules;
        // The critic goes first: the generator learns from one that has caught up with it.
        let generator_learns = (cx.step + 1).is_multiple_of(rules.critic_steps);
        let mut net = Ctx::train(cx.key);
        let of = |m: MicroBatch| classes.map(|classes| m.of(classes));
        let make = |m: MicroBatch, net: &mut Ctx| {
            let _scope = scope("G");
            generator.forward(&m.of(noise), of(m).as_ref(), net)
        };
        let logits = |images: &Tensor, m: MicroBatch, net: &mut Ctx| {
            let _scope = scope("D");
            discriminator.forward(images, of(m).as_ref(), net)
        };

        let mut made = None;
        let mut phases = cx.phases();
        let mut phase = phases
            .phase("d", &mut *self.discriminator_optimizer)
            .term("real", |m| rules.loss.discriminator_real(&logits(&m.of(real), m, &mut net)))
            .term("fake", |m| {
                // Images that the generator won't learn from need no graph, and leave no trace in it.
                let fake = if generator_learns {
                    make(m, &mut net)
                } else {
                    no_grad(|| net.frozen(|net| make(m, net)))
                };
                // The discriminator must not teach the generator in its own step: it sees the images alone.
                let detached = fake.detach();
                let loss = rules.loss.discriminator_fake(&logits(&detached, m, &mut net));
                made = (m.is_whole()).then_some(fake);
                loss
            });
        if let Some(penalty) = rules.penalty {
            let fakes = made.as_ref().map(Tensor::detach);
            phase = match penalty {
                Penalty::Gradient { weight, every } => phase.term_every(every, "penalty", |m| {
                    let fake = fakes.clone().unwrap_or_else(|| no_grad(|| net.frozen(|net| make(m, net))));
                    let critic = |x: &Tensor| logits(x, m, &mut net);
                    gradient_penalty(critic, &m.of(real), &fake, m.key(cx.key.purpose("penalty"))) * weight
                }),
                Penalty::R1 { gamma, every } => phase.term_every(every, "penalty", |m| {
                    r1_penalty(|x: &Tensor| logits(x, m, &mut net), &m.of(real)) * (gamma / 2.0)
                }),
            };
        }
        phase.finish()?;
        if let Some(bound) = rules.clip_weights {
            clip_weights(self.discriminator_optimizer.params(), bound);
        }
        if generator_learns {
            phases
                .phase("g", &mut *self.generator_optimizer)
                .term("", |m| {
                    let fake = made.take().unwrap_or_else(|| make(m, &mut net));
                    rules.loss.generator(&net.frozen(|net| logits(&fake, m, net)))
                })
                .finish()?;
        }
        let metrics = phases.metrics();
        if generator_learns {
            let Networks { generator, average, .. } = &mut self.networks;
            update_average(average, generator, rules.average_decay);
        }
        Ok(metrics)
    }
}

impl Stateful for AdversarialTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("generator", &mut self.networks.generator);
        v.part("generator_average", &mut self.networks.average);
        v.part("discriminator", &mut self.networks.discriminator);
        v.part("generator_optimizer", &mut *self.generator_optimizer);
        v.part("discriminator_optimizer", &mut *self.discriminator_optimizer);
    }
}

impl Training for AdversarialTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let noise = self.noise(batch.len(), cx.key.purpose("noise"));
        let classes = (self.networks.generator.classes() > 0).then(|| batch.labels());
        self.step_with(&batch.images().signed(), classes, &noise, cx)
    }

    fn exhibit(&mut self, _: &Batch, key: Key) -> Result<Exhibit, Error> {
        let of = if self.rules.average_decay > 0.0 { "the averaged generator" } else { "the generator" };
        self.calibrate();
        Ok(Exhibit::grid(&self.draw(SAMPLES, key, None)?, COLUMNS, format!("samples of {of}")))
    }

    /// Made ready for use: the averaged generator's batch statistics are taken anew, of images of its own.
    fn generator(&mut self) -> Option<&mut dyn Generator> {
        self.calibrate();
        Some(self)
    }

    fn critic(&mut self) -> Option<&mut dyn Critic> {
        Some(self)
    }
}

impl AdversarialTraining {
    /// Takes the averaged generator's batch statistics anew. Those that were recorded are of other weights.
    fn calibrate(&mut self) {
        let noise = self.noise(CALIBRATION, Key::new(0).purpose("calibration"));
        let known = self.networks.average.classes() as u32;
        let classes: Vec<u32> = (0..CALIBRATION as u32).map(|i| i % known.max(1)).collect();
        let classes = Tensor::from_slice(&classes, [CALIBRATION], &self.options.device);
        let classes = Some(&classes).filter(|_| known > 0);
        let _ = no_grad(|| self.networks.average.forward(&noise, classes, &mut Ctx::calibrate()));
    }
}

impl Generator for AdversarialTraining {
    fn latent(&self) -> usize {
        self.rules.latent
    }

    fn classes(&self) -> usize {
        self.networks.average.classes()
    }

    fn options(&self) -> &TensorOptions {
        &self.options
    }

    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
        let images = no_grad(|| self.networks.average.forward(z, classes, &mut Ctx::eval()));
        self.options.device.status()?;
        Ok(Images::new(images, PixelRange::Signed))
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.networks.average
    }
}

impl Critic for AdversarialTraining {
    fn classes(&self) -> usize {
        self.networks.average.classes()
    }

    fn range(&self) -> PixelRange {
        PixelRange::Signed
    }

    fn judge(&mut self, images: &Images, classes: Option<&Tensor>) -> Result<Tensor, Error> {
        let logits =
            no_grad(|| self.networks.discriminator.forward(&images.signed(), classes, &mut Ctx::eval()));
        self.options.device.status()?;
        Ok(logits)
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.networks.discriminator
    }
}
