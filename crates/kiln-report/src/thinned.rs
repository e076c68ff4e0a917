//! Some of many sheets.

/// At most `most` of the steps, evenly spread, with the first and the last.
///
/// # Panics
/// When there are more steps than `most`, and `most` is below 2.
pub fn thinned(steps: &[u64], most: usize) -> Vec<u64> {
    if steps.len() <= most {
        return steps.to_vec();
    }
    (0..most).map(|i| steps[i * (steps.len() - 1) / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_ends_and_is_even() {
        let steps: Vec<u64> = (0..200).collect();
        let thin = thinned(&steps, 60);
        assert_eq!((thin.len(), thin[0], thin[59]), (60, 0, 199));
        assert!(thin.windows(2).all(|pair| (3..=4).contains(&(pair[1] - pair[0]))));
        assert_eq!(thinned(&steps[..60], 60), steps[..60]);
        assert_eq!(thinned(&steps[..61], 60).len(), 60);
        assert_eq!(thinned(&steps[..3], 60), [0, 1, 2]);
        assert_eq!(thinned(&steps[..1], 60), [0]);
        assert!(thinned(&[], 60).is_empty());
    }
}
