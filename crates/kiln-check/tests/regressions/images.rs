//! Resizing, pooling and normalisation.

use crate::{normal, pass, pass_linear};
use kiln_grad::{Tensor, Window, grad};

/// Several pixels are made of one, and their gradients add up; an implementation that writes them one after
/// the other keeps the last.
#[test]
fn upsampling_accumulates() {
    let x = normal("x", &[1, 1, 2, 2]).tracked();
    let sum = |y: Tensor| grad(y.sum(..), &[&x]).remove(0).to_f64_vec().unwrap();
    assert_eq!(sum(x.resize_nearest([6, 4])), [6.0; 4]);
    assert_eq!(sum(x.resize_nearest([5, 3])).iter().sum::<f64>(), 15.0);
    assert!((sum(x.resize_bilinear([7, 5], false)).iter().sum::<f64>() - 35.0).abs() < 1e-12);
    let image = [normal("image", &[1, 2, 2, 3])];
    pass_linear(|x| x[0].resize_nearest([5, 7]), &image);
    pass_linear(|x| x[0].resize_bilinear([4, 5], false), &image);
    pass_linear(|x| x[0].resize_bilinear([4, 5], true), &image);
}

/// Where windows overlap, one pixel may be the largest of several.
#[test]
fn overlapping_windows_of_a_max_pool_accumulate() {
    let x = Tensor::from([[0.0, 0.1, 0.2], [0.3, 9.0, 0.4], [0.5, 0.6, 0.7]]).reshape([1, 1, 3, 3]).tracked();
    let gradient = grad(x.max_pool2d(Window::new(2).stride(1)).sum(..), &[&x]).remove(0);
    assert_eq!(gradient.to_f64_vec().unwrap(), [0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
}

/// One sample, one position, one channel, one feature: a mean of one value, or statistics of a part.
#[test]
fn normalisation_with_axes_of_length_one() {
    let affine = |n: usize| [normal("weight", &[n]), normal("bias", &[n])];
    let with = |x: &[usize], n: usize| [&[normal("x", x)][..], &affine(n)].concat();
    let batch = |x: &[Tensor]| x[0].batch_norm(Some((&x[1], &x[2])), 1e-3).0;
    pass(batch, &with(&[1, 2, 3], 2));
    pass(batch, &with(&[3, 1, 1], 1));
    pass(batch, &with(&[3, 2], 2));
    pass(|x| x[0].instance_norm(Some((&x[1], &x[2])), 1e-3), &with(&[1, 2, 1, 3], 2));
    pass(|x| x[0].group_norm(2, Some((&x[1], &x[2])), 1e-3), &with(&[1, 4, 1], 4));
    pass(|x| x[0].layer_norm(&x[1], &x[2], 1e-3), &with(&[1, 4], 4));
    // Of one value nothing is left but the bias.
    let [weight, bias] = affine(2);
    let x = normal("x", &[1, 2, 1]).tracked();
    let y = x.batch_norm(Some((&weight, &bias)), 1e-3).0;
    let off = |a: &Tensor, b: &Tensor| (a - b).abs().max(..).item().unwrap();
    assert!(off(&y, &bias.reshape([1, 2, 1])) < 1e-12);
    let gradient = grad(y.square().sum(..), &[&x]).remove(0);
    assert!(off(&gradient, &gradient.zeros_like()) < 1e-9, "{gradient:?}");
}
