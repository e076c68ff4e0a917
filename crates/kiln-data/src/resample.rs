//! Images at another size, on the host.

use std::ops::Range;

/// How images of one size become images of another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resize {
    /// They have it already.
    Same,
    /// Each new row, and each new column, is a weighted sum of old ones.
    Filter { rows: Vec<Blend>, columns: Vec<Blend> },
}

/// The old pixels along one axis that make a new one: consecutive, with weights that sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Blend {
    start: usize,
    weights: Vec<f32>,
}

impl Resize {
    /// The way to that part of an image scaled from one `[height, width]` to another which the ranges of
    /// rows and columns cut out.
    pub fn scaled(from: [usize; 2], to: [usize; 2], [rows, columns]: [Range<usize>; 2]) -> Resize {
        if from == to && [rows.len(), columns.len()] == to {
            return Resize::Same;
        }
        Resize::Filter { rows: triangle(from[0], to[0], rows), columns: triangle(from[1], to[1], columns) }
    }

    /// One channel of one image: `old` has the size `from`, `new` the size `to` and only zeros.
    pub fn apply<T>(&self, old: &[T], from: [usize; 2], new: &mut [f32], to: [usize; 2])
    where
        T: Copy + Into<f32>,
    {
        let copy = |new: &mut [f32], old: &[T]| {
            new.iter_mut().zip(old).for_each(|(new, &old)| *new = old.into());
        };
        match self {
            Resize::Same => copy(new, old),
            Resize::Filter { rows, columns } => {
                let mut between = vec![0.0; from[1]];
                for (taps, line) in rows.iter().zip(new.chunks_exact_mut(to[1])) {
                    between.fill(0.0);
                    for (&weight, old) in taps.weights.iter().zip(old[taps.start * from[1]..].chunks(from[1]))
                    {
                        between.iter_mut().zip(old).for_each(|(sum, &value)| *sum += weight * value.into());
                    }
                    for (taps, pixel) in columns.iter().zip(line) {
                        let old = &between[taps.start..];
                        *pixel = taps.weights.iter().zip(old).map(|(weight, value)| weight * value).sum();
                    }
                }
            }
        }
    }
}

/// The triangle filter: linear interpolation between pixel centres where the image grows; where it
/// shrinks the triangle is as much wider, so that no old pixel is skipped. Gives the new pixels in `window`.
fn triangle(from: usize, to: usize, window: Range<usize>) -> Vec<Blend> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    let taps = |o: usize| {
        let centre = (o as f64 + 0.5) * scale;
        let weight = |i: usize| (1.0 - ((i as f64 + 0.5 - centre) / reach).abs()).max(0.0);
        let start = (centre - reach).floor().max(0.0) as usize;
        let end = ((centre + reach).ceil() as usize).min(from);
        let total: f64 = (start..end).map(weight).sum();
        Blend { start, weights: (start..end).map(|i| (weight(i) / total) as f32).collect() }
    };
    window.map(taps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized(old: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
        let mut new = vec![0.0; to[0] * to[1]];
        Resize::scaled(from, to, [0..to[0], 0..to[1]]).apply(old, from, &mut new, to);
        new
    }

    #[test]
    fn doubling_interpolates_between_centres() {
        let new = resized(&[0.0, 1.0], [1, 2], [1, 4]);
        assert_eq!(new, [0.0, 0.25, 0.75, 1.0]);
    }

    #[test]
    fn any_size_keeps_a_flat_image_flat() {
        for to in [[1, 1], [3, 5], [7, 7], [28, 28], [64, 11]] {
            let new = resized(&[0.5; 91], [7, 13], to);
            assert!(new.iter().all(|v| (v - 0.5).abs() < 1e-6), "{to:?}: {new:?}");
        }
    }

    #[test]
    fn halving_skips_no_pixel() {
        // Nearer to the border a weight is larger, because a part of the triangle lies outside.
        for bright in 3..9 {
            let mut old = [0.0; 12];
            old[bright] = 1.0;
            let new = resized(&old, [1, 12], [1, 6]);
            assert!((new.iter().sum::<f32>() - 0.5).abs() < 1e-6, "{new:?}");
        }
    }
}
