//! Definitions: what an op says of itself beside its rule. One definition drives its checks, its error tests and its line
//! in the documentation.

use crate::case::{self, Case, CaseFn, Domain};
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{DType, Dims, Meta, Result};
use std::fmt;
use std::sync::Arc;

/// Entry of the registry: a function that derivatives are defined for.
#[derive(Clone, Copy, Debug)]
pub struct OpEntry {
    /// The name of its file.
    pub name: &'static str,
    /// Domain, cases and refusals.
    pub definition: fn() -> Definition,
    /// The cases of its definition.
    pub cases: fn() -> Vec<Case>,
}

/// Domain, cases, singular places and refusals of an op.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Domain it is defined on, such as `x > 0`.
    pub domain: &'static str,
    /// The calls it is checked on, each with the same in naive loops.
    pub cases: Vec<Case>,
    /// Places where it is not differentiable or not finite, and what holds there; `None` until it is said.
    pub singular: Option<Vec<Singular>>,
    /// Calls that it refuses; `None` until it is said.
    pub refusals: Option<Vec<Refusal>>,
}

/// A place where an op is not differentiable or not finite, and what is agreed on there.
#[derive(Clone)]
pub struct Singular {
    /// Name of the place, such as `x = 0`.
    pub at: &'static str,
    /// The call.
    pub f: CaseFn,
    /// The inputs there.
    pub inputs: Vec<Values>,
    /// The result there.
    pub value: Values,
    /// Gradient of the result's sum, as agreed on, for each input.
    pub gradients: Vec<Values>,
}

/// The call of a [`Refusal`] in its `try_` form.
pub type AttemptFn = Arc<dyn Fn(&[Tensor]) -> Result<Tensor> + Send + Sync>;

/// A call that an op refuses.
#[derive(Clone)]
pub struct Refusal {
    /// Dims and element types of the inputs.
    pub inputs: Vec<Meta>,
    /// The call, which panics.
    pub f: CaseFn,
    /// The `try_` form, if there is one, which returns an error with the same text.
    pub attempt: Option<AttemptFn>,
    /// Words that the text contains.
    pub words: &'static [&'static str],
}

impl Definition {
    /// The definition of an op by its domain and cases.
    pub fn new(domain: &'static str, cases: Vec<Case>) -> Definition {
        Definition { domain, cases, singular: None, refusals: None }
    }

    /// The definition of a function applied to each element, which `reference` computes for one; it refuses integers.
    pub(crate) fn unary(
        domain: &'static str,
        f: fn(&Tensor) -> Tensor,
        reference: fn(f64) -> f64,
        drawn: Domain,
    ) -> Definition {
        let integers = Meta { dims: [2].into(), dtype: DType::U32 };
        Definition::new(domain, case::unary(f, reference, drawn)).refuses_metas(
            &["u32[2]", "wanted f32 or f64"],
            vec![integers],
            move |x| f(&x[0]),
        )
    }

    /// The definition of a function of two tensors that broadcasts; it refuses what doesn't, and mixed types.
    pub(crate) fn binary(
        domain: &'static str,
        f: fn(&Tensor, &Tensor) -> Tensor,
        reference: fn(f64, f64) -> f64,
        drawn: Domain,
    ) -> Definition {
        let mixed = [DType::F64, DType::F32].map(|dtype| Meta { dims: [2].into(), dtype });
        Definition::new(domain, case::binary(f, reference, drawn))
            .refuses(&["[2, 3] and [2]", "don't broadcast"], [&[2, 3][..], &[2]], move |x| f(&x[0], &x[1]))
            .refuses_metas(&["f64[2] and f32[2]", "the same for all"], mixed.to_vec(), move |x| {
                f(&x[0], &x[1])
            })
    }

    /// Linear in each input.
    #[must_use]
    pub(crate) fn linear(mut self) -> Definition {
        self.cases = self.cases.into_iter().map(Case::linear).collect();
        self
    }

    /// Smooth and finite in its whole domain.
    #[must_use]
    pub fn smooth(mut self) -> Definition {
        self.singular.get_or_insert_default();
        self
    }

    /// With a place where it is singular, for the call of the first case: the inputs, the result there, and
    /// what counts as the gradient of the result's sum.
    #[must_use]
    pub fn singular<X: Into<Values>, G: Into<Values>>(
        mut self,
        at: &'static str,
        inputs: impl IntoIterator<Item = X>,
        value: impl Into<Values>,
        gradients: impl IntoIterator<Item = G>,
    ) -> Definition {
        let inputs = inputs.into_iter().map(Into::into).collect();
        let gradients = gradients.into_iter().map(Into::into).collect();
        let f = self.cases[0].f.clone();
        let singular = Singular { at, f, inputs, value: value.into(), gradients };
        self.singular.get_or_insert_default().push(singular);
        self
    }

    /// With a call that it refuses, for `f64` inputs of these dims, in a text with these words.
    #[must_use]
    pub fn refuses<D: Into<Dims>>(
        self,
        words: &'static [&'static str],
        inputs: impl IntoIterator<Item = D>,
        f: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
    ) -> Definition {
        let meta = |dims: D| Meta { dims: dims.into(), dtype: DType::F64 };
        self.refuses_metas(words, inputs.into_iter().map(meta).collect(), f)
    }

    /// With a call that it refuses, for inputs of other types.
    #[must_use]
    pub fn refuses_metas(
        mut self,
        words: &'static [&'static str],
        inputs: Vec<Meta>,
        f: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
    ) -> Definition {
        let refusal = Refusal { inputs, f: Arc::new(f), attempt: None, words };
        self.refusals.get_or_insert_default().push(refusal);
        self
    }

    /// With the `try_` form of all refused calls that lack one.
    #[must_use]
    pub fn tries(
        mut self,
        attempt: impl Fn(&[Tensor]) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Definition {
        let attempt: AttemptFn = Arc::new(attempt);
        for refusal in self.refusals.iter_mut().flatten() {
            refusal.attempt.get_or_insert_with(|| attempt.clone());
        }
        self
    }

    /// Refuses nothing: every tensor fits.
    #[must_use]
    pub fn total(mut self) -> Definition {
        self.refusals.get_or_insert_default();
        self
    }
}

impl fmt::Debug for Singular {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.at)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let inputs: Vec<String> = self.inputs.iter().map(Meta::to_string).collect();
        write!(f, "({}), saying {:?}", inputs.join(", "), self.words)
    }
}
