//! Values at the edges: nothing at all, shared storage, infinities, other types.

use kiln_grad::{DType, Device, Tensor, grad, vjp};

fn values(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

fn empty(dims: &[usize]) -> Tensor {
    Tensor::zeros(dims, DType::F64, &Device::cpu())
}

#[test]
fn broadcasting_against_nothing() {
    let (none, row) = (empty(&[0, 3]).tracked(), Tensor::from([1.0, 2.0, 3.0]).tracked());
    let y = (&none * &row + &row).exp();
    assert_eq!(y.dims().to_vec(), [0, 3]);
    let gradients = grad(y.sum(..), &[&none, &row]);
    assert_eq!(gradients[0].dims().to_vec(), [0, 3]);
    assert_eq!(values(&gradients[1]), [0.0; 3]);
    let line = empty(&[1, 3]).tracked();
    assert_eq!(values(&grad((&line + &none).sum(..), &[&line])[0]), [0.0; 3]);
    // A product over nothing is zero, and so are its gradients.
    let (a, b) = (empty(&[2, 0]).tracked(), empty(&[0, 3]).tracked());
    let product = a.matmul(&b);
    assert_eq!(values(&product), [0.0; 6]);
    assert_eq!(grad(product.sum(..), &[&a, &b])[1].dims().to_vec(), [0, 3]);
}

#[test]
fn sums_and_means_of_nothing() {
    let none = empty(&[0]).tracked();
    assert_eq!(none.sum(..).item(), Ok(0.0));
    assert!(none.mean(..).item().unwrap().is_nan());
    assert_eq!(grad(none.sum(..), &[&none])[0].numel(), 0);
}

#[test]
fn select_keeps_infinities_out() {
    // The gradient of √ at 0 is infinite; where the constant was chosen it must not reach x.
    let x = Tensor::from([0.0, 4.0]).tracked();
    let mask = x.gt(x.zeros_like());
    let y = mask.select(&x, &x.zeros_like()).sqrt();
    assert_eq!(values(&grad(y.sum(..), &[&x])[0]), [0.0, 0.25]);
    // Choosing twice also keeps the value finite in the second order's way.
    let safe = mask.select(&x, &x.ones_like());
    let y = mask.select(&safe.ln(), &x.zeros_like());
    assert_eq!(values(&grad(y.sum(..), &[&x])[0]), [0.0, 0.25]);
}

#[test]
fn choices_keep_infinities_out() {
    let x = Tensor::from([-1.0, 4.0]).tracked();
    let root = |y: Tensor| values(&grad(y.sqrt().sum(..), &[&x])[0]);
    assert_eq!(root(x.relu()), [0.0, 0.25]);
    assert_eq!(root(x.clamp(0.0, 9.0)), [0.0, 0.25]);
    assert_eq!(root(x.maximum(&x.zeros_like())), [0.0, 0.25]);
    assert_eq!(root(-((-&x).minimum(&x.zeros_like()))), [0.0, 0.25]);
    let x = Tensor::from([-1.0, 0.0]).tracked();
    assert_eq!(values(&grad(x.max(0).sqrt(), &[&x])[0]), [0.0, f64::INFINITY]);
    assert_eq!(values(&grad((-(-&x).min(0)).sqrt(), &[&x])[0]), [0.0, f64::INFINITY]);
}

#[test]
fn ties_share_the_gradient() {
    let x = Tensor::from([2.0, 2.0, 1.0]).tracked();
    assert_eq!(values(&grad(x.max(0), &[&x])[0]), [0.5, 0.5, 0.0]);
    assert_eq!(values(&grad(x.maximum(&(&x * 1.0)).sum(..), &[&x])[0]), [1.0; 3]);
}

#[test]
fn casts_convert_the_gradient_back() {
    let x = Tensor::from([1.5f32, -2.0]).tracked();
    let y = x.to_dtype(DType::F64).square();
    assert_eq!(y.dtype(), DType::F64);
    let gradient = &vjp(y, &Tensor::from([1.0, 0.5]), &[&x])[0];
    assert_eq!((gradient.dtype(), values(gradient)), (DType::F32, vec![3.0, -2.0]));
    assert!(!x.to_dtype(DType::U32).is_tracked());
    let narrow = Tensor::from([0.1, 0.2]).tracked();
    let gradient = &grad(narrow.to_dtype(DType::F32).sum(..), &[&narrow])[0];
    assert_eq!((gradient.dtype(), values(gradient)), (DType::F64, vec![1.0; 2]));
}

#[test]
fn derivatives_in_f32_are_those_in_f64() {
    let x64 = Tensor::from([[0.3, -1.2, 0.8], [1.4, 0.1, -0.6]]);
    let run = |x: &Tensor| {
        let x = x.tracked();
        let y = x.silu().matmul(&x.transpose(0, 1)).softmax(1).ln().sum(..);
        values(&grad(y, &[&x])[0])
    };
    let (single, double) = (run(&x64.to_dtype(DType::F32)), run(&x64));
    assert!(single.iter().zip(&double).all(|(a, b)| (a - b).abs() < 1e-5), "{single:?} {double:?}");
}

#[test]
fn values_stay_when_gradients_are_taken() {
    let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).tracked();
    let view = x.transpose(0, 1);
    let y = (&view * &x + &view).sum(..);
    let first = values(&grad(y.clone(), &[&x])[0]);
    let second = values(&grad(y, &[&x])[0]);
    assert_eq!(first, second);
    assert_eq!(values(&x), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn padding_leaves_infinities_as_they_are() {
    let padded = Tensor::from([f64::INFINITY, 1.0]).pad(&[(1, 1)], 0.5);
    assert_eq!(values(&padded), [0.5, f64::INFINITY, 1.0, 0.5]);
}
