//! What is in a data set, in numbers.
//!
//! ```
//! use kiln_data::{Dataset, Source, inspect::Summary};
//!
//! let train = Dataset::new("two", [1, 1, 2], vec![0, 255, 51, 0])?;
//! let summary = Summary::of(&Source { train, test: None });
//! assert_eq!(summary.train.images.channels[0].mean, 0.3);
//! println!("{summary}");
//! # Ok::<(), kiln_data::DataError>(())
//! ```

mod table;

use rayon::prelude::*;

use crate::{Dataset, Source};

/// What is in both parts of a source. Its [`Display`](std::fmt::Display) is a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What the data set is called.
    pub name: String,
    /// The part to train on.
    pub train: PartSummary,
    /// The part held out, if there is one.
    pub test: Option<PartSummary>,
}

/// What is in one part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartSummary {
    /// The images.
    pub images: ImagesSummary,
    /// The classes; empty without labels.
    pub classes: Vec<ClassSummary>,
    /// How many images have a caption that is not empty; `None` without captions.
    pub captions: Option<usize>,
    /// The share of pixels that is not background in the masks, from 0 to 1; `None` without masks.
    pub foreground: Option<f64>,
    /// The images that these are to be translated to, if there are any.
    pub targets: Option<ImagesSummary>,
    /// The second set, if there is one.
    pub unpaired: Option<ImagesSummary>,
}

/// What is in a set of images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImagesSummary {
    /// How many there are.
    pub len: usize,
    /// `[channels, height, width]`.
    pub shape: [usize; 3],
    /// The values of each channel.
    pub channels: Vec<ValuesSummary>,
}

/// The values of one channel over all images, in the unit range: 0 is black and 1 is full.
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
    /// How many images are of it.
    pub len: usize,
}

impl Summary {
    /// Looks at every pixel and label of a source.
    pub fn of(source: &Source) -> Summary {
        Summary {
            name: source.train.name().to_owned(),
            train: PartSummary::of(&source.train),
            test: source.test.as_ref().map(PartSummary::of),
        }
    }
}

impl PartSummary {
    /// Looks at every pixel and label of a data set.
    pub fn of(set: &Dataset) -> PartSummary {
        let foreground = |masks: &[u8]| {
            let set = masks.par_iter().filter(|&&label| label != 0).count();
            set as f64 / masks.len() as f64
        };
        PartSummary {
            images: ImagesSummary::of(set),
            classes: classes(set),
            captions: set.captions().map(|all| all.iter().filter(|caption| !caption.is_empty()).count()),
            foreground: set.masks().map(foreground),
            targets: set.targets().map(ImagesSummary::of),
            unpaired: set.unpaired().map(ImagesSummary::of),
        }
    }
}

impl ImagesSummary {
    /// Looks at every pixel of the images of a data set.
    pub fn of(set: &Dataset) -> ImagesSummary {
        let [channels, height, width] = set.shape();
        // How often each value occurs says all, and counts add up to the same in any order.
        let count = |mut counts: Vec<[u64; 256]>, image: &[u8]| {
            for (counts, plane) in counts.iter_mut().zip(image.chunks_exact(height * width)) {
                plane.iter().for_each(|&value| counts[usize::from(value)] += 1);
            }
            counts
        };
        let none = || vec![[0; 256]; channels];
        let add = |mut a: Vec<[u64; 256]>, b: Vec<[u64; 256]>| {
            a.iter_mut().flatten().zip(b.iter().flatten()).for_each(|(a, b)| *a += b);
            a
        };
        let images = set.images().par_chunks_exact(set.image_len());
        let counts = images.fold(none, count).reduce(none, add);
        ImagesSummary { len: set.len(), shape: set.shape(), channels: counts.iter().map(values).collect() }
    }
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
        let summary = PartSummary::of(&set);
        let first = ValuesSummary { min: 0.0, max: 1.0, mean: 0.5, std: 0.5 };
        assert_eq!((summary.images.len, summary.images.channels[0]), (2, first));
        let second = summary.images.channels[1];
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
            .and_then(|set| set.with_masks(vec![0, 4, 0, 0, 1, 4]))
            .and_then(|full| full.with_targets(set(3)))
            .unwrap();
        let summary = PartSummary::of(&full);
        let lens: Vec<_> = summary.classes.iter().map(|class| (class.name.as_str(), class.len)).collect();
        assert_eq!(lens, [("cat", 1), ("dog", 0), ("eel", 2)]);
        assert_eq!((summary.captions, summary.foreground), (Some(2), Some(0.5)));
        assert_eq!(summary.targets.unwrap().shape, [3, 1, 2]);
        assert_eq!(PartSummary::of(&set(1).with_unpaired(set(3)).unwrap()).unpaired.unwrap().len, 3);
        let numbered = PartSummary::of(&set(1).with_labels(vec![1, 1, 1], 2).unwrap());
        assert_eq!(numbered.classes[1], ClassSummary { name: "1".into(), len: 3 });
    }
}
