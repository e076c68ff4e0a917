//! The cases an op is checked on: plain data beside its definition.

use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::Dims;
use std::fmt;
use std::sync::Arc;

/// The call of a [`Case`]: from its inputs to the result.
pub type CaseFn = Arc<dyn Fn(&[Tensor]) -> Tensor + Send + Sync>;

/// The same call of a [`Case`] in naive loops.
pub type ReferenceFn = Arc<dyn Fn(&[Values]) -> Values + Send + Sync>;

/// One way to call an op, for checks of its derivatives and of backends.
#[derive(Clone)]
pub struct Case {
    /// Name that says what is special about it.
    pub label: String,
    /// The tensors it is differentiated for.
    pub inputs: Vec<CaseInput>,
    /// The call.
    pub f: CaseFn,
    /// The same function in naive loops, which knows nothing of kernels.
    pub reference: Option<ReferenceFn>,
    /// Whether the result is linear in each input, the others held fixed.
    pub linear: bool,
    /// Whether the function takes inputs of all dims that broadcast, so that checks can make up others.
    pub any_dims: bool,
}

/// Dims and domain of a differentiable input of a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaseInput {
    /// The lengths of the axes.
    pub dims: Dims,
    /// Domain that its values come from.
    pub domain: Domain,
}

/// Values at which a function is smooth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// In `[-2, 2]`.
    Real,
    /// In the given range.
    Range(f64, f64),
    /// In `[-2, 2]`, at least 0.15 away from each multiple of 0.5, where functions have their kinks.
    AwayFromKinks,
    /// All different by at least 0.05, in random order, for functions that look for the largest.
    Distinct,
}

impl Case {
    /// A case with inputs in `[-2, 2]`.
    pub fn new<D: Into<Dims>>(
        label: impl Into<String>,
        dims: impl IntoIterator<Item = D>,
        f: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
    ) -> Case {
        let inputs = dims.into_iter().map(|d| CaseInput { dims: d.into(), domain: Domain::Real }).collect();
        Case { label: label.into(), inputs, f: Arc::new(f), reference: None, linear: false, any_dims: false }
    }

    /// The same case with all inputs from another domain.
    #[must_use]
    pub fn on(mut self, domain: Domain) -> Case {
        self.inputs.iter_mut().for_each(|input| input.domain = domain);
        self
    }

    /// The same case with input `i` from another domain.
    #[must_use]
    pub fn input_on(mut self, i: usize, domain: Domain) -> Case {
        self.inputs[i].domain = domain;
        self
    }

    /// The same case of a function that takes all dims that broadcast.
    #[must_use]
    pub fn any_dims(mut self) -> Case {
        self.any_dims = true;
        self
    }

    /// The same case with other dims for its inputs.
    #[must_use]
    pub fn with_dims(mut self, dims: &[Dims]) -> Case {
        self.inputs.iter_mut().zip(dims).for_each(|(input, dims)| input.dims = *dims);
        self
    }

    /// The same case with the same function in naive loops.
    #[must_use]
    pub fn reference(mut self, reference: impl Fn(&[Values]) -> Values + Send + Sync + 'static) -> Case {
        self.reference = Some(Arc::new(reference));
        self
    }

    /// The same case of a function that is linear in each input.
    #[must_use]
    pub fn linear(mut self) -> Case {
        self.linear = true;
        self
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {:?}", self.label, self.inputs.iter().map(|i| i.dims).collect::<Vec<_>>())
    }
}

/// Cases of a function applied to each element: empty, scalar, and up to five axes.
pub(crate) fn unary(
    f: fn(&Tensor) -> Tensor,
    reference: impl Fn(f64) -> f64 + Copy + Send + Sync + 'static,
    domain: Domain,
) -> Vec<Case> {
    [&[][..], &[0], &[1], &[7], &[2, 3], &[3, 0, 2], &[2, 1, 3], &[1, 2, 1, 5], &[2, 1, 3, 1, 2]]
        .into_iter()
        .map(|dims| Case::new("elements", [dims], move |x| f(&x[0])).on(domain))
        .map(|case| case.reference(move |x| x[0].map(reference)).any_dims())
        .collect()
}

/// Cases of a function of two tensors that broadcasts.
pub(crate) fn binary(
    f: fn(&Tensor, &Tensor) -> Tensor,
    reference: fn(f64, f64) -> f64,
    domain: Domain,
) -> Vec<Case> {
    let groups: [(&str, &[usize], &[usize]); 10] = [
        ("scalars", &[], &[]),
        ("same dims", &[2, 3], &[2, 3]),
        ("scalar left", &[], &[3]),
        ("scalar right", &[2, 2], &[]),
        ("row", &[5, 3], &[3]),
        ("column", &[2, 3], &[2, 1]),
        ("both ways", &[2, 1, 3], &[4, 1]),
        ("inner axis", &[2, 3, 2], &[2, 1, 2]),
        ("five axes", &[2, 1, 2, 1, 3], &[3, 1, 2, 1]),
        ("empty", &[0, 3], &[1, 3]),
    ];
    groups
        .into_iter()
        .map(|(label, a, b)| Case::new(label, [a, b], move |x| f(&x[0], &x[1])).on(domain))
        .map(|case| case.reference(move |x| x[0].zip(&x[1], reference)).any_dims())
        .collect()
}
