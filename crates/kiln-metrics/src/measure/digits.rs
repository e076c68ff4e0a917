//! Do a model's digits look like digits?

use super::classes::{ClassGuess, class_shares};
use super::{Measure, MeasureCtx, MeasureResult, digits_unread, made_images};
use crate::error::MeasureError;
use crate::figure::Figure;
use crate::{DigitClassifier, DigitGuess};
use kiln_nn::Training;

/// The figures.
pub const FIGURES: &[Figure] = &[
    Figure::more("digits", "share of made images that the classifier is sure of"),
    Figure::more("digits_least", "share of the rarest digit among all made images"),
    Figure::more("asked", "share of made images that the classifier takes for the class asked for"),
    Figure::more("asked_least", "the same of the class for which it is least"),
    Figure::more("asked_sure", "share of made images that it is sure are of the class asked for"),
];

/// What the built-in classifier says of made images of 28×28 pixels: `digits`, the share it is
/// [sure](DigitClassifier::SURE) of, and `digits_least`, the share of the rarest digit among all. Of a model that
/// knows ten classes also `asked`, the share that it takes for the digit asked for, `asked_least`, that of the digit
/// for which it is least, and `asked_sure`, the share of those it is sure of.
pub struct DigitShare {
    classifier: DigitClassifier,
    /// Whether the classifier reads the real images, once that was seen: nothing, or why it doesn't.
    unread: Option<Option<String>>,
}

impl DigitShare {
    /// By the classifier that comes with kiln.
    pub fn new() -> Self {
        DigitShare { classifier: DigitClassifier::trained(), unread: None }
    }
}

impl Default for DigitShare {
    fn default() -> Self {
        DigitShare::new()
    }
}

impl Measure for DigitShare {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        // A classifier of one's own takes the place of this one.
        let Some(generator) = model.generator().filter(|_| cx.net.is_none()) else { return Ok(None) };
        if self.unread.is_none() {
            self.unread = Some(digits_unread(cx)?);
        }
        if let Some(Some(why)) = &self.unread {
            return Ok(Some(MeasureResult::note(why)));
        }
        let (conditional, count) = (generator.classes() == 10, cx.count);
        let (mut guesses, mut fits) = (Vec::with_capacity(count), true);
        made_images(model, cx, |images| {
            fits &= images.unit().dims()[1..] == [1, 28, 28];
            if fits {
                guesses.extend(self.classifier.classify(images)?);
            }
            Ok(())
        })?;
        if !fits {
            return Ok(None);
        }
        let guess =
            |guess: &DigitGuess| ClassGuess { class: guess.digit as usize, probability: guess.probability };
        let guesses: Vec<ClassGuess> = guesses.iter().map(guess).collect();
        let figures = class_shares(&guesses, 10, conditional, ["digits", "digits_least"]);
        let notes = vec![format!("digits of {count} made images, by the built-in classifier")];
        Ok(Some(MeasureResult { figures, notes }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Replay;
    use super::*;
    use kiln_data::glyphs;
    use kiln_tensor::random::Key;

    #[test]
    fn copies_of_digits_are_the_digits_asked_for() {
        let cx = MeasureCtx { train: None, test: None, net: None, count: 500, draws: 10, key: Key::new(1) };
        let take = |mut model: Replay| {
            let result = DigitShare::new().take(&mut model, &cx).unwrap().unwrap();
            move |name: &str| result.figures.iter().find(|known| known.name == name).unwrap().value
        };
        let digits = glyphs::dataset(3, 2000);
        let right = take(Replay::by_class(digits.clone()));
        assert!(right("digits") > 0.95 && right("digits_least") > 0.08, "{}", right("digits"));
        assert!(right("asked") > 0.97 && right("asked_least") > 0.9 && right("asked_sure") > 0.95);
        // A model that always makes ones is right when a one is asked for.
        let ones = take(Replay::always(digits, 1));
        assert!(ones("digits") > 0.9 && ones("digits_least") == 0.0);
        assert!((ones("asked") - 0.1).abs() < 0.01 && ones("asked_least") == 0.0, "{}", ones("asked"));
    }

    #[test]
    fn what_reads_no_real_image_says_nothing_of_made_ones() {
        // Digits turned to their negatives are real here, and no digits to the classifier.
        let set = glyphs::dataset(3, 100);
        let pixels = set.images().unwrap().into_iter().map(|value| 255 - value).collect();
        let negatives = kiln_data::Dataset::new("negatives", [1, 28, 28], pixels).unwrap();
        let negatives = negatives.with_labels(set.labels().unwrap().to_vec(), 10).unwrap();
        let cx = MeasureCtx {
            train: Some(&negatives),
            test: None,
            net: None,
            count: 10,
            draws: 10,
            key: Key::new(1),
        };
        let result = DigitShare::new().take(&mut Replay::of(set), &cx).unwrap().unwrap();
        assert!(result.figures.is_empty());
        let note = &result.notes[0];
        assert!(
            note.starts_with("no digits: the built-in classifier reads ") && note.ends_with("right"),
            "{note}"
        );
    }
}
