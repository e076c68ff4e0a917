//! Laws of every vector-Jacobian product, whatever the function.

use crate::first::random;
use crate::guard::guarded;
use crate::layouts;
use crate::norm::{distance, norm, same_bits};
use crate::point::{EvalPoint, elements, pull};
use crate::report::{Check, CheckKind};
use kiln_grad::{Sweep, SweepStep, Tensor};
use kiln_tensor::random::Key;
use std::collections::HashSet;

/// Checks that the product is linear in the cotangent, and the same at every run, for any layout, for one input as for all.
pub fn checks(point: &EvalPoint, key: Key) -> Vec<Check> {
    vec![
        guarded(CheckKind::Structure, "linear in the cotangent", || linear(point, key)),
        guarded(CheckKind::Structure, "two runs", || repeated(point, key)),
        guarded(CheckKind::Structure, "dims and types of the gradients", || metas(point, key)),
        guarded(CheckKind::Structure, "one input at a time", || alone(point, key)),
        guarded(CheckKind::Structure, "nothing unasked", || unasked(point, key)),
        guarded(CheckKind::Structure, "recorded and unrecorded", || recorded(point, key)),
        guarded(CheckKind::Structure, "layouts", || layouts::check(point, key)),
    ]
}

/// Largest difference of two gradients that agree: a part of their size, and an absolute one.
#[derive(Clone, Copy)]
pub struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

/// Requires two lists of gradients to agree.
pub fn agree(check: &mut Check, what: &str, have: &[Vec<f64>], want: &[Vec<f64>], tolerance: Tolerance) {
    for (i, (have, want)) in have.iter().zip(want).enumerate() {
        let (apart, size) = (distance(have, want), norm(have).max(norm(want)));
        let bound = tolerance.relative * size + tolerance.absolute;
        check.measure(apart, size + natural(tolerance.absolute));
        check.require(have.len() == want.len() && apart <= bound, || {
            format!("{what}, input {i}: {apart:.2e} apart, of size {size:.2e}, may be {bound:.1e}")
        });
    }
}

/// The size of what the [grain](EvalPoint::grain) is the rounding of.
fn natural(grain: f64) -> f64 {
    grain / f64::EPSILON
}

fn linear(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "linear in the cotangent");
    let n = point.y.len();
    let (a, b) = (1.75, -0.6);
    let (v, w) = (random(key.purpose("v"), n), random(key.purpose("w"), n));
    let both: Vec<f64> = v.iter().zip(&w).map(|(v, w)| a * v + b * w).collect();
    let (of_v, of_w, of_both) = (point.gradients(&v), point.gradients(&w), point.gradients(&both));
    for i in 0..of_v.len() {
        let want: Vec<f64> = of_v[i].iter().zip(&of_w[i]).map(|(v, w)| a * v + b * w).collect();
        // The two parts may cancel, so their sizes and not that of the sum tell what rounding can do.
        let (apart, size) = (distance(&of_both[i], &want), norm(&of_v[i]) + norm(&of_w[i]));
        check.measure(apart, size + natural(point.grain(&v) + point.grain(&w)));
        check.require(apart <= 1e-12 * size + point.grain(&v) + point.grain(&w), || {
            format!("input {i}: Jᵀ(av + bw) and aJᵀv + bJᵀw are {apart:.2e} apart, of size {size:.2e}")
        });
    }
    for (i, gradient) in point.gradients(&vec![0.0; n]).iter().enumerate() {
        check.require(gradient.iter().all(|g| *g == 0.0), || {
            format!("input {i}: the cotangent zero gives something else than zero")
        });
    }
    check
}

fn repeated(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "two runs");
    let v = random(key, point.y.len());
    let again = elements(&(point.f)(&point.inputs).0);
    check.require(same_bits(&again, &point.y), || "the values differ from run to run".to_string());
    let (first, second) = (point.gradients(&v), point.gradients(&v));
    for (i, (a, b)) in first.iter().zip(&second).enumerate() {
        check.require(same_bits(a, b), || format!("the gradients for input {i} differ from run to run"));
    }
    for (i, (input, values)) in point.inputs.iter().zip(&point.values).enumerate() {
        check.require(same_bits(&elements(input), values), || format!("input {i} was written to"));
    }
    check
}

