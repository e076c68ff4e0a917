//! A convolution and its two gradients.

use super::page::{TracePage, differences};
use crate::cli::support::error::CommandError;
use kiln::grad::ops::Conv;
use kiln::grad::{Device, Tensor};

/// This file, whose lines are shown.
pub const SOURCE: [&str; 2] = [file!(), include_str!("conv.rs")];

/// Half the squared length of a convolution's result.
fn loss(x: &Tensor, w: &Tensor) -> Tensor {
    x.conv2d(w, Conv::default()).square().sum(..) * 0.5
}

pub fn show(page: &mut TracePage) -> Result<(), CommandError> {
    let image = |values: &[f64]| Tensor::from_slice(values, [1, 1, 3, 3], &Device::cpu());
    let kernel = |values: &[f64]| Tensor::from_slice(values, [1, 1, 2, 2], &Device::cpu());
    let pixels = [0.5, -1.0, 2.0, 1.5, 0.0, -0.5, 1.0, 2.5, -2.0];
    let weights = [1.0, -0.5, 0.25, 2.0];
    let x = page.leaf("x", image(&pixels));
    let w = page.leaf("w", kernel(&weights));
    let y = page.compute(|| loss(&x, &w));
    page.graph(&y);
    page.say(
        "The 2×2 window fits four times in 3×3 pixels. The gradient for the image is the transposed convolution\n\
         of what arrives, that for the weights the weight convolution: the rest of one triad.",
    );
    let gradients = page.sweep(y, &[&x, &w], false)?;
    let by_x = differences(&pixels, |moved| Ok(loss(&image(moved), &kernel(&weights)).item()?))?;
    let by_w = differences(&weights, |moved| Ok(loss(&image(&pixels), &kernel(moved)).item()?))?;
    page.compare("d loss / dx", &gradients[0], "by differences", &by_x)?;
    page.compare("d loss / dw", &gradients[1], "by differences", &by_w)
}
