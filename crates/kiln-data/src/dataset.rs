//! Labelled or unlabelled images in host memory.

use crate::DataError;

/// Images of one size as bytes, with optional class labels.
///
/// Pixels run from 0 (black) to 255 (full); they are stored N×C×H×W, row-major and planar (all of
/// one channel before the next). A data set holds at least one image, and at most 2³² − 1, so that
/// a sample index is always a `u32`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    name: String,
    images: Vec<u8>,
    labels: Option<Vec<u32>>,
    channels: usize,
    height: usize,
    width: usize,
    classes: usize,
}

impl Dataset {
    /// An unlabelled data set of images of shape `[channels, height, width]`.
    ///
    /// # Errors
    /// When a dimension is 0, when `images` is not a whole number of images, or when it holds none
    /// or more than 2³² − 1.
    pub fn new(name: impl Into<String>, shape: [usize; 3], images: Vec<u8>) -> Result<Self, DataError> {
        let name = name.into();
        let [channels, height, width] = shape;
        let size = channels.checked_mul(height).and_then(|plane| plane.checked_mul(width));
        let problem = match size {
            None | Some(0) => Some(format!("an image of {channels}×{height}×{width} can't exist")),
            Some(size) if !images.len().is_multiple_of(size) => Some(format!(
                "{} bytes are not a whole number of images of {channels}×{height}×{width} = {size} bytes",
                images.len()
            )),
            Some(_) if images.is_empty() => {
                Some("there are no images; a data set needs at least one".to_owned())
            }
            Some(size) if images.len() / size > u32::MAX as usize => Some(format!(
                "{} images are more than the {} an index can name",
                images.len() / size,
                u32::MAX
            )),
            Some(_) => None,
        };
        match problem {
            Some(problem) => Err(DataError::Dataset { name, problem }),
            None => Ok(Dataset { name, images, labels: None, channels, height, width, classes: 0 }),
        }
    }

    /// The same images with one label each, a class in `0..classes`.
    ///
    /// # Errors
    /// When the number of labels is not the number of images, or a label is `classes` or more.
    pub fn with_labels(self, labels: Vec<u32>, classes: usize) -> Result<Self, DataError> {
        let problem = if labels.len() != self.len() {
            Some(format!("{} labels for {} images; give one each", labels.len(), self.len()))
        } else {
            let stray = labels.iter().position(|&label| label as usize >= classes);
            stray.map(|at| format!("label {} of image {at} is not below {classes}, the classes", labels[at]))
        };
        match problem {
            Some(problem) => Err(DataError::Dataset { name: self.name, problem }),
            None => Ok(Dataset { labels: Some(labels), classes, ..self }),
        }
    }

    /// What the data set is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.images.len() / self.image_len()
    }

    /// Whether there are no images: never, for a data set that was constructed.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The shape of one image: `[channels, height, width]`.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// Channels of an image: 1 for grey, 3 for red, green and blue.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Rows of an image, in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of an image, in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Bytes of one image: channels × height × width.
    pub fn image_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The number of classes; 0 without labels.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// All pixels, N×C×H×W.
    pub fn images(&self) -> &[u8] {
        &self.images
    }

    /// The pixels of image `index`, C×H×W.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Dataset::len).
    #[track_caller]
    pub fn image(&self, index: usize) -> &[u8] {
        assert!(index < self.len(), "image {index} of data set {}, which has {}", self.name, self.len());
        &self.images[index * self.image_len()..][..self.image_len()]
    }

    /// One label an image, each below [`classes`](Dataset::classes); `None` without labels.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    /// Splits into the images before `at` and those from `at` on, for a set that comes without a
    /// test part. The order is kept; labels and classes go along.
    ///
    /// # Errors
    /// When either part would be empty.
    pub fn split_at(mut self, at: usize) -> Result<(Dataset, Dataset), DataError> {
        if at == 0 || at >= self.len() {
            let problem =
                format!("{} images can't be split at {at}; choose from 1 to {}", self.len(), self.len() - 1);
            return Err(DataError::Dataset { name: self.name, problem });
        }
        let rest = Dataset {
            name: self.name.clone(),
            images: self.images.split_off(at * self.image_len()),
            labels: self.labels.as_mut().map(|labels| labels.split_off(at)),
            ..self
        };
        Ok((self, rest))
    }
}

/// What a data spec loads: a part to train on, and where there is one, a part held out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The samples to train on.
    pub train: Dataset,
    /// The samples held out, of the same shape and classes.
    pub test: Option<Dataset>,
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
        assert_eq!(set.image(1), [4, 5, 6, 7]);
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
        let error = counting().with_labels(vec![0, 1], 2).unwrap_err();
        assert_eq!(error.to_string(), "data set counting: 2 labels for 3 images; give one each");
        let error = counting().with_labels(vec![0, 1, 2], 2).unwrap_err();
        assert!(error.to_string().contains("label 2 of image 2"), "{error}");
    }

    #[test]
    fn splitting_keeps_order_and_labels() {
        let whole = counting().with_labels(vec![2, 0, 1], 3).unwrap();
        let (first, rest) = whole.clone().split_at(1).unwrap();
        assert_eq!((first.images(), first.labels().unwrap()), (whole.image(0), &[2][..]));
        assert_eq!((rest.image(1), rest.labels().unwrap(), rest.classes()), (whole.image(2), &[0, 1][..], 3));
        assert!(whole.clone().split_at(0).is_err() && whole.split_at(3).is_err());
    }

    #[test]
    #[should_panic(expected = "image 3 of data set counting, which has 3")]
    fn image_out_of_range_says_so() {
        counting().image(3);
    }
}
