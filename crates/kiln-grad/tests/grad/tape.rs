//! The ops that ran, in order.

use kiln_grad::graph::{Note, Tape, tape};
use kiln_grad::{DType, Portable, Tensor, Window, grad, ops, scope};
use kiln_tensor::{Kernel, Map, Zip};

fn names(tape: &Tape) -> Vec<&'static str> {
    tape.notes.iter().map(|note| note.op).collect()
}

/// Each input is the output of an op before, or one of the given tensors.
fn assert_connected(tape: &Tape, given: &[&Tensor]) {
    let mut known: Vec<_> = given.iter().map(|tensor| tensor.array().clone()).collect();
    for note in &tape.notes {
        for input in note.operands() {
            assert!(known.iter().any(|array| array.is_same(input)), "{}: {input:?}", note.op);
        }
        known.push(note.output.clone());
    }
}

#[test]
fn ops_are_noted_with_inputs_outputs_and_places() {
    let x = Tensor::from([[1.0, -2.0], [0.5, 3.0]]);
    let w = Tensor::from([[0.1, 0.2], [0.3, 0.4]]).tracked();
    let mut line = 0;
    let (y, tape) = tape(|| {
        let _scope = scope("G");
        line = line!() + 1;
        (x.matmul(&w.transpose(0, 1)) + 1.0).leaky_relu(0.2)
    });
    assert_eq!(names(&tape), ["permute", "matmul", "add_scalar", "leaky_relu"]);
    assert_connected(&tape, &[&x, &w]);
    let last = tape.notes.last().unwrap();
    assert!(last.output.is_same(y.array()));
    assert_eq!((last.site.scope.as_deref(), last.site.location.line()), (Some("G"), line));
    assert!(matches!(&tape.notes[0].portable, Some(Portable::Permute { axes }) if *axes == [1, 0]));
    assert!(matches!(tape.notes[1].portable, Some(Portable::Kernel(Kernel::Matmul))));
    assert!(matches!(last.portable, Some(Portable::Kernel(Kernel::Map(Map::LeakyRelu(0.2))))));
}

#[test]
fn functions_without_derivatives_are_noted_too() {
    let x = Tensor::from([[1.0, -2.0], [0.5, 3.0]]).tracked();
    let (_, tape) = tape(|| {
        let zero = x.detach();
        let mask = x.gt(&zero);
        assert!(!mask.is_tracked());
        let chosen = mask.select(&x, &zero);
        (chosen.argmax(1).one_hot(3, DType::F64), x.reshape([1, 1, 2, 2]).max_pool2d(Window::new(2)))
    });
    // The numbers 0, 1, 2 that one_hot compares with are made by no op.
    let numbers = tape.notes.iter().find(|note| note.op == "eq").unwrap().inputs[1].clone();
    assert_connected(&tape, &[&x, &numbers.into()]);
    let names = names(&tape);
    for name in ["gt", "select", "argmax", "eq", "cast", "max_pool2d_index", "gather"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let note = |name: &str| tape.notes.iter().find(|note| note.op == name).unwrap();
    let Some(Portable::Select { mask }) = &note("select").portable else { panic!() };
    assert!(mask.is_same(&note("gt").output), "the mask is what the comparison made");
}

#[test]
fn tapes_nest_and_end() {
    let x = Tensor::from(2.0).tracked();
    let ((_, inner), outer) = tape(|| {
        let y = x.exp();
        let inner = tape(|| y.sin()).1;
        (y.cos(), inner)
    });
    assert_eq!((names(&inner), names(&outer)), (vec!["sin"], vec!["exp", "sin", "cos"]));
    let _ = x.exp();
    let caught = std::panic::catch_unwind(|| tape(|| panic!("on purpose")));
    assert!(caught.is_err());
    assert!(tape(|| ()).1.notes.is_empty());
}

/// What a rule runs is noted with the op whose rule it is.
#[test]
fn backward_rules_are_noted() {
    let x = Tensor::from([0.5, 1.0]).tracked();
    let (_, tape) = tape(|| grad(x.tanh().sum(..), &[&x]));
    let note: &Note = tape.notes.iter().find(|note| note.op == "tanh_grad").unwrap();
    assert!(note.site.backward && note.site.op == "tanh");
    assert!(matches!(note.portable, Some(Portable::Kernel(Kernel::Zip(Zip::TanhGrad)))));
}

/// Every op of this crate says what it does.
#[test]
fn all_ops_describe_themselves() {
    for entry in ops::REGISTRY {
        for case in (entry.cases)() {
            let inputs: Vec<Tensor> = case
                .inputs
                .iter()
                .map(|input| Tensor::ones(input.dims, DType::F64, &kiln_grad::Device::cpu()))
                .collect();
            let (_, tape) = tape(|| (case.f)(&inputs));
            for note in tape.notes {
                assert!(note.portable.is_some(), "{} of {}", note.op, entry.name);
            }
        }
    }
}
