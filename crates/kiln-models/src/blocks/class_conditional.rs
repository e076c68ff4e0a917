//! Networks that are told the class of each sample.

use crate::nets::Discriminator;
use kiln_grad::Tensor;
use kiln_nn::layers::Embedding;
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;

/// A generator that may be conditioned on classes (Mirza and Osindero, 2014): the body gets the latent point and,
/// behind it, a learned vector of the class.
///
/// State: that of the body, and `class.weight`.
pub struct ConditionalGenerator {
    body: Box<dyn Module>,
    class: Option<Embedding>,
}

impl ConditionalGenerator {
    /// A generator of latent points alone.
    pub fn plain(body: Box<dyn Module>) -> Self {
        ConditionalGenerator { body, class: None }
    }

    /// A generator of latent points and classes. The body takes points longer by [`class_width`](Self::class_width).
    pub fn of_classes(body: Box<dyn Module>, classes: usize, key: Key, options: &TensorOptions) -> Self {
        let class = Embedding::new(classes, Self::class_width(classes), key, options);
        ConditionalGenerator { body, class: Some(class) }
    }

    /// Length of the vector of a class, among so many classes: as many numbers as classes, and 64 at most.
    pub fn class_width(classes: usize) -> usize {
        classes.min(64)
    }

    /// Number of classes; 0 without.
    pub fn classes(&self) -> usize {
        self.class.as_ref().map_or(0, |class| class.weight.dims()[0])
    }

    /// Images, as the body makes them, of latent points `[n, latent]` and classes `U32 [n]`.
    ///
    /// # Panics
    /// When classes are missing, or given to a generator without.
    #[track_caller]
    pub fn forward(&self, z: &Tensor, classes: Option<&Tensor>, cx: &mut Ctx) -> Tensor {
        match (&self.class, classes) {
            (None, None) => self.body.forward(z, cx),
            (Some(class), Some(classes)) => {
                let class = cx.part("class", class, classes);
                self.body.forward(&Tensor::concat(&[z, &class], 1), cx)
            }
            (Some(_), None) => panic!("generator: it makes images of classes, but none were given"),
            (None, Some(_)) => panic!("generator: it knows no classes, but some were given"),
        }
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

/// A discriminator that may be conditioned on classes by projection (Miyato and Koyama, 2018): to the logit comes the
/// product of a learned vector of the class with the features, summed over their pixels.
///
/// State: that of the body, and `class.weight`.
pub struct ConditionalDiscriminator {
    body: Box<dyn Discriminator>,
    class: Option<Embedding>,
}

impl ConditionalDiscriminator {
    /// A discriminator of images alone.
    pub fn plain(body: Box<dyn Discriminator>) -> Self {
        ConditionalDiscriminator { body, class: None }
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
        ConditionalDiscriminator { body, class: Some(class) }
    }

    /// Logits `[n, 1]` of images and their classes `U32 [n]`.
    ///
    /// # Panics
    /// When classes are missing, or given to a discriminator without.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, classes: Option<&Tensor>, cx: &mut Ctx) -> Tensor {
        match (&self.class, classes) {
            (None, None) => self.body.forward(x, cx),
            (Some(class), Some(classes)) => {
                let features = self.body.features(x, cx);
                let n = features.dims()[0];
                let pooled =
                    features.reshape([n, self.body.channels(), features.numel() / n / self.body.channels()]);
                let class = cx.part("class", class, classes);
                let product = (pooled.sum(2) * class).sum(1).reshape([n, 1]);
                self.body.head(&features, cx) + product
            }
            (Some(_), None) => panic!("discriminator: it looks at classes, but none were given"),
            (None, Some(_)) => panic!("discriminator: it knows no classes, but some were given"),
        }
    }
}

impl Stateful for ConditionalDiscriminator {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.body.visit(v);
        if let Some(class) = &mut self.class {
            v.part("class", class);
        }
    }
}
