//! Bytes that are nearly a valid file.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One change to a file.
#[derive(Clone, Debug)]
enum Mutation {
    /// Another byte at a place.
    Set(Index, u8),
    /// Another number at a place, in either order of bytes.
    Number(Index, u32, bool),
    /// The end is missing.
    Cut(Index),
    /// Bytes come between.
    Insert(Index, Vec<u8>),
    /// Bytes are missing.
    Remove(Index, usize),
    /// A stretch occurs several times.
    Repeat(Index, usize, usize),
}

impl Mutation {
    fn apply(self, bytes: &mut Vec<u8>) {
        let place = |index: Index| index.index(bytes.len() + 1);
        match self {
            Mutation::Set(at, value) => {
                let at = place(at);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
            }
            Mutation::Number(at, value, big) => {
                let at = place(at);
                let value = if big { value.to_be_bytes() } else { value.to_le_bytes() };
                bytes.iter_mut().skip(at).zip(value).for_each(|(byte, value)| *byte = value);
            }
            Mutation::Cut(at) => bytes.truncate(place(at)),
            Mutation::Insert(at, more) => {
                let at = place(at);
                bytes.splice(at..at, more);
            }
            Mutation::Remove(at, len) => {
                let at = place(at);
                bytes.drain(at..bytes.len().min(at + len));
            }
            Mutation::Repeat(at, len, times) => {
                let at = place(at);
                let stretch = bytes[at..bytes.len().min(at + len)].repeat(times);
                bytes.splice(at..at, stretch);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    // Numbers at which sizes and counts go wrong.
    let edges = vec![0, 1, 7, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    let number = prop_oneof![select(edges), any::<u32>()];
    prop_oneof![
        6 => (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Mutation::Set(at, value)),
        3 => (any::<Index>(), number, any::<bool>())
            .prop_map(|(at, value, big)| Mutation::Number(at, value, big)),
        1 => any::<Index>().prop_map(Mutation::Cut),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, more)| Mutation::Insert(at, more)),
        1 => (any::<Index>(), 1usize..9).prop_map(|(at, len)| Mutation::Remove(at, len)),
        1 => (any::<Index>(), 1usize..40, 1usize..9)
            .prop_map(|(at, len, times)| Mutation::Repeat(at, len, times)),
    ]
}

/// Valid files with a few mutations, half of them mended so that they get past checksums.
pub fn inputs(seeds: Vec<Vec<u8>>, mend: fn(&mut Vec<u8>)) -> impl Strategy<Value = Vec<u8>> {
    let mutations = prop::collection::vec(mutation(), 1..5);
    (select(seeds), mutations, any::<bool>()).prop_map(move |(mut bytes, mutations, mended)| {
        mutations.into_iter().for_each(|mutation| mutation.apply(&mut bytes));
        if mended {
            mend(&mut bytes);
        }
        bytes
    })
}
