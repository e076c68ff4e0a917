//! Data sets in parts.

use super::{Dataset, Points};
use crate::DataError;
use crate::binarise::Binarised;
use crate::pixels::Pixels;

impl Dataset {
    /// Splits into the samples before `at` and those from `at` on. The order is kept, and all that is
    /// known about a sample goes along. A second, unpaired set is split at the same share.
    ///
    /// # Errors
    /// When either part would be empty.
    pub fn split_at(self, at: usize) -> Result<(Dataset, Dataset), DataError> {
        self.check_split(at)?;
        let (at, len) = (at as u32, self.len as u32);
        let parts = [0..at, at..len].map(|range| self.select(&range.collect::<Vec<u32>>()));
        self.with_second(parts, |second| {
            let at = share(at as usize, len as usize, second.len());
            second.split_at(at)
        })
    }

    /// Splits off `count` samples spread evenly over the set, for one that comes without a test part: gives
    /// the others, and those held out. Where images of a class follow each other, as in class folders,
    /// every class is in both. A second, unpaired set is split at the same share.
    ///
    /// # Errors
    /// When either part would be empty.
    pub fn hold_out(self, count: usize) -> Result<(Dataset, Dataset), DataError> {
        let len = self.len();
        self.check_split(count)?;
        // The last of each of `count` stretches of nearly the same length.
        let held: Vec<u32> = (1..=count).map(|stretch| (stretch * len / count - 1) as u32).collect();
        let mut kept: Vec<u32> = (0..len as u32).collect();
        kept.retain(|index| held.binary_search(index).is_err());
        let parts = [&kept, &held].map(|indices| self.select(indices));
        self.with_second(parts, |second| {
            let count = share(count, len, second.len());
            second.hold_out(count)
        })
    }

    /// Splits off the samples of these numbers, in that order, of a set without a second one.
    pub(crate) fn hold_out_these(self, held: &[u32]) -> (Dataset, Dataset) {
        let mut sorted = held.to_vec();
        sorted.sort_unstable();
        let kept: Vec<u32> =
            (0..self.len() as u32).filter(|index| sorted.binary_search(index).is_err()).collect();
        (self.select(&kept), self.select(held))
    }

    /// The samples of all classes but one.
    ///
    /// # Errors
    /// When there is no such class, or no other.
    pub(crate) fn without_class(self, class: u32) -> Result<Dataset, DataError> {
        let kept: Vec<u32> = match self.labels() {
            Some(labels) if (class as usize) < self.classes() => {
                (0..self.len() as u32).filter(|&index| labels[index as usize] != class).collect()
            }
            _ => {
                let classes = self.classes();
                return Err(self.refuse(format!("there is no class {class} to leave out, of {classes}")));
            }
        };
        if kept.is_empty() {
            return Err(
                self.refuse(format!("there are no samples but those of class {class}, which is left out"))
            );
        }
        Ok(self.select(&kept))
    }

    /// The same images, of two values each, by a key.
    pub(crate) fn binarised(self, key: kiln_tensor::random::Key) -> Dataset {
        let images = self.images.as_ref().map(|images| Binarised::of(images, key));
        Dataset { images, ..self }
    }

    /// Two parts of this set, each with its part of the second, unpaired set, if there is one.
    fn with_second(
        self,
        [mut first, mut rest]: [Dataset; 2],
        split: impl FnOnce(Dataset) -> Result<(Dataset, Dataset), DataError>,
    ) -> Result<(Dataset, Dataset), DataError> {
        if let Some(second) = self.unpaired {
            let (one, other) = split(*second)?;
            (first.unpaired, rest.unpaired) = (Some(Box::new(one)), Some(Box::new(other)));
        }
        Ok((first, rest))
    }

    /// The samples of `indices`, in that order, with what is known about them, but without the second,
    /// unpaired set. Pixels are not copied.
    pub(crate) fn select(&self, indices: &[u32]) -> Dataset {
        fn chosen<T: Clone>(all: &[T], each: usize, indices: &[u32]) -> Vec<T> {
            let mut chosen = Vec::with_capacity(indices.len() * each);
            indices.iter().for_each(|&at| chosen.extend_from_slice(&all[at as usize * each..][..each]));
            chosen
        }
        let pixels = |all: &Option<Pixels>| all.as_ref().map(|all| all.select(indices));
        let points = |all: &Points| Points { values: chosen(&all.values, all.coordinates, indices), ..*all };
        Dataset {
            name: self.name.clone(),
            len: indices.len(),
            images: pixels(&self.images),
            frames: pixels(&self.frames),
            points: self.points.as_ref().map(points),
            labels: self.labels.as_ref().map(|labels| chosen(labels, 1, indices)),
            class_names: self.class_names.clone(),
            captions: self.captions.as_ref().map(|captions| chosen(captions, 1, indices)),
            vocabulary: self.vocabulary.clone(),
            masks: pixels(&self.masks),
            factors: self.factors.as_ref().map(|factors| factors.select(indices)),
            targets: self.targets.as_ref().map(|targets| Box::new(targets.select(indices))),
            unpaired: None,
            modes: self.modes.clone(),
            ..*self
        }
    }

