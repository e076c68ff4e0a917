//! Errors say what is wrong, where, and what to do.

use kiln_grad::{GradError, Tensor, grad, no_grad, try_grad, vjp};

#[track_caller]
fn leaf() -> Tensor {
    Tensor::from([1.0, 2.0]).tracked()
}

#[track_caller]
fn fails(y: Tensor, xs: &[&Tensor], words: &[&str]) -> GradError {
    let error = try_grad(y, xs).unwrap_err();
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
    error
}

/// `file:line` of this very call.
#[track_caller]
fn here() -> String {
    let place = std::panic::Location::caller();
    format!("{}:{}", place.file(), place.line())
}

#[test]
fn a_detached_result_says_where() {
    let x = leaf();
    let (y, place) = (x.square().sum(..).detach(), here());
    fails(y, &[&x], &["the result was detached", &place]);
    let (y, place) = (no_grad(|| x.sum(..)), here());
    fails(y, &[&x], &["the result was detached", &place]);
    // Where it was cut is kept through what is computed from it.
    let (cut, place) = (x.detach(), here());
    fails(cut.exp().sum(..), &[&x], &["detached", &place]);
}

#[test]
fn a_detached_input_says_where() {
    let x = leaf();
    let (cut, place) = (x.detach(), here());
    let y = (&cut * &x).sum(..);
    fails(y, &[&x, &cut], &["tensor 1 of those wanted was detached at", &place]);
}

#[test]
fn an_input_that_was_never_tracked_is_named() {
    let (x, constant) = (leaf(), Tensor::from([1.0, 1.0]));
    let y = (&x * &constant).sum(..);
    assert_eq!(fails(y, &[&constant], &["tensor 0", "tracked()"]), GradError::NotTracked { index: 0 });
    fails(constant.sum(..), &[&x], &["depends on no tracked tensor", "tracked()", "grad_recorded"]);
}

#[test]
fn an_unreachable_input_says_where_the_graph_was_cut() {
    let (x, place_of_x) = (leaf(), here());
    let other = leaf();
    let y = (&other * 2.0).sum(..);
    fails(y, &[&other, &x], &["does not depend on tensor 1", &place_of_x]);
    let (cut, place) = (x.exp().detach(), here());
    let error =
        fails((&cut * &other).sum(..), &[&x], &["does not depend on tensor 0", "detached at", &place]);
    let GradError::NoPath { made_at, cuts, .. } = error else { panic!("{error:?}") };
    assert_eq!((made_at.file(), cuts.len()), (file!(), 1));
}

#[test]
fn results_must_be_single_floats() {
    let x = leaf();
    fails(x.square(), &[&x], &["f64[2]", "reduce it", "vjp"]);
    fails(Tensor::from(3u32), &[&x], &["u32", "no derivative"]);
    let error = std::panic::catch_unwind(|| vjp(leaf().square(), &Tensor::from([1.0]), &[])).unwrap_err();
    let text = error.downcast_ref::<String>().unwrap();
    assert!(text.contains("f64[1]") && text.contains("f64[2]"), "{text}");
}

#[test]
#[should_panic(expected = "grad: tensor 0 of those wanted is not tracked")]
fn grad_panics_with_the_same_text() {
    let x = leaf();
    grad(x.sum(..), &[&Tensor::from(1.0)]);
}

#[test]
#[should_panic(expected = "u32 elements have no derivative")]
fn integers_can_not_be_tracked() {
    let _ = Tensor::from([1u32]).tracked();
}

#[test]
fn shape_mistakes_name_op_and_dims() {
    let text = |f: fn() -> Tensor| {
        let payload = std::panic::catch_unwind(f).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    let (sum, product) = (text(|| leaf() + Tensor::from([1.0; 3])), text(|| leaf().matmul(&leaf())));
    assert!(sum.contains("add") && sum.contains("[2]") && sum.contains("[3]"), "{sum}");
    assert!(
        product.contains("matmul") && product.contains("wanted [.., m, k] times [.., k, n]"),
        "{product}"
    );
    let mixed = text(|| leaf() * Tensor::from([1.0f32, 2.0]));
    assert!(mixed.contains("f64") && mixed.contains("f32"), "{mixed}");
}

/// The file and line where `f` panics.
pub fn place_of_panic(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    use std::cell::RefCell;
    use std::sync::Once;
    thread_local!(static PLACE: RefCell<String> = const { RefCell::new(String::new()) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().expect("panics have a place");
            PLACE.set(format!("{}:{}", place.file(), place.line()));
            before(info);
        }));
    });
    assert!(std::panic::catch_unwind(f).is_err(), "nothing panicked");
    PLACE.take()
}

/// A mistake in shapes is one of the caller's code, so that is the place the panic names.
#[test]
fn panics_name_the_line_of_the_caller() {
    let image = || Tensor::from([1.0, 2.0, 3.0, 4.0]).reshape([1, 1, 2, 2]);
    let large = || Tensor::from([[0.0; 4]; 4]).reshape([1, 1, 4, 4]);
    let mistakes: [fn(Tensor, Tensor); 18] = [
        |x, _| drop(x + Tensor::from([1.0; 3])),
        |x, _| drop(x.matmul(&Tensor::from([1.0; 3]))),
        |x, _| drop(x.reshape([3])),
        |x, _| drop(x.sum([0, 7])),
        |x, _| drop(x.sum(7)),
        |x, _| drop(x.permute(&[0, 1, 2, 9])),
        |x, _| drop(x.permute(&[0, 1, 2, 2])),
        |x, large| drop(x.conv2d(&large, Default::default())),
        |x, large| drop(large.conv_transpose2d(&x, kiln_grad::ops::Conv::default().output_padding(3))),
        |x, _| drop(x.max_pool2d(kiln_grad::Window::new(5))),
        |x, _| drop(x.avg_pool2d(kiln_grad::Window::new(5))),
        |x, large| drop(Tensor::concat(&[&x, &large], 0)),
        |x, large| drop(Tensor::stack(&[&x, &large], 0)),
        |x, _| drop(x.pad(&[(0, 1); 5], 0.0)),
        |x, _| drop(x.batch_norm(Some((&Tensor::from([1.0; 3]), &Tensor::from([1.0; 3]))), 1e-3)),
        |x, _| drop(grad(x, &[])),
        |x, _| drop(vjp(x, &Tensor::from(1.0), &[])),
        |x, _| drop(kiln_grad::jvp(|_| Tensor::from(1.0), &x, &x)),
    ];
    for (i, mistake) in mistakes.into_iter().enumerate() {
        let place = place_of_panic(move || mistake(image(), large()));
        assert!(place.starts_with(file!()), "mistake {i} panics at {place}");
    }
}

#[test]
fn unused_tensors_get_no_gradient_where_that_is_allowed() {
    let [x, y] = [2.0, 3.0].map(|value| Tensor::from(value).tracked());
    let gradients = kiln_grad::try_grad_allow_unused(x.square(), &[&x, &y]).unwrap();
    let values: Vec<Option<f64>> = gradients.iter().map(|g| g.as_ref().map(|g| g.item().unwrap())).collect();
    assert_eq!(values, [Some(4.0), None]);
    // A tensor that isn't tracked is a mistake all the same.
    assert!(kiln_grad::try_grad_allow_unused(x.square(), &[&Tensor::from(1.0)]).is_err());
}
