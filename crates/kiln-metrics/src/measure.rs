//! Figures of what a model does, taken over a whole set.

use crate::DigitClassifier;
use kiln_grad::Error;
use kiln_nn::Training;
use kiln_tensor::random::Key;

/// A figure of a trained model, or some that belong together. The training loop and `kiln eval` take the same ones.
pub trait Measure: Send {
    /// Name of the measure, by which a recipe asks for it.
    fn name(&self) -> &'static str;

    /// The figures by their names, a function of the model and the key alone; `None` where the model lacks the ability
    /// that is measured, or makes other data.
    ///
    /// # Errors
    /// The failure of a device.
    fn take(&mut self, model: &mut dyn Training, key: Key) -> Result<Option<Vec<(String, f64)>>, Error>;
}

/// All measures by name, with what they measure.
pub const MEASURES: &[(&str, &str)] = &[(
    DigitShare::NAME,
    "share of made images that a classifier takes for digits, and for the digit that was asked for",
)];

/// The measure of this name, over so many made images.
pub fn measure(name: &str, count: usize) -> Option<Box<dyn Measure>> {
    match name {
        DigitShare::NAME => Some(Box::new(DigitShare::new(count))),
        _ => None,
    }
}

/// What the built-in classifier says of made images of 28×28 pixels: `digits`, the share it is
/// [sure](DigitClassifier::SURE) of, and `digits_least`, the share of the rarest digit among all. Of a model that
/// knows ten classes also `asked`, the share that it takes for the digit asked for, `asked_least`, that of the digit
/// for which it is least, and `asked_sure`, the share of those it is sure of.
pub struct DigitShare {
    classifier: DigitClassifier,
    count: usize,
}

impl DigitShare {
    const NAME: &'static str = "digits";

    /// Over `count` made images, at least 1.
    pub fn new(count: usize) -> Self {
        DigitShare { classifier: DigitClassifier::trained(), count: count.max(1) }
    }
}

impl Measure for DigitShare {
    fn name(&self) -> &'static str {
        DigitShare::NAME
    }

    fn take(&mut self, model: &mut dyn Training, key: Key) -> Result<Option<Vec<(String, f64)>>, Error> {
        let Some(generator) = model.generator() else { return Ok(None) };
        let conditional = generator.classes() == 10;
        let images = generator.draw(self.count, key, None)?;
        if images.unit().dims()[1..] != [1, 28, 28] {
            return Ok(None);
        }
        let guesses = self.classifier.classify(&images)?;
        let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
        let sure =
            |digit: u32| guesses.iter().filter(|guess| guess.is_sure() && guess.digit == digit).count();
        let counts: Vec<usize> = (0..10).map(sure).collect();
        let mut figures = vec![
            ("digits".to_owned(), share(counts.iter().sum(), self.count)),
            ("digits_least".to_owned(), share(counts.iter().copied().min().unwrap_or(0), self.count)),
        ];
        if conditional {
            // Image `i` was asked to be of class `i mod 10`.
            let asked = |class: u32| (class..self.count as u32).step_by(10).map(move |i| (i as usize, class));
            let right = |class: u32| asked(class).filter(|&(i, class)| guesses[i].digit == class).count();
            let rights: Vec<usize> = (0..10).map(right).collect();
            let least = (0..10).map(|class| share(rights[class as usize], asked(class).count()));
            let sure = (0..10)
                .flat_map(asked)
                .filter(|&(i, class)| guesses[i].digit == class && guesses[i].is_sure());
            figures.push(("asked".to_owned(), share(rights.iter().sum(), self.count)));
            figures.push(("asked_least".to_owned(), least.fold(1.0, f64::min)));
            figures.push(("asked_sure".to_owned(), share(sure.count(), self.count)));
        }
        Ok(Some(figures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_data::{Dataset, batch, glyphs};
    use kiln_grad::Tensor;
    use kiln_nn::{
        Batch, Generator, Images, Metrics, StateVisitor, Stateful, StepCtx, StepError, TensorOptions,
        Training,
    };

    /// Makes real digits, each of the class it is asked for, or one class for all.
    struct Copies {
        digits: Dataset,
        options: TensorOptions,
        always: Option<u32>,
    }

    impl Stateful for Copies {
        fn visit(&mut self, _: &mut StateVisitor) {}
    }

    impl Training for Copies {
        fn step(&mut self, _: &Batch, _: &StepCtx) -> Result<Metrics, StepError> {
            Ok(Metrics::new())
        }

        fn generator(&mut self) -> Option<&mut dyn Generator> {
            Some(self)
        }
    }

    impl Generator for Copies {
        fn latent(&self) -> usize {
            1
        }

        fn classes(&self) -> usize {
            10
        }

        fn options(&self) -> &TensorOptions {
            &self.options
        }

        fn generate(&mut self, z: &Tensor, classes: Option<&Tensor>) -> Result<Images, Error> {
            let classes = classes.expect("it knows classes").to_vec::<u32>()?;
            assert_eq!(z.dims()[0], classes.len());
            let labels = self.digits.labels().expect("glyphs are labelled");
            let of = |(i, class): (usize, &u32)| {
                let class = self.always.unwrap_or(*class);
                let mut of_class = (0..labels.len()).filter(|at| labels[*at] == class);
                of_class.nth(i / 10).expect("there are enough") as u32
            };
            let indices: Vec<u32> = classes.iter().enumerate().map(of).collect();
            let batch = batch(&self.digits, &indices, &self.options).expect("they fit");
            Ok(batch.images().clone())
        }

        fn network(&mut self) -> &mut dyn Stateful {
            self
        }
    }

    #[test]
    fn copies_of_digits_are_the_digits_asked_for() {
        let copies =
            |always| Copies { digits: glyphs::dataset(3, 2000), options: TensorOptions::default(), always };
        let take = |always| {
            let figures = DigitShare::new(500).take(&mut copies(always), Key::new(1)).unwrap().unwrap();
            move |name: &str| figures.iter().find(|(known, _)| known == name).unwrap().1
        };
        let right = take(None);
        assert!(right("digits") > 0.95 && right("digits_least") > 0.08, "{}", right("digits"));
        assert!(right("asked") > 0.97 && right("asked_least") > 0.9 && right("asked_sure") > 0.95);
        // A model that always makes ones is right when a one is asked for.
        let ones = take(Some(1));
        assert!(ones("digits") > 0.9 && ones("digits_least") == 0.0);
        assert!((ones("asked") - 0.1).abs() < 0.01 && ones("asked_least") == 0.0, "{}", ones("asked"));
    }
}
