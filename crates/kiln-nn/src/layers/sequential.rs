//! Layers one after the other.

use crate::module::{Ctx, Module};
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;
use std::ops::Range;

/// Layers applied one after the other, named by their index: the weight of the first is `0.weight`, as in
/// PyTorch's `nn.Sequential`. Layers without state take an index but no names. A layer that can do the
/// activation after it in the same passes over memory does so.
///
/// ```
/// use kiln_nn::layers::{Activation, Linear, Sequential};
/// use kiln_nn::{Ctx, Module, TensorOptions};
/// use kiln_tensor::random::Key;
///
/// let (key, options) = (Key::new(1).purpose("mlp"), TensorOptions::cpu_f32());
/// let mlp = Sequential::new()
///     .with(key, |key| Linear::new(2, 8, key, &options))
///     .add(Activation::Relu)
///     .with(key, |key| Linear::new(8, 1, key, &options));
/// assert_eq!(mlp.forward(&options.ones([5, 2]), &mut Ctx::eval()).dims()[..], [5, 1]);
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Module>>,
}

impl Sequential {
    /// No layers yet: the identity.
    pub fn new() -> Self {
        Sequential::default()
    }

    /// With one more layer at the end.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "a sequence plus a layer is no sum")]
    pub fn add(mut self, layer: impl Module + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// With one more layer at the end, made from the purpose of `key` that its index names: layers of one
    /// sequence given the same key here still start with numbers of their own.
    #[must_use]
    pub fn with<M: Module + 'static>(self, key: Key, layer: impl FnOnce(Key) -> M) -> Self {
        let key = key.purpose(&self.layers.len().to_string());
        self.add(layer(key))
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The result of some of the layers, `range` of their indices: all but the last for the features behind a head.
    ///
    /// # Panics
    /// When the range goes beyond the layers, or a layer panics.
    #[track_caller]
    pub fn forward_layers(&self, range: Range<usize>, x: &Tensor, cx: &mut Ctx) -> Tensor {
        let mut x = x.clone();
        let (skipped, count) = (range.start, range.len());
        assert!(range.end <= self.layers.len(), "forward_layers: {range:?} of {} layers", self.layers.len());
        let mut layers = self.layers.iter().enumerate().skip(skipped).take(count).peekable();
        while let Some((index, layer)) = layers.next() {
            let activation = layers.peek().and_then(|(_, next)| next.activation());
            let name = index.to_string();
            x = match activation.and_then(|f| cx.part_then(&name, layer.as_ref(), f, &x)) {
                Some(y) => {
                    layers.next();
                    y
                }
                None => cx.part(&name, layer.as_ref(), &x),
            };
        }
        x
    }

    /// The layers, in order.
    pub fn layers(&self) -> impl Iterator<Item = &dyn Module> {
        self.layers.iter().map(|layer| &**layer)
    }
}

impl Stateful for Sequential {
    fn visit(&mut self, v: &mut StateVisitor) {
        for (index, layer) in self.layers.iter_mut().enumerate() {
            v.part(&index.to_string(), layer.as_mut());
        }
    }
}

impl Module for Sequential {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        self.forward_layers(0..self.layers.len(), x, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TensorOptions;
    use crate::layers::{Activation, BatchNorm, Conv2d, ConvTranspose2d, Flatten, InstanceNorm, Linear};
    use crate::named_parameters;

    /// A bias with its activation is one op, with the values and gradients of two.
    #[test]
    fn biases_take_the_activations_behind_them() {
        let (key, options) = (Key::new(3), TensorOptions::cpu_f64());
        let mut net = Sequential::new()
            .with(key, |key| Conv2d::new(2, 3, 3, key, &options).padding(1))
            .add(Activation::Relu)
            .with(key, |key| ConvTranspose2d::new(3, 2, 2, key, &options).stride(2))
            .add(Activation::LeakyRelu(0.2))
            .add(Flatten)
            .with(key, |key| Linear::new(128, 5, key, &options))
            .add(Activation::LeakyRelu(-0.5))
            .with(key, |key| Linear::new(5, 4, key, &options).without_bias())
            .add(Activation::Relu);
        let parameters = named_parameters(&mut net);
        let x = Tensor::normal(key, [3, 2, 4, 4], options.dtype, &options.device);
        let gradients = |y: &Tensor| {
            let tensors: Vec<Tensor> = parameters.iter().map(|(_, p)| p.tensor()).collect();
            let found = kiln_grad::grad(y.square().sum(..), &tensors.iter().collect::<Vec<_>>());
            found.iter().map(|g| g.to_f64_vec().unwrap()).collect::<Vec<_>>().concat()
        };
        let cx = Ctx::train(key);
        let apart = net.layers().fold(x.clone(), |x, layer| layer.forward(&x, &mut cx.clone()));
        let (y, tape) = kiln_grad::graph::tape(|| net.forward(&x, &mut cx.clone()));
        assert_eq!(y.to_f64_vec().unwrap(), apart.to_f64_vec().unwrap());
        let count = |op: &str| tape.notes.iter().filter(|note| note.op == op).count();
        let ops = ["bias", "linear", "relu", "leaky_relu", "add"];
        assert_eq!(ops.map(count), [2, 1, 1, 1, 0]);
        for (have, want) in gradients(&y).into_iter().zip(gradients(&apart)) {
            assert!((have - want).abs() <= 1e-12 * want.abs().max(1.0), "{have} instead of {want}");
        }
    }

    /// A norm with its activation is one op, in training alone; the layers keep their indices.
    #[test]
    fn norms_take_the_activations_behind_them() {
        let options = TensorOptions::cpu_f64();
        let net = || {
            Sequential::new()
                .add(BatchNorm::new(2, &options))
                .add(Activation::Relu)
                .add(InstanceNorm::affine(2, &options))
                .add(Activation::LeakyRelu(0.2))
                .add(Activation::Tanh)
        };
        let x = Tensor::normal(Key::new(1), [3, 2, 4], options.dtype, &options.device);
        for cx in [Ctx::train(Key::new(2)), Ctx::eval()] {
            let (net, each) = (net(), net());
            let apart = each.layers().fold(x.clone(), |x, layer| layer.forward(&x, &mut cx.clone()));
            let (y, tape) = kiln_grad::graph::tape(|| net.forward(&x, &mut cx.clone()));
            assert_eq!(y.to_f64_vec().unwrap(), apart.to_f64_vec().unwrap());
            let count = |op: &str| tape.notes.iter().filter(|note| note.op == op).count();
            assert_eq!(
                [count("relu"), count("leaky_relu"), count("tanh")],
                [usize::from(!cx.is_training()), 0, 1]
            );
            let last = tape.notes.iter().rfind(|note| note.op == "tanh").unwrap();
            assert_eq!(last.site.scope.as_deref(), Some("4"));
        }
    }
}