fn metas(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "dims and types of the gradients");
    let v = point.cotangent(&random(key, point.y.len()));
    let (y, leaves) = point.tracked();
    let gradients = pull(y, &v, &leaves.iter().collect::<Vec<_>>(), false);
    for (i, (gradient, input)) in gradients.iter().zip(&leaves).enumerate() {
        check.require(gradient.meta() == input.meta(), || {
            format!("the gradient for input {i} is {}, the input {}", gradient.meta(), input.meta())
        });
        check.require(!gradient.is_tracked(), || format!("the unrecorded gradient for input {i} is tracked"));
    }
    check
}

fn alone(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "one input at a time");
    let v = random(key, point.y.len());
    let together = point.gradients(&v);
    let one = |i: usize| {
        let mut inputs = point.inputs.clone();
        inputs[i] = inputs[i].tracked();
        let (y, leaves) = (point.f)(&inputs);
        elements(&pull(y, &point.cotangent(&v), &[&leaves[i]], false)[0])
    };
    let apart: Vec<Vec<f64>> = (0..together.len()).map(one).collect();
    agree(
        &mut check,
        "alone and with the others",
        &apart,
        &together,
        Tolerance { relative: 1e-13, absolute: point.grain(&v) },
    );
    // Tracked all, but asked for one: the others' flags must not matter.
    let (y, leaves) = point.tracked();
    let asked = |x: &Tensor| elements(&pull(y.clone(), &point.cotangent(&v), &[x], false)[0]);
    let asked: Vec<Vec<f64>> = leaves.iter().map(asked).collect();
    agree(
        &mut check,
        "asked for alone and with the others",
        &asked,
        &together,
        Tolerance { relative: 1e-13, absolute: point.grain(&v) },
    );
    check
}

/// A rule must return nothing for an input that isn't on the way to what is wanted.
fn unasked(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "nothing unasked");
    let v = point.cotangent(&random(key, point.y.len()));
    for i in 0..point.inputs.len() {
        // The others untracked, and then tracked but not asked for.
        for all in [false, true] {
            let leaf = |(k, x): (usize, &Tensor)| if all || k == i { x.tracked() } else { x.clone() };
            let (y, leaves) = (point.f)(&point.inputs.iter().enumerate().map(leaf).collect::<Vec<_>>());
            // An input that the result doesn't depend on has no sweep.
            let Ok(sweep) = Sweep::new(y, v.clone(), &[&leaves[i]], false) else { continue };
            let steps: Vec<SweepStep> = sweep.collect();
            let visited: HashSet<u64> = steps.iter().map(|step| step.node.id()).collect();
            for step in &steps {
                let asked: Vec<usize> =
                    step.node.inputs().filter(|(_, n)| visited.contains(&n.id())).map(|(k, _)| k).collect();
                let given = (0..step.outgoing.len()).filter(|&k| step.outgoing[k].is_some());
                let extra = given.into_iter().find(|k| !asked.contains(k));
                check.require(extra.is_none(), || {
                    let (op, k) = (step.node.name(), extra.unwrap_or_default());
                    format!("{op} returns a gradient for its input {k} that is not needed")
                });
            }
        }
    }
    check
}

/// A recorded sweep takes other paths: through composites, and without sums in place.
fn recorded(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "recorded and unrecorded");
    let v = random(key, point.y.len());
    let (y, leaves) = point.tracked();
    let recorded = pull(y, &point.cotangent(&v), &leaves.iter().collect::<Vec<_>>(), true);
    let recorded: Vec<Vec<f64>> = recorded.iter().map(elements).collect();
    agree(
        &mut check,
        "recorded and unrecorded",
        &recorded,
        &point.gradients(&v),
        Tolerance { relative: 1e-10, absolute: point.grain(&v) },
    );
    check
}
