//! What is in a data set, in numbers and to look at.
//!
//! ```
//! use kiln_data::{Dataset, Parts, inspect::DataSummary};
//!
//! let train = Dataset::new("two", [1, 1, 2], vec![0, 255, 51, 0])?;
//! let summary = DataSummary::of(&Parts::new(train, None))?;
//! assert_eq!(summary.train.images.as_ref().unwrap().channels[0].mean, 0.3);
//! println!("{summary}");
//! # Ok::<(), kiln_data::DataError>(())
//! ```

mod spread;
mod table;

pub use spread::Spread;

use rayon::prelude::*;

use crate::pixels::Pixels;
use crate::{DataError, Dataset, Parts};

/// Numbers of both parts of a data set. Its [`Display`](std::fmt::Display) is a table.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSummary {
    /// Name of the data set.
    pub name: String,
    /// The part to train on.
    pub train: PartSummary,
    /// The part held out, if there is one.
    pub test: Option<PartSummary>,
}

/// Numbers of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartSummary {
    /// Number of samples.
    pub len: usize,
    /// The images, or the frames of sequences, if the samples are that.
    pub images: Option<ImagesSummary>,
    /// Number of frames of a sequence; 0 where the samples are not sequences.
    pub frames: usize,
    /// The values of each coordinate; empty where the samples are not points.
    pub coordinates: Vec<ValuesSummary>,
    /// Number of different tokens of captions or texts, and of those of the longest; `None` without any.
    pub tokens: Option<[usize; 2]>,
    /// The classes; empty without labels.
    pub classes: Vec<ClassSummary>,
    /// Number of samples with a caption that is not empty; `None` without captions.
    pub captions: Option<usize>,
    /// The share of pixels that is not background in the masks, from 0 to 1; `None` without masks.
    pub foreground: Option<f64>,
    /// The images that these are to be translated to, if there are any.
    pub targets: Option<ImagesSummary>,
    /// The second set, if there is one.
    pub unpaired: Option<ImagesSummary>,
}

/// Numbers of a set of images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagesSummary {
    /// Number of images.
    pub len: usize,
    /// `[channels, height, width]`.
    pub shape: [usize; 3],
    /// The values of each channel.
    pub channels: Vec<ValuesSummary>,
}

/// Values over all samples: of one channel in the unit range, where 0 is black and 1 is full, or of one coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValuesSummary {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, of the population.
    pub std: f64,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSummary {
    /// Its name, or else its number.
    pub name: String,
    /// Number of its samples.
    pub len: usize,
}

impl DataSummary {
    /// Looks at every pixel and label of both parts; files are decoded for it.
    ///
    /// # Errors
    /// When files can't be read; all of them that are broken are named.
    pub fn of(parts: &Parts) -> Result<DataSummary, DataError> {
        Ok(DataSummary {
            name: parts.train.name().to_owned(),
            train: PartSummary::of(&parts.train)?,
            test: parts.test.as_ref().map(PartSummary::of).transpose()?,
        })
    }
}

impl PartSummary {
    /// Looks at every pixel and label of a data set.
    ///
    /// # Errors
    /// As [`DataSummary::of`].
    pub fn of(set: &Dataset) -> Result<PartSummary, DataError> {
        let foreground = |masks: Vec<u8>| {
            let set = masks.par_iter().filter(|&&label| label != 0).count();
            set as f64 / masks.len() as f64
        };
        let images = |set: Option<&Dataset>| -> Result<_, DataError> {
            set.and_then(Dataset::image_pixels).map(ImagesSummary::of).transpose()
        };
        let pixels = set.image_pixels().or(set.frame_pixels());
        Ok(PartSummary {
            len: set.len(),
            images: pixels.map(ImagesSummary::of).transpose()?,
            frames: set.frame_pixels().map_or(0, |frames| frames.dims()[0]),
            coordinates: coordinates(set),
            tokens: set.vocabulary().map(|vocabulary| [vocabulary.tokens().len() - 1, vocabulary.longest()]),
            classes: classes(set),
            captions: set.captions().map(|all| all.iter().filter(|caption| !caption.is_empty()).count()),
            foreground: set.masks()?.map(foreground),
            targets: images(set.targets())?,
            unpaired: images(set.unpaired())?,
        })
    }
}

/// How often each value occurs in each channel: it says all, and counts add up to the same in any order.
type Counts = Vec<[u64; 256]>;

impl ImagesSummary {
    /// Looks at every pixel.
    fn of(pixels: &Pixels) -> Result<ImagesSummary, DataError> {
        let [channels, height, width] = pixels.shape();
        let none = || (vec![[0; 256]; channels], Vec::new());
        let count = |(mut counts, mut errors): (Counts, Vec<DataError>), index: usize| {
            let read = pixels.with(index, &mut |sample| {
                for (at, plane) in sample.chunks_exact(height * width).enumerate() {
                    plane.iter().for_each(|&value| counts[at % channels][usize::from(value)] += 1);
                }
            });
            errors.extend(read.err());
            (counts, errors)
        };
        let add = |(mut a, mut errors): (Counts, Vec<DataError>), (b, more): (Counts, Vec<DataError>)| {
            a.iter_mut().flatten().zip(b.iter().flatten()).for_each(|(a, b)| *a += b);
            errors.extend(more);
            (a, errors)
        };
        let (counts, errors) = (0..pixels.len()).into_par_iter().fold(none, count).reduce(none, add);
        DataError::all(pixels.len(), errors)?;
        let channels = counts.iter().map(values).collect();
        Ok(ImagesSummary { len: pixels.len(), shape: pixels.shape(), channels })
    }
}

