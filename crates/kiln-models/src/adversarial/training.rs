//! The training step of the family.

use super::augment::Augment;
use super::plane;
use super::rules::{Auxiliary, PenaltyKind, Rules};
use crate::blocks::{ConditionalDiscriminator, ConditionalGenerator, Judgement};
use crate::nets::{growing, style};
use kiln_grad::{Error, Tensor, grad, no_grad, scope};
use kiln_nn::loss::{Reduction, cross_entropy, gradient_penalty, mse, r1_penalty};
use kiln_nn::optim::{Optimizer, OptimizerSettings, clip_weights};
use kiln_nn::{
    Batch, Critic, Ctx, Exhibit, Generator, Images, Loss, Metrics, MicroBatch, PixelRange, PointGenerator,
    StateVisitor, Stateful, StepCtx, StepError, TensorOptions, Training, named_parameters, start_average,
    update_average,
};
use kiln_tensor::random::Key;

/// Number of samples an exhibit shows, and how many a row.
const SAMPLES: usize = 64;
const COLUMNS: usize = 8;
/// Number of points an exhibit shows.
const POINTS: usize = 512;
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

/// A generator and a discriminator that train against each other, each with its optimiser.
///
/// Samples are made by a running average of the generator (Yazıcı et al., 2018), which swings less from step to step
/// than the generator itself.
pub struct AdversarialTraining {
    networks: Networks,
    generator_optimizer: Box<dyn Optimizer>,
    discriminator_optimizer: Box<dyn Optimizer>,
    rules: Rules,
    augment: Option<Augment>,
    /// Number of coordinates of the points that are made; 0 where images are.
    coordinates: usize,
    /// Level that growing images have come to; infinite where they don't grow.
    level: f64,
    /// Side of grown images.
    size: usize,
    /// Whether the generator has styles, and what their distance from the mean one is multiplied by.
    has_styles: bool,
    truncation: f64,
    options: TensorOptions,
}

/// Samples `[n, c, ..]` as packs of so many, `[n/pack, pack·c, ..]`.
fn packed(samples: &Tensor, pack: usize) -> Tensor {
    let dims = samples.dims();
    let merged = dims.with(0, dims[0] / pack).with(1, dims[1] * pack);
    if pack == 1 { samples.clone() } else { samples.reshape(merged) }
}

/// Packs as the samples that they are made of.
fn unpacked(packs: &Tensor, pack: usize) -> Tensor {
    let dims = packs.dims();
    let apart = dims.with(0, dims[0] * pack).with(1, dims[1] / pack);
    if pack == 1 { packs.clone() } else { packs.reshape(apart) }
}

/// Share of the logits that are above a threshold.
fn share_above(logits: &Tensor, threshold: f64) -> Tensor {
    no_grad(|| logits.detach().gt(threshold).to_dtype(logits.dtype()).mean(..))
}

