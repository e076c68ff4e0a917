//! Lists of steps that grow.

use serde::Serialize;

/// What a page doesn't know of a list of steps yet.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct StepsChange<'a> {
    /// Number of steps that still hold; the following come after them.
    from: usize,
    steps: &'a [u64],
}

impl<'a> StepsChange<'a> {
    /// The change from one list to another.
    pub fn between(now: &'a [u64], before: &[u64]) -> StepsChange<'a> {
        let from = now.iter().zip(before).take_while(|(now, before)| now == before).count();
        StepsChange { from, steps: &now[from..] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_sent() {
        let change = |now: &[u64], before: &[u64]| {
            let StepsChange { from, steps } = StepsChange::between(now, before);
            (from, steps.to_vec())
        };
        assert_eq!(change(&[1, 2, 3], &[1, 2]), (2, vec![3]));
        assert_eq!(change(&[1, 2], &[]), (0, vec![1, 2]));
        assert_eq!(change(&[2, 3], &[1, 2]), (0, vec![2, 3]));
        assert_eq!(change(&[1], &[1, 2]), (1, vec![]));
    }
}