/// The values of each coordinate of points.
fn coordinates(set: &Dataset) -> Vec<ValuesSummary> {
    let Some(points) = set.points() else { return Vec::new() };
    let dimensions = points.len() / set.len();
    let of =
        |dimension: usize| points.iter().skip(dimension).step_by(dimensions).map(|&value| f64::from(value));
    (0..dimensions)
        .map(|dimension| {
            let mean = of(dimension).sum::<f64>() / set.len() as f64;
            let variance = of(dimension).map(|value| (value - mean).powi(2)).sum::<f64>() / set.len() as f64;
            let (min, max) = (
                of(dimension).fold(f64::INFINITY, f64::min),
                of(dimension).fold(f64::NEG_INFINITY, f64::max),
            );
            ValuesSummary { min, max, mean, std: variance.sqrt() }
        })
        .collect()
}

/// The values that occur so often.
fn values(counts: &[u64; 256]) -> ValuesSummary {
    let unit = |value: usize| value as f64 / 255.0;
    let least = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let greatest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    let total = counts.iter().sum::<u64>() as f64;
    let weighted = counts.iter().enumerate().map(|(value, &count)| value as f64 * count as f64);
    let mean = weighted.sum::<f64>() / total;
    let squares =
        counts.iter().enumerate().map(|(value, &count)| (value as f64 - mean).powi(2) * count as f64);
    let std = (squares.sum::<f64>() / total).sqrt();
    ValuesSummary { min: unit(least), max: unit(greatest), mean: mean / 255.0, std: std / 255.0 }
}

fn classes(set: &Dataset) -> Vec<ClassSummary> {
    let mut lens = vec![0; set.classes()];
    set.labels().unwrap_or_default().iter().for_each(|&label| lens[label as usize] += 1);
    let name =
        |class: usize| set.class_names().map_or_else(|| class.to_string(), |names| names[class].clone());
    lens.into_iter().enumerate().map(|(class, len)| ClassSummary { name: name(class), len }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_pixels() {
        let set = Dataset::new("set", [2, 1, 2], vec![0, 255, 51, 51, 0, 255, 51, 153]).unwrap();
        let summary = PartSummary::of(&set).unwrap();
        let first = ValuesSummary { min: 0.0, max: 1.0, mean: 0.5, std: 0.5 };
        let images = summary.images.unwrap();
        assert_eq!((images.len, images.channels[0]), (2, first));
        let second = images.channels[1];
        assert_eq!((second.min, second.max), (0.2, 0.6));
        // Values 0.2, 0.2, 0.2 and 0.6.
        assert!((second.mean - 0.3).abs() < 1e-12 && (second.std - 0.03f64.sqrt()).abs() < 1e-12);
        assert_eq!((summary.classes.len(), summary.captions, summary.foreground), (0, None, None));
    }

    #[test]
    fn what_is_attached_is_counted() {
        let set = |channels| Dataset::new("set", [channels, 1, 2], vec![9; 6 * channels]).unwrap();
        let names = ["cat", "dog", "eel"].map(str::to_owned).to_vec();
        let captions = ["a", "", "c"].map(str::to_owned).to_vec();
        let full = set(1)
            .with_labels(vec![2, 0, 2], 3)
            .and_then(|set| set.with_class_names(names))
            .and_then(|set| set.with_captions(captions))
            .and_then(|set| set.with_masks(vec![0, 4, 0, 0, 1, 4], 5))
            .and_then(|full| full.with_targets(set(3)))
            .unwrap();
        let summary = PartSummary::of(&full).unwrap();
        let lens: Vec<_> = summary.classes.iter().map(|class| (class.name.as_str(), class.len)).collect();
        assert_eq!(lens, [("cat", 1), ("dog", 0), ("eel", 2)]);
        assert_eq!((summary.captions, summary.foreground), (Some(2), Some(0.5)));
        assert_eq!(summary.targets.unwrap().shape, [3, 1, 2]);
        assert_eq!(PartSummary::of(&set(1).with_unpaired(set(3)).unwrap()).unwrap().unpaired.unwrap().len, 3);
        let numbered = PartSummary::of(&set(1).with_labels(vec![1, 1, 1], 2).unwrap()).unwrap();
        assert_eq!(numbered.classes[1], ClassSummary { name: "1".into(), len: 3 });
    }

    #[test]
    fn points_and_texts_are_described() {
        let points = Dataset::of_points("points", 2, vec![0.0, 5.0, 2.0, 5.0]).unwrap();
        let summary = PartSummary::of(&points).unwrap();
        let first = ValuesSummary { min: 0.0, max: 2.0, mean: 1.0, std: 1.0 };
        assert_eq!((summary.coordinates[0], summary.coordinates[1].std, summary.len), (first, 0.0, 2));
        let texts = Dataset::of_texts("texts", vec!["ab".into(), "aba".into()], crate::TextUnit::Character);
        assert_eq!(PartSummary::of(&texts.unwrap()).unwrap().tokens, Some([2, 3]));
    }
}
