//! Channels as finer pixels (Shi et al., 2016), and the reverse.

use crate::case::Case;
use crate::definition::Definition;
use crate::reference::Values;
use crate::tensor::Tensor;

impl Tensor {
    /// Images `[n, c·r², h, w]` as `[n, c, h·r, w·r]`: each group of `r²` channels becomes a square of pixels.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0, 4.0]).reshape([1, 4, 1, 1]);
    /// assert_eq!(x.pixel_shuffle(2).dims(), &[1, 1, 2, 2].into());
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images, or the channels aren't a multiple of `r²`.
    #[must_use]
    #[track_caller]
    pub fn pixel_shuffle(&self, r: usize) -> Tensor {
        let fits = r > 0 && self.rank() == 4 && self.dims()[1].is_multiple_of(r * r);
        assert!(fits, "pixel_shuffle: got {} by {r}; wanted images [n, c·r², h, w]", self.dims());
        let [n, c, h, w] = [0, 1, 2, 3].map(|axis| self.dims()[axis]);
        let c = c / (r * r);
        self.reshape([n, c, r, r, h, w]).permute(&[0, 1, 4, 2, 5, 3]).reshape([n, c, h * r, w * r])
    }

    /// Images `[n, c, h·r, w·r]` as `[n, c·r², h, w]`: each square of pixels becomes a group of channels.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).reshape([1, 1, 2, 2]);
    /// assert_eq!(x.pixel_unshuffle(2).dims(), &[1, 4, 1, 1].into());
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images, or their height or width isn't a multiple of `r`.
    #[must_use]
    #[track_caller]
    pub fn pixel_unshuffle(&self, r: usize) -> Tensor {
        let fits = r > 0 && self.rank() == 4 && self.dims()[2..].iter().all(|side| side.is_multiple_of(r));
        assert!(fits, "pixel_unshuffle: got {} by {r}; wanted images [n, c, h·r, w·r]", self.dims());
        let [n, c, h, w] = [0, 1, 2, 3].map(|axis| self.dims()[axis]);
        let (h, w) = (h / r, w / r);
        self.reshape([n, c, h, r, w, r]).permute(&[0, 1, 3, 5, 2, 4]).reshape([n, c * r * r, h, w])
    }
}

/// Domain, cases and refusals of `pixel_shuffle`.
pub fn definition() -> Definition {
    let shuffled = |label, dims: [usize; 4], r: usize| {
        Case::new(label, [dims], move |x| x[0].pixel_shuffle(r)).reference(move |x| {
            Values::build([dims[0], dims[1] / (r * r), dims[2] * r, dims[3] * r], |i| {
                x[0].at(&[i[0], i[1] * r * r + i[2] % r * r + i[3] % r, i[2] / r, i[3] / r])
            })
        })
    };
    let unshuffled = |label, dims: [usize; 4], r: usize| {
        Case::new(label, [dims], move |x| x[0].pixel_unshuffle(r)).reference(move |x| {
            Values::build([dims[0], dims[1] * r * r, dims[2] / r, dims[3] / r], |i| {
                let part = i[1] % (r * r);
                x[0].at(&[i[0], i[1] / (r * r), i[2] * r + part / r, i[3] * r + part % r])
            })
        })
    };
    let cases = vec![
        shuffled("two", [2, 8, 2, 1], 2),
        shuffled("three", [1, 9, 1, 2], 3),
        shuffled("no image", [0, 4, 2, 2], 2),
        unshuffled("back by two", [2, 2, 4, 2], 2),
        unshuffled("back by three", [1, 1, 3, 6], 3),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["pixel_shuffle", "[1, 6, 2, 2] by 2"], [[1, 6, 2, 2]], |x| x[0].pixel_shuffle(2))
        .refuses(&["pixel_unshuffle", "[1, 1, 3, 2] by 2"], [[1, 1, 3, 2]], |x| x[0].pixel_unshuffle(2))
        .refuses(&["pixel_shuffle", "by 0"], [[1, 1, 2, 2]], |x| x[0].pixel_shuffle(0))
}
