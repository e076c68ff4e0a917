//! Windows of images as columns, and the adjoint.

use super::gather::index_for;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::or_panic;
use crate::reference::{Values, each_index};
use crate::tensor::Tensor;
use kiln_tensor::{Dims, Window};

impl Tensor {
    /// The windows of images `[n, c, h, w]` as columns: `[n, c·kh·kw, windows]`; padding is 0.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let image = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).reshape([1, 1, 2, 2]);
    /// let rows = image.unfold(Window::new([1, 2]));
    /// assert_eq!(rows.dims(), &[1, 2, 2].into());
    /// assert_eq!(rows.to_f64_vec()?, [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images, or the window doesn't fit.
    #[must_use]
    #[track_caller]
    #[doc(alias = "im2col")]
    pub fn unfold(&self, window: Window) -> Tensor {
        assert!(self.rank() == 4, "unfold: got {}; wanted images [n, c, h, w]", self.dims());
        let [n, c, h, w] = [0, 1, 2, 3].map(|axis| self.dims()[axis]);
        let output = or_panic(window.output("unfold", [h, w]));
        let (padded, places) = cells(&window, [h, w], output);
        let sides = [[h, 0], [w, 1]]
            .map(|[length, i]| (window.padding[i][0], padded[i] - window.padding[i][0] - length));
        let [cells, windows] = [places.len() / (output[0] * output[1]).max(1), output[0] * output[1]];
        let index = index_for(self, &places, [places.len()]);
        let columns = self.pad(&sides, 0.0).reshape([n, c, padded[0] * padded[1]]).index_select(2, &index);
        columns.reshape([n, c * cells, windows])
    }

    /// Images `[n, c, h, w]` of this size, 0 at first, to which the columns `[n, c·kh·kw, windows]` are added where
    /// [`unfold`](Self::unfold) would read them: its adjoint.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let columns = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).reshape([1, 2, 2]);
    /// let image = columns.fold([1, 3], Window::new([1, 2]).stride(1));
    /// assert_eq!(image.to_f64_vec()?, [1.0, 5.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When these aren't the columns of images of this size.
    #[must_use]
    #[track_caller]
    #[doc(alias = "col2im")]
    pub fn fold(&self, size: [usize; 2], window: Window) -> Tensor {
        let output = or_panic(window.output("fold", size));
        let (cells_each, windows) = (window.kernel[0] * window.kernel[1], output[0] * output[1]);
        assert!(
            self.rank() == 3 && self.dims()[1].is_multiple_of(cells_each) && self.dims()[2] == windows,
            "fold: got {}; wanted [n, c·{cells_each}, {windows}], the windows of images {size:?}",
            self.dims()
        );
        let (n, c) = (self.dims()[0], self.dims()[1] / cells_each);
        let (padded, places) = cells(&window, size, output);
        let dims: Dims = [n, c, places.len()].into();
        let index = index_for(self, &places, [1, 1, places.len()]).broadcast_to(dims);
        let image = self.reshape(dims).scatter_add(2, &index, padded[0] * padded[1]);
        let image = image.reshape([n, c, padded[0], padded[1]]);
        image.narrow(2, window.padding[0][0], size[0]).narrow(3, window.padding[1][0], size[1])
    }
}

/// The size of the padded image, and the place there of each cell of each window, by cell and then by window.
fn cells(window: &Window, size: [usize; 2], output: [usize; 2]) -> ([usize; 2], Vec<u32>) {
    // A last window may stand out over the padding.
    let padded = [0, 1].map(|i| {
        let end =
            output[i].saturating_sub(1) * window.stride[i] + window.dilation[i] * (window.kernel[i] - 1) + 1;
        end.max(size[i] + window.padding[i][0] + window.padding[i][1])
    });
    let mut places = Vec::new();
    each_index([window.kernel[0], window.kernel[1], output[0], output[1]], |i| {
        let [row, column] = [0, 1].map(|k| i[k + 2] * window.stride[k] + i[k] * window.dilation[k]);
        places.push((row * padded[1] + column) as u32);
    });
    (padded, places)
}

/// Domain, cases and refusals of `unfold`.
pub fn definition() -> Definition {
    /// Calls `f` with the index in the columns and that in the images, for each cell inside these.
    fn pairs(window: &Window, image: [usize; 4], columns: [usize; 3], mut f: impl FnMut(&[usize], &[usize])) {
        let across = (image[3] + window.padding[1][0] + window.padding[1][1]
            - window.dilation[1] * (window.kernel[1] - 1)
            - 1)
            / window.stride[1]
            + 1;
        each_index(columns, |at| {
            let cell = at[1] % (window.kernel[0] * window.kernel[1]);
            let (k, o) =
                ([cell / window.kernel[1], cell % window.kernel[1]], [at[2] / across, at[2] % across]);
            let place = |i: usize| {
                (o[i] * window.stride[i] + k[i] * window.dilation[i])
                    .checked_sub(window.padding[i][0])
                    .filter(|&p| p < image[i + 2])
            };
            if let (Some(y), Some(x)) = (place(0), place(1)) {
                f(at, &[at[0], at[1] / (window.kernel[0] * window.kernel[1]), y, x]);
            }
        });
    }
    let unfold = |label, image: [usize; 4], columns: [usize; 3], window: Window| {
        Case::new(label, [image], move |x| x[0].unfold(window)).reference(move |x| {
            let mut y = Values::zeros(columns);
            pairs(&window, image, columns, |to, from| *y.at_mut(to) = x[0].at(from));
            y
        })
    };
    let fold = |label, image: [usize; 4], columns: [usize; 3], window: Window| {
        Case::new(label, [columns], move |x| x[0].fold([image[2], image[3]], window)).reference(move |x| {
            let mut y = Values::zeros(image);
            pairs(&window, image, columns, |from, to| *y.at_mut(to) += x[0].at(from));
            y
        })
    };
    let general = Window::new([2, 3]).stride([2, 1]).padding([1, 2]).dilation([1, 2]);
    let cases = vec![
        unfold("side by side", [2, 2, 4, 2], [2, 8, 2], Window::new(2)),
        unfold("everything", [1, 2, 3, 2], [1, 12, 4], general),
        unfold("no image", [0, 1, 2, 2], [0, 4, 1], Window::new(2)),
        fold("fold, overlapping", [1, 2, 3, 3], [1, 8, 4], Window::new(2).stride(1)),
        fold("fold, everything", [2, 1, 3, 2], [2, 6, 4], general),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["unfold", "[3, 3]", "wanted images"], [[3, 3]], |x| x[0].unfold(Window::new(2)))
        .refuses(&["unfold", "spans 5"], [[1, 1, 4, 4]], |x| x[0].unfold(Window::new(5)))
        .refuses(&["fold", "[1, 4, 3]", "wanted [n, c·4, 4]"], [[1, 4, 3]], |x| {
            x[0].fold([4, 4], Window::new(2))
        })
}
