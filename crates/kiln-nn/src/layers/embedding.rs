//! A table of vectors.

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
}

impl Embedding {
    /// A table of `count` vectors of `width` numbers, which start in `N(0, 1)`.
    #[track_caller]
    pub fn new(count: usize, width: usize, key: Key, options: &TensorOptions) -> Self {
        Embedding {
            weight: Param::new(init::normal(key.purpose("weight"), [count, width], 0.0, 1.0, options)),
        }
    }
}

impl Stateful for Embedding {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.param("weight", &self.weight);
    }
}

impl Module for Embedding {
    /// # Panics
    /// When `ids` isn't `U32`, or a number is out of range. (A GPU finds that later, and returns it where values are read.)
    fn forward(&self, ids: &Tensor, _: &mut Ctx) -> Tensor {
        self.weight.tensor().embedding(ids)
    }
}
