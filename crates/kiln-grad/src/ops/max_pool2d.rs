//! The largest value in each window of images.

use crate::case::{Case, Domain};
use crate::graph::Constant;
use crate::op::or_panic;
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Kernel, Window};

impl Tensor {
    /// The largest value in each window of images `[n, c, h, w]`; padding never wins, and of equal
    /// values the first takes the gradient.
    ///
    /// # Panics
    /// When this isn't a batch of images, the window doesn't fit, or the padding is more than half of
    /// the window.
    #[must_use]
    #[track_caller]
    pub fn max_pool2d(&self, window: Window) -> Tensor {
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
        // Finding the places has no derivative; picking the values there has.
        let find = Kernel::MaxPoolIndex(window.geometry([h, w], output, 1));
        let running = Constant::begin("max_pool2d_index");
        let places = Array::compute(&find, &[self.array()], [n, c, oh, ow], DType::U32);
        let places = running.end(find, &[self], places);
        self.flatten(2).gather(2, &places.flatten(2)).reshape([n, c, oh, ow])
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let w = Window::new;
    let list = [
        ("halves", [1, 2, 4, 4], w(2).stride(2)),
        ("overlapping", [1, 1, 4, 4], w(3)),
        ("padding", [1, 1, 4, 4], w(3).stride(2).padding(1)),
        ("dilation", [1, 1, 5, 5], w(2).dilation(3)),
    ];
    let case = |(label, x, window)| Case::new(label, [x], move |t| t[0].max_pool2d(window)).on(Domain::Distinct);
    list.into_iter().map(case).collect()
}
