//! Do generated digits look like digits? A small classifier decides.

use crate::feature_net::{DIGITS_WIDTH, classifier};
use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::layers::Sequential;
use kiln_nn::{Ctx, Images, Module, StateVisitor, Stateful, TensorOptions, load, safetensors};
use kiln_tensor::random::Key;

/// Parameters trained on kiln's built-in glyphs by `examples/train_digit_classifier.rs`.
pub(crate) const WEIGHTS: &[u8] = include_bytes!("../weights/digits.safetensors");

/// A convolutional classifier of 28×28 grey digits.
pub struct DigitClassifier {
    net: Sequential,
}

/// The digit that a classifier takes an image for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DigitGuess {
    /// The digit, 0 to 9.
    pub digit: u32,
    /// Its probability, in `[0, 1]`.
    pub probability: f64,
}

impl DigitGuess {
    /// Whether the classifier is [sure](DigitClassifier::SURE).
    pub fn is_sure(self) -> bool {
        self.probability >= DigitClassifier::SURE
    }
}

impl DigitClassifier {
    /// The probability from which on it is sure of a digit.
    pub const SURE: f64 = 0.9;

    /// The network with fresh parameters: three 3×3 convolutions of stride 2 and a dense layer.
    pub fn new(key: Key, options: &TensorOptions) -> Self {
        let net = classifier([1, 28, 28], 10, DIGITS_WIDTH, key, options);
        DigitClassifier { net }
    }

    /// The network with the parameters that come with kiln, in `f32` on the CPU.
    ///
    /// # Panics
    /// Never with the file as it was shipped; a test loads it.
    pub fn trained() -> Self {
        let options = TensorOptions::default();
        let mut classifier = DigitClassifier::new(Key::new(0), &options);
        let (state, _) =
            safetensors::from_bytes(WEIGHTS, &options.device).expect("the shipped file is whole");
        load(&mut classifier, &state).expect("the shipped file is of this network");
        classifier
    }

    /// Share of images, of 28×28 in grey with labels, whose digit it reads right. What it says of made images counts only
    /// where it reads the real ones.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the images have another size.
    pub fn accuracy(&self, images: &Images, labels: &[u32]) -> Result<f64, Error> {
        let guesses = self.classify(images)?;
        let right = guesses.iter().zip(labels).filter(|(guess, label)| guess.digit == **label).count();
        Ok(right as f64 / guesses.len().max(1) as f64)
    }

    /// The logits `[n, 10]` of images `[n, 1, 28, 28]`.
    pub fn logits(&self, images: &Images) -> Tensor {
        self.net.forward(&images.signed(), &mut Ctx::eval())
    }

    /// The digits that it takes images `[n, 1, 28, 28]` for.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the images have another size.
    pub fn classify(&self, images: &Images) -> Result<Vec<DigitGuess>, Error> {
        // It computes on the CPU, wherever the images were made.
        let pixels: Vec<f32> = images.signed().to_f64_vec()?.into_iter().map(|value| value as f32).collect();
        let x = Tensor::from_slice(&pixels, *images.signed().dims(), &TensorOptions::default().device);
        let probabilities = no_grad(|| self.net.forward(&x, &mut Ctx::eval()).softmax(-1));
        let (best, digits) = (probabilities.max(-1).to_f64_vec()?, probabilities.argmax(-1).to_vec::<u32>()?);
        let guess = |(probability, digit)| DigitGuess { digit, probability };
        Ok(best.into_iter().zip(digits).map(guess).collect())
    }
}

impl Stateful for DigitClassifier {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.net);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_data::{batch, glyphs};
    use kiln_nn::PixelRange;

    #[test]
    fn it_reads_digits_and_nothing_else() {
        let (classifier, options) = (DigitClassifier::trained(), TensorOptions::default());
        // A seed it was not trained on.
        let digits = glyphs::dataset(77, 1000);
        let all: Vec<u32> = (0..1000).collect();
        let batch = batch(&digits, &all, &options).unwrap();
        let guesses = classifier.logits(batch.images()).argmax(-1);
        let right = guesses.eq(batch.labels()).to_dtype(options.dtype).mean(..).item().unwrap();
        let sure = |images: &Images| {
            let guesses = classifier.classify(images).unwrap();
            guesses.iter().filter(|guess| guess.is_sure()).count() as f64 / guesses.len() as f64
        };
        let share = sure(batch.images());
        println!("{:.1} % right, {:.1} % surely", 100.0 * right, 100.0 * share);
        assert!(right > 0.97 && share > 0.95);

        // Real digits with their pixels shuffled have the same grey values, and are no digits.
        let order: Vec<u32> = Key::new(1).permutation(784);
        let order = Tensor::from_slice(&order, [784], &options.device);
        let shuffled = batch.images().unit().flatten(1).index_select(1, &order).reshape([1000, 1, 28, 28]);
        let share = sure(&Images::new(shuffled, PixelRange::Unit));
        println!("{:.1} % of shuffled ones", 100.0 * share);
        assert!(share < 0.5);
    }
}
