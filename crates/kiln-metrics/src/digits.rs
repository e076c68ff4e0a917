//! Do generated digits look like digits? A small classifier decides.

use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::layers::{Activation, Conv2d, Flatten, Linear, Sequential};
use kiln_nn::{Ctx, Images, Module, StateVisitor, Stateful, TensorOptions, load, safetensors};
use kiln_tensor::random::Key;

/// Parameters trained on kiln's built-in glyphs by `examples/train_digit_classifier.rs`.
const WEIGHTS: &[u8] = include_bytes!("../weights/digits.safetensors");

/// A convolutional classifier of 28×28 grey digits.
pub struct DigitClassifier {
    net: Sequential,
}

/// What a classifier says of a set of generated digits.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How many images were judged.
    pub count: usize,
    /// How many were taken for some digit with a probability of at least [`Verdict::CONFIDENT`].
    pub confident: usize,
    /// How many of those were taken for each digit.
    pub digits: [usize; 10],
}

impl Verdict {
    /// The probability from which on an image counts as recognised.
    pub const CONFIDENT: f64 = 0.9;

    /// The share of recognised images, in `[0, 1]`.
    pub fn share(&self) -> f64 {
        self.confident as f64 / self.count.max(1) as f64
    }
}

impl DigitClassifier {
    /// The network with fresh parameters: three 3×3 convolutions of stride 2 and a dense layer.
    pub fn new(key: Key, options: &TensorOptions) -> Self {
        let conv =
            |from, to, name: &str| Conv2d::new(from, to, 3, key.purpose(name), options).stride(2).padding(1);
        let net = Sequential::new()
            .add(conv(1, 16, "conv1"))
            .add(Activation::Relu)
            .add(conv(16, 32, "conv2"))
            .add(Activation::Relu)
            .add(conv(32, 64, "conv3"))
            .add(Activation::Relu)
            .add(Flatten)
            .add(Linear::new(64 * 4 * 4, 10, key.purpose("head"), options));
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

    /// The logits `[n, 10]` of images `[n, 1, 28, 28]`.
    pub fn logits(&self, images: &Images) -> Tensor {
        self.net.forward(&images.signed(), &mut Ctx::eval())
    }

    /// What it says of a set of images `[n, 1, 28, 28]`.
    ///
    /// # Errors
    /// The failure of a device.
    ///
    /// # Panics
    /// When the images have another size.
    pub fn judge(&self, images: &Images) -> Result<Verdict, Error> {
        let probabilities = no_grad(|| self.logits(images).softmax(-1));
        let (best, digit) = (probabilities.max(-1).to_f64_vec()?, probabilities.argmax(-1).to_vec::<u32>()?);
        let mut verdict = Verdict { count: images.len(), confident: 0, digits: [0; 10] };
        for (probability, digit) in best.into_iter().zip(digit) {
            if probability >= Verdict::CONFIDENT {
                verdict.confident += 1;
                verdict.digits[digit as usize] += 1;
            }
        }
        Ok(verdict)
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
        let batch = batch(&digits, &all, [1, 28, 28], &options).unwrap();
        let guesses = classifier.logits(batch.images()).argmax(-1);
        let right = guesses.eq(batch.labels()).to_dtype(options.dtype).mean(..).item().unwrap();
        let verdict = classifier.judge(batch.images()).unwrap();
        println!(
            "{:.1} % right, {:.1} % with confidence, {:?}",
            100.0 * right,
            100.0 * verdict.share(),
            verdict.digits
        );
        assert!(right > 0.97 && verdict.share() > 0.95 && verdict.digits.iter().all(|&n| n > 80));

        // Real digits with their pixels shuffled have the same grey values, and are no digits.
        let order: Vec<u32> = Key::new(1).permutation(784);
        let order = Tensor::from_slice(&order, [784], &options.device);
        let shuffled = batch.images().unit().flatten(1).index_select(1, &order).reshape([1000, 1, 28, 28]);
        let share = classifier.judge(&Images::new(shuffled, PixelRange::Unit)).unwrap().share();
        println!("{:.1} % of shuffled ones", 100.0 * share);
        assert!(share < 0.5);
    }
}
