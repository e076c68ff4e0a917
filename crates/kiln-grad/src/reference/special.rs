//! Functions of one number or one line of numbers that the standard library lacks.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

/// The error function, by the series `2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5··(2n+1))`, all of whose terms have
/// one sign.
pub fn erf(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-18 {
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// Lanczos's coefficients for g = 7 and n = 9.
const LANCZOS: [f64; 8] = [
    676.5203681218851,
    -1259.1392167224028,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507343278686905,
    -0.13857109526572012,
    9.984_369_578_019_572e-6,
    1.5056327351493116e-7,
];

/// `ln |Γ(x)|`, by Lanczos's approximation.
pub fn lgamma(x: f64) -> f64 {
    if x < 0.5 {
        return (PI / (PI * x).sin().abs()).ln() - lgamma(1.0 - x);
    }
    let (y, t) = (x - 1.0, x + 6.5);
    let sum =
        LANCZOS.iter().zip(1..).fold(0.999_999_999_999_809_9, |sum, (c, i)| sum + c / (y + f64::from(i)));
    (2.0 * PI).ln() / 2.0 + (y + 0.5) * t.ln() - t + sum.ln()
}

/// `ψ(x)`, the derivative of Lanczos's approximation.
pub fn digamma(x: f64) -> f64 {
    if x < 0.5 {
        return digamma(1.0 - x) - PI / (PI * x).tan();
    }
    let (y, t) = (x - 1.0, x + 6.5);
    let terms = || LANCZOS.iter().zip(1..).map(|(c, i)| (c, y + f64::from(i)));
    let sum = terms().fold(0.999_999_999_999_809_9, |sum, (c, d)| sum + c / d);
    let slope = terms().fold(0.0, |sum, (c, d)| sum - c / (d * d));
    t.ln() + (y + 0.5) / t - 1.0 + slope / sum
}

/// `ln Σ eˣ`; the largest is taken out, so that nothing overflows.
pub fn logsumexp(line: &[f64]) -> f64 {
    let top = line.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top.is_infinite() { top } else { top + line.iter().map(|x| (x - top).exp()).sum::<f64>().ln() }
}

/// `eˣ / Σ eˣ`.
pub fn softmax(line: &[f64]) -> Vec<f64> {
    let total = logsumexp(line);
    line.iter().map(|x| (x - total).exp()).collect()
}

/// `x − ln Σ eˣ`.
pub fn log_softmax(line: &[f64]) -> Vec<f64> {
    let total = logsumexp(line);
    line.iter().map(|x| x - total).collect()
}

/// `Σ(x − mean)² / (n − correction)`.
pub fn variance(line: &[f64], correction: f64) -> f64 {
    let n = line.len() as f64;
    let mean = line.iter().sum::<f64>() / n;
    line.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - correction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gamma_functions_have_their_known_values() {
        for (x, y) in
            [(1.0, 0.0), (0.5, PI.sqrt().ln()), (5.0, 24.0_f64.ln()), (-0.5, (2.0 * PI.sqrt()).ln())]
        {
            assert!((lgamma(x) - y).abs() < 1e-13, "{x}: {}", lgamma(x));
        }
        let euler = 0.577_215_664_901_532_9;
        for (x, y) in [
            (1.0, -euler),
            (2.0, 1.0 - euler),
            (0.5, -euler - 4.0_f64.ln()),
            (-0.5, 2.0 - euler - 4.0_f64.ln()),
        ] {
            assert!((digamma(x) - y).abs() < 1e-12, "{x}: {}", digamma(x));
        }
    }

    #[test]
    fn the_error_function_has_its_published_values() {
        // Abramowitz and Stegun, table 7.1.
        for (x, y) in [(0.0, 0.0), (0.5, 0.5204998778), (1.0, 0.8427007929), (2.0, 0.9953222650)] {
            assert!((erf(x) - y).abs() < 1e-10 && (erf(-x) + y).abs() < 1e-10, "{x}");
        }
    }
}
