//! Difference quotients with an estimate of their own error.

use crate::norm::norm;
use crate::point::EvalPoint;

/// The steps that are tried, the one that suits functions of moderate curvature first.
const STEPS: [f64; 6] = [6.1e-5, 9.8e-4, 7.6e-6, 7.8e-3, 9.5e-7, 6.2e-2];

/// A step is good enough when the quotient's error is below this part of the slope.
const GOOD: f64 = 1e-9;

/// The directional derivative of a vector-valued function, measured.
pub struct Slope {
    /// Richardson's extrapolation `(4D(h) − D(2h))/3` of the central quotient
    /// `D(h) = (F(x + hu) − F(x − hu))/2h`.
    pub slope: Vec<f64>,
    /// `R − D(h)`: the part that the extrapolation took away.
    pub correction: Vec<f64>,
    /// Error of each entry by rounding of the function's values.
    pub rounding: f64,
    /// Size of the function's values, at the point and where else they were taken.
    pub scale: f64,
    /// The quotients to the left and to the right at `h`, if they don't come together as `h` shrinks.
    pub sides: Option<[Vec<f64>; 2]>,
}

/// The derivative at the point along `u`, a direction for each of some inputs.
pub fn slope(point: &EvalPoint, u: &[(usize, &[f64])]) -> Slope {
    let mut best: Option<(f64, Slope)> = None;
    let mut scale = 0.0f64;
    for h in STEPS {
        let slope = at_step(point, u, h);
        scale = scale.max(slope.scale);
        let error = norm(&slope.correction) + slope.rounding;
        let good = error <= GOOD * norm(&slope.slope);
        // A NaN is no improvement on anything but nothing.
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            best = Some((error, slope));
        }
        if good {
            break;
        }
    }
    Slope { scale, ..best.expect("there are steps").1 }
}

fn at_step(point: &EvalPoint, u: &[(usize, &[f64])], h: f64) -> Slope {
    let at = |step: f64| point.value_along(u, step);
    let [far_left, left, right, far_right] = [-2.0 * h, -h, h, 2.0 * h].map(at);
    let sizes = [&far_left, &left, &point.y, &right, &far_right].map(|values| norm(values));
    let scale = sizes.into_iter().filter(|size| size.is_finite()).fold(0.0, f64::max);
    let quotient =
        |a: &[f64], b: &[f64], h: f64| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| (b - a) / h).collect() };
    let (near, far) = (quotient(&left, &right, 2.0 * h), quotient(&far_left, &far_right, 4.0 * h));
    let slope: Vec<f64> = near.iter().zip(&far).map(|(near, far)| (4.0 * near - far) / 3.0).collect();
    let correction = slope.iter().zip(&near).map(|(slope, near)| slope - near).collect();
    let rounding = f64::EPSILON * norm(&point.y) / h;

    let y = &point.y;
    let sides = [quotient(&left, y, h), quotient(y, &right, h)];
    let far_sides = [quotient(&far_left, y, 2.0 * h), quotient(y, &far_right, 2.0 * h)];
    // Where the function is smooth, the gap between the sides halves with the step. At a kink it stays.
    let threshold = 1e-3 * norm(&slope) + 100.0 * rounding;
    let kink = (0..y.len()).any(|o| {
        let (gap, far_gap) = ((sides[1][o] - sides[0][o]).abs(), (far_sides[1][o] - far_sides[0][o]).abs());
        gap > threshold && gap > 0.75 * far_gap
    });
    Slope { slope, correction, rounding, scale, sides: kink.then_some(sides) }
}

/// The exact quotient of a function that is linear in input `i`, at step 1, with a scale for its
/// rounding errors.
pub fn linear_slope(point: &EvalPoint, i: usize, u: &[f64]) -> (Vec<f64>, f64) {
    let [left, right] = [-1.0, 1.0].map(|step| point.value_along(&[(i, u)], step));
    let slope = left.iter().zip(&right).map(|(a, b)| 0.5 * (b - a)).collect();
    (slope, norm(&left) + norm(&right))
}

/// `√Σ(vᵢaᵢ)²`: how large a product of independent errors `a` with a random `v` is.
pub fn spread(v: &[f64], a: &[f64]) -> f64 {
    v.iter().zip(a).map(|(v, a)| (v * a).powi(2)).sum::<f64>().sqrt()
}
