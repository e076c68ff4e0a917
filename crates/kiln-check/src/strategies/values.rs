//! Values, round if they can be.

use crate::draw::tensor;
use kiln_grad::{CaseInput, Dims, Domain, Tensor};
use kiln_tensor::random::Key;
use proptest::prelude::*;

/// A source of values: a function of a seed, and of how round the values are.
///
/// Values of large tensors that shrink one by one would take thousands of checks to shrink, so all shrink
/// together, in a few steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberSource {
    /// Seed of the values.
    pub seed: u64,
    /// Number of digits they have: 0 for multiples of one half, 1 and 2 for decimals, 3 for all digits.
    pub digits: usize,
}

impl NumberSource {
    /// Tensor `i` of a call, of values from a domain.
    pub fn tensor(&self, i: usize, dims: impl Into<Dims>, domain: Domain) -> Tensor {
        let input = CaseInput { dims: dims.into(), domain };
        let full = tensor(&input, Key::new(self.seed).purpose("numbers").step(i as u32));
        let values = full.to_f64_vec().unwrap_or_else(|error| panic!("the values can't be read: {error}"));
        let values: Vec<f64> = values.into_iter().map(|x| self.rounded(x, domain)).collect();
        Tensor::from_slice(&values, input.dims, full.device())
    }

    /// Rounds as far as the domain allows.
    fn rounded(&self, x: f64, domain: Domain) -> f64 {
        let parts = match self.digits {
            0 => 2.0,
            1 => 10.0,
            2 => 100.0,
            _ => return x,
        };
        let rounded = (x * parts).round() / parts + 0.0;
        match domain {
            Domain::Range(low, high) if !(low < rounded && rounded < high) => x,
            // The middle of the cell between two kinks; two digits keep away from them.
            Domain::AwayFromKinks if self.digits < 2 => (x * 2.0).floor() / 2.0 + 0.25,
            // The values are near different multiples of 0.03.
            Domain::Distinct => (x / 0.03).round() * 3.0 / 100.0 + 0.0,
            _ => rounded,
        }
    }
}

/// Sources of values, those of round ones the simplest.
pub fn numbers() -> impl Strategy<Value = NumberSource> {
    (any::<u64>().no_shrink(), 0..=3usize).prop_map(|(seed, digits)| NumberSource { seed, digits })
}

/// Tensors in `f64` of the given dims, of values from a domain: away from kinks, or all different.
pub fn values(dims: impl Into<Dims>, domain: Domain) -> impl Strategy<Value = Tensor> {
    let dims = dims.into();
    numbers().prop_map(move |numbers| numbers.tensor(0, dims, domain))
}
