//! Ties, masks, losses and broadcasting.

use crate::{normal, pass};
use kiln_check::{CheckOptions, Verdict};
use kiln_grad::{Tensor, Window, grad, grad_recorded};
use kiln_nn::loss::{Reduction, bce_with_logits};

fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

/// Each of several largest elements took the whole gradient: it was multiplied by their number.
#[test]
fn ties_of_a_maximum_share_one_gradient() {
    let tied = Tensor::from([[2.0, 1.0, 2.0], [3.0, 3.0, 3.0]]).tracked();
    let per_row = grad(tied.max(1).sum(..), &[&tied]).remove(0).sum(1);
    assert_eq!(numbers(&per_row), [1.0, 1.0]);
    let image = tied.reshape([1, 1, 2, 3]);
    let pooled = grad(image.max_pool2d(Window::new([2, 3])).sum(..), &[&tied]).remove(0);
    assert_eq!(numbers(&pooled.sum(..)), [1.0]);
    let (a, b) = (Tensor::from([1.0, 2.0]).tracked(), Tensor::from([1.0, 0.0]).tracked());
    let both = grad(a.maximum(&b).sum(..), &[&a, &b]);
    assert_eq!(numbers(&(&both[0] + &both[1])), [1.0, 1.0]);
    // No slope is wrong at a tie, so a check can't tell.
    let report = CheckOptions::new().order(1).gradients(|x| x[0].max(0), &[Tensor::from([1.0, 1.0])]);
    assert_eq!(report.verdict(), Verdict::Inconclusive);
}

/// The square root's infinite slope times the mask's zero is NaN, although the mask leaves it out. Taking
/// the root of something harmless there helps: mask twice.
#[test]
fn a_masked_square_root_of_zero() {
    let x = Tensor::from([0.0, 4.0]).tracked();
    let (inside, one) = (x.gt(x.zeros_like()), x.ones_like());
    let once = inside.select(&x.sqrt(), &x.zeros_like());
    let gradient = numbers(&grad(once.sum(..), &[&x])[0]);
    assert!(gradient[0].is_nan() && gradient[1] == 0.25, "{gradient:?}");

    let twice = |x: &Tensor| inside.select(&inside.select(x, &one).sqrt(), &one.zeros_like());
    assert_eq!(numbers(&grad(twice(&x).sum(..), &[&x])[0]), [0.0, 0.25]);
    let first = grad_recorded(twice(&x).sum(..), &[&x]).remove(0);
    assert_eq!(numbers(&grad(first.sum(..), &[&x])[0]), [0.0, -1.0 / 32.0]);
}

/// A fused backward pass that can't be differentiated again makes a gradient penalty through it zero. The
/// second derivative is `σ(x)(1 − σ(x))`, whatever the target, and doesn't overflow.
#[test]
fn binary_cross_entropy_with_logits_in_the_second_order() {
    let targets = Tensor::from([1.0, 0.0, 0.3, 1.0, 0.0]);
    let inputs = [Tensor::from([0.0, 2.0, -1.5, 30.0, 700.0])];
    let loss = |x: &Tensor| bce_with_logits(x, &targets, Reduction::Sum);
    pass(|x| loss(&x[0].narrow(0, 0, 3).pad(&[(0, 2)], 0.0)), &inputs);
    let x = inputs[0].tracked();
    let first = grad_recorded(loss(&x), &[&x]).remove(0);
    let second = numbers(&grad(first.sum(..), &[&x])[0]);
    for (have, x) in second.iter().zip(numbers(&x)) {
        let (up, down) = (1.0 / (1.0 + (-x).exp()), 1.0 / (1.0 + x.exp()));
        assert!((have - up * down).abs() <= 1e-15, "at {x}: {have}");
    }
}

/// The gradient of what is repeated zero times is a sum of nothing, of its own dims.
#[test]
fn broadcasting_against_length_zero() {
    let (empty, row) = (normal("empty", &[0, 3]).tracked(), normal("row", &[1, 3]).tracked());
    let gradients = grad((&empty * &row + 1.0).sum(..), &[&empty, &row]);
    assert_eq!((&gradients[0].dims()[..], &gradients[1].dims()[..]), (&[0, 3][..], &[1, 3][..]));
    assert_eq!(numbers(&gradients[1]), [0.0; 3]);
    pass(|x| &x[0] * &x[1], &[normal("empty", &[0, 3]), normal("row", &[3])]);
    pass(|x| (&x[0] / x[1].exp()).sum(1), &[normal("empty", &[2, 0]), normal("scalar", &[])]);
}
