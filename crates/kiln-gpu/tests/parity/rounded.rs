//! Numbers that know how far a GPU's may be from them: a running error analysis (Higham, "Accuracy and
//! Stability of Numerical Algorithms", section 3.3), with the accuracies that WGSL promises.

use crate::bounds::{self, Bound, E, gamma};
use kiln_tensor::Map;
use std::ops::{Add, Div, Mul, Sub};

/// A number, and how far a GPU's may be from it.
#[derive(Clone, Copy, Debug)]
pub struct Rounded {
    pub value: f64,
    pub error: f64,
}

/// A number that a GPU has as it is.
pub fn exact(value: f64) -> Rounded {
    Rounded { value, error: 0.0 }
}

/// A number that a GPU has rounded to single precision.
pub fn single(value: f64) -> Rounded {
    Rounded { value, error: E / 2.0 * value.abs() }
}

/// A function of a number that a GPU has as it is, given its value.
pub fn function(f: Map, x: f64, value: f64) -> Rounded {
    let Bound::Elements(error) = bounds::map(f) else { unreachable!("{f:?} is exact") };
    Rounded { value, error: error(&[x], value) }
}

impl Rounded {
    /// The result of an operation: what its operands' errors make of it, and its own in units in the last place.
    fn of(value: f64, inherited: f64, ulps: f64) -> Rounded {
        Rounded { value, error: inherited + ulps * E * (value.abs() + inherited) }
    }

    pub fn sqrt(self) -> Rounded {
        let least = (self.value - self.error).max(0.0);
        // A root changes most towards 0.
        Rounded::of(self.value.sqrt(), self.value.sqrt() - least.sqrt(), 6.0)
    }

    /// eˣ, which WGSL promises to `3 + 2·|x|` units in the last place.
    pub fn exp(self) -> Rounded {
        let value = self.value.exp();
        Rounded::of(value, value * self.error.exp_m1(), 4.0 + 2.0 * (self.value.abs() + self.error))
    }

    /// ln x of a number that is 1 or more.
    pub fn ln(self) -> Rounded {
        let least = (self.value - self.error).max(1.0);
        let Rounded { value, error } = function(Map::Ln, self.value, self.value.ln());
        Rounded { value, error: error + self.error / least + bounds::LOG_NEAR_ONE }
    }

    /// 1/√ of a number that is never below `least`, however its parts are rounded.
    pub fn rsqrt(self, least: f64) -> Rounded {
        let least = (self.value - self.error).max(least);
        let value = 1.0 / self.value.sqrt();
        Rounded::of(value, 1.0 / least.sqrt() - value, 2.0)
    }

    /// 0 if this is negative; NaN stays NaN.
    pub fn positive_part(self) -> Rounded {
        if self.value <= 0.0 {
            Rounded { value: 0.0, error: (self.value + self.error).max(0.0) }
        } else {
            self
        }
    }

    /// `a` if this is positive, else `b`; where rounding may change the sign, either.
    pub fn choose(self, a: Rounded, b: Rounded) -> Rounded {
        let (taken, other) = if self.value > 0.0 { (a, b) } else { (b, a) };
        if self.value.abs() > self.error || self.value.is_nan() || self.error == 0.0 {
            return taken;
        }
        Rounded {
            value: taken.value,
            error: taken.error.max((taken.value - other.value).abs() + other.error),
        }
    }
}

/// A sum whose terms each go through at most `depth` additions.
pub fn sum(terms: &[Rounded], depth: usize) -> Rounded {
    let value = terms.iter().map(|t| t.value).sum();
    let inherited: f64 = terms.iter().map(|t| t.error).sum();
    let sizes: f64 = terms.iter().map(|t| t.value.abs() + t.error).sum();
    // Twice γ: WGSL lets each addition go to either neighbour of the exact sum.
    Rounded { value, error: inherited + 2.0 * gamma(depth.min(terms.len())) * sizes }
}

impl Add for Rounded {
    type Output = Rounded;

    fn add(self, other: Rounded) -> Rounded {
        Rounded::of(self.value + other.value, self.error + other.error, 1.0)
    }
}

impl Sub for Rounded {
    type Output = Rounded;

    fn sub(self, other: Rounded) -> Rounded {
        Rounded::of(self.value - other.value, self.error + other.error, 1.0)
    }
}

impl Mul for Rounded {
    type Output = Rounded;

    fn mul(self, other: Rounded) -> Rounded {
        let inherited =
            self.value.abs() * other.error + other.value.abs() * self.error + self.error * other.error;
        Rounded::of(self.value * other.value, inherited, 1.0)
    }
}

impl Div for Rounded {
    type Output = Rounded;

    fn div(self, other: Rounded) -> Rounded {
        let value = self.value / other.value;
        let least = (other.value.abs() - other.error).max(0.0);
        let mut inherited = 0.0;
        if self.error > 0.0 || other.error > 0.0 {
            inherited = (self.error + value.abs() * other.error) / least;
        }
        Rounded::of(value, inherited, 2.5)
    }
}
