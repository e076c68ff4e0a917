//! A table of vectors.

use super::{SpectralNorm, effective, visit_weights};
use crate::init;
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// From numbers `U32 [..]`, each below `count`, to vectors `[.., width]`.
#[derive(Debug)]
pub struct Embedding {
    /// `[count, width]`.
    pub weight: Param,
    spectral: Option<SpectralNorm>,
}

impl Embedding {
    /// A table of `count` vectors of `width` numbers, which start in `N(0, 1)`.
    #[track_caller]
    pub fn new(count: usize, width: usize, key: Key, options: &TensorOptions) -> Self {
        Embedding {
            weight: Param::new(init::normal(key.purpose("weight"), [count, width], 0.0, 1.0, options)),
            spectral: None,
        }
    }

    /// With spectral norm: the weight is divided by its largest singular value. To be said last.
    #[must_use]
    #[track_caller]
    pub fn spectral(self) -> Self {
        let spectral = Some(SpectralNorm::new(&self.weight, 0));
        Embedding { spectral, ..self }
    }
}

impl Stateful for Embedding {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, self.spectral.as_ref(), None);
    }
}

impl Module for Embedding {
    /// # Panics
    /// When `ids` isn't `U32`, or a number is out of range. (A GPU finds that later, and returns it where values are read.)
    fn forward(&self, ids: &Tensor, cx: &mut Ctx) -> Tensor {
        effective(&self.weight, self.spectral.as_ref(), cx).embedding(ids)
    }
}
