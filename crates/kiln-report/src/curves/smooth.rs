//! Curves without their noise.

/// The values as a smooth curve: at each, the line that fits those within half a `window` of it best, and the
/// same once more. Unlike a running mean the curve doesn't lag behind the values, and it keeps their slope
/// at both ends. It stays between the least and the greatest value: no norm is below zero. The page draws the same.
pub fn smoothed(values: &[f64], window: f64) -> Vec<f64> {
    let half = (window / 2.0).round().clamp(0.0, values.len() as f64) as usize;
    if half == 0 {
        return values.to_vec();
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    fitted(&fitted(values, half), half).into_iter().map(|value| value.clamp(low, high)).collect()
}

/// At each place, the least-squares line through the values up to `half` places away. Sums of values and of
/// their moments up to each place make it linear in their number.
fn fitted(values: &[f64], half: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0)];
    let (mut sum, mut moment) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        (sum, moment) = (sum + value, moment + i as f64 * value);
        sums.push((sum, moment));
    }
    let fit = |i: usize| {
        let (from, to) = (i.saturating_sub(half), (i + half + 1).min(values.len()));
        let count = (to - from) as f64;
        let center = (from + to - 1) as f64 / 2.0;
        let mean = (sums[to].0 - sums[from].0) / count;
        // Of places one apart: the sum of their squared distances from their centre.
        let spread = count * (count * count - 1.0) / 12.0;
        let moment = sums[to].1 - sums[from].1 - center * mean * count;
        mean + if spread > 0.0 { moment / spread * (i as f64 - center) } else { 0.0 }
    };
    (0..values.len()).map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_window_changes_nothing() {
        assert_eq!(smoothed(&[3.0, -1.0, 2.0], 0.9), [3.0, -1.0, 2.0]);
        assert_eq!(smoothed(&[], 9.0), [0.0; 0]);
        assert_eq!(smoothed(&[5.0], 9.0), [5.0]);
    }

    #[test]
    fn noise_goes_and_the_middle_is_a_mean() {
        let noise: Vec<f64> = (0..100).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let smooth = smoothed(&noise, 10.0);
        assert!(smooth[10..90].iter().all(|value| value.abs() < 0.02));
        assert!(smooth.iter().all(|value| value.abs() < 0.5));
        assert_eq!(fitted(&[0.0, 0.0, 3.0, 0.0, 0.0], 1)[1..4], [1.0, 1.0, 1.0]);
    }

    #[test]
    fn what_falls_to_zero_does_not_go_below() {
        let norms: Vec<f64> = (0..200).map(|i| if i < 190 { 50.0 } else { 0.0 }).collect();
        assert!(fitted(&fitted(&norms, 20), 20).iter().any(|value| *value < 0.0));
        let smooth = smoothed(&norms, 40.0);
        assert!(smooth.iter().all(|value| (0.0..=50.0).contains(value)));
    }

    proptest! {
        #[test]
        fn lines_stay_as_they_are(a in -1e3..1e3, b in -1e2..1e2, n in 1usize..60, window in 0.0..80.0) {
            let line: Vec<f64> = (0..n).map(|i| a + b * i as f64).collect();
            for (value, smooth) in line.iter().zip(smoothed(&line, window)) {
                prop_assert!((value - smooth).abs() < 1e-6, "{value} {smooth}");
            }
        }
    }
}
