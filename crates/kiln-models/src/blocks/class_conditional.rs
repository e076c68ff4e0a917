//! Networks that are told the class of each sample.

use crate::nets::Discriminator;
use kiln_grad::Tensor;
use kiln_nn::layers::{Embedding, Linear};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;

/// A generator that may be conditioned on classes: the body gets the latent point and, behind it, a learned vector of the
/// class (Mirza and Osindero, 2014), or its norms have scales and shifts of each class.
///
/// State: that of the body, and `class.weight` where there are vectors.
pub struct ConditionalGenerator {
    body: Box<dyn Module>,
    class: Option<Embedding>,
    classes: usize,
}

impl ConditionalGenerator {
    /// A generator of latent points alone.
    pub fn plain(body: Box<dyn Module>) -> Self {
        ConditionalGenerator { body, class: None, classes: 0 }
    }

    /// A generator of latent points and classes. The body takes points longer by [`class_width`](Self::class_width).
    pub fn of_classes(body: Box<dyn Module>, classes: usize, key: Key, options: &TensorOptions) -> Self {
        let class = Embedding::new(classes, Self::class_width(classes), key, options);
        ConditionalGenerator { body, class: Some(class), classes }
    }

    /// A generator whose body has [conditional norms](kiln_nn::layers::ConditionalBatchNorm) of so many classes.
    pub fn of_norms(body: Box<dyn Module>, classes: usize) -> Self {
        ConditionalGenerator { body, class: None, classes }
    }

    /// Length of the vector of a class, among so many classes: as many numbers as classes, and 64 at most.
    pub fn class_width(classes: usize) -> usize {
        classes.min(64)
    }

    /// Number of classes; 0 without.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Images, as the body makes them, of latent points `[n, latent]` and classes `U32 [n]`.
    ///
    /// # Panics
    /// When classes are missing, or given to a generator without.
    #[track_caller]
    pub fn forward(&self, z: &Tensor, classes: Option<&Tensor>, cx: &mut Ctx) -> Tensor {
        match (self.classes, classes) {
            (1.., None) => panic!("generator: it makes images of classes, but none were given"),
            (0, Some(_)) => panic!("generator: it knows no classes, but some were given"),
            _ => {}
        }
        cx.of_classes(classes, |cx| match (&self.class, classes) {
            (Some(class), Some(classes)) => {
                let class = cx.part("class", class, classes);
                self.body.forward(&Tensor::concat(&[z, &class], 1), cx)
            }
            _ => self.body.forward(z, cx),
        })
    }
}

impl Stateful for ConditionalGenerator {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.body.visit(v);
        if let Some(class) = &mut self.class {
            v.part("class", class);
        }
    }
}

/// A discriminator that may know classes. By projection (Miyato and Koyama, 2018) it is told them: to the logit comes the
/// product of a learned vector of the class with the features, summed over their pixels. With an auxiliary head (ACGAN:
/// Odena et al., 2017; InfoGAN: Chen et al., 2016) it finds them: a dense layer on the summed features says the class.
///
/// State: that of the body, and `class.weight` or `auxiliary`.
pub struct ConditionalDiscriminator {
    body: Box<dyn Discriminator>,
    class: Option<Embedding>,
    auxiliary: Option<Linear>,
}

/// What a discriminator says of images.
pub struct Judgement {
    /// How real they are, `[n, 1]`.
    pub logits: Tensor,
    /// What the auxiliary head says, `[n, outputs]`, where there is one.
    pub auxiliary: Option<Tensor>,
}

impl ConditionalDiscriminator {
    /// A discriminator of images alone.
    pub fn plain(body: Box<dyn Discriminator>) -> Self {
        ConditionalDiscriminator { body, class: None, auxiliary: None }
    }

    /// A discriminator of images of classes. The vectors of the classes start in `N(0, 0.02²)`.
    pub fn projection(
        body: Box<dyn Discriminator>,
        classes: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let class = Embedding::new(classes, body.channels(), key, options);
        class.weight.set(init::normal(key, class.weight.dims(), 0.0, 0.02, options).into_array());
        ConditionalDiscriminator { class: Some(class), ..ConditionalDiscriminator::plain(body) }
    }

    /// A discriminator with an auxiliary head of so many outputs.
    pub fn auxiliary(
        body: Box<dyn Discriminator>,
        outputs: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let head = Linear::new(body.channels(), outputs, key, options);
        ConditionalDiscriminator { auxiliary: Some(head), ..ConditionalDiscriminator::plain(body) }
    }

    /// With spectral norm of what is there besides the body.
    #[must_use]
    pub fn spectral(self) -> Self {
        let (class, auxiliary) = (self.class.map(Embedding::spectral), self.auxiliary.map(Linear::spectral));
        ConditionalDiscriminator { class, auxiliary, ..self }
    }

    /// Whether it is told the classes of images.
    pub fn is_told_classes(&self) -> bool {
        self.class.is_some()
    }

    /// Logits `[n, 1]` of images and their classes `U32 [n]`.
    ///
    /// # Panics
    /// As [`judge`](ConditionalDiscriminator::judge).
    #[track_caller]
    pub fn forward(&self, x: &Tensor, classes: Option<&Tensor>, cx: &mut Ctx) -> Tensor {
        self.judge(x, classes, cx).logits
    }

    /// What it says of images and their classes `U32 [n]`.
    ///
    /// # Panics
    /// When classes are missing, or given to a discriminator that is told none.
    #[track_caller]
    pub fn judge(&self, x: &Tensor, classes: Option<&Tensor>, cx: &mut Ctx) -> Judgement {
        match (&self.class, classes) {
            (Some(_), None) => panic!("discriminator: it looks at classes, but none were given"),
            (None, Some(_)) => panic!("discriminator: it is told no classes, but some were given"),
            (None, None) if self.auxiliary.is_none() => {
                return Judgement { logits: self.body.forward(x, cx), auxiliary: None };
            }
            _ => {}
        }
        let features = self.body.features(x, cx);
        let (n, channels) = (features.dims()[0], self.body.channels());
        let pooled = features.reshape([n, channels, features.numel() / n / channels]).sum(2);
        let logits = self.body.head(&features, cx);
        let logits = match (&self.class, classes) {
            (Some(class), Some(classes)) => {
                logits + (&pooled * cx.part("class", class, classes)).sum(1).reshape([n, 1])
            }
            _ => logits,
        };
        Judgement {
            logits,
            auxiliary: self.auxiliary.as_ref().map(|head| cx.part("auxiliary", head, &pooled)),
        }
    }
}

impl Stateful for ConditionalDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.body.visit(v);
        if let Some(class) = &mut self.class {
            v.part("class", class);
        }
        if let Some(auxiliary) = &mut self.auxiliary {
            v.part("auxiliary", auxiliary);
        }
    }
}
