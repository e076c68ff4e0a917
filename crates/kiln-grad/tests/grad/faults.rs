//! What goes wrong in a call on the CPU is told of there, and nothing else is harmed.

use crate::errors::place_of_panic;
use kiln_grad::{DType, Device, Error, GradError, Tensor, attempt, grad, try_grad, try_grad_recorded};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn table() -> Tensor {
    Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
}

fn text(f: impl FnOnce() -> Tensor) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("nothing panicked");
    payload.downcast_ref::<String>().unwrap().clone()
}

/// A tensor that no memory holds, as a view; its gradient for what it was made of takes as much.
fn immense(x: &Tensor) -> Tensor {
    x.broadcast_to([1 << 46]).narrow(0, 0, 1)
}

#[test]
fn an_index_out_of_range_panics_at_the_callers_line_in_the_words_of_the_op() {
    let index = |i: u32| Tensor::from([0, i]);
    let labels = |i: u32| Tensor::from([i]);
    type Call = fn(u32) -> Tensor;
    let calls: [(&str, Call); 5] = [
        ("gather: the index 9 is out of range for an axis of length 3", |i| {
            table().gather(0, &Tensor::from([[i, 0]]))
        }),
        ("index_select: the index 9 is out of range for an axis of length 2", |i| {
            table().index_select(1, &Tensor::from([i]))
        }),
        ("embedding: the index 9 is out of range for an axis of length 3", |i| {
            table().embedding(&Tensor::from([i]))
        }),
        ("scatter_add: the index 9 is out of range for an axis of length 4", |i| {
            Tensor::from([1.0]).scatter_add(0, &Tensor::from([i]), 4)
        }),
        ("one_hot: the index 9 is out of range for an axis of length 5", |i| {
            Tensor::from([0, i]).one_hot(5, DType::F64)
        }),
    ];
    for (said, f) in calls {
        assert_eq!(text(|| f(9)), said);
        let place = place_of_panic(|| drop(f(9)));
        assert!(place.starts_with(file!()), "{said}: panics at {place}");
        // The same call goes on with what is right.
        assert!(f(1).to_f64_vec().is_ok(), "{said}");
        assert!(matches!(attempt(|| f(9)), Err(Error::IndexOutOfRange { index: 9, .. })), "{said}");
    }
    assert!(matches!(table().try_gather(0, &Tensor::from([[9_u32, 0]])), Err(Error::IndexOutOfRange { .. })));
    assert!(Tensor::from([1.0]).try_scatter_add(0, &labels(9), 4).is_err());
    assert!(
        table().try_gather(0, &index(9)).unwrap_err().to_string().contains("wanted u32 with the same dims")
    );
    assert_eq!(Device::cpu().status(), Ok(()));
}

#[test]
fn memory_that_can_not_be_had_panics_at_the_callers_line() {
    let place = place_of_panic(|| drop(Tensor::zeros([1 << 46], DType::F64, &Device::cpu())));
    assert!(place.starts_with(file!()), "{place}");
    let wide = Tensor::from([1.0]).broadcast_to([1 << 46]);
    let place = place_of_panic(AssertUnwindSafe(|| drop(wide.exp())));
    assert!(place.starts_with(file!()), "{place}");
    assert!(matches!(wide.try_add(&wide), Err(Error::OutOfMemory { .. })));
}

#[test]
fn a_backward_sweep_tells_its_faults_where_it_is_called() {
    let x = Tensor::from([2.0]).tracked();
    let place = place_of_panic(AssertUnwindSafe(|| drop(grad(immense(&x), &[&x]))));
    assert!(place.starts_with(file!()), "{place}");
    assert!(text(|| grad(immense(&x), &[&x]).remove(0)).starts_with("grad: out of memory"));
    for result in [try_grad(immense(&x), &[&x]), try_grad_recorded(immense(&x), &[&x])] {
        assert!(matches!(result, Err(GradError::Fault(Error::OutOfMemory { .. }))), "{result:?}");
    }
    assert_eq!(grad(x.square().sum(..), &[&x])[0].item(), Ok(4.0));
}

/// In an attempt the ops after a fault are recorded and do nothing, as on a GPU that has failed.
#[test]
fn a_whole_step_can_be_attempted() {
    let w = Tensor::from([1.0, 2.0]).tracked();
    let step = |label: u32| {
        let y = (&w * 2.0).gather(0, &Tensor::from([label])).sum(..);
        grad(y, &[&w]).remove(0).to_f64_vec()
    };
    assert!(matches!(attempt(|| step(5)), Err(Error::IndexOutOfRange { index: 5, len: 2, .. })));
    assert_eq!(attempt(|| step(1)), Ok(Ok(vec![0.0, 2.0])));
}
