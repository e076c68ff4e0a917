//! The largest value in each window of images.

use super::gather::gather_known;
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::{assert_floats, or_panic};
use crate::reference::{self, Values};
use crate::tape::Constant;
use crate::tensor::Tensor;
use kiln_tensor::fused::MaxPool;
use kiln_tensor::{Array, DType, Kernel, Meta, Window};

impl Tensor {
    /// The largest value in each window of images `[n, c, h, w]`; padding never wins, and of equal
    /// values the first takes the gradient.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let image = Tensor::from([[1.0, 5.0], [2.0, 3.0]]).reshape([1, 1, 2, 2]);
    /// assert_eq!(image.max_pool2d(Window::new(2)).item()?, 5.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images of floats, the window doesn't fit, the padding is more than half of
    /// the window, or a window lies in the padding alone.
    #[must_use]
    #[track_caller]
    pub fn max_pool2d(&self, window: Window) -> Tensor {
        self.max_pool2d_with_places(window).0
    }

    /// Like [`max_pool2d`](Self::max_pool2d), and the place `y·w + x` of each of these values in its image; `U32`.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let image = Tensor::from([[1.0, 5.0], [2.0, 3.0]]).reshape([1, 1, 2, 2]);
    /// let (largest, places) = image.max_pool2d_with_places(Window::new(2));
    /// assert_eq!((largest.item()?, places.item()?), (5.0, 1.0));
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// Where that panics.
    #[must_use]
    #[track_caller]
    #[doc(alias = "return_indices")]
    pub fn max_pool2d_with_places(&self, window: Window) -> (Tensor, Tensor) {
        assert_floats("max_pool2d", &[self]);
        assert!(self.rank() == 4, "max_pool2d: got {}; wanted images [n, c, h, w]", self.dims());
        for (i, sides) in window.padding.iter().enumerate() {
            assert!(
                sides.iter().all(|&p| p * 2 <= window.kernel[i]),
                "max_pool2d: the padding {sides:?} is more than half of the window's {}",
                window.kernel[i]
            );
        }
        let [n, c, h, w] = [0, 1, 2, 3].map(|axis| self.dims()[axis]);
        let output = or_panic(window.output("max_pool2d", [h, w]));
        let [oh, ow] = output;
        let geometry = window.geometry([h, w], output, 1);
        for (i, side) in ["height", "width"].into_iter().enumerate() {
            let seen = |o: usize| (0..window.kernel[i]).any(|k| geometry.source(i, o, k).is_some());
            let blind = (0..output[i]).find(|&o| !seen(o));
            assert!(
                blind.is_none(),
                "max_pool2d: a window of {} lies in the padding alone along its {side}",
                self.dims()
            );
        }
        // Finding the places has no derivative; picking the values there has. One kernel does both.
        let running = Constant::begin("max_pool2d_index");
        let meta = Meta { dims: [n, c, oh, ow].into(), dtype: self.dtype() };
        let outs =
            Array::fused(MaxPool(geometry), &[self.array()], &[meta, Meta { dtype: DType::U32, ..meta }]);
        let [largest, places] = outs.try_into().expect("two outputs were asked for");
        let places = running.end(Kernel::MaxPoolIndex(geometry), &[self], places);
        let rows = [n, c, oh * ow];
        let picked = gather_known(&self.flatten(2), 2, places.flatten(2).array(), largest.reshape(rows));
        (picked.reshape([n, c, oh, ow]), places)
    }
}

/// Domain, cases and refusals of `max_pool2d`.
pub fn definition() -> Definition {
    let list = [
        ("halves", [1, 2, 4, 4], Window::new(2)),
        ("overlapping", [1, 1, 4, 4], Window::new(3).stride(1)),
        ("padding", [1, 1, 4, 4], Window::new(3).stride(2).padding(1)),
        ("dilation", [1, 1, 5, 5], Window::new(2).stride(1).dilation(3)),
        ("asymmetric", [2, 1, 5, 7], Window::new([2, 3]).stride([2, 3]).padding([1, 0])),
        ("the last stands out", [1, 1, 5, 4], Window::new([2, 3]).ceil()),
        ("one pixel", [2, 1, 1, 1], Window::new(1)),
        ("no image", [0, 2, 3, 3], Window::new(2)),
    ];
    let case = |(label, x, window): (&str, [usize; 4], Window)| {
        let case = Case::new(label, [x], move |t| t[0].max_pool2d(window)).on(Domain::Distinct);
        case.reference(move |t| reference::max_pool2d(&t[0], &window))
    };
    let image = |data: [f64; 4]| Values::new([1, 1, 2, 2], data);
    Definition::new("all x", list.into_iter().map(case).collect())
        .singular(
            "several largest",
            [image([1.0, 3.0, 3.0, 3.0])],
            Values::new([1, 1, 1, 1], [3.0]),
            [image([0.0, 1.0, 0.0, 0.0])],
        )
        .refuses(&["max_pool2d", "[3, 3]", "wanted images [n, c, h, w]"], [[3, 3]], |x| {
            x[0].max_pool2d(Window::new(2))
        })
        .refuses(&["max_pool2d", "spans 5", "height"], [[1, 1, 4, 9]], |x| x[0].max_pool2d(Window::new(5)))
        .refuses(&["max_pool2d", "padding [2, 2]", "half of the window's 3"], [[1, 1, 4, 4]], |x| {
            x[0].max_pool2d(Window::new(3).padding(2))
        })
        .refuses(&["max_pool2d", "in the padding alone"], [[1, 1, 1, 4]], |x| {
            x[0].max_pool2d(Window::new(2).padding(1).dilation(2))
        })
}
