//! The one place where images get their size.

use crate::ResizePolicy;
use crate::resample::Resize;

/// The way from images of one size to another, by a [`ResizePolicy`]; made once, used for many planes.
#[derive(Clone, Debug)]
pub(crate) struct Sizing {
    from: [usize; 2],
    to: [usize; 2],
    /// The size that the whole image is scaled to.
    scaled: [usize; 2],
    /// Where the scaled image begins in the new one, below 0 where it is cropped.
    corner: [isize; 2],
    /// Gives that part of the scaled image which lies in the new one.
    resize: Resize,
}

impl Sizing {
    /// The way from one `[height, width]` to another. Where what is left over is odd, the larger part
    /// is below and to the right.
    pub fn new(from: [usize; 2], to: [usize; 2], policy: ResizePolicy) -> Sizing {
        // Which side decides: compared as fractions without dividing.
        let heights_ratio_is_less = to[0] * from[1] <= to[1] * from[0];
        let widths_ratio_is_less = to[0] * from[1] >= to[1] * from[0];
        let scaled = match policy {
            // Rounded, but never to nothing.
            ResizePolicy::Fit => {
                let by = usize::from(!heights_ratio_is_less);
                from.map(|n| ((2 * n * to[by] + from[by]) / (2 * from[by])).max(1))
            }
            ResizePolicy::Crop => {
                let by = usize::from(!widths_ratio_is_less);
                from.map(|n| n * to[by] / from[by])
            }
        };
        Sizing::to_scaled(from, to, scaled)
    }

    /// The way for a set whose images all have one size: those that grow by at most a quarter in fitting get a
    /// border.
    pub fn of_uniform(from: [usize; 2], to: [usize; 2], policy: ResizePolicy) -> Sizing {
        let grows_little = |axis: usize| to[axis] >= from[axis] && to[axis] - from[axis] <= from[axis] / 4;
        if policy == ResizePolicy::Fit && grows_little(0) && grows_little(1) {
            return Sizing::to_scaled(from, to, from);
        }
        Sizing::new(from, to, policy)
    }

    fn to_scaled(from: [usize; 2], to: [usize; 2], scaled: [usize; 2]) -> Sizing {
        let corner = [0, 1].map(|axis| (to[axis] as isize - scaled[axis] as isize) / 2);
        let window = [0, 1].map(|axis| {
            let start = corner[axis].min(0).unsigned_abs();
            start..(start + to[axis]).min(scaled[axis])
        });
        Sizing { from, to, scaled, corner, resize: Resize::scaled(from, scaled, window) }
    }

    /// One plane of an image; `new` holds the background.
    pub fn apply(&self, old: &[u8], new: &mut [u8]) {
        let [height, width] = [0, 1].map(|axis| self.scaled[axis].min(self.to[axis]));
        let [top, left] = self.corner.map(|n| n.max(0) as usize);
        let lines = new.chunks_exact_mut(self.to[1]).skip(top).take(height);
        let lines = lines.map(|line| &mut line[left..][..width]);
        if self.resize == Resize::Same {
            lines.zip(old.chunks_exact(width)).for_each(|(line, old)| line.copy_from_slice(old));
            return;
        }
        let mut part = vec![0.0; height * width];
        self.resize.apply(old, self.from, &mut part, [height, width]);
        for (line, part) in lines.zip(part.chunks_exact(width)) {
            // A weighted mean of bytes: with a half added, cutting off rounds.
            line.iter_mut().zip(part).for_each(|(new, &value)| *new = (value + 0.5) as u8);
        }
    }

    /// One plane of labels, which can't be mixed: each new pixel takes the old one under its centre, and
    /// `new`, which holds only zeros, keeps them outside of the image.
    pub fn apply_nearest(&self, old: &[u8], new: &mut [u8]) {
        for (row, line) in new.chunks_exact_mut(self.to[1]).enumerate() {
            let Some(row) = self.under(row, 0) else { continue };
            for (column, new) in line.iter_mut().enumerate() {
                if let Some(column) = self.under(column, 1) {
                    *new = old[row * self.from[1] + column];
                }
            }
        }
    }

    /// The old row (axis 0) or column (axis 1) under the centre of a new one.
    fn under(&self, new: usize, axis: usize) -> Option<usize> {
        let at = new.checked_add_signed(-self.corner[axis]).filter(|&at| at < self.scaled[axis])?;
        Some((2 * at + 1) * self.from[axis] / (2 * self.scaled[axis]))
    }
}

#[cfg(test)]
mod tests {
    use ResizePolicy::{Crop, Fit};
    use proptest::prelude::*;

    use super::*;

    fn squared(old: &[u8], from: [usize; 2], side: usize, policy: ResizePolicy) -> Vec<u8> {
        let mut new = vec![0; side * side];
        Sizing::new(from, [side; 2], policy).apply(old, &mut new);
        new
    }

