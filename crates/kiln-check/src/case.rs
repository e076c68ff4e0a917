//! Checking the cases that ops have beside their definitions.

use crate::draw::draw;
use crate::options::CheckOptions;
use crate::report::CheckReport;
use crate::value;
use kiln_grad::Case;
use kiln_tensor::random::Key;

/// Checks a case at a point drawn by the options' seed: its values against its reference, if it has one, and
/// its derivatives, as those of a linear function if the case says so.
///
/// # Panics
/// As [`CheckOptions::gradients`].
pub fn case(case: &Case, options: &CheckOptions) -> CheckReport {
    let options = if case.linear { options.clone().linear() } else { options.clone() };
    let inputs = draw(case, Key::new(options.seed));
    let mut report = options.gradients(|x| (case.f)(x), &inputs).labelled(format!("{case:?}"));
    report.checks.splice(0..0, value::check(case, &inputs));
    report
}
