//! The vector-Jacobian product against difference quotients.
//!
//! For each input: the product of its gradient with random directions, for a random cotangent; and if
//! the Jacobian is small, all of it. One direction at a loose tolerance misses a single wrong entry
//! most of the time; three at a tight one don't.

use crate::difference::{Slope, linear_slope, slope, spread};
use crate::guard::guarded;
use crate::hint::{self, Gradient};
use crate::norm::{dot, norm};
use crate::options::Options;
use crate::point::Point;
use crate::report::{Check, Entry, Verdict};
use kiln_tensor::random::Key;

/// Rounding of exact quotients, relative to the size of what was subtracted.
const EXACT: f64 = 1e-13;

/// The largest input for which a mismatch is looked at entry by entry.
const TABLE: usize = 4096;

/// One check for each input; `name` says of what.
pub fn derivatives(point: &Point, options: &Options, name: &str, key: Key) -> Vec<Check> {
    let v = random(key.purpose("cotangent"), point.y.len());
    let analytic = || point.gradients(&v);
    (0..point.inputs.len())
        .map(|i| {
            let name = format!("{name} for input {i}");
            let check = guarded(&name, || {
                let analytic = analytic();
                let mut check = Check::new(&name);
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
fn direction(key: Key, len: usize) -> Vec<f64> {
    let mut stream = key.stream();
    (0..len).map(|_| stream.range(-1.0, 1.0)).collect()
}

fn directions(
    check: &mut Check,
    point: &Point,
    options: &Options,
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
        if options.linear {
            adjoint(check, point, i, &u, v, analytic, k);
        }
    }
}

/// `⟨v, Ju⟩ = ⟨Jᵀv, u⟩` with `Ju` by the function itself, which is linear up to a constant.
fn adjoint(check: &mut Check, point: &Point, i: usize, u: &[f64], v: &[f64], analytic: f64, k: usize) {
    let (image, origin) = (point.value_at(i, u), point.value_at(i, &vec![0.0; u.len()]));
    let numeric = dot(v, &image) - dot(v, &origin);
    let bound = 1e-12 * norm(v) * (norm(&image) + norm(&origin));
    check.require((analytic - numeric).abs() <= bound, || {
        format!("dot product {k}: ⟨Jᵀv, u⟩ = {analytic:e}, ⟨v, Ju⟩ = {numeric:e}, bound {bound:.1e}")
    });
}

/// Every entry: columns by difference quotients, rows by cotangents with a single 1.
fn jacobian(check: &mut Check, point: &Point, options: &Options, i: usize) {
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

/// A directional derivative, measured either way.
enum Measured<'a> {
    Curved(Slope, &'a Point<'a>),
    /// The slope, and the scale of its rounding errors.
    Linear(Vec<f64>, f64),
}

fn measure<'a>(point: &'a Point, options: &Options, i: usize, u: &[f64]) -> Measured<'a> {
    if options.linear {
        let (slope, scale) = linear_slope(point, i, u);
        Measured::Linear(slope, scale)
    } else {
        Measured::Curved(slope(point, i, u), point)
    }
}

impl Measured<'_> {
    /// `⟨v, Ju⟩`, and by how much the gradient's product with `u` may differ from it.
    fn numeric(&self, options: &Options, v: &[f64]) -> (f64, f64) {
        match self {
            Measured::Linear(slope, scale) => (dot(v, slope), EXACT * norm(v) * (scale + norm(slope))),
            Measured::Curved(s, _) => {
                let error = spread(v, &s.correction) + norm(v) * (s.rounding + 1e-9 * norm(&s.slope));
                (dot(v, &s.slope), options.factor * error)
            }
        }
    }

    fn judge(
        &self,
        check: &mut Check,
        options: &Options,
        v: &[f64],
        analytic: f64,
        place: impl Fn() -> String,
    ) {
        let (numeric, bound) = self.numeric(options, v);
        let say = |what: &str| {
            format!("{}: analytic {analytic:e}, numeric {numeric:e}, bound {bound:.1e}{what}", place())
        };
        if !numeric.is_finite() {
            return check.note(Verdict::Inconclusive, || say(" (the function is not finite here)"));
        }
        if let Measured::Curved(Slope { sides: Some([left, right]), .. }, _) = self {
            let (left, right) = (dot(v, left), dot(v, right));
            // At a kink any slope between the two sides may be called the derivative.
            let between = left.min(right) - bound <= analytic && analytic <= left.max(right) + bound;
            let verdict = if between { Verdict::Inconclusive } else { Verdict::Mismatch };
            return check
                .note(verdict, || say(&format!(" (a kink: {left:e} to the left, {right:e} to the right)")));
        }
        let agrees = (analytic - numeric).abs() <= bound;
        let loose = agrees && self.is_loose(v, bound);
        let verdict = match (agrees, loose) {
            (false, _) => Verdict::Mismatch,
            (true, true) => Verdict::Inconclusive,
            (true, false) => Verdict::Pass,
        };
        check.note(verdict, || say(if loose { " (the quotients don't settle)" } else { "" }));
    }

    /// Whether a bound is too wide for agreement to mean anything.
    fn is_loose(&self, v: &[f64], bound: f64) -> bool {
        match self {
            Measured::Linear(..) => false,
            Measured::Curved(s, point) => bound > norm(v) * (1e-4 * norm(&s.slope) + 1e-8 * norm(&point.y)),
        }
    }
}

/// Measures the whole gradient for input `i`, and looks for a pattern in what is wrong.
fn explain(mut check: Check, point: &Point, options: &Options, i: usize, v: &[f64]) -> Check {
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

fn entries(point: &Point, options: &Options, i: usize, v: &[f64], analytic: &[f64]) -> Vec<Entry> {
    let dims = *point.inputs[i].dims();
    let entry = |j: usize| {
        let mut u = vec![0.0; analytic.len()];
        u[j] = 1.0;
        let (numeric, bound) = measure(point, options, i, &u).numeric(options, v);
        Entry { input: i, index: hint::unravel(j, &dims), analytic: analytic[j], numeric, bound }
    };
    (0..analytic.len()).map(entry).collect()
}
