//! Means and largest values of windows of volumes: those of images, and then of columns along the depth.

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::{Values, each_index};
use crate::tensor::Tensor;
use kiln_tensor::Window;

impl Tensor {
    /// The mean over each window of volumes `[n, c, depth, h, w]`; padding counts as zeros. `window` lies along height and
    /// width; along the depth it is `depth` layers deep, windows are `depth_stride` apart, with `depth_padding` layers of
    /// zeros on both sides.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let volume = Tensor::from([1.0, 2.0, 4.0, 8.0]).reshape([1, 1, 2, 1, 2]);
    /// assert_eq!(volume.avg_pool3d(Window::new([1, 2]), 2, 2, 0).item()?, 3.75);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When these aren't volumes, or a window doesn't fit.
    #[must_use]
    #[track_caller]
    pub fn avg_pool3d(
        &self,
        window: Window,
        depth: usize,
        depth_stride: usize,
        depth_padding: usize,
    ) -> Tensor {
        self.pool3d("avg_pool3d", window, along_depth(depth, depth_stride, depth_padding))
    }

    /// The largest value in each window of volumes `[n, c, depth, h, w]`; padding never wins, and of equal values the first
    /// takes the gradient. The windows are those of [`avg_pool3d`](Self::avg_pool3d).
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let volume = Tensor::from([1.0, 2.0, 4.0, 8.0]).reshape([1, 1, 2, 1, 2]);
    /// assert_eq!(volume.max_pool3d(Window::new([1, 2]), 1, 1, 0).to_f64_vec()?, [2.0, 8.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When these aren't volumes, or a window doesn't fit or lies in the padding alone.
    #[must_use]
    #[track_caller]
    pub fn max_pool3d(
        &self,
        window: Window,
        depth: usize,
        depth_stride: usize,
        depth_padding: usize,
    ) -> Tensor {
        self.pool3d("max_pool3d", window, along_depth(depth, depth_stride, depth_padding))
    }

    #[track_caller]
    fn pool3d(&self, op: &'static str, window: Window, depth: Window) -> Tensor {
        assert_floats(op, &[self]);
        assert!(self.rank() == 5, "{op}: got {}; wanted volumes [n, c, depth, h, w]", self.dims());
        let [n, c, d, h, w] = [0, 1, 2, 3, 4].map(|axis| self.dims()[axis]);
        let images = self.reshape([n, c * d, h, w]).pool2d(op, window);
        let [oh, ow] = [images.dims()[2], images.dims()[3]];
        let columns = images.reshape([n, c, d, oh * ow]).pool2d(op, depth);
        columns.reshape([n, c, columns.dims()[2], oh, ow])
    }

    #[track_caller]
    fn pool2d(&self, op: &'static str, window: Window) -> Tensor {
        if op == "max_pool3d" { self.max_pool2d(window) } else { self.avg_pool2d(window) }
    }
}

/// A window of the depth alone, of columns `[n, c, depth, h·w]`.
fn along_depth(depth: usize, stride: usize, padding: usize) -> Window {
    Window::new([depth, 1]).stride([stride, 1]).padding([padding, 0])
}

/// Domain, cases and refusals of `avg_pool3d` and `max_pool3d`.
pub fn definition() -> Definition {
    // The window's values inside the volume, for each place of the result.
    let windows =
        |x: &Values, y: [usize; 5], window: Window, along: [usize; 3], value: fn(&[f64], usize) -> f64| {
            let [deep, stride, padding] = along;
            let cells = deep * window.kernel[0] * window.kernel[1];
            Values::build(y, |i| {
                let mut inside = Vec::new();
                each_index([deep, window.kernel[0], window.kernel[1]], |k| {
                    let place = |o: usize, stride: usize, k: usize, padding: usize, length: usize| {
                        (o * stride + k).checked_sub(padding).filter(|&at| at < length)
                    };
                    let at = [
                        place(i[2], stride, k[0], padding, x.dims[2]),
                        place(i[3], window.stride[0], k[1], window.padding[0][0], x.dims[3]),
                        place(i[4], window.stride[1], k[2], window.padding[1][0], x.dims[4]),
                    ];
                    if let [Some(d), Some(h), Some(w)] = at {
                        inside.push(x.at(&[i[0], i[1], d, h, w]));
                    }
                });
                value(&inside, cells)
            })
        };
    let mean = |inside: &[f64], cells: usize| inside.iter().sum::<f64>() / cells as f64;
    let largest = |inside: &[f64], _: usize| inside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let case = |label: &str, x: [usize; 5], y: [usize; 5], window: Window, along: [usize; 3]| {
        let [deep, stride, padding] = along;
        [
            Case::new(format!("mean, {label}"), [x], move |t| t[0].avg_pool3d(window, deep, stride, padding))
                .linear()
                .reference(move |t| windows(&t[0], y, window, along, mean)),
            Case::new(format!("largest, {label}"), [x], move |t| {
                t[0].max_pool3d(window, deep, stride, padding)
            })
            .on(Domain::Distinct)
            .reference(move |t| windows(&t[0], y, window, along, largest)),
        ]
    };
    let padded = Window::new([2, 3]).stride([1, 2]).padding(1);
    let cases = [
        case("halves", [1, 2, 4, 2, 4], [1, 2, 2, 1, 2], Window::new(2), [2, 2, 0]),
        case("overlapping, with padding", [1, 1, 3, 3, 4], [1, 1, 4, 4, 2], padded, [2, 1, 1]),
        case("a layer", [2, 1, 2, 2, 2], [2, 1, 2, 1, 1], Window::new(2), [1, 1, 0]),
    ];
    let pool = |x: &[Tensor]| x[0].avg_pool3d(Window::new(2), 2, 2, 0);
    Definition::new("all x", cases.into_iter().flatten().collect())
        .smooth()
        .refuses(&["avg_pool3d", "[2, 2, 2, 2]", "wanted volumes"], [[2, 2, 2, 2]], pool)
        .refuses(&["spans 2", "height"], [[1, 1, 1, 2, 2]], pool)
}
