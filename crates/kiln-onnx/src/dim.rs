//! Lengths of axes, as far as they depend on the batch.

use kiln_tensor::Dims;

/// The batch sizes a network is run with to see what depends on them. Not 1, which is special: an axis of
/// length 1 broadcasts. Not 2: few samples have equal constants by chance more easily.
pub(crate) const BATCHES: [usize; 2] = [5, 7];

/// The length of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dim {
    /// A fixed length.
    Fixed(usize),
    /// A multiple of the batch size.
    Batch(usize),
}

impl Dim {
    /// The length that takes these values for the two batch sizes, if it is one of the two kinds.
    pub fn of(lengths: [usize; 2]) -> Option<Dim> {
        let [a, b] = lengths;
        if a == b {
            return Some(Dim::Fixed(a));
        }
        let [m, n] = BATCHES;
        (a % m == 0 && b % n == 0 && a / m == b / n).then_some(Dim::Batch(a / m))
    }

    /// The lengths of all axes of a tensor with these dims for the two batch sizes.
    pub fn all(a: &Dims, b: &Dims) -> Option<Vec<Dim>> {
        if a.rank() != b.rank() {
            return None;
        }
        a.iter().zip(&**b).map(|(&a, &b)| Dim::of([a, b])).collect()
    }

    /// Whether it is always 1.
    pub fn is_one(self) -> bool {
        self == Dim::Fixed(1)
    }

    /// Whether it depends on the batch.
    pub fn is_batch(self) -> bool {
        matches!(self, Dim::Batch(_))
    }
}

/// The dims to which both broadcast, which kiln has checked to exist.
pub(crate) fn broadcast(a: &[Dim], b: &[Dim]) -> Vec<Dim> {
    let rank = a.len().max(b.len());
    let at = |dims: &[Dim], i: usize| (i + dims.len()).checked_sub(rank).map_or(Dim::Fixed(1), |i| dims[i]);
    (0..rank).map(|i| if at(a, i).is_one() { at(b, i) } else { at(a, i) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_apart() {
        assert_eq!(Dim::of([7, 7]), Some(Dim::Fixed(7)));
        assert_eq!(Dim::of([5, 7]), Some(Dim::Batch(1)));
        assert_eq!(Dim::of([20, 28]), Some(Dim::Batch(4)));
        assert_eq!(Dim::of([6, 8]), None);
        assert_eq!(Dim::of([10, 21]), None);
    }

    #[test]
    fn broadcasting_keeps_what_depends_on_the_batch() {
        let (n, one, three) = (Dim::Batch(1), Dim::Fixed(1), Dim::Fixed(3));
        assert_eq!(broadcast(&[n, one], &[three]), [n, three]);
        assert_eq!(broadcast(&[one, three], &[n, three]), [n, three]);
    }
}
