//! The weight convolution: the derivative of a [convolution](super::conv2d) for its weight.

use super::conv_transpose2d::conv_transpose2d_of;
use super::conv2d::{conv2d_of, geometries};
use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::tensor::Tensor;
use kiln_tensor::{Array, ConvGeom, Kernel, Meta, ShapeError};

/// From `x` and `y` to the dims of `w`.
#[derive(Debug)]
struct Conv2dWeight {
    geom: ConvGeom,
}

impl Op for Conv2dWeight {
    fn name(&self) -> &'static str {
        "conv2d_weight"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("conv2d_weight", ins)?;
        let [kh, kw] = self.geom.kernel;
        let dims = [ins[1].dims[1], ins[0].dims[1] / self.geom.groups, kh, kw];
        let meta = Meta { dims: dims.into(), dtype };
        Kernel::ConvWeight(self.geom).check(ins, &[meta])?;
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let (x, y) = (cx.input(0), cx.input(1));
        let [kh, kw] = self.geom.kernel;
        let dims = [y.dims()[1], x.dims()[1] / self.geom.groups, kh, kw];
        Array::compute(&Kernel::ConvWeight(self.geom), &[x, y], dims, x.dtype())
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        vec![
            need[0].then(|| conv_transpose2d_of(self.geom, &cx.input(1), v)),
            need[1].then(|| conv2d_of(self.geom, &cx.input(0), v)),
        ]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::ConvWeight(self.geom)))
    }
}

/// The weight convolution of a given geometry.
#[track_caller]
pub(crate) fn conv2d_weight_of(geom: ConvGeom, x: &Tensor, y: &Tensor) -> Tensor {
    apply(Conv2dWeight { geom }, [x, y])
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let case = |(label, x, w, options): (&str, [usize; 4], [usize; 4], super::conv2d::Conv)| {
        let window = options.window(&w.into());
        let input = [x[2], x[3]];
        let output = window.output("conv2d_weight", input).expect("the geometries fit");
        let geom = window.geometry(input, output, options.groups);
        let y = [x[0], w[0], output[0], output[1]];
        Case::new(label, [x, y], move |t| conv2d_weight_of(geom, &t[0], &t[1])).linear()
    };
    geometries().into_iter().map(case).collect()
}
