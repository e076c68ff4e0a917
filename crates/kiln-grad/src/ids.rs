//! Maps and sets of nodes by their ids.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map from the ids of nodes.
pub(crate) type IdMap<V> = HashMap<u64, V, BuildHasherDefault<IdHasher>>;
/// A set of ids of nodes.
pub(crate) type IdSet = HashSet<u64, BuildHasherDefault<IdHasher>>;

/// Hash of an id. A walk over a graph goes to neighbouring ids one after the other, so neighbours lie together in a
/// table, and a table larger than the caches is read in order.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("an id is one number")
    }

    fn write_u64(&mut self, id: u64) {
        // A table finds the place by the low bits, where ids at even distances mustn't meet, and tells what lies
        // there apart by the highest seven.
        let place = (id ^ (id >> 6)).wrapping_add((id >> 11).wrapping_mul(5));
        self.0 = place ^ id.wrapping_mul(0x9e37_79b9_7f4a_7c15) & (0x7f << 57);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, Hash};

    /// Ids at any even distance spread over a table of twice their number.
    #[test]
    fn ids_at_even_distances_spread() {
        let hash = |id: u64| BuildHasherDefault::<IdHasher>::default().hash_one(id);
        for distance in 1..=300 {
            let mut taken = [0; 1 << 13];
            (0..1 << 12).for_each(|i: u64| taken[hash(1000 + i * distance) as usize % (1 << 13)] += 1);
            let most = taken.into_iter().max().unwrap();
            assert!(most <= 16, "{most} ids {distance} apart share a place");
        }
        let mut hasher = IdHasher::default();
        7_u64.hash(&mut hasher);
        assert_eq!(hasher.finish(), hash(7));
    }
}
