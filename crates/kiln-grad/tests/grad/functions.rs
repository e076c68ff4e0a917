//! Derivatives of functions against what analysis says.

use kiln_grad::{Tensor, grad, grad_recorded, hvp, jvp};

fn values(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

#[track_caller]
fn close(have: &Tensor, want: &[f64]) {
    let have = values(have);
    assert_eq!(have.len(), want.len());
    for (have, want) in have.iter().zip(want) {
        assert!((have - want).abs() <= 1e-12 * (1.0 + want.abs()), "{have} is not {want}");
    }
}

fn point() -> (Tensor, Vec<f64>) {
    let x = [0.3, -1.2, 0.8];
    (Tensor::from(x), x.to_vec())
}

#[test]
fn third_derivatives_of_tanh() {
    let (x, at) = point();
    let x = x.tracked();
    let first = grad_recorded(x.tanh().sum(..), &[&x]).remove(0);
    let second = grad_recorded(first.sum(..), &[&x]).remove(0);
    let third = grad_recorded(second.sum(..), &[&x]).remove(0);
    let fourth = grad(third.sum(..), &[&x]).remove(0);
    let t: Vec<f64> = at.iter().map(|x| x.tanh()).collect();
    let want = |f: fn(f64) -> f64| t.iter().map(|&t| f(t)).collect::<Vec<_>>();
    close(&first, &want(|t| 1.0 - t * t));
    close(&second, &want(|t| -2.0 * t * (1.0 - t * t)));
    close(&third, &want(|t| -2.0 * (1.0 - t * t) * (1.0 - 3.0 * t * t)));
    close(&fourth, &want(|t| 8.0 * t * (1.0 - t * t) * (2.0 - 3.0 * t * t)));
}

#[test]
fn jacobian_vector_products() {
    let (x, at) = point();
    let u = Tensor::from([1.0, 0.5, -2.0]);
    let (value, product) = jvp(|x| x.sin() * x.square(), &x, &u);
    let want: Vec<f64> =
        at.iter().zip(values(&u)).map(|(x, u)| (x.cos() * x * x + 2.0 * x * x.sin()) * u).collect();
    close(&value, &at.iter().map(|x| x.sin() * x * x).collect::<Vec<_>>());
    close(&product, &want);

    // Of a linear function it is the function; of a matrix product, the product.
    let a = Tensor::from([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]]);
    let times = |x: &Tensor| a.matmul(&x.reshape([3, 1]));
    assert_eq!(values(&jvp(times, &x, &u).1), values(&times(&u)));
    // A function whose gradient is zero everywhere.
    assert_eq!(values(&jvp(Tensor::sign, &x, &u).1), [0.0; 3]);
    // Through a fused op, whose derivative is taken of its composite.
    let (_, product) = jvp(|x| x.reshape([3, 1, 1]).batch_norm(None, 0.5).0.reshape([3]), &x, &u);
    let h = 1e-6;
    let norm = |x: Tensor| x.reshape([3, 1, 1]).batch_norm(None, 0.5).0;
    let numeric = (norm(&x + &u * h) - norm(&x - &u * h)) / (2.0 * h);
    assert!(values(&product).iter().zip(values(&numeric)).all(|(a, b)| (a - b).abs() < 1e-8));
}

#[test]
fn hessian_vector_products() {
    let (x, at) = point();
    let u = Tensor::from([1.0, 0.5, -2.0]);
    let (gradient, product) = hvp(|x| x.square().square().sum(..), &x, &u);
    close(&gradient, &at.iter().map(|x| 4.0 * x.powi(3)).collect::<Vec<_>>());
    close(&product, &at.iter().zip(values(&u)).map(|(x, u)| 12.0 * x * x * u).collect::<Vec<_>>());

    // xᵀAx has the Hessian A + Aᵀ.
    let a = Tensor::from([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0], [0.0, 1.0, -2.0]]);
    let form = |x: &Tensor| x.reshape([1, 3]).matmul(&a).matmul(&x.reshape([3, 1])).sum(..);
    let want = (&a + a.transpose(0, 1)).matmul(&u.reshape([3, 1]));
    close(&hvp(form, &x, &u).1, &values(&want));

    let (gradient, product) = hvp(|x| (x * 3.0).sum(..), &x, &u);
    assert_eq!((values(&gradient), values(&product)), (vec![3.0; 3], vec![0.0; 3]));
}

#[test]
fn a_gradient_penalty_reaches_the_weights() {
    // f(x) = Σ tanh(xw): the penalty (‖∂f/∂x‖² − 1)² depends on w, through a second derivative.
    let x = Tensor::from([[0.4, -0.3]]).tracked();
    let w = Tensor::from([[0.7], [1.1]]).tracked();
    let penalty = |w: &Tensor| {
        let slope = grad_recorded(x.matmul(w).tanh().sum(..), &[&x]).remove(0);
        (slope.square().sum(..) - 1.0).square()
    };
    let gradient = values(&grad(penalty(&w), &[&w])[0]);
    for (i, gradient) in gradient.iter().enumerate() {
        let moved = |h: f64| {
            let mut at = values(&w);
            at[i] += h;
            penalty(&Tensor::from([[at[0]], [at[1]]])).item().unwrap()
        };
        let numeric = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        assert!((gradient - numeric).abs() < 1e-8, "{gradient} {numeric}");
    }
}
