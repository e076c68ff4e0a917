//! Do a model's images look like the classes they are of?

use super::{FigureValue, Measure, MeasureCtx, MeasureResult, made_images, real_images};
use crate::error::MeasureError;
use crate::feature_net::FeatureNet;
use crate::features::FeatureSet;
use crate::figure::Figure;
use crate::interval::wilson_interval;
use kiln_nn::Training;
use kiln_tensor::random::Key;

/// The probability from which on a classifier is sure of a class.
pub(crate) const SURE: f64 = 0.9;

/// The figures, beside those of what was asked for, which are in the list of the measure `digits`.
pub const FIGURES: &[Figure] = &[
    Figure::more("classes", "share of made images that the classifier is sure of"),
    Figure::more("classes_least", "share of the rarest class among all made images"),
];

/// The class that a classifier takes an image for, and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassGuess {
    pub class: usize,
    pub probability: f64,
}

impl ClassGuess {
    fn is_sure(self) -> bool {
        self.probability >= SURE
    }
}

/// Shares of made images by what a classifier takes them for: first of those it is sure of, and of the rarest class, by these `names`; where
/// image `i` was asked to be of class `i` modulo `classes` also `asked`, `asked_least` and `asked_sure`.
pub fn class_shares(
    guesses: &[ClassGuess],
    classes: usize,
    conditional: bool,
    names: [&'static str; 2],
) -> Vec<FigureValue> {
    let count = guesses.len();
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    let sure = |class| guesses.iter().filter(|guess| guess.is_sure() && guess.class == class).count();
    let counts: Vec<usize> = (0..classes).map(sure).collect();
    let total = counts.iter().sum();
    let mut figures = vec![
        FigureValue::new(names[0], share(total, count)).within(wilson_interval(total, count)),
        FigureValue::new(names[1], share(counts.iter().copied().min().unwrap_or(0), count)),
    ];
    if conditional {
        let asked = |class| guesses.iter().skip(class).step_by(classes);
        let right = |class| asked(class).filter(|guess| guess.class == class).count();
        let rights: Vec<usize> = (0..classes).map(right).collect();
        let least = (0..classes).map(|class| share(rights[class], asked(class).len()));
        let sure = (0..classes).map(|class| asked(class).filter(|g| g.class == class && g.is_sure()).count());
        let total = rights.iter().sum();
        figures.push(FigureValue::new("asked", share(total, count)).within(wilson_interval(total, count)));
        figures.push(FigureValue::new("asked_least", least.fold(1.0, f64::min)));
        figures.push(FigureValue::new("asked_sure", share(sure.sum(), count)));
    }
    figures
}

/// What a classifier of one's own, [`MeasureCtx::net`], says of made images: `classes`, the share it is sure of (with a probability of 0.9), and
/// `classes_least`, the share of the rarest class among all. Of a model that is told classes also `asked`, the share that it takes for the
/// class asked for, `asked_least`, that of the class for which it is least, and `asked_sure`, the share of those it is sure of. Their floor is what it says of
/// images held out.
#[derive(Default)]
pub struct ClassShare;

impl ClassShare {
    /// By the network of the measurement.
    pub fn new() -> Self {
        ClassShare
    }
}

impl Measure for ClassShare {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let (Some(net), Some(set)) = (cx.net, cx.test.or(cx.train)) else { return Ok(None) };
        let Some(generator) = model.generator() else { return Ok(None) };
        let (told, classes) = (generator.classes(), net.classes());
        if set.classes() != classes {
            return Ok(Some(MeasureResult::note(format!(
                "no classes: {} tells {classes} apart, and the data has {}",
                net.id(),
                set.classes()
            ))));
        }
        let mut guesses = Vec::with_capacity(cx.count);
        made_images(model, cx, |images| {
            guesses.extend(guessed(&net.view(images)?.probabilities));
            Ok(())
        })?;
        let mut figures = class_shares(&guesses, classes, told == classes, ["classes", "classes_least"]);
        let Real { right, sure, count } = real(net, cx)?;
        for figure in &mut figures {
            figure.floor = match figure.name {
                "classes" => Some(sure),
                "asked" => Some(right),
                _ => None,
            };
        }
        let notes = vec![format!(
            "classes of {} made images, by {}; floor: {count} real images that it was not shown here",
            cx.count,
            net.id()
        )];
        Ok(Some(MeasureResult { figures, notes }))
    }
}

