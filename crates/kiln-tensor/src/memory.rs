//! Memory of buffers: its statistics, the sizes that pools hand out, and the free memory that they keep.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// Memory that a backend's buffers have taken and take, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Bytes ever taken from the system's allocator.
    pub fresh_bytes: usize,
    /// Bytes in buffers that are in use.
    pub used_bytes: usize,
    /// The largest `used_bytes` there ever was.
    pub peak_bytes: usize,
    /// Bytes kept for later buffers.
    pub free_bytes: usize,
}

/// Size that a pool hands out for `units` of memory: one of eight an octave, so that at most an eighth of a buffer is
/// unused and neighbouring sizes can share memory.
pub fn size_class(units: u64) -> u64 {
    let step = class_step(units);
    units.div_ceil(step).saturating_mul(step)
}

/// Distance of the size classes around `units`.
fn class_step(units: u64) -> u64 {
    (units.checked_next_power_of_two().unwrap_or(units) / 16).max(1)
}

/// Number of the size class of `units`, counted from the smallest.
fn class_number(units: u64) -> usize {
    let step = class_step(units);
    // Classes are one unit apart up to 16; from there on each octave has those of 9 to 16 steps.
    8 * step.ilog2() as usize + units.div_ceil(step) as usize
}

/// Free memory that a pool keeps, a list for each size class. However much lies there, finding some and giving up the
/// oldest look at one piece of each class in question.
#[derive(Debug)]
pub struct FreeList<T> {
    /// The pieces of each class with the time they came, the oldest first.
    classes: Vec<VecDeque<(u64, T)>>,
    /// Number of pieces that ever came.
    time: u64,
}

impl<T> Default for FreeList<T> {
    fn default() -> Self {
        FreeList { classes: Vec::new(), time: 0 }
    }
}

impl<T> FreeList<T> {
    /// Keeps a piece of this size.
    pub fn put(&mut self, size: u64, piece: T) {
        let class = class_number(size);
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, VecDeque::new);
        }
        self.time += 1;
        self.classes[class].push_back((self.time, piece));
    }

    /// The latest piece of the smallest class of `sizes` whose latest fits.
    pub fn take_latest(&mut self, sizes: RangeInclusive<u64>, mut fits: impl FnMut(&T) -> bool) -> Option<T> {
        let mut classes = self.classes_of(sizes);
        let class = classes.find(|class| class.back().is_some_and(|(_, piece)| fits(piece)))?;
        class.pop_back().map(|(_, piece)| piece)
    }

    /// The oldest piece of the smallest class of `sizes` whose oldest fits.
    pub fn take_oldest(&mut self, sizes: RangeInclusive<u64>, mut fits: impl FnMut(&T) -> bool) -> Option<T> {
        let mut classes = self.classes_of(sizes);
        let class = classes.find(|class| class.front().is_some_and(|(_, piece)| fits(piece)))?;
        class.pop_front().map(|(_, piece)| piece)
    }

    /// The piece that has lain longest, to be given up.
    pub fn give_up(&mut self) -> Option<T> {
        let age = |class: &VecDeque<(u64, T)>| class.front().map_or(u64::MAX, |(since, _)| *since);
        let class = self.classes.iter_mut().min_by_key(|class| age(class))?;
        let (_, piece) = class.pop_front()?;
        // The list itself must not keep the room that many pieces took.
        if class.len() < class.capacity() / 4 {
            class.shrink_to(2 * class.len());
        }
        Some(piece)
    }

    fn classes_of(&mut self, sizes: RangeInclusive<u64>) -> impl Iterator<Item = &mut VecDeque<(u64, T)>> {
        let first = class_number(*sizes.start());
        let count = class_number(*sizes.end()) + 1 - first;
        self.classes.iter_mut().skip(first).take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_waste_little() {
        for units in 1..5000 {
            let class = size_class(units);
            assert!(class >= units && class <= units + units / 8 + 1, "{units} -> {class}");
            assert_eq!(size_class(class), class);
        }
    }

    #[test]
    fn classes_are_numbered_one_after_the_other() {
        let mut number = class_number(1);
        for units in 2..5000 {
            let is_new = size_class(units) != size_class(units - 1);
            number += usize::from(is_new);
            assert_eq!(class_number(units), number, "{units}");
            assert_eq!(class_number(size_class(units)), number, "{units}");
        }
        assert!(class_number(u64::MAX) < 512);
    }

    #[test]
    fn the_smallest_that_fits_is_found_and_the_oldest_is_given_up() {
        let mut free = FreeList::default();
        for (size, piece) in [(20, "a"), (10, "b"), (20, "c"), (24, "d")] {
            free.put(size, piece);
        }
        assert_eq!(free.take_latest(11..=17, |_| true), None);
        assert_eq!(free.take_latest(19..=24, |piece| *piece != "c"), Some("d"));
        assert_eq!(free.take_latest(19..=24, |_| true), Some("c"));
        assert_eq!(free.take_oldest(10..=24, |piece| *piece != "b"), Some("a"));
        free.put(20, "e");
        assert_eq!([(); 3].map(|()| free.give_up()), [Some("b"), Some("e"), None]);
    }

    /// What a search costs doesn't grow with what lies there.
    #[test]
    fn a_search_looks_at_one_piece_of_each_class() {
        let looked_at = |pieces: u64| {
            let mut free = FreeList::default();
            (0..pieces).for_each(|piece| free.put(1 + piece % 40, piece));
            let mut count = 0;
            assert_eq!(free.take_latest(100..=125, |_| true), None);
            let found = free.take_latest(8..=10, |_| {
                count += 1;
                false
            });
            assert_eq!(found, None);
            count
        };
        assert_eq!(looked_at(100), 3);
        assert_eq!(looked_at(100_000), 3);
    }

    #[test]
    fn room_for_many_pieces_is_not_kept() {
        let mut free = FreeList::default();
        (0..10_000).for_each(|piece| free.put(1, piece));
        while free.give_up().is_some() {}
        assert!(free.classes.iter().all(|class| class.capacity() < 16));
    }
}