/// A loss to which what the auxiliary head has still to learn is added, if there is one.
fn beside(value: Tensor, found: Option<Tensor>) -> Loss {
    match found {
        None => value.into(),
        Some(found) => Loss::from(value + &found).with("auxiliary", &found),
    }
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
            augment: rules.augment.clone().map(|augment| Augment::new(augment, &options)),
            level: if rules.growth.is_some() { 0.0 } else { f64::INFINITY },
            rules,
            coordinates: 0,
            size: 0,
            has_styles: false,
            truncation: 1.0,
            options,
        }
    }

    /// The same with networks for images of this side, which growing ones come to.
    #[must_use]
    pub fn of_size(self, size: usize) -> Self {
        AdversarialTraining { size, ..self }
    }

    /// The same with a generator of styles, which can be truncated.
    #[must_use]
    pub fn of_styles(self, has_styles: bool) -> Self {
        AdversarialTraining { has_styles, ..self }
    }

    /// For a pass of the networks as they are now.
    fn pass(&self, cx: Ctx) -> Ctx {
        cx.grown_to(self.level).truncated(self.truncation)
    }

    /// The same with networks for points of so many coordinates.
    #[must_use]
    pub fn of_points(self, coordinates: usize) -> Self {
        AdversarialTraining { coordinates, ..self }
    }

    fn noise(&self, count: usize, key: Key) -> Tensor {
        Tensor::normal(key, [count, self.rules.latent], self.options.dtype, &self.options.device)
    }

    /// One step with given real samples (images in `[-1, 1]`, or points), their classes if a network looks at them, and
    /// noise `[n, latent]`: the discriminator on real and made samples, then, if it is its turn, the generator on what
    /// the discriminator says of the same made samples. (Of a batch computed in micro-batches they are made again for the
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
        let mut shrunk = None;
        if let Some(growth) = self.rules.growth {
            self.level = growth.level(cx.step).min(growing::top(self.size) as f64);
            shrunk = Some(growing::shrunk(real, self.level));
        }
        let real = shrunk.as_ref().unwrap_or(real);
        let mut net = self.pass(Ctx::train(cx.key));
        let Networks { generator, discriminator, .. } = &self.networks;
        let (rules, augment) = (&self.rules, self.augment.as_ref());
        let (loss, pack) = (rules.loss, rules.pack);
        // The critic goes first: the generator learns from one that has caught up with it.
        let generator_learns = (cx.step + 1).is_multiple_of(rules.critic_steps);
        let told = classes.filter(|_| discriminator.is_told_classes());
        let make = |m: MicroBatch, net: &mut Ctx| {
            let _scope = scope("G");
            generator.forward(&m.of(noise), classes.map(|all| m.of(all)).as_ref(), net)
        };
        // Samples that only the discriminator learns from need no graph, and leave no trace in the generator.
        let make_unseen = |m: MicroBatch, net: &mut Ctx| no_grad(|| net.frozen(|net| make(m, net)));
        // Everything that the discriminator sees is packed and, by draws of this purpose, augmented.
        let judge = |packs: &Tensor, purpose: &str, m: MicroBatch, net: &mut Ctx| -> Judgement {
            let _scope = scope("D");
            let told = told.map(|all| m.of(all));
            match augment {
                None => discriminator.judge(packs, told.as_ref(), net),
                Some(augment) => {
                    let key = m.key(cx.key.purpose("augment").purpose(purpose));
                    let seen = packed(&augment.apply(&unpacked(packs, pack), key), pack);
                    discriminator.judge(&seen, told.as_ref(), net)
                }
            }
        };
        let real_of = |m: MicroBatch| packed(&m.of(real), pack);
        // What the auxiliary head has still to learn, by what it says of real samples or of made ones.
        let found = |judged: &Judgement, is_made: bool, m: MicroBatch| {
            let (said, task) = (judged.auxiliary.as_ref()?, rules.auxiliary?);
            let classes = m.of(classes.expect("an auxiliary head comes with classes"));
            match task {
                Auxiliary::Classes { weight } => Some(cross_entropy(said, &classes) * weight),
                Auxiliary::Code { .. } if !is_made => None,
                Auxiliary::Code { categories, continuous, weight } => {
                    let category = cross_entropy(&said.narrow(1, 0, categories), &classes);
                    let wanted = m.of(noise).narrow(1, rules.latent - continuous, continuous);
                    let means = said.narrow(1, categories, continuous);
                    // The negative logarithm of a normal density of variance 1, without its constant.
                    let numbers = mse(&means, &wanted, Reduction::BatchMean) * 0.5;
                    Some((if continuous > 0 { category + numbers } else { category }) * weight)
                }
            }
        };

        let mut made = None;
        let mut signs: Option<Tensor> = None;
        let mut note_signs = |logits: &Tensor| {
            if let (Some(_), Some(threshold)) = (augment.filter(|a| a.is_adaptive()), loss.threshold()) {
                let mean = no_grad(|| (logits.detach() - threshold).sign().mean(..).reshape([1]));
                let mean = mean / cx.options.micro_batches as f64;
                signs = Some(signs.take().map_or(mean.clone(), |sum| sum + &mean));
            }
        };
        let mut phases = cx.phases();
        // Of a growing network there may be layers that nothing has come to.
        let grows = rules.growth.is_some();
        let mut phase = phases.phase("d", &mut *self.discriminator_optimizer).partial(grows);
        let fake_of = |m: MicroBatch, made: &mut Option<Tensor>, net: &mut Ctx| {
            let fake = if generator_learns { make(m, net) } else { make_unseen(m, net) };
            // The discriminator must not teach the generator in its own step: it sees the samples alone.
            let detached = packed(&fake.detach(), pack);
            *made = m.is_whole().then_some(fake);
            detached
        };
        if loss.is_paired() {
            phase = phase.term("pairs", |m| {
                let fake = fake_of(m, &mut made, &mut net);
                let [real, fake] = [(real_of(m), "real"), (fake, "fake")]
                    .map(|(samples, purpose)| judge(&samples, purpose, m, &mut net));
                let value = loss.discriminator(&real.logits, &fake.logits);
                let all = [found(&real, false, m), found(&fake, true, m)];
                let all = all.into_iter().flatten().reduce(|a, b| a + b);
                let ranked = share_above(&(real.logits.detach() - fake.logits.detach()), 0.0);
                beside(value, all).with("pairs_right", &ranked)
            });
        } else {
            phase = phase
                .term("real", |m| {
                    let judged = judge(&real_of(m), "real", m, &mut net);
                    note_signs(&judged.logits);
                    let value = match rules.label_smoothing {
                        0.0 => loss.discriminator_real(&judged.logits),
                        smoothing => loss.discriminator_real_smoothed(&judged.logits, smoothing),
                    };
                    let loss_of_real = beside(value, found(&judged, false, m));
                    match loss.threshold() {
                        None => loss_of_real,
                        Some(zero) => loss_of_real.with("real_right", &share_above(&judged.logits, zero)),
                    }
                })
                .term("fake", |m| {
                    let fake = fake_of(m, &mut made, &mut net);
                    let judged = judge(&fake, "fake", m, &mut net);
                    let value = loss.discriminator_fake(&judged.logits);
                    let loss_of_fake = beside(value, found(&judged, true, m));
                    match loss.threshold() {
                        None => loss_of_fake,
                        Some(zero) => loss_of_fake.with("fake_right", &share_above(&-&judged.logits, -zero)),
                    }
                });
        }
        if let Some(penalty) = rules.penalty {
            let fakes = made.as_ref().map(Tensor::detach);
            let fake_of = |m: MicroBatch, net: &mut Ctx| {
                packed(&fakes.clone().unwrap_or_else(|| make_unseen(m, net)), pack)
            };
            phase = phase.term_every(penalty.every, "penalty", |m| {
                let slopes = |samples: &Tensor, purpose: &str, net: &mut Ctx| {
                    r1_penalty(|x: &Tensor| judge(x, purpose, m, net).logits, samples)
                };
                let value = match penalty.kind {
                    PenaltyKind::Gradient => {
                        let fake = fake_of(m, &mut net);
                        let critic = |x: &Tensor| judge(x, "between", m, &mut net).logits;
                        gradient_penalty(critic, &real_of(m), &fake, m.key(cx.key.purpose("penalty")))
                    }
                    PenaltyKind::R1 => slopes(&real_of(m), "slope real", &mut net),
                    PenaltyKind::R2 => slopes(&fake_of(m, &mut net), "slope fake", &mut net),
                    PenaltyKind::R1R2 => {
                        let fake = fake_of(m, &mut net);
                        slopes(&real_of(m), "slope real", &mut net) + slopes(&fake, "slope fake", &mut net)
                    }
                };
                value * penalty.factor(cx)
            });
        }
        phase.finish()?;
        if let Some(bound) = rules.clip_weights {
            clip_weights(self.discriminator_optimizer.params(), bound);
        }
        if generator_learns {
            phases
                .phase("g", &mut *self.generator_optimizer)
                .partial(grows)
                .term("", |m| {
                    let fake = packed(&made.take().unwrap_or_else(|| make(m, &mut net)), pack);
                    net.frozen(|net| {
                        let judged = judge(&fake, "made", m, net);
                        let value = if loss.is_paired() {
                            let real = no_grad(|| judge(&real_of(m), "beside", m, net));
                            loss.generator_beside(&judged.logits, &real.logits)
                        } else {
                            loss.generator(&judged.logits)
                        };
                        beside(value, found(&judged, true, m))
                    })
                })
                .finish()?;
        }
        let mut metrics = phases.metrics();
        if generator_learns {
            let Networks { generator, average, .. } = &mut self.networks;
            update_average(average, generator, self.rules.average_decay);
        }
        if let (Some(augment), Some(signs)) = (&mut self.augment, signs) {
            metrics = metrics.with("augment_probability", &self.options.full(augment.probability(), []));
            if let Some(over) = augment.over_target(&signs) {
                metrics = metrics.with("augment_over_target", &over);
            }
            augment.adapt(signs.array(), real.dims()[0], cx.step)?;
        }
        Ok(metrics)
    }

    /// Classes that this step's samples are made of, where networks look at some: those of the data, or random
    /// categories of a code.
    fn classes_of(&self, batch: &Batch, key: Key) -> Option<Tensor> {
        match self.rules.auxiliary {
            Some(Auxiliary::Code { categories, .. }) => {
                let number = |i: usize| (key.uniform(i as u64) * categories as f32) as u32;
                let numbers: Vec<u32> = (0..batch.len()).map(number).collect();
                Some(Tensor::from_slice(&numbers, [batch.len()], &self.options.device))
            }
            _ => (self.networks.generator.classes() > 0).then(|| batch.labels().clone()),
        }
    }
}

