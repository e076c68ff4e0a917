//! The gradients of a value that is used twice add up.

use super::page::TracePage;
use crate::cli::support::error::CommandError;

/// This file, whose lines are shown.
pub const SOURCE: [&str; 2] = [file!(), include_str!("diamond.rs")];

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let at: f64 = 1.5;
    let x = page.leaf("x", at);
    let y = page.compute(|| x.square() * x.sin());
    page.graph(&y);
    page.say("Two paths lead back to x. It is visited last, when both have brought their part, and once.");
    let gradient = page.sweep(y, &[&x], false)?.remove(0);
    page.compare(
        "d(x² sin x)/dx",
        &gradient,
        "2x sin x + x² cos x",
        &[2.0 * at * at.sin() + at * at * at.cos()],
    )
}
