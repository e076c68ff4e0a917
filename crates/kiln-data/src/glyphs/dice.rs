//! Random choices in the terms of drawing.

use kiln_tensor::random::{Key, Stream};

/// The random numbers of one glyph, one after the other.
pub(super) struct Dice(Stream);

impl Dice {
    pub fn new(key: Key) -> Self {
        Dice(key.stream())
    }

    /// A uniform number in `[low, high)`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        self.0.range(f64::from(low), f64::from(high)) as f32
    }

    /// A normal number, cut off at 2.5 deviations so that no glyph is spoilt by one draw.
    pub fn normal(&mut self, mean: f32, deviation: f32) -> f32 {
        mean + deviation * (self.0.normal() as f32).clamp(-2.5, 2.5)
    }

    /// `true` with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.0.uniform() < p
    }

    /// An index, chosen in proportion to its weight.
    pub fn pick(&mut self, weights: &[f64]) -> usize {
        let mut left = self.0.uniform() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len() - 1
    }
}
