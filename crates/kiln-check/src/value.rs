//! The values of a function, or of a case, against those of naive loops.

use crate::guard::guarded;
use crate::layouts::Arrangement;
use crate::point::{EvalPoint, elements};
use crate::report::{Check, CheckKind, CheckReport};
use kiln_grad::reference::Values;
use kiln_grad::{Case, Tensor};

/// Error that rounding may make in each element, of the size of the largest.
const TOLERANCE: f64 = 1e-12;

/// Compares the values of `f` at `inputs`, laid out in memory in all ways, with those of a naive `reference`,
/// which gets the elements of each input and returns those of the result. Each element must agree to 1e-12 of
/// the largest.
///
/// ```
/// use kiln_check::values;
/// use kiln_grad::Tensor;
///
/// let dot = |x: &[Vec<f64>]| vec![x[0].iter().zip(&x[1]).map(|(a, b)| a * b).sum()];
/// let inputs = [Tensor::from([1.0, 2.0]), Tensor::from([0.5, -3.0])];
/// values(|x| (&x[0] * &x[1]).sum(..), dot, &inputs).assert_pass();
/// ```
///
/// # Panics
/// When an input or the result isn't `f64`, or `f` panics at the inputs.
pub fn values(
    f: impl Fn(&[Tensor]) -> Tensor,
    reference: impl Fn(&[Vec<f64>]) -> Vec<f64>,
    inputs: &[Tensor],
) -> CheckReport {
    let wrapped = |x: &[Tensor]| (f(x), x.to_vec());
    let point = EvalPoint::new(&wrapped, inputs);
    let want = reference(&point.values);
    let bounds = vec![TOLERANCE * largest(&want); want.len()];
    let layouts = [Arrangement::Contiguous].into_iter().chain(Arrangement::STRIDED);
    CheckReport::of(|| {
        let check = |layout: Arrangement| {
            let name = format!("value, {layout:?} inputs").to_lowercase();
            let laid: Vec<Tensor> = inputs.iter().map(|x| layout.apply(x.array()).into()).collect();
            guarded(CheckKind::Value, &name, || {
                compare(Check::new(CheckKind::Value, &name), &elements(&f(&laid)), &want, &bounds)
            })
        };
        layouts.map(check).collect()
    })
}

/// Holds the values of a case at `inputs` against its reference; `None` if it has none.
pub(crate) fn check(case: &Case, inputs: &[Tensor]) -> Option<Check> {
    let reference = case.reference.as_ref()?;
    Some(guarded(CheckKind::Value, "value", || {
        let plain: Vec<Values> = inputs.iter().map(|x| Values::new(*x.dims(), elements(x))).collect();
        let (want, have) = (reference(&plain), (case.f)(inputs));
        let mut check = Check::new(CheckKind::Value, "value");
        let dims = *have.dims();
        check.require(dims == want.dims, || format!("the dims are {dims}; the reference has {}", want.dims));
        let bounds = value_bounds(case, &plain, &want, f64::EPSILON);
        compare(check, &elements(&have), &want.data, &bounds)
    }))
}

/// Largest distance of each value of a case from its reference, with numbers of precision `eps`.
///
/// A case that is linear in each input is a sum of products: its error is at most γₖ Σ|terms| for sums of
/// k terms (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1), and Σ|terms| is the
/// function of the inputs' magnitudes. All others are held to 4,500 roundings, 1e-12 in `f64`, relative to
/// the value, and a few relative to the largest.
///
/// # Panics
/// When the case has no reference.
pub fn value_bounds(case: &Case, inputs: &[Values], want: &Values, eps: f64) -> Vec<f64> {
    let largest = want.data.iter().fold(0.0_f64, |top, y| top.max(y.abs()));
    if !case.linear {
        let relative = if eps < 1e-10 { 1e-12 } else { 64.0 * eps };
        return want.data.iter().map(|y| relative * y.abs() + 16.0 * eps * largest.max(1.0)).collect();
    }
    let magnitudes: Vec<Values> = inputs.iter().map(|x| x.map(f64::abs)).collect();
    let k = inputs.iter().map(|x| x.data.len()).sum::<usize>() as f64 + 8.0;
    let reference = case.reference.as_ref().expect("a case without a reference has no bounds");
    let sums = reference(&magnitudes);
    sums.data.iter().map(|sum| k * eps / (1.0 - k * eps) * sum.abs()).collect()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, y| most.max(y.abs()))
}

fn compare(mut check: Check, have: &[f64], want: &[f64], bounds: &[f64]) -> Check {
    let largest = largest(want);
    check.require(have.len() == want.len(), || {
        format!("{} elements; the reference has {}", have.len(), want.len())
    });
    for (o, ((have, want), bound)) in have.iter().zip(want).zip(bounds).enumerate() {
        check.measure(have - want, largest);
        check.require((have - want).abs() <= *bound, || {
            format!("element {o} is {have:e}; the reference has {want:e}")
        });
    }
    check
}

#[cfg(test)]
mod tests {
    use crate::{CheckKind, CheckOptions, Verdict, case};
    use kiln_grad::Case;
    use kiln_grad::reference::Values;

    #[test]
    fn a_wrong_value_is_found() {
        let right = Case::new("square", [[3]], |x| x[0].square()).reference(|x| x[0].map(|x| x * x));
        let report = case(&right, &CheckOptions::new());
        assert_eq!((report.verdict(), report.checks[0].kind), (Verdict::Pass, CheckKind::Value));
        let off = Case::new("off", [[3]], |x| x[0].square() * (1.0 + 1e-9));
        let report = case(&off.reference(|x| x[0].map(|x| x * x)), &CheckOptions::new());
        assert_eq!(report.checks[0].verdict(), Verdict::Mismatch);
        assert!(report.checks[1..].iter().all(|check| check.verdict() == Verdict::Pass), "{report}");
        let dims = Case::new("dims", [[3]], |x| x[0].sum(..)).reference(|x: &[Values]| x[0].clone());
        assert!(case(&dims, &CheckOptions::new()).to_string().contains("the dims are []"));
    }
}
