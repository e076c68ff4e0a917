//! The mean over windows of images, and its adjoint.

use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, or_panic, same_floats};
use crate::portable::Portable;
use crate::reference;
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
    /// The mean over each window of images `[n, c, h, w]`; padding counts as zeros.
    ///
    /// # Panics
    /// When this isn't a batch of images, or the window doesn't fit.
    #[must_use]
    #[track_caller]
    pub fn avg_pool2d(&self, window: Window) -> Tensor {
        assert!(self.rank() == 4, "avg_pool2d: got {}; wanted images [n, c, h, w]", self.dims());
        let input = [self.dims()[2], self.dims()[3]];
        let output = or_panic(window.output("avg_pool2d", input));
        apply(AvgPool2d { geom: window.geometry(input, output, 1), adjoint: false }, [self])
    }
}

/// Domain, cases and refusals of `avg_pool2d`.
pub fn definition() -> Definition {
    let list = [
        ("halves", [2, 2, 4, 4], Window::new(2).stride(2)),
        ("overlapping", [1, 1, 4, 5], Window::new([2, 3])),
        ("padding", [1, 2, 3, 3], Window::new(3).stride(2).padding(1)),
        ("remainder", [1, 1, 5, 7], Window::new(2).stride([2, 3])),
        ("dilation", [1, 1, 5, 7], Window::new([2, 3]).dilation([3, 2])),
        ("global", [2, 2, 3, 2], Window::new([3, 2])),
        ("one pixel", [2, 1, 1, 1], Window::new(1)),
        ("no image", [0, 2, 3, 3], Window::new(2)),
    ];
    let case = |(label, x, window): (&str, [usize; 4], Window)| {
        Case::new(label, [x], move |t| t[0].avg_pool2d(window))
            .reference(move |t| reference::avg_pool2d(&t[0], &window))
    };
    Definition::new("all x", list.into_iter().map(case).collect())
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
