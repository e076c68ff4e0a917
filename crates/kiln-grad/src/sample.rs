//! Options of reading images between their pixels.

/// Options of [`Tensor::grid_sample`](crate::Tensor::grid_sample). Unless they say otherwise, values are interpolated
/// linearly, what lies outside is 0, and −1 and 1 are the image's edges.
///
/// ```
/// use kiln_grad::ops::{GridSample, Outside};
/// assert_eq!(GridSample::default().border().outside, Outside::Border);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GridSample {
    /// Whether the nearest pixel is taken, the even one of two, instead of the four around.
    pub nearest: bool,
    /// Values beyond the image.
    pub outside: Outside,
    /// Whether −1 and 1 are the centres of the corner pixels.
    pub align_corners: bool,
}

/// Values beyond an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outside {
    /// 0.
    #[default]
    Zeros,
    /// Those of the nearest pixel of the image.
    Border,
    /// Those of the image in a mirror at its edge; with `align_corners` at the centres of the pixels there.
    Reflection,
}

impl GridSample {
    /// The same options, and the nearest pixel is taken.
    #[must_use]
    pub fn nearest(self) -> Self {
        GridSample { nearest: true, ..self }
    }

    /// The same options, and the image goes on as its edge.
    #[must_use]
    pub fn border(self) -> Self {
        GridSample { outside: Outside::Border, ..self }
    }

    /// The same options, and the image goes on in mirrors.
    #[must_use]
    pub fn reflection(self) -> Self {
        GridSample { outside: Outside::Reflection, ..self }
    }

    /// The same options, and −1 and 1 are the centres of the corner pixels.
    #[must_use]
    pub fn align_corners(self) -> Self {
        GridSample { align_corners: true, ..self }
    }
}
