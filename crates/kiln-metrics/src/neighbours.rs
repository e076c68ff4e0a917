//! Distances between vectors, and who is nearest.

use crate::features::FeatureSet;
use rayon::prelude::*;

/// The nearest vector of a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Its number in the set.
    pub index: usize,
    /// Euclidean distance to it.
    pub distance: f64,
}

/// The vectors of `set` that are nearest to each of `queries`, `k` of them or all there are, the nearest first; of equally
/// near ones the earlier.
///
/// # Panics
/// When the vectors have different lengths.
#[track_caller]
pub fn nearest(queries: &FeatureSet, set: &FeatureSet, k: usize) -> Vec<Vec<Neighbour>> {
    queries.check_dims(set, "nearest");
    let rows: Vec<&[f64]> = queries.rows().collect();
    rows.into_par_iter().map(|row| closest(row, set, k, None)).collect()
}

/// The vectors of a set that are nearest to each of its own, itself left out; as [`nearest`] gives them.
pub fn nearest_others(set: &FeatureSet, k: usize) -> Vec<Vec<Neighbour>> {
    (0..set.len()).into_par_iter().map(|at| closest(set.row(at), set, k, Some(at))).collect()
}

fn closest(row: &[f64], set: &FeatureSet, k: usize, except: Option<usize>) -> Vec<Neighbour> {
    let mut found: Vec<Neighbour> = Vec::with_capacity(k + 1);
    for (index, other) in set.rows().enumerate().filter(|(index, _)| Some(*index) != except) {
        let squared = squared_distance(row, other);
        if found.len() < k || found.last().is_some_and(|last| squared < last.distance) {
            let at = found.partition_point(|known| known.distance <= squared);
            found.insert(at, Neighbour { index, distance: squared });
            found.truncate(k);
        }
    }
    found.iter_mut().for_each(|known| known.distance = known.distance.sqrt());
    found
}

/// By differences and not by products, so that a copy is at distance 0.
pub(crate) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The squared distance from each vector of a set to its `k`-th nearest other one.
pub(crate) fn squared_radii(set: &FeatureSet, k: usize) -> Vec<f64> {
    (0..set.len()).into_par_iter().map(|at| squared_radius(set, at, k)).collect()
}

/// The squared distance from a vector of a set to its `k`-th nearest other one.
pub(crate) fn squared_radius(set: &FeatureSet, at: usize, k: usize) -> f64 {
    let found = closest(set.row(at), set, k, Some(at));
    // From the squares again: a root and its square differ in the last digit.
    found.last().map_or(0.0, |last| squared_distance(set.row(at), set.row(last.index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_come_in_the_order_of_their_distance() {
        let set = FeatureSet::new(1, vec![0.0, 5.0, 1.0, -1.0]);
        let found = nearest(&FeatureSet::new(1, vec![0.25]), &set, 3);
        let numbers: Vec<usize> = found[0].iter().map(|known| known.index).collect();
        assert_eq!((numbers, found[0][0].distance), (vec![0, 2, 3], 0.25));
        // 1 and −1 are equally near to 0, and the earlier comes first.
        let others = nearest_others(&set, 2);
        assert_eq!(others[0].iter().map(|known| known.index).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(nearest(&set, &set, 9)[0].len(), 4);
        assert_eq!(squared_radii(&set, 1), [1.0, 16.0, 1.0, 1.0]);
    }
}
