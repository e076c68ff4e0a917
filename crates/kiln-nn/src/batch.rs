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

/// What a training step gets.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The images.
    pub images: Images,
    /// The class of each, `U32 [n]`, if the data is labelled.
    pub labels: Option<Tensor>,
    /// What each image is to be translated to, if the data says; of the images' size, in any channels. Where
    /// the data is unpaired, they are as many images of the other kind.
    pub targets: Option<Images>,
}
