//! The search for the first NaN or infinity.

use kiln_grad::graph::{Cause, Finding, FiniteGuard};
use kiln_grad::{Array, DType, Device, Tensor, grad, grad_recorded, op_site, scope};
use kiln_tensor::fused::Sgd;

/// The first finding while `f` runs.
fn first_bad<T>(f: impl FnOnce() -> T) -> Option<Finding> {
    let guard = FiniteGuard::start();
    f();
    guard.first_bad()
}

#[test]
fn a_logarithm_of_zero_is_found_at_its_line() {
    let x = Tensor::from([[1.0, 2.0], [0.0, 3.0]]);
    let mut line = 0;
    let finding = first_bad(|| {
        let _d = scope("D");
        let _loss = scope("loss");
        line = line!() + 1;
        let y = x.ln();
        y.mean(..) * 2.0
    })
    .unwrap();
    let site = finding.site.clone().unwrap();
    assert_eq!((site.op, site.backward, site.scope.as_deref()), ("ln", false, Some("D.loss")));
    assert_eq!((site.location.file(), site.location.line()), (file!(), line));
    assert_eq!((finding.kernel, finding.bad, &finding.index[..]), ("map", 1, &[1, 0][..]));
    assert_eq!((finding.value, finding.cause), (f64::NEG_INFINITY, Cause::Made { largest: 3.0 }));
    let want = format!(
        "ln (forward, kernel `map`) in D.loss at {} made -inf at [1, 0] of f64[2, 2] (1 of 4 elements is not \
         finite) out of inputs that are finite, the largest 3.0e0",
        site.location
    );
    assert_eq!(finding.to_string(), want);
}

/// Images through a convolution and batch norm, whose gradient overflows in `f32` in the backward pass: the numbers
/// are small, the slopes steep.
#[test]
fn an_overflow_in_a_backward_rule_says_so() {
    let images = Tensor::uniform(kiln_tensor::random::Key::new(1), [2, 1, 4, 4], DType::F32, &Device::cpu());
    let weight = Tensor::full(0.1, [2, 1, 3, 3], DType::F32, &Device::cpu()).tracked();
    let mut line = 0;
    let mut step = |slope: f64| {
        let _scope = scope("G");
        let (y, _) = images.conv2d(&weight, Default::default()).batch_norm(None, 1e-5);
        let _head = scope("head");
        line = line!() + 1;
        let y = (y * 1e-38) * slope * slope;
        grad(y.sum(..), &[&weight])
    };
    assert_eq!(first_bad(|| step(1e15)), None);
    let finding = first_bad(|| step(1e30)).unwrap();
    let site = finding.site.clone().unwrap();
    assert_eq!((site.op, site.backward, site.scope.as_deref()), ("mul_scalar", true, Some("G.head")));
    assert_eq!((site.location.line(), finding.meta.dims, finding.bad), (line, [2, 2, 2, 2].into(), 16));
    assert!(finding.to_string().contains("mul_scalar (backward, kernel `map`) in G.head at "), "{finding}");
    assert!(finding.to_string().contains("made inf at "), "{finding}");
}

#[test]
fn fused_kernels_and_convolutions_are_searched_too() {
    let image = Tensor::full(3e38, [2, 1, 3, 3], DType::F32, &Device::cpu());
    let weight = Tensor::ones([1, 1, 2, 2], DType::F32, &Device::cpu()).tracked();
    let finding = first_bad(|| image.conv2d(&weight, Default::default())).unwrap();
    assert_eq!((finding.kernel, finding.bad, finding.index), ("conv", 8, vec![0; 4]));
    let finding = first_bad(|| image.batch_norm(None, 1e-5)).unwrap();
    assert_eq!((finding.kernel, finding.site.unwrap().op), ("batch_norm", "normalize"));
    // The weight's gradient overflows though the rest of the backward pass is finite.
    let image = Tensor::full(1e30, [2, 1, 3, 3], DType::F32, &Device::cpu());
    let small = (&weight * 1e-30).detach().tracked();
    let finding =
        first_bad(|| grad(image.conv2d(&small, Default::default()).sum(..) * 1e10, &[&small])).unwrap();
    let site = finding.site.unwrap();
    assert_eq!((finding.kernel, site.op, site.backward), ("conv_weight", "conv2d", true));
    assert!(matches!(finding.cause, Cause::Made { largest } if largest == 1e30f32 as f64));
}

