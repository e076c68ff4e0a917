//! The vector-Jacobian product against difference quotients.
//!
//! For each input: the product of its gradient with random directions, for a random cotangent; and if
//! the Jacobian is small, all of it. One direction at a loose tolerance misses a single wrong entry
//! most of the time; three at a tight one don't.

use crate::guard::guarded;
use crate::hint::{self, Gradient};
use crate::measured::measure;
use crate::norm::dot;
use crate::options::CheckOptions;
use crate::point::EvalPoint;
use crate::report::{Check, CheckKind, GradientEntry, Verdict};
use kiln_tensor::random::Key;

/// The largest input for which a mismatch is looked at entry by entry.
const TABLE: usize = 4096;

/// One check for each input; `name` says of what.
pub fn derivatives(
    point: &EvalPoint,
    options: &CheckOptions,
    kind: CheckKind,
    name: &str,
    key: Key,
) -> Vec<Check> {
    let v = random(key.purpose("cotangent"), point.y.len());
    let analytic = || point.gradients(&v);
    (0..point.inputs.len())
        .map(|i| {
            let name = format!("{name} for input {i}");
            let check = guarded(kind, &name, || {
                let analytic = analytic();
                let mut check = Check::new(kind, &name);
                directions(&mut check, point, options, i, &v, &analytic[i], key);
                if point.y.len() * point.values[i].len() <= options.small {
                    jacobian(&mut check, point, options, i);
                }
                check
            });
            if check.verdict() == Verdict::Mismatch && check.hint.is_none() {
                explain(check, point, options, i, &v)
            } else {
                check
            }
        })
        .collect()
}

/// A cotangent: never all ones, which hide what cancels in a sum.
pub fn random(key: Key, len: usize) -> Vec<f64> {
    (0..len as u64).map(|i| key.normal(i)).collect()
}

/// A direction with entries in `[-1, 1]`.
pub fn direction(key: Key, len: usize) -> Vec<f64> {
    let mut stream = key.stream();
    (0..len).map(|_| stream.range(-1.0, 1.0)).collect()
}

fn directions(
    check: &mut Check,
    point: &EvalPoint,
    options: &CheckOptions,
    i: usize,
    v: &[f64],
    gradient: &[f64],
    key: Key,
) {
    for k in 0..options.directions {
        let u = direction(key.purpose("direction").purpose(&format!("{i}")).step(k as u32), gradient.len());
        let analytic = dot(gradient, &u);
        let measured = measure(point, options, i, &u);
        measured.judge(check, options, v, analytic, || format!("along direction {k}"));
    }
}

/// Every entry: columns by difference quotients, rows by cotangents with a single 1.
fn jacobian(check: &mut Check, point: &EvalPoint, options: &CheckOptions, i: usize) {
    let (rows, columns) = (point.y.len(), point.values[i].len());
    let units = |len: usize| (0..len).map(move |j| (0..len).map(|k| f64::from(u8::from(j == k))).collect());
    let analytic: Vec<Vec<f64>> = units(rows).map(|v: Vec<f64>| point.gradients(&v).swap_remove(i)).collect();
    for (j, u) in units(columns).enumerate() {
        let u: Vec<f64> = u;
        let measured = measure(point, options, i, &u);
        for (o, v) in units(rows).enumerate() {
            let v: Vec<f64> = v;
            measured.judge(check, options, &v, analytic[o][j], || {
                format!("the Jacobian's entry of output {o} and element {j}")
            });
        }
    }
}

/// Measures the whole gradient for input `i`, and looks for a pattern in what is wrong.
fn explain(mut check: Check, point: &EvalPoint, options: &CheckOptions, i: usize, v: &[f64]) -> Check {
    if point.values[i].len() > TABLE {
        return check;
    }
    let analytic = point.gradients(v);
    let measured = |i: usize| Gradient {
        dims: *point.inputs[i].dims(),
        entries: entries(point, options, i, v, &analytic[i]),
    };
    let wrong = measured(i);
    let others: Vec<Gradient> = (0..point.inputs.len())
        .filter(|&k| k != i && point.values[k].len() == point.values[i].len())
        .map(measured)
        .collect();
    check.hint = hint::guess(&wrong, &others, point.out.numel());
    check.keep_worst(wrong.entries);
    check
}

fn entries(
    point: &EvalPoint,
    options: &CheckOptions,
    i: usize,
    v: &[f64],
    analytic: &[f64],
) -> Vec<GradientEntry> {
    let dims = *point.inputs[i].dims();
    let entry = |j: usize| {
        let mut u = vec![0.0; analytic.len()];
        u[j] = 1.0;
        let (numeric, bound) = measure(point, options, i, &u).numeric(options, v);
        GradientEntry { input: i, index: hint::unravel(j, &dims), analytic: analytic[j], numeric, bound }
    };
    (0..analytic.len()).map(entry).collect()
}
