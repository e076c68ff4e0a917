//! Images as squares.

use crate::ResizePolicy;
use crate::resample::Resize;

/// The way from images of one size to squares, by a [`ResizePolicy`]; made once, used for many planes.
#[derive(Clone, Debug)]
pub(crate) struct Square {
    from: [usize; 2],
    side: usize,
    /// The size that the whole image is scaled to.
    scaled: [usize; 2],
    /// Where the scaled image begins in the square, below 0 where it is cropped.
    corner: [isize; 2],
    /// Gives that part of the scaled image which lies in the square.
    resize: Resize,
}

impl Square {
    /// The way from `[height, width]` to `side` by `side`. Where what is left over is odd, the larger part
    /// is below and to the right.
    pub fn new(from: [usize; 2], side: usize, policy: ResizePolicy) -> Square {
        let (short, long) = (from[0].min(from[1]), from[0].max(from[1]));
        let scaled = match policy {
            // Rounded, but never to nothing.
            ResizePolicy::Fit => from.map(|n| ((2 * n * side + long) / (2 * long)).max(1)),
            ResizePolicy::Crop => from.map(|n| n * side / short),
        };
        let corner = scaled.map(|n| (side as isize - n as isize) / 2);
        let window = [0, 1].map(|axis| {
            let start = corner[axis].min(0).unsigned_abs();
            start..(start + side).min(scaled[axis])
        });
        Square { from, side, scaled, corner, resize: Resize::scaled(from, scaled, window) }
    }

    /// One plane of an image; `new` holds only zeros.
    pub fn apply(&self, old: &[u8], new: &mut [u8]) {
        let [height, width] = self.scaled.map(|n| n.min(self.side));
        let mut part = vec![0.0; height * width];
        self.resize.apply(old, self.from, &mut part, [height, width]);
        let [top, left] = self.corner.map(|n| n.max(0) as usize);
        for (row, part) in part.chunks_exact(width).enumerate() {
            let line = &mut new[(top + row) * self.side + left..][..width];
            // A weighted mean of bytes: with a half added, cutting off rounds.
            line.iter_mut().zip(part).for_each(|(new, &value)| *new = (value + 0.5) as u8);
        }
    }

    /// One plane of labels, which can't be mixed: each new pixel takes the old one under its centre, and
    /// `new`, which holds only zeros, keeps them outside of the image.
    pub fn apply_nearest(&self, old: &[u8], new: &mut [u8]) {
        for (row, line) in new.chunks_exact_mut(self.side).enumerate() {
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
        Square::new(from, side, policy).apply(old, &mut new);
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
    fn labels_are_never_mixed() {
        let mut new = [0; 16];
        Square::new([1, 2], 4, Fit).apply_nearest(&[5, 9], &mut new);
        assert_eq!(new, [0, 0, 0, 0, 5, 5, 9, 9, 5, 5, 9, 9, 0, 0, 0, 0]);
        let mut new = [0; 4];
        Square::new([2, 4], 2, Crop).apply_nearest(&[1, 2, 3, 4, 5, 6, 7, 8], &mut new);
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
                Square::new([height, width], side, policy).apply_nearest(&flat, &mut labels);
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
