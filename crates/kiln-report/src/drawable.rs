//! The numbers that can be drawn.

/// The largest number that is drawn. Sums and differences of such numbers are finite.
const MOST: f64 = 1e100;

/// The number nearest to a value that can be drawn.
pub fn drawable(value: f64) -> f64 {
    value.clamp(-MOST, MOST)
}
