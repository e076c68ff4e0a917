//! Options of a check: what is checked, and how strictly.

use crate::point::EvalPoint;
use crate::report::{Check, CheckKind, CheckReport, Verdict};
use crate::{dot_product, first, second, structure};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// Options of a check: what is checked, and how strictly.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOptions {
    pub(crate) order: u32,
    pub(crate) linear: bool,
    pub(crate) directions: usize,
    pub(crate) small: usize,
    pub(crate) seed: u64,
    pub(crate) factor: f64,
}

impl Default for CheckOptions {
    fn default() -> Self {
        CheckOptions::new()
    }
}

impl CheckOptions {
    /// First and second order, three directions for each input, and whole Jacobians of up to 144
    /// entries.
    pub const fn new() -> Self {
        CheckOptions { order: 2, linear: false, directions: 3, small: 144, seed: 0, factor: 8.0 }
    }

    /// Highest order of the derivatives that are checked: 1 or 2.
    ///
    /// # Panics
    /// When it is neither 1 nor 2.
    #[must_use]
    pub const fn order(self, order: u32) -> Self {
        assert!(order == 1 || order == 2, "the order of a check is 1 or 2");
        CheckOptions { order, ..self }
    }

    /// For functions that are linear, perhaps with a constant added, in each input while the others
    /// are held fixed. Their difference quotients are exact at any step, so they are held to 1e-13 of
    /// the size of their values.
    #[must_use]
    pub const fn linear(self) -> Self {
        CheckOptions { linear: true, ..self }
    }

    /// Number of random directions that are tried for each input: at least 1.
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    pub const fn directions(self, directions: usize) -> Self {
        assert!(directions > 0, "a check needs a direction");
        CheckOptions { directions, ..self }
    }

    /// Largest number of entries at which the whole Jacobian of an input is compared, besides the directions.
    #[must_use]
    pub const fn jacobian_up_to(self, entries: usize) -> Self {
        CheckOptions { small: entries, ..self }
    }

    /// Seed of random directions, cotangents and points. The same seed gives the same report.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        CheckOptions { seed, ..self }
    }

    /// Multiple of its own error estimate that a difference quotient may be off; 8 unless told.
    ///
    /// # Panics
    /// When it is not above 0.
    #[must_use]
    pub const fn tolerance(self, factor: f64) -> Self {
        assert!(factor > 0.0, "the tolerance factor is above 0");
        CheckOptions { factor, ..self }
    }

    /// Checks the derivatives of `f` at `inputs`.
    ///
    /// `f` must be a pure function, smooth around the inputs; it is called many times.
    ///
    /// # Panics
    /// When an input or the result isn't `f64`, or `f` panics at the inputs themselves. A panic later
    /// on, as in a backward rule, is reported as a mismatch.
    pub fn gradients(&self, f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Tensor]) -> CheckReport {
        self.model(|x| (f(x), x.to_vec()), inputs)
    }

    /// Checks the derivatives of a model at `inputs`, which may also be those for its parameters: `f` puts
    /// the values it is given where they belong, runs the model, and returns the result with, for each
    /// input, the tracked tensor that stood for it.
    ///
    /// ```
    /// use kiln_check::CheckOptions;
    /// use kiln_grad::Tensor;
    /// use kiln_nn::{Ctx, Module, TensorOptions, layers::Linear};
    /// use kiln_tensor::random::Key;
    ///
    /// let mut layer = Linear::new(2, 1, Key::new(1), &TensorOptions::cpu_f64());
    /// let params = kiln_nn::parameters(&mut layer);
    /// let model = |x: &[Tensor]| {
    ///     params.iter().zip(&x[1..]).for_each(|(param, x)| param.set(x.array().clone()));
    ///     let image = x[0].tracked();
    ///     let y = layer.forward(&image, &mut Ctx::eval()).tanh();
    ///     (y, [image].into_iter().chain(params.iter().map(|param| param.tensor())).collect())
    /// };
    /// let mut inputs = vec![Tensor::from([[0.5, -1.0], [2.0, 0.25]])];
    /// inputs.extend(params.iter().map(|param| param.tensor().detach()));
    /// CheckOptions::new().model(model, &inputs).assert_pass();
    /// ```
    ///
    /// # Panics
    /// As [`CheckOptions::gradients`], and when there isn't one leaf for each input.
    pub fn model(&self, f: impl Fn(&[Tensor]) -> (Tensor, Vec<Tensor>), inputs: &[Tensor]) -> CheckReport {
        CheckReport::of(|| self.checks(&EvalPoint::new(&f, inputs)))
    }

    fn checks(&self, point: &EvalPoint) -> Vec<Check> {
        if !point.y.iter().all(|y| y.is_finite()) {
            let mut check = Check::new(CheckKind::Value, "value");
            check.note(Verdict::Inconclusive, || "the function is not finite here".to_string());
            return vec![check];
        }
        let key = Key::new(self.seed).purpose("check");
        let mut checks =
            first::derivatives(point, self, CheckKind::Gradient, "gradient", key.purpose("first"));
        checks.push(dot_product::check(point, self, key.purpose("dot product")));
        checks.extend(structure::checks(point, key.purpose("structure")));
        if self.order == 2 {
            checks.extend(second::checks(point, self, key.purpose("second")));
        }
        checks
    }
}

/// Checks first and second derivatives of `f` at `inputs` with the default [`CheckOptions`].
///
/// # Panics
/// As [`CheckOptions::gradients`].
pub fn gradients(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Tensor]) -> CheckReport {
    CheckOptions::new().gradients(f, inputs)
}
