//! A model for tests of measures.

use kiln_data::{Dataset, batch};
use kiln_grad::{Error, Tensor};
use kiln_nn::{
    Batch, Density, Generator, Images, Latents, Metrics, StateVisitor, Stateful, StepCtx, StepError,
    TensorOptions, Training,
};
use kiln_tensor::random::Key;

/// Shows the images of a set, each in its turn; of one with classes an image of the class that is asked for.
pub struct Replay {
    set: Dataset,
    conditional: bool,
    /// The class that all images are of, whatever is asked for.
    always: Option<u32>,
    next: usize,
    options: TensorOptions,
}

impl Replay {
    /// The images in their order.
    pub fn of(set: Dataset) -> Replay {
        Replay { set, conditional: false, always: None, next: 0, options: TensorOptions::default() }
    }

    /// Images of the classes that are asked for.
    pub fn by_class(set: Dataset) -> Replay {
        Replay { conditional: true, ..Replay::of(set) }
    }

    /// Images of one class, whatever is asked for.
    pub fn always(set: Dataset, class: u32) -> Replay {
        Replay { always: Some(class), ..Replay::by_class(set) }
    }
}

impl Stateful for Replay {
    fn visit(&mut self, _: &mut StateVisitor) {}
}

impl Training for Replay {
    fn step(&mut self, _: &Batch, _: &StepCtx) -> Result<Metrics, StepError> {
        Ok(Metrics::new())
    }

    fn generator(&mut self) -> Option<&mut dyn Generator> {
        Some(self)
    }
}

impl Generator for Replay {
    fn latent(&self) -> usize {
        1
    }

    fn classes(&self) -> usize {
        if self.conditional { self.set.classes() } else { 0 }
    }

    fn options(&self) -> &TensorOptions {
        &self.options
    }

    fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
        let count = z.dims()[0];
        let mut numbers = Vec::with_capacity(count);
        let classes = classes.map(|classes| classes.to_vec::<u32>()).transpose()?;
        for at in 0..count {
            let labels = self.set.labels().unwrap_or_default();
            let class = self.always.or(classes.as_ref().map(|classes| classes[at]));
            let fits = |number: usize| class.is_none_or(|class| labels[number] == class);
            let len = self.set.len();
            let number = (0..len).map(|step| (self.next + step) % len).find(|number| fits(*number));
            let number = number.expect("there is an image of each class");
            self.next = number + 1;
            numbers.push(number as u32);
        }
        Ok(batch(&self.set, &numbers, &self.options).expect("they are in memory").images().clone())
    }

    fn network(&mut self) -> &mut dyn Stateful {
        self
    }
}

/// A model whose likelihood is known: `z ~ N(0, 1)` and `x ~ N(z, 1)`, with `q(z|x) = N(x/2, 1)`, which is wider than the right
/// one, N(x/2, ½). Images are of one value.
pub struct GaussianModel;

impl Stateful for GaussianModel {
    fn visit(&mut self, _: &mut StateVisitor) {}
}

impl Training for GaussianModel {
    fn step(&mut self, _: &Batch, _: &StepCtx) -> Result<Metrics, StepError> {
        Ok(Metrics::new())
    }

    fn density(&mut self) -> Option<&mut dyn Density> {
        Some(self)
    }
}

impl Density for GaussianModel {
    fn is_over_bytes(&self) -> bool {
        false
    }

    fn options(&self) -> &TensorOptions {
        static OPTIONS: std::sync::OnceLock<TensorOptions> = std::sync::OnceLock::new();
        OPTIONS.get_or_init(TensorOptions::cpu_f64)
    }

    fn log_weights(
        &mut self,
        images: &Images,
        _: Option<&Tensor>,
        draws: usize,
        key: Key,
    ) -> Result<Tensor, Error> {
        let x = images.unit().reshape([images.len(), 1]);
        let noise = Tensor::normal(key, [images.len(), draws], x.dtype(), x.device());
        let z = &x * 0.5 + &noise;
        // Of the three densities each has the constant once: one of the two of the model is left.
        let log = (&z - &x).square() * -0.5 + z.square() * -0.5 + noise.square() * 0.5;
        Ok(log - 0.5 * std::f64::consts::TAU.ln())
    }

    fn latents(&mut self, _: &Images, _: Option<&Tensor>, _: Key) -> Result<Latents, Error> {
        unreachable!("no test asks for them")
    }
}
