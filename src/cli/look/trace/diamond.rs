//! The gradients of a value that is used twice add up.

use super::page::TracePage;
use crate::cli::support::error::CommandError;
use kiln::grad::Tensor;

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let at: f64 = 1.5;
    let x = Tensor::from(at).tracked();
    let y = x.square() * x.sin();
    page.graph(&[("x", &x)], &y)?;
    page.say("Two paths lead back to x. It is visited last, when both have brought their part, and once.");
    let gradient = page.sweep(y, &[("x", &x)], false)?.remove(0);
    page.compare(
        "d(x² sin x)/dx",
        &gradient,
        "2x sin x + x² cos x",
        &[2.0 * at * at.sin() + at * at * at.cos()],
    )
}
