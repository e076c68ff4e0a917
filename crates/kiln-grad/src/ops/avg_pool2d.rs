//! The mean over windows of images, and its adjoint.

use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, or_panic, same_floats};
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::{Array, ConvGeom, Kernel, Meta, ShapeError, Window};

/// Pooling, or with `adjoint` the spreading of each value over its window.
#[derive(Debug)]
struct AvgPool2d {
    geom: ConvGeom,
    adjoint: bool,
}

impl AvgPool2d {
    fn kernel(&self) -> Kernel {
        if self.adjoint { Kernel::AvgPoolAdjoint(self.geom) } else { Kernel::AvgPool(self.geom) }
    }
}

impl Op for AvgPool2d {
    fn name(&self) -> &'static str {
        if self.adjoint { "avg_pool2d_adjoint" } else { "avg_pool2d" }
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats(self.name(), ins)?;
        let [h, w] = if self.adjoint { self.geom.input } else { self.geom.output };
        let meta = Meta { dims: [ins[0].dims[0], ins[0].dims[1], h, w].into(), ..ins[0] };
        self.kernel().check(ins, &[meta])?;
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let Meta { dims, dtype } = cx.output_meta();
        Array::compute(&self.kernel(), &[cx.input(0)], dims, dtype)
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(apply(AvgPool2d { geom: self.geom, adjoint: !self.adjoint }, [v]))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(self.kernel()))
    }
}

impl Tensor {
    /// The mean over each window of images `[n, c, h, w]`; padding counts as zeros. Of a window that stands out over
    /// the padded image, the part inside counts.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let image = Tensor::from([[1.0, 5.0], [2.0, 4.0]]).reshape([1, 1, 2, 2]);
    /// assert_eq!(image.avg_pool2d(Window::new(2)).item()?, 3.0);
    /// assert_eq!(image.avg_pool2d(Window::new(2).padding(1)).to_f64_vec()?, [0.25, 1.25, 0.5, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images, or the window doesn't fit.
    #[must_use]
    #[track_caller]
    pub fn avg_pool2d(&self, window: Window) -> Tensor {
        self.averaged(window, true)
    }

    /// The mean over the part of each window that lies inside images `[n, c, h, w]`: padding doesn't count. NaN where
    /// a window lies in the padding alone.
    ///
    /// ```
    /// use kiln_grad::{Tensor, Window};
    /// let image = Tensor::from([[1.0, 5.0], [2.0, 4.0]]).reshape([1, 1, 2, 2]);
    /// let corners = image.avg_pool2d_inside(Window::new(2).padding(1));
    /// assert_eq!(corners.to_f64_vec()?, [1.0, 5.0, 2.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images, or the window doesn't fit.
    #[must_use]
    #[track_caller]
    #[doc(alias = "count_include_pad")]
    pub fn avg_pool2d_inside(&self, window: Window) -> Tensor {
        self.averaged(window, false)
    }

    #[track_caller]
    fn averaged(&self, window: Window, padding_counts: bool) -> Tensor {
        assert!(self.rank() == 4, "avg_pool2d: got {}; wanted images [n, c, h, w]", self.dims());
        let input = [self.dims()[2], self.dims()[3]];
        let output = or_panic(window.output("avg_pool2d", input));
        let geom = window.geometry(input, output, 1);
        let y = apply(AvgPool2d { geom, adjoint: false }, [self]);
        if padding_counts && !window.ceil {
            return y;
        }
        // The kernel divides by all cells of a window. Those that count are a product along the two axes.
        let counted = |i: usize, o: usize| {
            let [before, after] = if padding_counts { window.padding[i] } else { [0, 0] };
            let first = window.padding[i][0] - before;
            let cell = |k: &usize| o * window.stride[i] + k * window.dilation[i];
            let end = window.padding[i][0] + input[i] + after;
            (0..window.kernel[i]).filter(|k| (first..end).contains(&cell(k))).count() as f64
        };
        let shares: [Vec<f64>; 2] =
            [0, 1].map(|i| (0..output[i]).map(|o| window.kernel[i] as f64 / counted(i, o)).collect());
        let [rows, columns] =
            shares.map(|share| Array::from_f64(&share, [share.len()], y.dtype(), y.device()));
        y * Tensor::from(rows).unsqueeze(1) * Tensor::from(columns)
    }
}

/// Domain, cases and refusals of `avg_pool2d`.
pub fn definition() -> Definition {
    let list = [
        ("halves", [2, 2, 4, 4], Window::new(2)),
        ("overlapping", [1, 1, 4, 5], Window::new([2, 3]).stride(1)),
        ("padding", [1, 2, 3, 3], Window::new(3).stride(2).padding(1)),
        ("remainder", [1, 1, 5, 7], Window::new(2).stride([2, 3])),
        ("dilation", [1, 1, 5, 7], Window::new([2, 3]).stride(1).dilation([3, 2])),
        ("global", [2, 2, 3, 2], Window::new([3, 2])),
        ("one pixel", [2, 1, 1, 1], Window::new(1)),
        ("no image", [0, 2, 3, 3], Window::new(2)),
    ];
    let case = |(label, x, window): (&str, [usize; 4], Window)| {
        Case::new(label, [x], move |t| t[0].avg_pool2d(window))
            .reference(move |t| reference::avg_pool2d(&t[0], &window))
    };
    let inside = |label, x: [usize; 4], window: Window, counted: [&'static [f64]; 2]| {
        let cells = (window.kernel[0] * window.kernel[1]) as f64;
        Case::new(label, [x], move |t| t[0].avg_pool2d_inside(window)).reference(move |t| {
            let mean = reference::avg_pool2d(&t[0], &window);
            Values::build(mean.dims, |i| mean.at(i) * cells / (counted[0][i[2]] * counted[1][i[3]]))
        })
    };
    let out = Window::new([2, 3]).ceil();
    let stands_out = Case::new("the last stands out", [[1, 1, 5, 4]], move |t| t[0].avg_pool2d(out));
    let cases = list.into_iter().map(case).chain([
        inside("inside", [1, 2, 3, 3], Window::new(3).stride(2).padding(1), [&[2.0, 2.0], &[2.0, 2.0]]),
        inside("inside, standing out", [1, 1, 4, 5], Window::new([2, 3]).ceil(), [&[2.0, 2.0], &[3.0, 2.0]]),
        stands_out.reference(move |t| {
            let mean = reference::avg_pool2d(&t[0], &out);
            let (rows, columns) = ([2.0, 2.0, 1.0], [3.0, 1.0]);
            Values::build(mean.dims, |i| mean.at(i) * 6.0 / (rows[i[2]] * columns[i[3]]))
        }),
    ]);
    Definition::new("all x", cases.collect())
        .linear()
        .smooth()
        .refuses(&["avg_pool2d", "[3, 3]", "wanted images [n, c, h, w]"], [[3, 3]], |x| {
            x[0].avg_pool2d(Window::new(2))
        })
        .refuses(&["avg_pool2d", "spans 5", "height"], [[1, 1, 4, 9]], |x| x[0].avg_pool2d(Window::new(5)))
        .refuses(&["avg_pool2d", "stride [0, 0]"], [[1, 1, 4, 4]], |x| {
            x[0].avg_pool2d(Window::new(2).stride(0))
        })
}
