//! Errors of gradients that can't be taken.

use kiln_tensor::{DType, Error, Meta};
use std::panic::Location;

/// Reason why a gradient can't be taken. The index is that of the tensor in the list of those wanted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GradError {
    /// The result is no single number.
    #[error("grad needs a result of one element, and this one is {y}; reduce it, or give vjp a cotangent")]
    NotScalar {
        /// Dims and type of the result.
        y: Meta,
    },
    /// The result's elements aren't floats.
    #[error("the result holds {dtype} elements, which have no derivative")]
    NotFloat {
        /// The element type.
        dtype: DType,
    },
    /// The cotangent doesn't fit the result.
    #[error("the cotangent is {v}, but the result is {y}")]
    Cotangent {
        /// Dims and type of the result.
        y: Box<Meta>,
        /// Dims and type of the cotangent.
        v: Box<Meta>,
    },
    /// Nothing the result was computed from is tracked.
    #[error(
        "the result depends on no tracked tensor; call tracked() on the inputs before computing it, and take \
         gradients that are to be differentiated again with grad_recorded"
    )]
    ResultNotTracked,
    /// The result was cut off from what it was computed from.
    #[error("the result was detached from what it was computed from at {at}")]
    ResultDetached {
        /// Line where it was.
        at: &'static Location<'static>,
    },
    /// A wanted tensor isn't tracked.
    #[error("tensor {index} of those wanted is not tracked; call tracked() on it before computing with it")]
    NotTracked {
        /// Index of the tensor.
        index: usize,
    },
    /// A wanted tensor was cut off from the graph.
    #[error("tensor {index} of those wanted was detached at {at}; ask for the tensor before it was detached")]
    Detached {
        /// Index of the tensor.
        index: usize,
        /// Line where it was.
        at: &'static Location<'static>,
    },
    /// The result doesn't depend on a wanted tensor.
    #[error("the result does not depend on tensor {index} of those wanted, made at {made_at}{}", list_cuts(.cuts))]
    NoPath {
        /// Index of the tensor.
        index: usize,
        /// Line where that tensor was made.
        made_at: &'static Location<'static>,
        /// Lines where the result's graph was cut off by `detach` or `no_grad`.
        cuts: Vec<&'static Location<'static>>,
    },
    /// A kernel of a backward rule failed.
    #[error(transparent)]
    Fault(#[from] Error),
}

fn list_cuts(cuts: &[&'static Location<'static>]) -> String {
    if cuts.is_empty() {
        return String::new();
    }
    let places: Vec<String> = cuts.iter().map(|at| at.to_string()).collect();
    format!("; the graph was detached at {}", places.join(" and "))
}
