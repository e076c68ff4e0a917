//! Samples of one form, and what is known about them.

mod attach;
mod convert;
mod factors;
mod info;
mod modes;
mod split;

pub use modes::Modes;

use std::sync::Arc;

pub use factors::Factors;

use crate::pixels::{FileChecksums, Pixels};
use crate::{DataError, Samples, TextUnit, Vocabulary};

/// Samples of one form: images of one size, sequences of them, points, or texts; with whatever else is known
/// about each: class labels and the names of the classes, captions, masks, and images of another kind to go with
/// them.
///
/// Pixels run from 0 (black) to 255 (full), planar (all of one channel before the next). They are in memory, or in
/// files that are decoded when they are needed. A data set holds at least one sample, and at most 2³² − 1, so
/// that the index of a sample is always a `u32`.
#[derive(Clone, Debug)]
pub struct Dataset {
    name: String,
    len: usize,
    images: Option<Pixels>,
    frames: Option<Pixels>,
    points: Option<Points>,
    labels: Option<Vec<u32>>,
    classes: usize,
    class_names: Option<Vec<String>>,
    captions: Option<Vec<String>>,
    vocabulary: Option<Arc<Vocabulary>>,
    masks: Option<Pixels>,
    mask_classes: usize,
    factors: Option<Factors>,
    targets: Option<Box<Dataset>>,
    unpaired: Option<Box<Dataset>>,
    modes: Option<Arc<Modes>>,
}

/// Points of one dimension.
#[derive(Clone, Debug, PartialEq)]
struct Points {
    coordinates: usize,
    /// N×D.
    values: Vec<f32>,
}

impl Dataset {
    /// A data set of images of shape `[channels, height, width]` in memory, N×C×H×W, and nothing else.
    ///
    /// # Errors
    /// When a dimension is 0, when `images` is not a whole number of images, or when it holds none
    /// or more than 2³² − 1.
    pub fn new(name: impl Into<String>, shape: [usize; 3], images: Vec<u8>) -> Result<Self, DataError> {
        let name = name.into();
        let [channels, height, width] = shape;
        let size = channels.checked_mul(height).and_then(|plane| plane.checked_mul(width));
        let problem = match size {
            None | Some(0) => format!("an image of {channels}×{height}×{width} can't exist"),
            Some(size) if !images.len().is_multiple_of(size) => format!(
                "{} bytes are not a whole number of images of {channels}×{height}×{width} = {size} bytes",
                images.len()
            ),
            Some(_) => {
                return Dataset::of_images(name, Pixels::in_memory(images, [1, channels, height, width]));
            }
        };
        Err(DataError::Dataset { name, problem })
    }

    /// A data set of images.
    pub(crate) fn of_images(name: impl Into<String>, images: Pixels) -> Result<Self, DataError> {
        Ok(Dataset { images: Some(images.clone()), ..Dataset::of(name.into(), images.len(), "images")? })
    }

    /// A data set of sequences of images.
    pub(crate) fn of_frames(name: impl Into<String>, frames: Pixels) -> Result<Self, DataError> {
        Ok(Dataset { frames: Some(frames.clone()), ..Dataset::of(name.into(), frames.len(), "sequences")? })
    }

    /// A data set of points with so many coordinates, N×D.
    ///
    /// # Errors
    /// When there are no coordinates, when the values are not a whole number of points, or when there are none or
    /// more than 2³² − 1.
    pub fn of_points(
        name: impl Into<String>,
        coordinates: usize,
        values: Vec<f32>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        if coordinates == 0 || !values.len().is_multiple_of(coordinates) {
            let len = values.len();
            let problem =
                format!("{len} values are not a whole number of points of {coordinates} coordinates");
            return Err(DataError::Dataset { name, problem });
        }
        let set = Dataset::of(name, values.len() / coordinates, "points")?;
        Ok(Dataset { points: Some(Points { coordinates, values }), ..set })
    }

    /// A data set of texts, whose tokens are words or characters.
    ///
    /// # Errors
    /// When there are none or more than 2³² − 1.
    pub fn of_texts(name: impl Into<String>, texts: Vec<String>, unit: TextUnit) -> Result<Self, DataError> {
        let set = Dataset::of(name.into(), texts.len(), "texts")?;
        let vocabulary = Vocabulary::of(texts.iter().map(String::as_str), unit);
        Ok(Dataset { captions: Some(texts), vocabulary: Some(Arc::new(vocabulary)), ..set })
    }

    /// A data set of so many samples of which nothing is known yet.
    fn of(name: String, len: usize, what: &str) -> Result<Self, DataError> {
        let problem = match len {
            0 => format!("there are no {what}; a data set needs at least one"),
            _ if len > u32::MAX as usize => {
                format!("{len} {what} are more than the {} an index can name", u32::MAX)
            }
            _ => {
                return Ok(Dataset {
                    name,
                    len,
                    images: None,
                    frames: None,
                    points: None,
                    labels: None,
                    classes: 0,
                    class_names: None,
                    captions: None,
                    vocabulary: None,
                    masks: None,
                    mask_classes: 0,
                    factors: None,
                    targets: None,
                    unpaired: None,
                    modes: None,
                });
            }
        };
        Err(DataError::Dataset { name, problem })
    }

    /// Name of the data set in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no samples: never, for a data set that was constructed.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shape of one image: `[channels, height, width]`.
    ///
    /// # Panics
    /// When the samples are not images.
    #[track_caller]
    pub fn shape(&self) -> [usize; 3] {
        match &self.images {
            Some(images) => images.shape(),
            None => panic!("shape: the samples of data set {} are not images", self.name),
        }
    }