    #[test]
    fn fit_shows_all_between_black_bars() {
        assert_eq!(squared(&[10, 20, 30, 40], [1, 4], 4, Fit)[4..8], [10, 20, 30, 40]);
        // Three rows are over: one above, two below.
        let new = squared(&[10, 20, 30, 40], [1, 4], 4, Fit);
        assert_eq!((&new[..4], &new[8..]), (&[0; 4][..], &[0; 8][..]));
        assert_eq!(squared(&[10, 20], [2, 1], 2, Fit), [10, 0, 20, 0]);
        // Halved, then centred.
        assert_eq!(squared(&[80; 4 * 8], [4, 8], 4, Fit), [[0; 4], [80; 4], [80; 4], [0; 4]].concat());
    }

    #[test]
    fn crop_covers_the_square_with_the_middle() {
        assert_eq!(squared(&[1, 2, 3, 4, 5, 6, 7, 8], [2, 4], 2, Crop), [2, 3, 6, 7]);
        // Of one column over, it is the right one.
        assert_eq!(squared(&[1, 2, 3, 4, 5, 6], [2, 3], 2, Crop), [1, 2, 4, 5]);
        assert_eq!(squared(&[1, 2, 3], [3, 1], 1, Crop), [2]);
        assert_eq!(squared(&[80; 4 * 8], [4, 8], 6, Crop), [80; 36]);
    }

    #[test]
    fn a_square_of_the_size_stays_as_it_is() {
        let old: Vec<u8> = (0..49).map(|at| at * 5).collect();
        for policy in [Fit, Crop] {
            assert_eq!(squared(&old, [7, 7], 7, policy), old);
        }
    }

    #[test]
    fn a_set_of_one_size_that_grows_a_little_gets_a_border() {
        let old: Vec<u8> = (1..=16).collect();
        let resized = |to: [usize; 2], policy| {
            let mut new = vec![0; to[0] * to[1]];
            Sizing::of_uniform([4, 4], to, policy).apply(&old, &mut new);
            new
        };
        assert_eq!(resized([5, 4], Fit), [&old[..], &[0; 4]].concat());
        let bordered = resized([5, 5], Fit);
        assert_eq!((&bordered[..5], &bordered[20..]), (&[1, 2, 3, 4, 0][..], &[0; 5][..]));
        // By more than a quarter, or where the square is to be covered, it is scaled.
        assert!(resized([6, 6], Fit).iter().all(|&value| value > 0));
        assert!(resized([5, 5], Crop).iter().all(|&value| value > 0));
    }

    #[test]
    fn a_size_need_not_be_square() {
        let mut new = vec![0; 8];
        Sizing::new([1, 1], [2, 4], Fit).apply(&[7], &mut new);
        assert_eq!(new, [0, 7, 7, 0, 0, 7, 7, 0]);
        Sizing::new([1, 1], [2, 4], Crop).apply(&[9], &mut new);
        assert_eq!(new, [9; 8]);
    }

    #[test]
    fn labels_are_never_mixed() {
        let mut new = [0; 16];
        Sizing::new([1, 2], [4; 2], Fit).apply_nearest(&[5, 9], &mut new);
        assert_eq!(new, [0, 0, 0, 0, 5, 5, 9, 9, 5, 5, 9, 9, 0, 0, 0, 0]);
        let mut new = [0; 4];
        Sizing::new([2, 4], [2; 2], Crop).apply_nearest(&[1, 2, 3, 4, 5, 6, 7, 8], &mut new);
        assert_eq!(new, [2, 3, 6, 7]);
    }

    proptest! {
        /// Any size becomes any square; what is flat stays flat, and only `fit` leaves black.
        #[test]
        fn every_size_becomes_a_square(height in 1usize..70, width in 1usize..70, side in 1usize..40) {
            let flat = vec![200; height * width];
            let area = side * side;
            prop_assert_eq!(squared(&flat, [height, width], side, Crop), vec![200; area]);
            let fitted = squared(&flat, [height, width], side, Fit);
            prop_assert!(fitted.iter().all(|&value| value == 200 || value == 0));
            let lit = fitted.iter().filter(|&&value| value == 200).count();
            let share = height.min(width) as f64 / height.max(width) as f64;
            let want = ((share * side as f64).round().max(1.0)) as usize * side;
            prop_assert!(lit.abs_diff(want) <= side, "{} of {}", lit, want);
            for policy in [Fit, Crop] {
                let mut labels = vec![0; area];
                Sizing::new([height, width], [side; 2], policy).apply_nearest(&flat, &mut labels);
                prop_assert_eq!(labels, squared(&flat, [height, width], side, policy));
            }
        }

        /// The longest image that files may have, cropped, takes no more than the square needs.
        #[test]
        fn extreme_images_are_cheap(long in 10_000usize..16_384, side in 1usize..64) {
            prop_assert_eq!(squared(&vec![7; long], [1, long], side, Crop), vec![7; side * side]);
        }
    }
}
