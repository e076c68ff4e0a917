//! Checking the cases that ops have beside their definitions.

use crate::draw::draw;
use crate::options::Options;
use crate::report::Report;
use kiln_grad::Case;
use kiln_tensor::random::Key;

/// Checks a case at a point drawn by the options' seed, as a linear function if the case says so.
///
/// # Panics
/// As [`Options::gradients`].
pub fn case(case: &Case, options: &Options) -> Report {
    let options = if case.linear { options.clone().linear() } else { options.clone() };
    let inputs = draw(case, Key::new(options.seed));
    options.gradients(|x| (case.f)(x), &inputs).labelled(format!("{case:?}"))
}