    /// All pixels, N×C×H×W.
    ///
    /// # Errors
    /// When files can't be read; all of them that are broken are named.
    ///
    /// # Panics
    /// When the samples are not images.
    #[track_caller]
    pub fn images(&self) -> Result<Vec<u8>, DataError> {
        match &self.images {
            Some(images) => images.to_bytes(),
            None => panic!("images: the samples of data set {} are not images", self.name),
        }
    }

    /// The pixels of image `index`, C×H×W.
    ///
    /// # Errors
    /// When it is in a file that can't be read.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Dataset::len), or the samples are not images.
    #[track_caller]
    pub fn image(&self, index: usize) -> Result<Vec<u8>, DataError> {
        assert!(index < self.len(), "image {index} of data set {}, which has {}", self.name, self.len());
        match &self.images {
            Some(images) => images.gather(&[index as u32]),
            None => panic!("image: the samples of data set {} are not images", self.name),
        }
    }

    /// The pixels of sequence `index`, T×C×H×W.
    ///
    /// # Errors
    /// When they are in a file that can't be read.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Dataset::len), or the samples are not sequences.
    #[track_caller]
    pub fn sequence(&self, index: usize) -> Result<Vec<u8>, DataError> {
        match &self.frames {
            Some(frames) if index < self.len() => frames.gather(&[index as u32]),
            _ => panic!("sequence {index} of data set {}, which has {} samples", self.name, self.len()),
        }
    }

    /// Coordinates of all points, N×D, if the samples are points.
    pub fn points(&self) -> Option<&[f32]> {
        self.points.as_ref().map(|points| points.values.as_slice())
    }

    /// Coordinates of point `index`.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Dataset::len).
    #[track_caller]
    pub fn point(&self, index: usize) -> Option<&[f32]> {
        self.points.as_ref().map(|points| &points.values[index * points.coordinates..][..points.coordinates])
    }

    /// The pixels of the images.
    pub(crate) fn image_pixels(&self) -> Option<&Pixels> {
        self.images.as_ref()
    }

    /// The pixels of the sequences.
    pub(crate) fn frame_pixels(&self) -> Option<&Pixels> {
        self.frames.as_ref()
    }

    /// The classes of the pixels.
    pub(crate) fn mask_pixels(&self) -> Option<&Pixels> {
        self.masks.as_ref()
    }

    /// Everything that is in pixels, of this set and of those that go with it.
    fn all_pixels(&self) -> Vec<&Pixels> {
        let own = [&self.images, &self.frames, &self.masks].into_iter().flatten();
        let partners = [&self.targets, &self.unpaired].into_iter().flatten();
        own.chain(partners.flat_map(|set| set.all_pixels())).collect()
    }

    /// Notes that samples were made use of: what a checkpoint holds depends on them, so their files must not change.
    /// See [`FileChecksums`].
    ///
    /// # Panics
    /// When an index is not below the data set's length, or not below that of the second set.
    pub fn mark_used<'a>(&self, samples: impl Into<Samples<'a>>) {
        let Samples { indices, unpaired } = samples.into();
        let mark = |set: &Dataset, indices: &[u32]| {
            let pixels = [&set.images, &set.frames, &set.masks].into_iter().flatten();
            pixels.for_each(|pixels| indices.iter().for_each(|&index| pixels.mark(index as usize)));
        };
        mark(self, indices);
        self.targets.iter().for_each(|targets| mark(targets, indices));
        if let Some((second, indices)) = self.unpaired.as_ref().zip(unpaired) {
            mark(second, indices);
        }
    }

    /// Adds the files that the samples are in to those whose checksums are kept.
    pub fn add_files(&self, checksums: &mut FileChecksums) {
        self.all_pixels().into_iter().for_each(|pixels| checksums.add(pixels.source()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> Dataset {
        Dataset::new("counting", [1, 2, 2], (0..12).collect()).unwrap()
    }

    #[test]
    fn images_are_consecutive_blocks() {
        let set = counting();
        assert_eq!((set.len(), set.shape(), set.classes()), (3, [1, 2, 2], 0));
        assert_eq!(set.image(1).unwrap(), [4, 5, 6, 7]);
        assert!(set.labels().is_none() && !set.is_empty());
    }

    #[test]
    fn malformed_sets_are_refused() {
        for (shape, bytes) in
            [([1, 2, 2], 13), ([1, 2, 2], 0), ([0, 2, 2], 0), ([usize::MAX, 2, 2], 12), ([1, 0, 0], 4)]
        {
            let refused = Dataset::new("bad", shape, vec![0; bytes]);
            assert!(matches!(refused, Err(DataError::Dataset { .. })), "{shape:?} {bytes}: {refused:?}");
        }
        for (coordinates, values) in [(0, 4), (3, 4), (2, 0)] {
            let refused = Dataset::of_points("bad", coordinates, vec![0.0; values]);
            assert!(matches!(refused, Err(DataError::Dataset { .. })), "{coordinates} {values}: {refused:?}");
        }
        assert!(Dataset::of_texts("bad", vec![], TextUnit::Word).is_err());
    }

    #[test]
    fn points_are_rows() {
        let set = Dataset::of_points("points", 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((set.len(), set.point(1)), (2, Some(&[3.0, 4.0][..])));
    }

    #[test]
    #[should_panic(expected = "image 3 of data set counting, which has 3")]
    fn image_out_of_range_says_so() {
        let _ = counting().image(3);
    }
}
