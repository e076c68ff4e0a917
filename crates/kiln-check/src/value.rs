//! The values of a case against its reference in naive loops.

use crate::guard::guarded;
use crate::report::{Check, Kind};
use kiln_grad::reference::Values;
use kiln_grad::{Case, Tensor};

/// How far each value of a case may be from its reference, with numbers of precision `eps`.
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

/// Holds the values of a case at `inputs` against its reference; `None` if it has none.
pub(crate) fn check(case: &Case, inputs: &[Tensor]) -> Option<Check> {
    let reference = case.reference.as_ref()?;
    let plain = |x: &Tensor| Some(Values::new(*x.dims(), x.to_f64_vec().ok()?));
    let inputs_plain: Vec<Values> = inputs.iter().map(plain).collect::<Option<_>>()?;
    Some(guarded(Kind::Value, "value", || {
        let mut check = Check::new(Kind::Value, "value");
        let (want, have) = (reference(&inputs_plain), (case.f)(inputs));
        let dims = *have.dims();
        check.require(dims == want.dims, || format!("the dims are {dims}, by the reference {}", want.dims));
        let have = have.to_f64_vec().unwrap_or_default();
        let largest = want.data.iter().fold(0.0_f64, |top, y| top.max(y.abs()));
        let bounds = value_bounds(case, &inputs_plain, &want, f64::EPSILON);
        for (i, ((have, want), bound)) in have.iter().zip(&want.data).zip(bounds).enumerate() {
            let off = (have - want).abs();
            check.measure(off, largest);
            let holds = off <= bound;
            check.require(holds, || format!("element {i} is {have}, by the reference {want}"));
        }
        check
    }))
}

#[cfg(test)]
mod tests {
    use crate::{Kind, Options, Verdict, case};
    use kiln_grad::Case;
    use kiln_grad::reference::Values;

    #[test]
    fn a_wrong_value_is_found() {
        let right = Case::new("square", [[3]], |x| x[0].square()).reference(|x| x[0].map(|x| x * x));
        let report = case(&right, &Options::new());
        assert_eq!((report.verdict(), report.checks[0].kind), (Verdict::Pass, Kind::Value));
        let off = Case::new("off", [[3]], |x| x[0].square() * (1.0 + 1e-9));
        let report = case(&off.reference(|x| x[0].map(|x| x * x)), &Options::new());
        assert_eq!(report.checks[0].verdict(), Verdict::Mismatch);
        assert!(report.checks[1..].iter().all(|check| check.verdict() == Verdict::Pass), "{report}");
        let dims = Case::new("dims", [[3]], |x| x[0].sum(..)).reference(|x: &[Values]| x[0].clone());
        assert!(case(&dims, &Options::new()).to_string().contains("the dims are []"));
    }
}