impl Stateful for AdversarialTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("generator", &mut self.networks.generator);
        v.part("generator_average", &mut self.networks.average);
        v.part("discriminator", &mut self.networks.discriminator);
        v.part("generator_optimizer", &mut *self.generator_optimizer);
        v.part("discriminator_optimizer", &mut *self.discriminator_optimizer);
        if let Some(augment) = &mut self.augment {
            v.part("augment", augment);
        }
        if self.rules.growth.is_some() {
            v.number("level", &mut self.level);
        }
    }
}

impl Training for AdversarialTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let noise = self.noise(batch.len(), cx.key.purpose("noise"));
        let classes = self.classes_of(batch, cx.key.purpose("code"));
        let real = if self.coordinates > 0 { batch.points().clone() } else { batch.images().signed() };
        self.step_with(&real, classes.as_ref(), &noise, cx)
    }

    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        let of = if self.rules.average_decay > 0.0 { "the averaged generator" } else { "the generator" };
        self.calibrate();
        if self.coordinates > 0 {
            return self.plane(examples.points(), key, of);
        }
        // Images of one class below each other.
        let columns = match Generator::classes(self) {
            known @ 2..=12 => known,
            _ => COLUMNS,
        };
        let count = SAMPLES / columns * columns;
        Ok(Exhibit::grid(&Generator::draw(self, count, key, None)?, columns, format!("samples of {of}")))
    }

    /// Made ready for use: the averaged generator's batch statistics are taken anew, of samples of its own.
    fn generator(&mut self) -> Option<&mut dyn Generator> {
        (self.coordinates == 0).then(|| {
            self.calibrate();
            self as &mut dyn Generator
        })
    }

    fn point_generator(&mut self) -> Option<&mut dyn PointGenerator> {
        (self.coordinates > 0).then(|| {
            self.calibrate();
            self as &mut dyn PointGenerator
        })
    }

    /// One that looks at single images.
    fn critic(&mut self) -> Option<&mut dyn Critic> {
        (self.coordinates == 0 && self.rules.pack == 1).then_some(self as &mut dyn Critic)
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
        let mut cx = self.pass(Ctx::calibrate());
        let _ = no_grad(|| self.networks.average.forward(&noise, classes, &mut cx));
    }

    /// Points of the averaged generator on those of the data, in the discriminator's field, each with a line the
    /// way that the generator's loss sends it. A discriminator of packs or classes has no field of single points.
    fn plane(&mut self, real: &Tensor, key: Key, of: &str) -> Result<Exhibit, Error> {
        let points = PointGenerator::draw(self, POINTS, key)?;
        let discriminator = &self.networks.discriminator;
        let has_field = self.rules.pack == 1 && self.coordinates == 2 && !discriminator.is_told_classes();
        let logits = |x: &Tensor| discriminator.forward(x, None, &mut Ctx::eval());
        let picture = plane::Plane::around(&real.to_f64_vec()?, self.coordinates);
        let (mut field, mut ways) = (None, None);
        if has_field {
            let places = Tensor::from_f64(
                &picture.places(),
                [picture.places().len() / 2, 2],
                self.options.dtype,
                &self.options.device,
            );
            field = Some(no_grad(|| logits(&places)).to_f64_vec()?);
            let at = points.tracked();
            // Losses of a pair go the way of the logit too.
            let loss = -logits(&at).sum(..);
            ways = Some((-&grad(loss, &[&at])[0]).to_f64_vec()?);
        }
        let pixels =
            picture.paint(field.as_deref(), &real.to_f64_vec()?, &points.to_f64_vec()?, ways.as_deref());
        let images = Tensor::from_f64(
            &pixels,
            [1, 3, plane::SIDE, plane::SIDE],
            self.options.dtype,
            &self.options.device,
        );
        let light =
            if has_field { "; light where the discriminator sees data, lines up its slope" } else { "" };
        let caption = format!("points of {of} (red) on those of the data (blue){light}");
        Ok(Exhibit { rows: vec![Images::new(images, PixelRange::Unit)], lines: Vec::new(), caption })
    }
}

