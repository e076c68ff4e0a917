//! Convolutions.

use crate::{normal, pass_linear};
use kiln_grad::ops::Conv;
use kiln_grad::{Tensor, grad};

#[track_caller]
fn conv(x: [usize; 4], w: [usize; 4], options: Conv) {
    pass_linear(|t| t[0].conv2d(&t[1], options), &[normal("x", &x), normal("w", &w)]);
}

#[track_caller]
fn conv_transpose(x: [usize; 4], w: [usize; 4], options: Conv) {
    pass_linear(|t| t[0].conv_transpose2d(&t[1], options), &[normal("x", &x), normal("w", &w)]);
}

/// The gradient of the input had the dims of the smallest image that gives the output, or rows of garbage.
#[test]
fn input_gradient_when_the_size_is_no_multiple_of_the_stride() {
    for size in 5..=8 {
        conv([1, 2, size, 13 - size], [2, 2, 3, 2], Conv::default().stride([2, 3]));
    }
    // What no window covers gets exactly nothing.
    let x = normal("x", &[1, 1, 6, 6]).tracked();
    let y = x.conv2d(&normal("w", &[1, 1, 3, 3]), Conv::default().stride(2));
    let gradient = grad(y.sum(..), &[&x]).remove(0);
    assert_eq!(gradient.narrow(2, 5, 1).to_f64_vec().unwrap(), [0.0; 6]);
    assert!(gradient.narrow(2, 4, 1).to_f64_vec().unwrap().iter().any(|g| *g != 0.0));
}

/// The output padding was taken for padding of the input, or forgotten in the backward pass.
#[test]
fn output_padding_of_a_transposed_convolution() {
    conv_transpose([1, 2, 3, 2], [2, 1, 3, 3], Conv::default().stride(2).padding(1).output_padding(1));
    conv_transpose([1, 1, 2, 3], [1, 2, 2, 3], Conv::default().stride([3, 2]).output_padding([2, 1]));
}

/// Dilation makes room for an output padding that isn't smaller than the stride.
#[test]
fn output_padding_larger_than_the_stride_under_dilation() {
    conv_transpose([1, 1, 3, 3], [1, 1, 2, 2], Conv::default().dilation(3).output_padding(2));
    conv_transpose(
        [1, 2, 2, 2],
        [2, 1, 2, 2],
        Conv::default().stride(2).dilation([3, 4]).output_padding([2, 3]),
    );
}

/// The weight's gradient is itself a convolution, of which the stride is the dilation of the forward one and
/// the other way round.
#[test]
fn stride_and_dilation_in_the_weight_gradient() {
    conv([1, 1, 9, 9], [1, 1, 3, 3], Conv::default().stride(2));
    conv([1, 1, 9, 9], [1, 1, 3, 3], Conv::default().dilation(2));
    conv([2, 1, 9, 8], [2, 1, 3, 2], Conv::default().stride([2, 3]).dilation([3, 2]));
    conv_transpose([1, 2, 3, 3], [2, 1, 3, 2], Conv::default().stride([2, 3]).dilation([3, 2]));
}

/// Groups were handled in the forward pass alone, or mixed by the transposition of the weight.
#[test]
fn groups() {
    conv([2, 4, 4, 4], [6, 2, 2, 2], Conv::default().groups(2));
    conv([1, 3, 4, 4], [6, 1, 3, 3], Conv::default().groups(3).stride(2).padding(1));
    conv_transpose([2, 4, 2, 2], [4, 3, 2, 2], Conv::default().groups(2).stride(2));
}

/// Rows and columns that a pointwise window skips take no part, and their gradient is zero.
#[test]
fn kernel_of_one_with_stride_two() {
    conv([1, 2, 5, 4], [3, 2, 1, 1], Conv::default().stride(2));
    conv_transpose([1, 2, 3, 2], [2, 1, 1, 1], Conv::default().stride(2).output_padding(1));
    let x = normal("x", &[1, 1, 5, 5]).tracked();
    let y = x.conv2d(&Tensor::from(2.0).reshape([1, 1, 1, 1]), Conv::default().stride(2));
    let gradient = grad(y.sum(..), &[&x]).remove(0).to_f64_vec().unwrap();
    let twice = |i: usize| if (i / 5).is_multiple_of(2) && (i % 5).is_multiple_of(2) { 2.0 } else { 0.0 };
    assert_eq!(gradient, (0..25).map(twice).collect::<Vec<_>>());
}
