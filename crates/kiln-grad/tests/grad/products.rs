//! Sums and products that run along an axis where some of their elements are 0: a rule that divides by the elements is
//! wrong there.

use kiln_check::CheckOptions;
use kiln_grad::{Tensor, grad, grad_recorded, vjp, vjp_recorded};

fn values(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

/// No, one and two zeros, first, last and in the middle.
const POINTS: [[f64; 5]; 6] = [
    [1.5, -2.0, 0.5, 3.0, -1.0],
    [0.0, -2.0, 0.5, 3.0, -1.0],
    [1.5, -2.0, 0.0, 3.0, -1.0],
    [1.5, -2.0, 0.5, 3.0, 0.0],
    [0.0, -2.0, 0.5, 0.0, -1.0],
    [1.5, 0.0, 0.0, 3.0, -1.0],
];

/// The product of all elements but those.
fn without(x: &[f64], left_out: &[usize]) -> f64 {
    x.iter().enumerate().filter(|(i, _)| !left_out.contains(i)).map(|(_, x)| x).product()
}

#[test]
fn derivatives_of_a_product_are_products_of_the_others() {
    for point in POINTS {
        let x = Tensor::from(point).tracked();
        assert_eq!(x.prod(0).item().unwrap(), without(&point, &[]));
        let first = grad_recorded(x.prod(0), &[&x]).remove(0);
        let want: Vec<f64> = (0..5).map(|i| without(&point, &[i])).collect();
        assert_eq!(values(&first), want, "{point:?}");
        for i in 0..5 {
            let second = grad(first.select_at(0, i), &[&x]).remove(0);
            let want: Vec<f64> =
                (0..5).map(|j| if i == j { 0.0 } else { without(&point, &[i, j]) }).collect();
            assert_eq!(values(&second), want, "{point:?}, {i}");
        }
    }
}

#[test]
fn derivatives_of_running_products_are_products_of_the_others() {
    let weights = [0.5, -1.0, 2.0, 0.25, 1.0];
    for point in POINTS {
        let x = Tensor::from(point).tracked();
        let want: Vec<f64> = (0..5).map(|k| without(&point[..=k], &[])).collect();
        assert_eq!(values(&x.cumprod(0)), want);
        let v = Tensor::from(weights);
        let first = vjp_recorded(x.cumprod(0), &v, &[&x]).remove(0);
        let sum = |left_out: &[usize]| -> f64 {
            let last = left_out.iter().max().copied().unwrap_or(0);
            (last..5).map(|k| weights[k] * without(&point[..=k], left_out)).sum()
        };
        let want: Vec<f64> = (0..5).map(|i| sum(&[i])).collect();
        assert_eq!(values(&first), want, "{point:?}");
        for i in 0..5 {
            let second = grad(first.select_at(0, i), &[&x]).remove(0);
            let want: Vec<f64> = (0..5).map(|j| if i == j { 0.0 } else { sum(&[i, j]) }).collect();
            assert_eq!(values(&second), want, "{point:?}, {i}");
        }
    }
}

#[test]
fn a_running_sum_is_linear_whatever_is_zero() {
    let weights = Tensor::from([0.5, -1.0, 2.0, 0.25, 1.0]);
    for point in POINTS {
        let x = Tensor::from(point).tracked();
        let want: Vec<f64> = (0..5).map(|k| point[..=k].iter().sum()).collect();
        assert_eq!(values(&x.cumsum(0)), want);
        // What reaches an element is all that comes after it.
        assert_eq!(values(&vjp(x.cumsum(0), &weights, &[&x])[0]), [2.75, 2.25, 3.25, 1.25, 1.0]);
    }
}

#[test]
fn difference_quotients_agree_in_both_orders() {
    for point in POINTS {
        let x = [Tensor::from(point)];
        CheckOptions::new().gradients(|x| x[0].prod(0), &x).assert_pass();
        CheckOptions::new().gradients(|x| x[0].cumprod(0), &x).assert_pass();
        CheckOptions::new().linear().gradients(|x| x[0].cumsum(0), &x).assert_pass();
    }
}
