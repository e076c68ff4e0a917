//! The derivative of a derivative.

use super::page::TracePage;
use crate::cli::support::error::CommandError;

/// This file, whose lines are shown.
pub const SOURCE: [&str; 2] = [file!(), include_str!("second.rs")];

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let at = 2.0;
    let x = page.leaf("x", at);
    let y = page.compute(|| &x * &x * &x);
    page.graph(&y);
    page.say("The rules are written in ops, so a sweep can be recorded like any other computation.");
    let first = page.sweep(y, &[&x], true)?.remove(0);
    page.compare("dy/dx", &first, "3x²", &[3.0 * at * at])?;
    page.say("This is the record of that sweep. Walking back through it gives the second derivative.");
    page.graph(&first);
    let second = page.sweep(first, &[&x], false)?.remove(0);
    page.compare("d²y/dx²", &second, "6x", &[6.0 * at])
}
