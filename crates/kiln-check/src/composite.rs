//! A fused op against the plain ops it stands for.

use crate::first::random;
use crate::guard::guarded;
use crate::point::{EvalPoint, elements, pull};
use crate::report::{Check, CheckKind, CheckReport};
use crate::structure::{Tolerance, agree};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// Part of their size to which a fused op and its composite must agree.
const TOLERANCE: Tolerance = Tolerance { relative: 1e-10, absolute: 0.0 };

/// Compares a fused op with its [composite](kiln_grad::Op::composite): the values, and the gradients by
/// the op's own rule with those of the composite. `f` applies the op to the inputs, all of them, in order.
///
/// # Panics
/// When an input or the result isn't `f64`, `f` panics at the inputs, or the result of `f` doesn't come
/// straight from an op with a composite.
pub fn composite(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Tensor]) -> CheckReport {
    let wrapped = |x: &[Tensor]| (f(x), x.to_vec());
    let point = EvalPoint::new(&wrapped, inputs);
    let leaves: Vec<Tensor> = point.inputs.iter().map(Tensor::tracked).collect();
    let fused = f(&leaves);
    let Some(plain) = plain(&fused, &leaves) else {
        panic!("composite: the result is {fused:?}; wanted that of an op with a composite, of all inputs")
    };
    CheckReport::of(|| {
        let v = random(Key::new(0).purpose("composite"), point.y.len());
        let value = guarded(CheckKind::Value, "value", || {
            let mut check = Check::new(CheckKind::Value, "value");
            agree(&mut check, "value", &[elements(&plain)], std::slice::from_ref(&point.y), TOLERANCE);
            check
        });
        let gradients = guarded(CheckKind::Gradient, "gradients", || {
            let mut check = Check::new(CheckKind::Gradient, "gradients");
            let of_plain =
                pull(plain.clone(), &point.cotangent(&v), &leaves.iter().collect::<Vec<_>>(), true);
            let of_plain: Vec<Vec<f64>> = of_plain.iter().map(elements).collect();
            agree(
                &mut check,
                "fused and plain",
                &point.gradients(&v),
                &of_plain,
                Tolerance { absolute: point.grain(&v), ..TOLERANCE },
            );
            check
        });
        vec![value, gradients]
    })
}

/// The composite of the op that made `y`, if it made it of `leaves`.
fn plain(y: &Tensor, leaves: &[Tensor]) -> Option<Tensor> {
    let node = y.node()?;
    let ids = |i: usize| leaves[i].node().map(|n| n.id());
    let of_leaves = node.input_metas().count() == leaves.len()
        && node.inputs().count() == leaves.len()
        && node.inputs().all(|(i, input)| ids(i) == Some(input.id()));
    if of_leaves { node.op()?.composite(leaves) } else { None }
}
