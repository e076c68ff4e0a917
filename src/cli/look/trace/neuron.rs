//! The chain rule through a neuron, with the numbers of Karpathy's micrograd lecture.

use super::page::TracePage;
use crate::cli::support::error::CommandError;
use kiln::grad::Tensor;

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let ([x1, x2], [w1, w2]) = ([2.0, 0.0], [-3.0, 1.0]);
    let x = Tensor::from([x1, x2]).tracked();
    let w = Tensor::from([w1, w2]).tracked();
    let b = Tensor::from(6.881_373_587_019_543).tracked();
    let y = ((&w * &x).sum(..) + &b).tanh();
    let slope = 1.0 - y.item()?.powi(2);
    let inputs = [("w", &w), ("x", &x), ("b", &b)];
    page.graph(&inputs, &y)?;
    let gradients = page.sweep(y, &inputs, false)?;
    page.compare("dy/dw", &gradients[0], "(1 − y²)·x", &[slope * x1, slope * x2])?;
    page.compare("dy/dx", &gradients[1], "(1 − y²)·w", &[slope * w1, slope * w2])?;
    page.compare("dy/db", &gradients[2], "1 − y²", &[slope])
}
