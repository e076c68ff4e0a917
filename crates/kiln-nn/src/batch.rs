//! A batch of samples.

use kiln_grad::Tensor;

/// What the values of an image mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelRange {
    /// 0 is black and 1 is white.
    Unit,
    /// −1 is black and 1 is white.
    Signed,
}

/// A batch of images `[n, c, h, w]` that knows its range of values.
#[derive(Clone, Debug)]
pub struct Images {
    tensor: Tensor,
    range: PixelRange,
}

impl Images {
    /// A batch of images.
    ///
    /// # Panics
    /// When the tensor has not four axes.
    #[track_caller]
    pub fn new(tensor: Tensor, range: PixelRange) -> Self {
        assert!(tensor.rank() == 4, "images are [n, c, h, w], but this is {}", tensor.dims());
        Images { tensor, range }
    }

    /// The values in `[0, 1]`.
    pub fn unit(&self) -> Tensor {
        match self.range {
            PixelRange::Unit => self.tensor.clone(),
            PixelRange::Signed => &self.tensor * 0.5 + 0.5,
        }
    }

    /// The values in `[-1, 1]`.
    pub fn signed(&self) -> Tensor {
        match self.range {
            PixelRange::Unit => &self.tensor * 2.0 - 1.0,
            PixelRange::Signed => self.tensor.clone(),
        }
    }

    /// The values as they are, in their own [range](Images::range).
    pub fn into_tensor(self) -> Tensor {
        self.tensor
    }

    /// What the values mean.
    pub fn range(&self) -> PixelRange {
        self.range
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.tensor.dims()[0]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Texts as numbers.
#[derive(Clone, Debug)]
pub struct Captions {
    /// Numbers of the tokens in the data's [vocabulary](crate::DataInfo::vocabulary), `U32 [n, t]`: each text from
    /// its first token to its end, and behind it 0.
    pub tokens: Tensor,
    /// Number of tokens of each text, `U32 [n]`.
    pub lengths: Tensor,
}

/// What a training step gets: samples, in as many forms as the data has them. The first axis of each is the
/// samples.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Images `[n, c, h, w]`.
    pub images: Option<Images>,
    /// Class of each sample, `U32 [n]`.
    pub labels: Option<Tensor>,
    /// What each image is to be translated to, in any size and channels. Where the data is unpaired, they are as
    /// many images of the other kind.
    pub targets: Option<Images>,
    /// Class of each pixel, `U32 [n, h, w]`; 0 is the background.
    pub masks: Option<Tensor>,
    /// What each sample says, or is said of it.
    pub captions: Option<Captions>,
    /// Images in sequence, `[n, t, c, h, w]` in `[0, 1]`.
    pub frames: Option<Tensor>,
    /// Points `[n, d]`.
    pub points: Option<Tensor>,
}

impl Batch {
    /// Images and nothing else.
    pub fn of_images(images: Images) -> Self {
        Batch { images: Some(images), ..Batch::default() }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        let Batch { images, labels, targets: _, masks, captions, frames, points } = self;
        let tensors = [labels, masks, frames, points].into_iter().flatten();
        let tensors = tensors.chain(captions.as_ref().map(|captions| &captions.tokens));
        let counts = tensors.map(|tensor| tensor.dims()[0]).chain(images.as_ref().map(Images::len));
        counts.max().unwrap_or(0)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images.
    ///
    /// # Panics
    /// When the data has none, which a model that needs them [says before it is built](crate::DataInfo).
    #[track_caller]
    pub fn images(&self) -> &Images {
        self.images.as_ref().expect("this data has no images")
    }

    /// The classes.
    ///
    /// # Panics
    /// When the data has none.
    #[track_caller]
    pub fn labels(&self) -> &Tensor {
        self.labels.as_ref().expect("this data has no labels")
    }

    /// The targets.
    ///
    /// # Panics
    /// When the data has none.
    #[track_caller]
    pub fn targets(&self) -> &Images {
        self.targets.as_ref().expect("this data has no targets")
    }

    /// The points.
    ///
    /// # Panics
    /// When the data has none.
    #[track_caller]
    pub fn points(&self) -> &Tensor {
        self.points.as_ref().expect("this data has no points")
    }
}