/// What a classifier says of real images.
struct Real {
    /// Share whose class it tells right.
    right: f64,
    /// Share it is sure of.
    sure: f64,
    count: usize,
}

/// What a classifier says of as many real images as were made, held out if there are such.
fn real(net: &FeatureNet, cx: &MeasureCtx) -> Result<Real, MeasureError> {
    let Some(set) = cx.test.or(cx.train) else { return Ok(Real { right: 0.0, sure: 0.0, count: 0 }) };
    let count = cx.count.min(set.len());
    let numbers = &order(cx.key, set.len())[..count];
    let mut guesses = Vec::with_capacity(count);
    real_images(set, numbers, |images| {
        guesses.extend(guessed(&net.view(images)?.probabilities));
        Ok(())
    })?;
    let labels = set.labels().unwrap_or_default();
    let is_right = |(guess, at): &(&ClassGuess, &u32)| labels[**at as usize] as usize == guess.class;
    let right = guesses.iter().zip(numbers).filter(is_right).count();
    let sure = guesses.iter().filter(|guess| guess.is_sure()).count();
    let share = |part: usize| part as f64 / count.max(1) as f64;
    Ok(Real { right: share(right), sure: share(sure), count })
}

fn order(key: Key, len: usize) -> Vec<u32> {
    key.purpose("classes").permutation(len)
}

/// The class of the largest probability in each row.
fn guessed(probabilities: &FeatureSet) -> impl Iterator<Item = ClassGuess> + '_ {
    probabilities.rows().map(|row| {
        let best = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]));
        best.map_or(ClassGuess { class: 0, probability: 0.0 }, |class| ClassGuess {
            class,
            probability: row[class],
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::AT_ONCE;
    use super::super::testing::Replay;
    use super::*;
    use kiln_data::glyphs;
    use std::sync::Arc;

    #[test]
    fn images_of_a_class_are_taken_for_it() {
        let net = Arc::new(FeatureNet::digits());
        let test = glyphs::dataset(4, 400);
        let cx = MeasureCtx {
            train: None,
            test: Some(&test),
            net: Some(&net),
            count: 2 * AT_ONCE + 8,
            draws: 10,
            key: Key::new(1),
        };
        let take = |mut model: Replay| ClassShare::new().take(&mut model, &cx).unwrap().unwrap();
        let result = take(Replay::by_class(glyphs::dataset(3, 2000)));
        let of = |name: &str| result.figures.iter().find(|known| known.name == name).unwrap();
        assert!(
            of("asked").value > 0.97 && of("asked_least").value > 0.9 && of("classes_least").value > 0.08
        );
        assert!((of("asked").floor.unwrap() - of("asked").value).abs() < 0.03, "{:?}", of("asked"));
        assert!(of("classes").floor.unwrap() > 0.95 && result.notes[0].contains(&net.id()));
        let ones = take(Replay::always(glyphs::dataset(3, 2000), 1));
        assert!((ones.figures[2].value - 0.1).abs() < 0.01 && ones.figures[1].value == 0.0);
    }

    #[test]
    fn other_classes_are_refused_in_a_sentence() {
        let (net, test) = (Arc::new(FeatureNet::scenes()), glyphs::dataset(4, 40));
        let cx = MeasureCtx {
            train: None,
            test: Some(&test),
            net: Some(&net),
            count: 8,
            draws: 10,
            key: Key::new(1),
        };
        let result = ClassShare::new().take(&mut Replay::of(test.clone()), &cx).unwrap().unwrap();
        let classes = net.classes();
        assert!(result.figures.is_empty());
        assert_eq!(
            result.notes,
            [format!("no classes: {} tells {classes} apart, and the data has 10", net.id())]
        );
        let without = MeasureCtx { net: None, ..cx };
        assert!(ClassShare::new().take(&mut Replay::of(test.clone()), &without).unwrap().is_none());
    }
}
