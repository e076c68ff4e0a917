//! Dropout.

use super::stateless;
use crate::module::{Ctx, Module};
use kiln_grad::Tensor;

/// Dropout (Srivastava et al., 2014): in training each element is 0 with probability `p`, else divided by
/// `1 − p`; otherwise it does nothing.
#[derive(Clone, Debug)]
pub struct Dropout {
    p: f64,
}

impl Dropout {
    /// Drops with probability `p`.
    ///
    /// # Panics
    /// When `p` isn't in `[0, 1)`.
    #[track_caller]
    pub fn new(p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "Dropout: the probability {p} is not in [0, 1)");
        Dropout { p }
    }
}

stateless!(Dropout);

impl Module for Dropout {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        if cx.is_training() { x.dropout(self.p, cx.next_key()) } else { x.clone() }
    }
}
