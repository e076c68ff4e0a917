//! The dot-product test: `⟨v, Ju⟩ = ⟨Jᵀv, u⟩`, with `Ju` by the function itself.

use crate::difference::slope;
use crate::first::{direction, random};
use crate::guard::guarded;
use crate::measured::Measured;
use crate::norm::{dot, norm};
use crate::options::CheckOptions;
use crate::point::EvalPoint;
use crate::report::{Check, CheckKind};
use kiln_tensor::random::Key;

/// For functions that are linear in each input `Ju` is the function's own forward pass, and the two
/// sides agree to 1e-12. Else `Ju` is measured along directions of all inputs at once, to about 1e-8.
pub fn check(point: &EvalPoint, options: &CheckOptions, key: Key) -> Check {
    guarded(CheckKind::DotProduct, "dot product", || {
        let mut check = Check::new(CheckKind::DotProduct, "dot product");
        for k in 0..options.directions {
            let key = key.step(k as u32);
            let v = random(key.purpose("v"), point.y.len());
            let directions: Vec<Vec<f64>> = (0..point.inputs.len())
                .map(|i| direction(key.purpose("u").purpose(&i.to_string()), point.values[i].len()))
                .collect();
            let gradients = point.gradients(&v);
            if options.linear {
                for (i, u) in directions.iter().enumerate() {
                    adjoint(&mut check, point, i, u, &v, dot(&gradients[i], u));
                }
            } else {
                let analytic = gradients.iter().zip(&directions).map(|(g, u)| dot(g, u)).sum();
                let u: Vec<(usize, &[f64])> =
                    directions.iter().enumerate().map(|(i, u)| (i, &u[..])).collect();
                let measured = Measured::Curved(slope(point, &u));
                measured.judge(&mut check, options, &v, analytic, || format!("all inputs, direction {k}"));
            }
        }
        check
    })
}

/// `Ju` by the function itself, which is linear up to a constant.
fn adjoint(check: &mut Check, point: &EvalPoint, i: usize, u: &[f64], v: &[f64], analytic: f64) {
    let (image, origin) = (point.value_at(i, u), point.value_at(i, &vec![0.0; u.len()]));
    let numeric = dot(v, &image) - dot(v, &origin);
    let size = norm(v) * (norm(&image) + norm(&origin));
    let bound = 1e-12 * size;
    check.measure(analytic - numeric, size);
    check.require((analytic - numeric).abs() <= bound, || {
        format!("input {i}: ⟨Jᵀv, u⟩ = {analytic:e}, ⟨v, Ju⟩ = {numeric:e}, bound {bound:.1e}")
    });
}
