//! The graph: nodes used twice, parts cut off, views of views.

use crate::{normal, pass, pass_linear};
use kiln_grad::{Tensor, grad, grad_recorded};

fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

/// The second use of a node overwrote the gradient of the first; or the sum was written into a cotangent
/// that was shared.
#[test]
fn uses_of_one_node_accumulate() {
    let x = Tensor::from([1.5, -2.0]).tracked();
    let y = &x * &x + &x;
    assert_eq!(numbers(&grad(y.sum(..), &[&x])[0]), [4.0, -3.0]);
    // The cotangent of `a + a` goes to `a` twice, as one tensor.
    let a = x.sin();
    assert_eq!(numbers(&grad((&a + &a).sum(..), &[&a])[0]), [2.0, 2.0]);
    pass(
        |x| {
            let a = x[0].sin();
            let b = &a * &x[0];
            (&a + &b) * (&a - &b) + &a
        },
        &[normal("x", &[3])],
    );
}

/// What is detached is a constant in every order, and the other ways to the same tensor stay open.
#[test]
fn a_detached_part_is_constant() {
    let x = Tensor::from([2.0]).tracked();
    let y = &x * x.square().detach();
    assert_eq!(numbers(&grad(y.clone(), &[&x])[0]), [4.0]);
    let first = grad_recorded((&y * &x).sum(..), &[&x]).remove(0);
    assert_eq!(numbers(&first), [16.0]);
    // `x²·c` with the constant `c = 4`: the second derivative is 2c.
    assert_eq!(numbers(&grad(first, &[&x])[0]), [8.0]);
    assert!(kiln_grad::try_grad(x.detach().sum(..), &[&x]).is_err());
}

/// A view of a view composes the strides and offsets of both; its gradient must undo both.
#[test]
fn views_of_views() {
    let x = [normal("x", &[4, 6])];
    pass_linear(|x| x[0].narrow(0, 1, 3).slice(1, 5, 3, -2), &x);
    pass_linear(|x| x[0].transpose(0, 1).narrow(0, 2, 3).slice(1, 0, 2, 3), &x);
    pass_linear(|x| x[0].reshape([2, 2, 6]).permute(&[2, 0, 1]).flip(1).select_at(0, 4), &x);
    pass(|x| x[0].transpose(0, 1).narrow(0, 1, 2).flip(1).square(), &x);
    // Two views that overlap add up where they do.
    let x = Tensor::from([1.0, 2.0, 3.0, 4.0]).tracked();
    let y = x.narrow(0, 0, 3).narrow(0, 1, 2).sum(..) * 10.0 + x.slice(0, 1, 2, 2).sum(..);
    assert_eq!(numbers(&grad(y, &[&x])[0]), [0.0, 11.0, 10.0, 1.0]);
}
