//! A model for tests of measures.

use kiln_data::{Dataset, batch};
use kiln_grad::{Error, Tensor};
use kiln_nn::{
    Batch, Generator, Images, Metrics, StateVisitor, Stateful, StepCtx, StepError, TensorOptions, Training,
};

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
