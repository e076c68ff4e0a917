//! The weight convolution: the derivative of a [convolution](super::conv2d) for its weight.

use super::conv_transpose2d::conv_transpose2d_of;
use super::conv2d::conv2d_of;
use crate::case::Case;
use crate::conv::Conv;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats};
use crate::portable::Portable;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, ConvGeom, Kernel, Meta, ShapeError};

/// Weight convolution: from `x` and `y` to the dims of `w`.
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
        let Meta { dims, dtype } = cx.output_meta();
        Array::compute(&Kernel::ConvWeight(self.geom), &[cx.input(0), cx.input(1)], dims, dtype)
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

/// The geometries the triad is checked on, as (label, images, weight, options).
pub(super) fn geometries() -> Vec<(&'static str, [usize; 4], [usize; 4], Conv)> {
    let c = Conv::default();
    vec![
        ("plain", [2, 2, 4, 4], [3, 2, 3, 3], c),
        ("one pixel", [1, 1, 1, 1], [1, 1, 1, 1], c),
        ("remainder of the stride", [1, 2, 6, 5], [2, 2, 3, 2], c.stride(2)),
        ("dcgan", [2, 2, 4, 4], [2, 2, 4, 4], c.stride(2).padding(1)),
        ("asymmetric", [1, 1, 5, 7], [2, 1, 2, 3], c.stride([2, 3]).padding([1, 0])),
        ("asymmetric padding", [1, 1, 3, 3], [1, 1, 3, 3], Conv { padding: [[2, 0], [0, 1]], ..c }),
        ("dilation", [1, 1, 6, 5], [1, 1, 2, 2], c.dilation([3, 2])),
        ("stride and dilation", [1, 2, 7, 8], [1, 2, 3, 2], c.stride([2, 3]).dilation([2, 1]).padding(1)),
        ("groups", [1, 4, 3, 3], [6, 2, 2, 2], c.groups(2)),
        ("depthwise", [2, 3, 4, 4], [3, 1, 3, 3], c.groups(3).padding(1).stride(2)),
        ("window larger than the image", [1, 1, 2, 2], [1, 1, 4, 4], c.padding(1)),
        ("1x1 with stride", [1, 2, 5, 5], [3, 2, 1, 1], c.stride(2)),
        ("no image", [0, 1, 3, 3], [2, 1, 2, 2], c),
    ]
}

/// Domain, cases and refusals of `conv2d_weight`.
pub fn definition() -> Definition {
    let case = |(label, x, w, options): (&str, [usize; 4], [usize; 4], Conv)| {
        let window = options.window(&w.into());
        let input = [x[2], x[3]];
        let output = window.output("conv2d_weight", input).expect("the geometries fit");
        let geom = window.geometry(input, output, options.groups);
        let y = [x[0], w[0], output[0], output[1]];
        let case = Case::new(label, [x, y], move |t| conv2d_weight_of(geom, &t[0], &t[1]));
        case.reference(move |t| reference::conv2d_weight(&t[0], &t[1], w, &options))
    };
    let geom = Conv::default().window(&[1, 1, 2, 2].into()).geometry([4, 4], [3, 3], 1);
    Definition::new("all x, y", geometries().into_iter().map(case).collect()).linear().smooth().refuses(
        &["conv_weight", "[1, 1, 5, 4]", "wanted"],
        [[1, 1, 5, 4], [1, 1, 3, 3]],
        move |t| conv2d_weight_of(geom, &t[0], &t[1]),
    )
}
