//! Options of attention.

use crate::tensor::Tensor;
use kiln_tensor::random::Key;

/// Options of [`Tensor::attention`].
///
/// ```
/// use kiln_grad::ops::Attention;
/// let options = Attention::default().causal();
/// assert!(options.causal && options.mask.is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attention {
    /// What a query may look at: `U32`, not 0 where it may, or floats, which are added to the scores. Broadcasts to
    /// `[.., queries, keys]`.
    pub mask: Option<Tensor>,
    /// Whether query `i` looks at keys `0..=i` alone.
    pub causal: bool,
    /// Factor of the products; `1/√width` unless it is given.
    pub scale: Option<f64>,
    /// Probability that a weight is dropped, and the key of that choice.
    pub dropout: Option<(f64, Key)>,
}

impl Attention {
    /// The same options with a mask.
    #[must_use]
    pub fn mask(self, mask: &Tensor) -> Self {
        Attention { mask: Some(mask.clone()), ..self }
    }

    /// The same options, and no query looks at later keys.
    #[must_use]
    pub fn causal(self) -> Self {
        Attention { causal: true, ..self }
    }

    /// The same options with another factor of the products.
    #[must_use]
    pub fn scale(self, scale: f64) -> Self {
        Attention { scale: Some(scale), ..self }
    }

    /// The same options, and weights are dropped with probability `p`.
    #[must_use]
    pub fn dropout(self, p: f64, key: Key) -> Self {
        Attention { dropout: Some((p, key)), ..self }
    }
}
