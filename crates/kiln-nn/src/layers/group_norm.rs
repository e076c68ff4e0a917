//! Group norm.

use super::{Affine, unit_affine};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;

/// Group norm (Wu and He, 2018): the channels of each sample of `[n, channels, ..]` normalised in groups,
/// then scaled and shifted channel by channel.
#[derive(Debug)]
pub struct GroupNorm {
    affine: Affine,
    groups: usize,
    eps: f64,
}

impl GroupNorm {
    /// A layer with weight 1 and bias 0, both `[channels]`, and eps 1e-5.
    ///
    /// # Panics
    /// When the channels can't be cut into so many groups.
    #[track_caller]
    pub fn new(groups: usize, channels: usize, options: &TensorOptions) -> Self {
        assert!(
            groups > 0 && channels.is_multiple_of(groups),
            "GroupNorm: {channels} channels can't be cut into {groups} groups"
        );
        GroupNorm { affine: unit_affine([channels].into(), options), groups, eps: 1e-5 }
    }

    /// What is added to the variance to keep the division finite.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        GroupNorm { eps, ..self }
    }
}

impl Stateful for GroupNorm {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.affine.visit(v);
    }
}

impl Module for GroupNorm {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        let (weight, bias) = self.affine.tensors();
        x.group_norm(self.groups, Some((&weight, &bias)), self.eps)
    }
}
