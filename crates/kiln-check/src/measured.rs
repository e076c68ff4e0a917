//! Directional derivatives as measured, and the verdict on a gradient.

use crate::difference::{Slope, linear_slope, slope, spread};
use crate::norm::{dot, norm};
use crate::options::CheckOptions;
use crate::point::EvalPoint;
use crate::report::{Check, Verdict};

/// Rounding of exact quotients, relative to the size of what was subtracted.
const EXACT: f64 = 1e-13;

/// A directional derivative, measured either way.
pub enum Measured {
    Curved(Slope),
    /// The slope, and the scale of its rounding errors.
    Linear(Vec<f64>, f64),
}

/// The derivative along the elements `u` of input `i`.
pub fn measure(point: &EvalPoint, options: &CheckOptions, i: usize, u: &[f64]) -> Measured {
    if options.linear {
        let (slope, scale) = linear_slope(point, i, u);
        Measured::Linear(slope, scale)
    } else {
        Measured::Curved(slope(point, &[(i, u)]))
    }
}

impl Measured {
    /// `⟨v, Ju⟩`, and by how much the gradient's product with `u` may differ from it.
    pub fn numeric(&self, options: &CheckOptions, v: &[f64]) -> (f64, f64) {
        match self {
            Measured::Linear(slope, scale) => (dot(v, slope), EXACT * norm(v) * (scale + norm(slope))),
            Measured::Curved(s) => {
                let error = spread(v, &s.correction) + norm(v) * (s.rounding + 1e-9 * norm(&s.slope));
                (dot(v, &s.slope), options.factor * error)
            }
        }
    }

    /// Compares a gradient's product with `u` with `⟨v, Ju⟩`, and counts the comparison.
    pub fn judge(
        &self,
        check: &mut Check,
        options: &CheckOptions,
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
        if let Measured::Curved(Slope { sides: Some([left, right]), .. }) = self {
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
        if verdict != Verdict::Inconclusive {
            check.measure(analytic - numeric, norm(v) * self.size());
        }
        check.note(verdict, || say(if loose { " (the quotients don't settle)" } else { "" }));
    }

    /// `‖Ju‖`, and the size of the values whose differences it was made of.
    fn size(&self) -> f64 {
        match self {
            Measured::Curved(s) => norm(&s.slope) + s.scale,
            Measured::Linear(slope, scale) => norm(slope) + scale,
        }
    }

    /// Whether a bound is too wide for agreement to mean anything.
    fn is_loose(&self, v: &[f64], bound: f64) -> bool {
        match self {
            Measured::Linear(..) => false,
            Measured::Curved(s) => bound > norm(v) * (1e-4 * norm(&s.slope) + 1e-8 * s.scale),
        }
    }
}
