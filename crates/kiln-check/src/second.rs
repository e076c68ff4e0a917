//! The second order: the derivative of the vector-Jacobian product, taken as a function of its own.

use crate::first::{derivatives, random};
use crate::guard::guarded;
use crate::norm::{dot, norm};
use crate::options::CheckOptions;
use crate::point::CheckedFn;
use crate::point::{EvalPoint, pull};
use crate::report::{Check, CheckKind};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// The checks of first order on `(x, v) ↦ Jᵀv`, and the symmetry of the Hessian of `⟨v, f(x)⟩`.
pub fn checks(point: &EvalPoint, options: &CheckOptions, key: Key) -> Vec<Check> {
    let v = random(key.purpose("fixed cotangent"), point.y.len());
    let f = point.f;
    let product = move |inputs: &[Tensor]| vjp_of(f, inputs);
    let mut inputs = point.inputs.clone();
    inputs.push(point.cotangent(&v));
    // A rule may panic only when its sweep is recorded, so making the point is a finding too.
    let mut checks = Vec::new();
    let made = guarded(CheckKind::SecondOrder, "recorded sweep", || {
        checks = derivatives(
            &EvalPoint::new(&product, &inputs),
            options,
            CheckKind::SecondOrder,
            "second derivative",
            key,
        );
        let mut made = Check::new(CheckKind::SecondOrder, "recorded sweep");
        made.require(true, String::new);
        made
    });
    if let Some(last) = checks.last_mut() {
        last.name = "second derivative for the cotangent".to_string();
    }
    checks.push(made);
    checks.push(guarded(CheckKind::SecondOrder, "double product", || {
        double_product(point, &EvalPoint::new(&product, &inputs), &v, key)
    }));
    checks.push(guarded(CheckKind::SecondOrder, "symmetry of the Hessian", || {
        symmetry(&EvalPoint::new(&product, &inputs), key)
    }));
    checks
}

/// All gradients of `⟨v, f(x)⟩` as one vector, by a recorded sweep; the inputs, and leaves, are those of `f`, then `v`.
fn vjp_of(f: CheckedFn, inputs: &[Tensor]) -> (Tensor, Vec<Tensor>) {
    let (v, xs) = inputs.split_last().expect("the cotangent is there");
    // Partial derivatives of tracked inputs are those of aliases of them.
    let leaf = |x: &Tensor| if x.is_tracked() { x.alias() } else { x.tracked() };
    let xs: Vec<Tensor> = xs.iter().map(leaf).collect();
    let (y, mut leaves) = f(&xs);
    let gradients = pull(y, v, &leaves.iter().collect::<Vec<_>>(), true);
    let flat: Vec<Tensor> = gradients.iter().map(|g| g.reshape([g.numel()])).collect();
    leaves.push(v.clone());
    (
        if flat.is_empty() { v.zeros_like() } else { Tensor::concat(&flat.iter().collect::<Vec<_>>(), 0) },
        leaves,
    )
}

/// `⟨v, Ju⟩ = ⟨Jᵀv, u⟩` with `Ju` by differentiating `⟨Jᵀv, u⟩` for `v`. It returns the transpose of the
/// same rule, right or wrong, so it tests the way through recorded sweeps and no rule.
fn double_product(point: &EvalPoint, second: &EvalPoint, v: &[f64], key: Key) -> Check {
    let mut check = Check::new(CheckKind::SecondOrder, "double product");
    if point.inputs.is_empty() {
        return check;
    }
    let vjp = point.gradients(v).concat();
    for k in 0..2 {
        let u = random(key.purpose("double product").step(k), vjp.len());
        let ju = second.gradients(&u).pop().expect("the cotangent is an input");
        let (left, right) = (dot(v, &ju), dot(&vjp, &u));
        let size = norm(v) * norm(&ju) + norm(&vjp) * norm(&u);
        check.measure(left - right, size);
        check.require((left - right).abs() <= 1e-12 * size + point.grain(v), || {
            format!("⟨v, Ju⟩ = {left:e} by the second order, ⟨Jᵀv, u⟩ = {right:e} by the first")
        });
    }
    check
}

/// `⟨a, Hb⟩ = ⟨b, Ha⟩` for random `a` and `b`. It holds for a wrong gradient too, if that is one of
/// some function: it tests the second order alone.
fn symmetry(second: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::SecondOrder, "symmetry of the Hessian");
    let n = second.y.len();
    for k in 0..2 {
        let key = key.purpose("hessian").step(k);
        let (a, b) = (random(key.purpose("a"), n), random(key.purpose("b"), n));
        let times = |u: &[f64]| {
            let mut gradients = second.gradients(u);
            gradients.pop();
            gradients.concat()
        };
        let (ha, hb) = (times(&a), times(&b));
        let (left, right) = (dot(&a, &hb), dot(&b, &ha));
        // Where large parts of the Hessian cancel, it can't be better than the gradient it is taken of.
        let rounding = 1e-12 * norm(&a) * norm(&b) * norm(&second.y);
        let size = norm(&a) * norm(&hb) + norm(&b) * norm(&ha);
        let bound = 1e-10 * size + rounding;
        check.measure(left - right, size + norm(&a) * norm(&b) * norm(&second.y));
        check.require((left - right).abs() <= bound, || {
            format!("⟨a, Hb⟩ = {left:e}, ⟨b, Ha⟩ = {right:e}, bound {bound:.1e}")
        });
    }
    check
}
