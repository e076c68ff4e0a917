//! Dropout (Srivastava et al., 2014).

use crate::case::{self, Case, Domain};
use crate::tensor::Tensor;
use kiln_tensor::random::Key;

impl Tensor {
    /// Each element is 0 with probability `p`, else divided by `1 − p`. Which ones is a function of the
    /// key, so the same call always drops the same elements.
    ///
    /// # Panics
    /// When `p` isn't in `[0, 1)`.
    #[must_use]
    #[track_caller]
    pub fn dropout(&self, p: f64, key: Key) -> Tensor {
        assert!((0.0..1.0).contains(&p), "dropout: the probability {p} is not in [0, 1)");
        let keep = Tensor::bernoulli(key, 1.0 - p, *self.dims(), self.dtype(), self.device());
        self * (keep * (1.0 / (1.0 - p)))
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    case::unary(|x| x.dropout(0.4, Key::new(5)), Domain::Real).into_iter().map(Case::linear).collect()
}
