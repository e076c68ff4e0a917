//! The derivative of a derivative.

use super::page::TracePage;
use crate::cli::support::error::CommandError;
use kiln::grad::Tensor;

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let at = 2.0;
    let x = Tensor::from(at).tracked();
    let y = &x * &x * &x;
    let inputs = [("x", &x)];
    page.graph(&inputs, &y)?;
    page.say("The rules are written in ops, so a sweep can be recorded like any other computation.");
    let first = page.sweep(y, &inputs, true)?.remove(0);
    page.compare("dy/dx", &first, "3x²", &[3.0 * at * at])?;
    page.say("This is the record of that sweep. Walking back through it gives the second derivative.");
    page.graph(&inputs, &first)?;
    let second = page.sweep(first, &inputs, false)?.remove(0);
    page.compare("d²y/dx²", &second, "6x", &[6.0 * at])
}
