//! What a network is.

use crate::layers::Activation;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::{Tensor, scope};
use kiln_tensor::cpu::BatchInvariance;
use kiln_tensor::random::Key;

/// A function of one tensor with state: a layer or a network of layers.
///
/// Names and layouts of its state are PyTorch's, so that a safetensors file goes both ways.
pub trait Module: Stateful + Send {
    /// The result for `x`.
    ///
    /// # Panics
    /// When the dims don't fit.
    #[track_caller]
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor;

    /// The result for `x` with an activation applied to it, if the layer computes both in fewer passes over
    /// memory than one after the other takes; else `None`, and nothing has been done.
    ///
    /// # Panics
    /// Where [`forward`](Module::forward) does.
    #[track_caller]
    fn forward_then(&self, x: &Tensor, activation: Activation, cx: &mut Ctx) -> Option<Tensor> {
        let _ = (x, activation, cx);
        None
    }

    /// The result for `x` with an activation applied to it, in as few passes as the layer can.
    ///
    /// # Panics
    /// Where [`forward`](Module::forward) does.
    #[track_caller]
    fn activated(&self, x: &Tensor, activation: Activation, cx: &mut Ctx) -> Tensor {
        match self.forward_then(x, activation, cx) {
            Some(y) => y,
            None => activation.apply(&self.forward(x, cx)),
        }
    }

    /// The activation that this layer is, if it is one.
    fn activation(&self) -> Option<Activation> {
        None
    }
}

/// A part that is absent has no state.
impl<S: Stateful> Stateful for Option<S> {
    fn visit(&mut self, v: &mut StateVisitor) {
        if let Some(part) = self {
            part.visit(v);
        }
    }
}

/// A layer that is absent is the identity.
impl<M: Module> Module for Option<M> {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.as_ref().map_or_else(|| x.clone(), |layer| layer.forward(x, cx))
    }
}

/// How a network is run: for training or not, and with which random numbers.
#[derive(Clone, Debug)]
pub struct Ctx {
    mode: Mode,
    key: Key,
    draws: u32,
    /// Whether batch statistics are recorded in training.
    records: bool,
    /// Class of each sample.
    classes: Option<Tensor>,
    /// Level that growing networks have come to.
    growth: f64,
    /// Share of the distance from the mean style.
    truncation: f64,
    /// Points whose styles the layers from a number on take.
    mixed: Option<(Tensor, usize)>,
    /// Held where a network is used: what comes out for a sample doesn't depend on those beside it.
    _invariance: Option<BatchInvariance>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Train,
    Eval,
    Calibrate,
}

impl Ctx {
    /// For a training step: batch statistics are used and recorded, dropout drops. Random numbers are
    /// functions of `key` and of the order in which layers draw.
    pub fn train(key: Key) -> Self {
        Ctx {
            mode: Mode::Train,
            key,
            draws: 0,
            records: true,
            classes: None,
            growth: f64::INFINITY,
            truncation: 1.0,
            mixed: None,
            _invariance: None,
        }
    }

    /// For using a trained network: running statistics are used, nothing is dropped, no state changes. While it lives, what the CPU makes
    /// of a sample doesn't depend on the samples beside it, to the bit ([`BatchInvariance`]).
    pub fn eval() -> Self {
        Ctx {
            mode: Mode::Eval,
            key: Key::new(0),
            draws: 0,
            records: true,
            classes: None,
            growth: f64::INFINITY,
            truncation: 1.0,
            mixed: None,
            _invariance: Some(BatchInvariance::hold()),
        }
    }

    /// For making running statistics anew: those of this one batch are used and become the running ones,
    /// whatever these were; nothing is dropped. Averaged weights need it: their activations are not those
    /// that any step's statistics were taken of (Izmailov et al., 2018).
    pub fn calibrate() -> Self {
        Ctx { mode: Mode::Calibrate, ..Ctx::eval() }
    }

    /// Runs something in which training changes no state: batch statistics are used and not recorded. A step of one
    /// network runs others so, which only pass gradients on.
    pub fn frozen<T>(&mut self, run: impl FnOnce(&mut Ctx) -> T) -> T {
        let before = std::mem::replace(&mut self.records, false);
        let result = run(self);
        self.records = before;
        result
    }

    /// For networks that grow (Karras et al., 2018), at this level: 1.25 is level 1 with a quarter of level 2 faded in. Without
    /// it they are grown up.
    #[must_use]
    pub fn grown_to(self, level: f64) -> Self {
        Ctx { growth: level, ..self }
    }

    /// Level that growing networks have come to; infinite where they are grown up.
    pub fn growth(&self) -> f64 {
        self.growth
    }

    /// For networks with styles (Karras et al., 2019), whose distance from the mean style is this many times what it would be:
    /// less variety, and fewer failures, below 1. It acts in use alone, not in training.
    #[must_use]
    pub fn truncated(self, psi: f64) -> Self {
        Ctx { truncation: psi, ..self }
    }

    /// What the distance of a style from the mean one is multiplied by.
    pub fn truncation(&self) -> f64 {
        self.truncation
    }

    /// For networks with styles, whose layers from number `from` on take the styles of the points `z`. It acts in use alone, not in training.
    #[must_use]
    pub fn mixed_with(self, z: &Tensor, from: usize) -> Self {
        Ctx { mixed: Some((z.clone(), from)), ..self }
    }

    /// The points whose styles the layers from a number on take, and that number.
    pub fn mixed(&self) -> Option<(Tensor, usize)> {
        self.mixed.clone()
    }

    /// Runs something on samples of these classes, `U32 [n]`, which [conditional layers](crate::layers::ConditionalBatchNorm)
    /// look up.
    pub fn of_classes<T>(&mut self, classes: Option<&Tensor>, run: impl FnOnce(&mut Ctx) -> T) -> T {
        let before = std::mem::replace(&mut self.classes, classes.cloned());
        let result = run(self);
        self.classes = before;
        result
    }

    /// Class of each sample, `U32 [n]`, where the pass is [of classes](Ctx::of_classes).
    pub fn classes(&self) -> Option<&Tensor> {
        self.classes.as_ref()
    }

    /// Whether batch statistics are recorded.
    pub fn records_statistics(&self) -> bool {
        self.records
    }

    /// Whether this is a training step.
    pub fn is_training(&self) -> bool {
        self.mode == Mode::Train
    }

    /// Whether running statistics are being made anew.
    pub fn is_calibrating(&self) -> bool {
        self.mode == Mode::Calibrate
    }

    /// A key that nobody else gets.
    pub fn next_key(&mut self) -> Key {
        self.draws += 1;
        self.key.purpose(&self.draws.to_string())
    }

    /// Runs a part of a network under its name, so that what it records says where it belongs, such as
    /// `main.3`. Networks made of parts call them through this.
    ///
    /// # Panics
    /// Where the part does.
    #[track_caller]
    pub fn part(&mut self, name: &str, part: &(impl Module + ?Sized), x: &Tensor) -> Tensor {
        let _scope = scope(name);
        part.forward(x, self)
    }

    /// Runs a part and the activation that follows it, if the part [can do both](Module::forward_then).
    ///
    /// # Panics
    /// Where the part does.
    #[track_caller]
    pub fn part_then(
        &mut self,
        name: &str,
        part: &(impl Module + ?Sized),
        activation: Activation,
        x: &Tensor,
    ) -> Option<Tensor> {
        let _scope = scope(name);
        part.forward_then(x, activation, self)
    }
}