#[test]
fn a_clean_step_reports_nothing() {
    let x = Tensor::from([[0.5, -1.0], [2.0, 0.1]]).tracked();
    let step = || {
        let y = x.softmax(1).ln() + x.square();
        let first = grad_recorded(y.sum(..), &[&x]).remove(0);
        grad(first.square().sum(..), &[&x])
    };
    assert_eq!(first_bad(step), None);
}

/// Whatever a rule runs, also when it is recorded and differentiated again, belongs to the op it is of.
#[test]
fn second_derivatives_are_placed_where_the_op_was_written() {
    let x = Tensor::from([1e-160, 1.0]).tracked();
    let mut line = 0;
    let finding = first_bad(|| {
        line = line!() + 1;
        let y = x.recip();
        let first = grad_recorded(y.sum(..) * 1e-30, &[&x]).remove(0);
        grad(first.sum(..) * 1e-10, &[&x])
    })
    .unwrap();
    let site = finding.site.unwrap();
    assert!(site.backward);
    assert_eq!((site.location.file(), site.location.line()), (file!(), line));
}

#[test]
fn infinities_on_purpose_are_no_finding() {
    let x = Tensor::from([1.0, 2.0, 3.0]);
    let mask = Tensor::from([1u32, 0, 1]);
    let masked = first_bad(|| {
        let floor = x.full_like(f64::NEG_INFINITY);
        let masked = mask.select(&x, &floor);
        let padded = Tensor::concat(&[&masked, &floor.narrow(0, 0, 1)], 0);
        (&padded + 1.0).softmax(0).ln1p() + padded.max(..)
    });
    assert_eq!(masked, None);
    // A NaN that is made of them is a finding.
    let finding = first_bad(|| x.full_like(f64::INFINITY) - x.full_like(f64::INFINITY)).unwrap();
    assert_eq!((finding.kernel, finding.cause, finding.bad), ("zip", Cause::MadeOfInfinities, 3));
    assert!(finding.value.is_nan() && finding.to_string().contains("on purpose"), "{finding}");
}

#[test]
fn bad_data_is_told_from_bad_arithmetic() {
    let data = Tensor::from([[1.0, 2.0], [f64::NAN, f64::INFINITY]]);
    let finding = first_bad(|| Tensor::from([1.0, 1.0]) * &data).unwrap();
    assert_eq!(finding.cause, Cause::Input { number: 1 });
    assert_eq!((finding.bad, &finding.index[..], finding.value.is_nan()), (2, &[1, 0][..], true));
    assert!(finding.to_string().contains("look at the data and the parameters"), "{finding}");
    // A parameter that was bad before an optimiser changes it in place; that it becomes bad is told apart.
    let update = |mut p: Array, mut m: Array, g: Array| {
        let sgd = Sgd { lr: 1e300, momentum: 0.0, weight_decay: 0.0, nesterov: false };
        first_bad(|| {
            assert_eq!(op_site(), None);
            Array::update(sgd, &[&g], &mut [&mut p, &mut m]);
        })
        .unwrap()
    };
    let array = |value: f64| Array::full(value, [2], DType::F64, &Device::cpu());
    let finding = update(array(f64::NAN), array(0.0), array(1.0));
    assert_eq!((finding.site.as_ref(), finding.cause), (None, Cause::Input { number: 1 }));
    assert!(finding.to_string().starts_with("the kernel `sgd` was given NaN at [0] of f64[2]"), "{finding}");
    let finding = update(array(7.0), array(0.0), array(1e30));
    assert_eq!((finding.cause, finding.value), (Cause::Made { largest: 1e30 }, f64::NEG_INFINITY));
}
