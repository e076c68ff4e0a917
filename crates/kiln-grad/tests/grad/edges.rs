//! Derivatives at the edges: nothing at all, single elements, numbers next to the limits, NaN.

use kiln_grad::ops::Conv;
use kiln_grad::{DType, Device, Tensor, Window, grad, grad_recorded, try_grad_recorded, vjp};
use kiln_tensor::random::Key;

fn values(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

fn zeros(dims: &[usize]) -> Tensor {
    Tensor::zeros(dims, DType::F64, &Device::cpu())
}

/// The gradients of the result's sum, by a plain and by a recorded sweep, which must agree in dims.
fn pulled(f: impl Fn(&[Tensor]) -> Tensor, dims: &[&[usize]]) -> (Tensor, Vec<Tensor>) {
    let inputs: Vec<Tensor> = dims.iter().map(|dims| zeros(dims).tracked()).collect();
    let wanted: Vec<&Tensor> = inputs.iter().collect();
    let y = f(&inputs);
    let recorded = try_grad_recorded(f(&inputs).sum(..), &wanted).unwrap();
    let gradients = vjp(y.clone(), &y.ones_like(), &wanted);
    for ((gradient, again), dims) in gradients.iter().zip(&recorded).zip(dims) {
        assert_eq!((&**gradient.dims(), &**again.dims()), (*dims, *dims));
    }
    (y, gradients)
}

#[test]
fn images_without_pixels_samples_or_channels() {
    let c = Conv::default();
    for (x, w, out) in [
        ([0, 2, 3, 3], [4, 2, 2, 2], [0, 4, 2, 2]),
        ([1, 0, 3, 3], [4, 0, 2, 2], [1, 4, 2, 2]),
        ([1, 2, 3, 3], [0, 2, 2, 2], [1, 0, 2, 2]),
    ] {
        let (y, gradients) = pulled(|t| t[0].conv2d(&t[1], c), &[&x, &w]);
        assert_eq!(**y.dims(), out);
        assert!(values(&y).iter().chain(&values(&gradients[1])).all(|g| *g == 0.0));
    }
    let padded = c.padding(1);
    let (y, _) = pulled(|t| t[0].conv2d(&t[1], padded), &[&[1, 1, 0, 2], &[1, 1, 2, 2]]);
    assert_eq!(**y.dims(), [1, 1, 1, 3]);
    let (y, _) = pulled(|t| t[0].conv_transpose2d(&t[1], c), &[&[1, 2, 0, 0], &[2, 3, 2, 2]]);
    assert_eq!(**y.dims(), [1, 3, 0, 0]);
    let (y, _) = pulled(|t| t[0].avg_pool2d(Window::new(2).stride(1).padding(1)), &[&[1, 1, 0, 2]]);
    assert_eq!(values(&y), [0.0; 3]);
    let (y, _) = pulled(|t| t[0].max_pool2d(Window::new(2).stride(1)), &[&[0, 3, 4, 4]]);
    assert_eq!(**y.dims(), [0, 3, 3, 3]);
    let (y, _) = pulled(|t| t[0].resize_bilinear([3, 5], true), &[&[0, 1, 2, 2]]);
    assert_eq!(**y.dims(), [0, 1, 3, 5]);
}

#[test]
fn lines_without_elements() {
    let (y, _) = pulled(|t| t[0].softmax(-1), &[&[2, 0]]);
    assert_eq!(**y.dims(), [2, 0]);
    let (y, _) = pulled(|t| t[0].log_softmax(0), &[&[0, 3]]);
    assert_eq!(**y.dims(), [0, 3]);
    let (y, gradients) = pulled(|t| t[0].logsumexp(1), &[&[2, 0]]);
    assert_eq!((values(&y), gradients[0].numel()), (vec![f64::NEG_INFINITY; 2], 0));
    let (y, _) = pulled(|t| t[0].var(0, 1.0), &[&[0, 2]]);
    assert!(values(&y).iter().all(|y| y.is_nan()));
    let (y, _) = pulled(|t| t[0].layer_norm(&t[1], &t[2], 1e-5), &[&[0, 3], &[3], &[3]]);
    assert_eq!(**y.dims(), [0, 3]);
    let (y, _) = pulled(|t| t[0].embedding(&Tensor::from_slice(&[0u32; 0], [0], &Device::cpu())), &[&[3, 0]]);
    assert_eq!(**y.dims(), [0, 0]);
}

/// The spread of one number is 0: the result is the bias, whatever the number.
#[test]
fn norms_of_single_elements() {
    let x = Tensor::from([[5.0, -7.0]]).tracked();
    let (weight, bias) = (Tensor::from([2.0, 3.0]).tracked(), Tensor::from([0.5, -0.5]).tracked());
    let y = x.batch_norm(Some((&weight, &bias)), 1e-5).0;
    assert_eq!(values(&y), [0.5, -0.5]);
    let gradients = grad(y.square().sum(..), &[&x, &weight, &bias]);
    assert_eq!(
        gradients.iter().map(values).collect::<Vec<_>>(),
        [vec![0.0; 2], vec![0.0; 2], vec![1.0, -1.0]]
    );
}

#[test]
fn quotients_of_tiny_numbers() {
    // The square of b is 0 in f32, but a/b² is not infinite.
    let (a, b) = (Tensor::from([1e-25_f32]).tracked(), Tensor::from([1e-25_f32]).tracked());
    let gradients = grad(&a / &b, &[&a, &b]);
    assert!((values(&gradients[0])[0] * 1e-25 - 1.0).abs() < 1e-6, "{gradients:?}");
    assert!((values(&gradients[1])[0] * 1e-25 + 1.0).abs() < 1e-6, "{gradients:?}");
}

#[test]
fn powers_of_zero_have_second_derivatives() {
    let (a, b) = (Tensor::from(0.0).tracked(), Tensor::from(2.0).tracked());
    let first = grad_recorded(a.pow(&b), &[&a, &b]);
    assert_eq!(first.iter().map(|g| g.item().unwrap()).collect::<Vec<_>>(), [0.0, 0.0]);
    // d²(aᵇ)/da² = b(b − 1) aᵇ⁻² = 2, and the mixed one is aᵇ⁻¹(1 + b ln a) → 0.
    let second = grad(first[0].clone(), &[&a, &b]);
    assert_eq!(second.iter().map(|g| g.item().unwrap()).collect::<Vec<_>>(), [2.0, 0.0]);
    // Elsewhere the rule is the plain one, also for the exponent 0.
    let (a, b) = (Tensor::from(3.0).tracked(), Tensor::from(0.0).tracked());
    let first = grad_recorded(a.pow(&b), &[&a, &b]);
    let mixed = grad(first[0].clone(), &[&b])[0].item().unwrap();
    assert!((mixed - 1.0 / 3.0).abs() < 1e-15, "{mixed}");
}

/// A value that is NaN has a gradient that is not silently zero.
#[test]
fn nan_is_not_hidden() {
    let x = Tensor::from([1.0, f64::NAN, 3.0]).tracked();
    let other = Tensor::from([2.0, 2.0, 2.0]).tracked();
    for y in [x.maximum(&other), x.minimum(&other)] {
        assert!(values(&y)[1].is_nan());
        let gradients = grad(y.sum(..), &[&x, &other]);
        assert_eq!([values(&gradients[0])[1], values(&gradients[1])[1]], [1.0, 1.0]);
    }
    for y in [x.max(0), x.min(0)] {
        assert!(y.item().unwrap().is_nan());
        assert!(values(&grad(y, &[&x])[0])[1] > 0.0);
    }
    let image = Tensor::from([[1.0, f64::NAN], [3.0, 2.0]]).reshape([1, 1, 2, 2]).tracked();
    let y = image.max_pool2d(Window::new(2));
    assert!(y.sum(..).item().unwrap().is_nan());
    assert_eq!(values(&grad(y.sum(..), &[&image])[0]), [0.0, 1.0, 0.0, 0.0]);
}

/// Whatever is done to a NaN by a function of each element, NaN comes out.
#[test]
fn functions_of_nan_are_nan() {
    let x = Tensor::from([f64::NAN, 0.5]).tracked();
    let functions: [fn(&Tensor) -> Tensor; 22] = [
        Tensor::abs,
        |x| x.clamp(-1.0, 1.0),
        Tensor::cos,
        |x| x.elu(1.0),
        Tensor::erf,
        Tensor::exp,
        Tensor::expm1,
        Tensor::floor,
        Tensor::gelu,
        |x| x.leaky_relu(0.1),
        Tensor::ln,
        Tensor::ln1p,
        |x| x.pow_scalar(2.0),
        Tensor::recip,
        Tensor::relu,
        Tensor::rsqrt,
        Tensor::sigmoid,
        Tensor::sign,
        Tensor::silu,
        Tensor::softplus,
        Tensor::tanh,
        |x| x.dropout(0.5, Key::new(0)),
    ];
    for (i, f) in functions.into_iter().enumerate() {
        let y = values(&f(&x));
        assert!(y[0].is_nan() && !y[1].is_nan(), "function {i} gives {y:?}");
    }
}
