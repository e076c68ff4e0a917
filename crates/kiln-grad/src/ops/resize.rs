//! Images at another size: nearest neighbour and bilinear.

use super::gather::index_for;
use super::resampled::resampled;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::{self, Values};
use crate::taps::Taps;
use crate::tensor::Tensor;

impl Tensor {
    /// Images `[n, c, h, w]` at another size; each new pixel is the old one at `⌊i · old / new⌋`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let image = Tensor::from([[1.0, 2.0]]).reshape([1, 1, 1, 2]);
    /// assert_eq!(image.resize_nearest([1, 4]).to_f64_vec()?, [1.0, 1.0, 2.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images or one of the sizes is 0.
    #[must_use]
    #[track_caller]
    #[doc(alias = "interpolate")]
    pub fn resize_nearest(&self, size: [usize; 2]) -> Tensor {
        let old = self.image_size("resize_nearest", size);
        if (0..2).all(|i| size[i].is_multiple_of(old[i])) {
            // Whole factors are plain repetition.
            let [n, c] = [self.dims()[0], self.dims()[1]];
            let [fh, fw] = [size[0] / old[0], size[1] / old[1]];
            let cells = self.reshape([n, c, old[0], 1, old[1], 1]);
            return cells.broadcast_to([n, c, old[0], fh, old[1], fw]).reshape([n, c, size[0], size[1]]);
        }
        // Loops and not closures here, which would lose the place of the caller.
        let mut image = self.clone();
        for i in 0..2 {
            let sources: Vec<u32> = (0..size[i]).map(|o| (o * old[i] / size[i]) as u32).collect();
            image = image.index_select(i as i32 + 2, &index_for(self, &sources, [sources.len()]));
        }
        image
    }

    /// Images `[n, c, h, w]` at another size; each new pixel is the old one whose cell its centre lies in, at
    /// `⌊(i + 1/2) · old / new⌋`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let image = Tensor::from([[1.0, 2.0, 3.0]]).reshape([1, 1, 1, 3]);
    /// assert_eq!(image.resize_nearest_exact([1, 2]).to_f64_vec()?, [1.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images or one of the sizes is 0.
    #[must_use]
    #[track_caller]
    pub fn resize_nearest_exact(&self, size: [usize; 2]) -> Tensor {
        let old = self.image_size("resize_nearest_exact", size);
        let mut image = self.clone();
        for i in 0..2 {
            let sources: Vec<u32> =
                (0..size[i]).map(|o| ((2 * o + 1) * old[i] / (2 * size[i])) as u32).collect();
            image = image.index_select(i as i32 + 2, &index_for(self, &sources, [sources.len()]));
        }
        image
    }

    /// Images `[n, c, h, w]` at another size by linear interpolation along both axes. With
    /// `align_corners` the centres of the corner pixels stay where they are, else the image's edges do.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let image = Tensor::from([[1.0, 3.0]]).reshape([1, 1, 1, 2]);
    /// assert_eq!(image.resize_bilinear([1, 3], true).to_f64_vec()?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images or one of the sizes is 0.
    #[must_use]
    #[track_caller]
    #[doc(alias = "interpolate")]
    pub fn resize_bilinear(&self, size: [usize; 2], align_corners: bool) -> Tensor {
        assert_floats("resize_bilinear", &[self]);
        let old = self.image_size("resize_bilinear", size);
        resampled(self, [0, 1].map(|i| linear(old[i], size[i], align_corners)))
    }

    #[track_caller]
    pub(super) fn image_size(&self, op: &str, size: [usize; 2]) -> [usize; 2] {
        assert!(
            self.rank() == 4 && !size.contains(&0) && !self.dims()[2..].contains(&0),
            "{op}: got {} to {size:?}; wanted images [n, c, h, w] and sizes above 0",
            self.dims()
        );
        [self.dims()[2], self.dims()[3]]
    }
}

/// Linear interpolation along one axis: a weighted sum of two neighbours.
fn linear(old: usize, new: usize, align_corners: bool) -> Taps {
    Taps::new(old, new, |o| {
        let position = match align_corners {
            true if new == 1 => 0.0,
            true => o as f64 * (old - 1) as f64 / (new - 1) as f64,
            false => (o as f64 + 0.5) * old as f64 / new as f64 - 0.5,
        };
        let position = position.clamp(0.0, (old - 1) as f64);
        let (lower, share) = (position as usize, position.fract());
        if share == 0.0 { vec![(lower, 1.0)] } else { vec![(lower, 1.0 - share), (lower + 1, share)] }
    })
}

/// Domain, cases and refusals of `resize`.
pub fn definition() -> Definition {
    let nearest = |label, dims: [usize; 4], size: [usize; 2]| {
        let case = Case::new(label, [dims], move |x| x[0].resize_nearest(size));
        case.reference(move |x| reference::resize_nearest(&x[0], size))
    };
    let bilinear = |label, dims: [usize; 4], size: [usize; 2], corners: bool| {
        let case = Case::new(label, [dims], move |x| x[0].resize_bilinear(size, corners));
        case.reference(move |x| reference::resize_bilinear(&x[0], size, corners))
    };
    let cases = vec![
        nearest("nearest, doubled", [1, 2, 2, 3], [4, 6]),
        nearest("nearest, up", [1, 1, 3, 2], [5, 3]),
        nearest("nearest, down", [1, 1, 5, 4], [2, 3]),
        Case::new("nearest, exact", [[1, 1, 3, 5]], |x| x[0].resize_nearest_exact([2, 3])).reference(|x| {
            let [rows, columns] = [[0, 2, 0], [0, 2, 4]];
            Values::build([1, 1, 2, 3], |i| x[0].at(&[0, 0, rows[i[2]], columns[i[3]]]))
        }),
        bilinear("bilinear, up", [1, 1, 2, 3], [4, 5], false),
        bilinear("bilinear, down", [1, 1, 5, 4], [2, 3], false),
        bilinear("bilinear, corners", [1, 1, 3, 3], [5, 1], true),
        bilinear("bilinear, one pixel", [2, 1, 1, 1], [3, 2], false),
        bilinear("bilinear, no image", [0, 2, 2, 2], [3, 3], false),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["resize_nearest", "[3, 3] to [2, 2]", "wanted images"], [[3, 3]], |x| {
            x[0].resize_nearest([2, 2])
        })
        .refuses(&["resize_bilinear", "to [0, 2]", "sizes above 0"], [[1, 1, 3, 3]], |x| {
            x[0].resize_bilinear([0, 2], false)
        })
}