    fn check_split(&self, at: usize) -> Result<(), DataError> {
        if (1..self.len()).contains(&at) {
            return Ok(());
        }
        let last = self.len() - 1;
        Err(self.refuse(if last == 0 {
            "1 sample can't be split; add others".to_owned()
        } else {
            format!("{} samples can't be split at {at}; choose from 1 to {last}", self.len())
        }))
    }
}

/// The same share of `second` as `part` is of `len`, such that both parts get something.
fn share(part: usize, len: usize, second: usize) -> usize {
    (part * second / len).clamp(1, (second - 1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(len: u8) -> Dataset {
        Dataset::new("plain", [1, 1, 2], (0..2 * len).collect()).unwrap()
    }

    /// Every image with all there can be, made from its number.
    fn full(len: u8) -> Dataset {
        plain(len)
            .with_labels((0..u32::from(len)).map(|at| at / 4).collect(), 3)
            .and_then(|set| set.with_class_names(["a", "b", "c"].map(str::to_owned).to_vec()))
            .and_then(|set| set.with_captions((0..len).map(|at| at.to_string()).collect()))
            .and_then(|set| set.with_masks((0..2 * len).map(|at| at ^ 1).collect(), 256))
            .and_then(|set| set.with_targets(plain(len)))
            .unwrap()
    }

    /// The numbers of the images, after checking that all the rest went along.
    fn numbers(set: &Dataset) -> Vec<u8> {
        let numbers: Vec<u8> = (0..set.len()).map(|at| set.image(at).unwrap()[0] / 2).collect();
        for (at, &number) in numbers.iter().enumerate() {
            assert_eq!(set.labels().unwrap()[at], u32::from(number) / 4);
            assert_eq!(set.caption(at).unwrap(), number.to_string());
            assert_eq!(set.mask(at).unwrap().unwrap()[0], set.image(at).unwrap()[0] ^ 1);
            assert_eq!(set.targets().unwrap().image(at).unwrap(), set.image(at).unwrap());
        }
        assert_eq!((set.classes(), set.class_names().unwrap().len()), (3, 3));
        numbers
    }

    #[test]
    fn splitting_keeps_order_and_all_there_is() {
        let (first, rest) = full(10).split_at(3).unwrap();
        assert_eq!((numbers(&first), numbers(&rest)), (vec![0, 1, 2], vec![3, 4, 5, 6, 7, 8, 9]));
        for at in [0, 10, 11] {
            let error = full(10).split_at(at).unwrap_err().to_string();
            assert!(error.ends_with(&format!("10 samples can't be split at {at}; choose from 1 to 9")));
        }
        assert!(plain(1).split_at(1).unwrap_err().to_string().contains("1 sample can't be split"));
    }

    #[test]
    fn holding_out_takes_from_every_class() {
        for (count, want) in [(1, vec![9]), (3, vec![2, 5, 9]), (9, vec![0, 1, 2, 3, 4, 5, 6, 7, 9])] {
            let (kept, held) = full(10).hold_out(count).unwrap();
            assert_eq!(numbers(&held), want);
            let others: Vec<u8> = (0..10).filter(|at| !want.contains(at)).collect();
            assert_eq!(numbers(&kept), others);
        }
        assert!(full(10).hold_out(0).is_err() && full(10).hold_out(10).is_err());
    }

    #[test]
    fn a_class_is_left_out() {
        let labels = |set: &Dataset| set.labels().unwrap().to_vec();
        assert_eq!(labels(&full(10).without_class(1).unwrap()), [0, 0, 0, 0, 2, 2]);
        let error = full(10).without_class(3).unwrap_err().to_string();
        assert!(error.contains("there is no class 3 to leave out, of 3"), "{error}");
        assert!(plain(4).without_class(0).is_err());
        let one = plain(4).with_labels(vec![0; 4], 1).unwrap().without_class(0).unwrap_err().to_string();
        assert!(one.contains("there are no samples but those of class 0"), "{one}");
    }

    #[test]
    fn a_second_set_is_split_at_the_same_share() {
        let both = |first, second| plain(first).with_unpaired(plain(second)).unwrap();
        let lens = |set: &Dataset| (set.len(), set.unpaired().unwrap().len());
        let (first, rest) = both(10, 20).split_at(3).unwrap();
        assert_eq!((lens(&first), lens(&rest)), ((3, 6), (7, 14)));
        let (kept, held) = both(10, 2).hold_out(2).unwrap();
        assert_eq!((lens(&kept), lens(&held)), ((8, 1), (2, 1)));
        let error = both(10, 1).split_at(3).unwrap_err().to_string();
        assert!(error.contains("1 sample can't be split"), "{error}");
    }
}
