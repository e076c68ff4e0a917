//! Images in host memory, and what is known about them.

mod attach;
mod convert;
mod split;

use crate::DataError;

/// Images of one size as bytes, with whatever else is known about them: class labels and the names of the
/// classes, captions, masks, and images of another kind to go with them.
///
/// Pixels run from 0 (black) to 255 (full); they are stored N×C×H×W, row-major and planar (all of
/// one channel before the next). A data set holds at least one image, and at most 2³² − 1, so that
/// a sample index is always a `u32`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    name: String,
    images: Vec<u8>,
    channels: usize,
    height: usize,
    width: usize,
    labels: Option<Vec<u32>>,
    classes: usize,
    class_names: Option<Vec<String>>,
    captions: Option<Vec<String>>,
    masks: Option<Vec<u8>>,
    targets: Option<Box<Dataset>>,
    unpaired: Option<Box<Dataset>>,
}

impl Dataset {
    /// A data set of images of shape `[channels, height, width]` and nothing else.
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
            None => Ok(Dataset {
                name,
                images,
                channels,
                height,
                width,
                labels: None,
                classes: 0,
                class_names: None,
                captions: None,
                masks: None,
                targets: None,
                unpaired: None,
            }),
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
    }

    #[test]
    #[should_panic(expected = "image 3 of data set counting, which has 3")]
    fn image_out_of_range_says_so() {
        counting().image(3);
    }
}
