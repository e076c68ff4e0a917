//! Rounder inputs for a failure.

use super::Call;
use crate::options::CheckOptions;
use crate::point::{elements, tensor};
use crate::report::Verdict;
use kiln_grad::Tensor;

/// Parts of a unit that values are rounded to, the roundest first.
const STEPS: [f64; 4] = [2.0, 10.0, 100.0, 1e4];

/// The call at the roundest inputs at which its check still fails, if there are rounder ones.
pub fn roundest(call: &Call, options: &CheckOptions) -> Option<Call> {
    let rounded =
        |parts: f64| Call { inputs: call.inputs.iter().map(|x| round(x, parts)).collect(), ..call.clone() };
    // Off its domain a function may panic; such a point repeats nothing.
    let fails = |call: &Call| {
        let f = std::panic::AssertUnwindSafe(|| call.report(options).verdict());
        std::panic::catch_unwind(f).is_ok_and(|verdict| verdict == Verdict::Mismatch)
    };
    STEPS.into_iter().map(rounded).find(fails)
}

/// Each element rounded to multiples of one part of a unit.
fn round(x: &Tensor, parts: f64) -> Tensor {
    // Adding zero makes -0 a 0.
    let values: Vec<f64> = elements(x).iter().map(|x| (x * parts).round() / parts + 0.0).collect();
    tensor(&values, *x.dims(), x.device())
}
