//! An approximation of [gelu](super::gelu), `x/2 · (1 + tanh(√(2/π)(x + 0.044715x³)))`.

use crate::case::Domain;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// `x/2 · (1 + tanh(√(2/π)(x + 0.044715x³)))`, which is [`gelu`](Self::gelu) to some 5e-4 (Hendrycks and Gimpel, 2016).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([0.0, 1e30]).gelu_tanh().to_f64_vec()?, [0.0, 1e30]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn gelu_tanh(&self) -> Tensor {
        assert_floats("gelu_tanh", &[self]);
        // Beyond 10 the hyperbolic tangent is ±1, and the cube could be infinite.
        let near = self.clamp(-10.0, 10.0);
        let inner = (&near + near.pow_scalar(3.0) * 0.044715) * (2.0 / std::f64::consts::PI).sqrt();
        self * (inner.tanh() + 1.0) * 0.5
    }
}

/// Domain, cases and refusals of `gelu_tanh`.
pub fn definition() -> Definition {
    let plain =
        |x: f64| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh());
    Definition::unary("all x", Tensor::gelu_tanh, plain, Domain::Real).smooth()
}
