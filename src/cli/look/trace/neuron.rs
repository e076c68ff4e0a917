//! The chain rule through a neuron, with the numbers of Karpathy's micrograd lecture.

use super::page::TracePage;
use crate::cli::support::error::CommandError;

/// This file, whose lines are shown.
pub const SOURCE: [&str; 2] = [file!(), include_str!("neuron.rs")];

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let ([x1, x2], [w1, w2]) = ([2.0, 0.0], [-3.0, 1.0]);
    let x = page.leaf("x", [x1, x2]);
    let w = page.leaf("w", [w1, w2]);
    let b = page.leaf("b", 6.881_373_587_019_543);
    let y = page.compute(|| ((&w * &x).sum(..) + &b).tanh());
    let slope = 1.0 - y.item()?.powi(2);
    page.graph(&y);
    let gradients = page.sweep(y, &[&w, &x, &b], false)?;
    page.compare("dy/dw", &gradients[0], "(1 − y²)·x", &[slope * x1, slope * x2])?;
    page.compare("dy/dx", &gradients[1], "(1 − y²)·w", &[slope * w1, slope * w2])?;
    page.compare("dy/db", &gradients[2], "1 − y²", &[slope])
}
