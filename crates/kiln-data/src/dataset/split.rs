//! Data sets in parts.

use super::Dataset;
use crate::DataError;

impl Dataset {
    /// Splits into the images before `at` and those from `at` on. The order is kept, and all that is
    /// known about an image goes along. A second, unpaired set is split at the same share.
    ///
    /// # Errors
    /// When either part would be empty.
    pub fn split_at(mut self, at: usize) -> Result<(Dataset, Dataset), DataError> {
        let len = self.len();
        self.check_split(at)?;
        let halves = |set: Option<Box<Dataset>>, at: &dyn Fn(usize) -> usize| {
            let Some(set) = set else { return Ok((None, None)) };
            let at = at(set.len());
            set.split_at(at).map(|(first, rest)| (Some(Box::new(first)), Some(Box::new(rest))))
        };
        let (targets, rest_targets) = halves(self.targets.take(), &|_| at)?;
        let (unpaired, rest_unpaired) = halves(self.unpaired.take(), &|second| share(at, len, second))?;
        let mask_len = self.mask_len();
        let rest = Dataset {
            name: self.name.clone(),
            images: self.images.split_off(at * self.image_len()),
            labels: self.labels.as_mut().map(|labels| labels.split_off(at)),
            class_names: self.class_names.clone(),
            captions: self.captions.as_mut().map(|captions| captions.split_off(at)),
            masks: self.masks.as_mut().map(|masks| masks.split_off(at * mask_len)),
            targets: rest_targets,
            unpaired: rest_unpaired,
            ..self
        };
        Ok((Dataset { targets, unpaired, ..self }, rest))
    }

    /// Splits off `count` images spread evenly over the set, for one that comes without a test part: gives
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
        let mut parts = [&kept, &held].map(|indices| self.select(indices));
        if let Some(second) = self.unpaired {
            let count = share(count, len, second.len());
            let (kept, held) = second.hold_out(count)?;
            parts[0].unpaired = Some(Box::new(kept));
            parts[1].unpaired = Some(Box::new(held));
        }
        let [kept, held] = parts;
        Ok((kept, held))
    }

    /// The images of `indices`, in that order, with what is known about them, but without the second,
    /// unpaired set.
    fn select(&self, indices: &[u32]) -> Dataset {
        fn chosen<T: Clone>(all: &[T], each: usize, indices: &[u32]) -> Vec<T> {
            let mut chosen = Vec::with_capacity(indices.len() * each);
            indices.iter().for_each(|&at| chosen.extend_from_slice(&all[at as usize * each..][..each]));
            chosen
        }
        Dataset {
            name: self.name.clone(),
            images: chosen(&self.images, self.image_len(), indices),
            labels: self.labels.as_ref().map(|labels| chosen(labels, 1, indices)),
            class_names: self.class_names.clone(),
            captions: self.captions.as_ref().map(|captions| chosen(captions, 1, indices)),
            masks: self.masks.as_ref().map(|masks| chosen(masks, self.mask_len(), indices)),
            targets: self.targets.as_ref().map(|targets| Box::new(targets.select(indices))),
            unpaired: None,
            ..*self
        }
    }

    fn check_split(&self, at: usize) -> Result<(), DataError> {
        if (1..self.len()).contains(&at) {
            return Ok(());
        }
        let last = self.len() - 1;
        Err(self.refuse(if last == 0 {
            "1 image can't be split; add images".to_owned()
        } else {
            format!("{} images can't be split at {at}; choose from 1 to {last}", self.len())
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
            .and_then(|set| set.with_masks((0..2 * len).map(|at| at ^ 1).collect()))
            .and_then(|set| set.with_targets(plain(len)))
            .unwrap()
    }

    /// The numbers of the images, after checking that all the rest went along.
    fn numbers(set: &Dataset) -> Vec<u8> {
        let numbers: Vec<u8> = (0..set.len()).map(|at| set.image(at)[0] / 2).collect();
        for (at, &number) in numbers.iter().enumerate() {
            assert_eq!(set.labels().unwrap()[at], u32::from(number) / 4);
            assert_eq!(set.caption(at).unwrap(), number.to_string());
            assert_eq!(set.mask(at).unwrap()[0], set.image(at)[0] ^ 1);
            assert_eq!(set.targets().unwrap().image(at), set.image(at));
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
            assert!(error.ends_with(&format!("10 images can't be split at {at}; choose from 1 to 9")));
        }
        assert!(plain(1).split_at(1).unwrap_err().to_string().contains("1 image can't be split"));
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
    fn a_second_set_is_split_at_the_same_share() {
        let both = |first, second| plain(first).with_unpaired(plain(second)).unwrap();
        let lens = |set: &Dataset| (set.len(), set.unpaired().unwrap().len());
        let (first, rest) = both(10, 20).split_at(3).unwrap();
        assert_eq!((lens(&first), lens(&rest)), ((3, 6), (7, 14)));
        let (kept, held) = both(10, 2).hold_out(2).unwrap();
        assert_eq!((lens(&kept), lens(&held)), ((8, 1), (2, 1)));
        let error = both(10, 1).split_at(3).unwrap_err().to_string();
        assert!(error.contains("1 image can't be split"), "{error}");
    }
}
