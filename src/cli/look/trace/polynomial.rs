//! Each op's rule, once.

use super::page::TracePage;
use crate::cli::support::error::CommandError;

/// This file, whose lines are shown.
pub const SOURCE: [&str; 2] = [file!(), include_str!("polynomial.rs")];

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let at = 3.0;
    let x = page.leaf("x", at);
    let y = page.compute(|| &x * &x * &x + &x * 2.0);
    page.graph(&y);
    page.say("The gradient of the result for itself is 1. Each op turns what arrives into what goes on to its inputs.");
    let gradient = page.sweep(y, &[&x], false)?.remove(0);
    page.compare("d(x³ + 2x)/dx", &gradient, "3x² + 2", &[3.0 * at * at + 2.0])
}