impl PointGenerator for AdversarialTraining {
    fn latent(&self) -> usize {
        self.rules.latent
    }

    fn coordinates(&self) -> usize {
        self.coordinates
    }

    fn classes(&self) -> usize {
        self.networks.average.classes()
    }

    fn options(&self) -> &TensorOptions {
        &self.options
    }

    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Tensor, Error> {
        let points = no_grad(|| self.networks.average.forward(z, classes, &mut Ctx::eval()));
        self.options.device.status()?;
        Ok(points)
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.networks.average
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

    /// Images that have not grown up yet are enlarged.
    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
        let mut cx = self.pass(Ctx::eval());
        let images = no_grad(|| self.networks.average.forward(z, classes, &mut cx));
        let small = self.rules.growth.is_some() && images.dims()[2] < self.size;
        let images = if small { images.resize_nearest([self.size; 2]) } else { images };
        self.options.device.status()?;
        Ok(Images::new(images, PixelRange::Signed))
    }

    fn style_layers(&self) -> usize {
        if self.has_styles { style::style_layers(self.size) } else { 0 }
    }

    fn mix(&mut self, z: &Tensor, other: &Tensor, from: usize) -> Result<Images, Error> {
        assert!(
            (1..self.style_layers()).contains(&from),
            "mix: from layer {from}; the layers with styles are {}",
            self.style_layers()
        );
        let mut cx = self.pass(Ctx::eval()).mixed_with(other, from);
        let images = no_grad(|| self.networks.average.forward(z, None, &mut cx));
        self.options.device.status()?;
        Ok(Images::new(images, PixelRange::Signed))
    }

    fn truncate(&mut self, psi: f64) -> bool {
        if self.has_styles {
            self.truncation = psi;
        }
        self.has_styles
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.networks.average
    }
}

impl Critic for AdversarialTraining {
    fn classes(&self) -> usize {
        if self.networks.discriminator.is_told_classes() { self.networks.average.classes() } else { 0 }
    }

    fn range(&self) -> PixelRange {
        PixelRange::Signed
    }

    fn judge(&mut self, images: &Images, classes: Option<&Tensor>) -> Result<Tensor, Error> {
        let mut cx = self.pass(Ctx::eval());
        let images = images.signed();
        let images = if self.rules.growth.is_some() { growing::shrunk(&images, self.level) } else { images };
        let logits = no_grad(|| self.networks.discriminator.forward(&images, classes, &mut cx));
        self.options.device.status()?;
        Ok(logits)
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.networks.discriminator
    }
}
