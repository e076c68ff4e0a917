//! Functions of one number or one line of numbers that the standard library lacks.

use std::f64::consts::FRAC_2_SQRT_PI;

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
    fn the_error_function_has_its_published_values() {
        // Abramowitz and Stegun, table 7.1.
        for (x, y) in [(0.0, 0.0), (0.5, 0.5204998778), (1.0, 0.8427007929), (2.0, 0.9953222650)] {
            assert!((erf(x) - y).abs() < 1e-10 && (erf(-x) + y).abs() < 1e-10, "{x}");
        }
    }
}
