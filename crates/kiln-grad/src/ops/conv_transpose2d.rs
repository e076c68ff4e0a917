//! The transposed convolution: the derivative of a [convolution](super::conv2d) for its images.

use super::conv2d::{RefusedCall, conv2d_of};
use super::conv2d_weight::conv2d_weight_of;
use crate::case::Case;
use crate::conv::{Conv, check_transposed_channels};
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, or_panic, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, ConvGeom, Kernel, Meta, Result, ShapeError};

/// Transposed convolution: from `y` and `w` to the dims of `x`, in the words of the forward convolution.
#[derive(Debug)]
struct ConvTranspose2d {
    geom: ConvGeom,
}

impl Op for ConvTranspose2d {
    fn name(&self) -> &'static str {
        "conv_transpose2d"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("conv_transpose2d", ins)?;
        check_transposed_channels("conv_transpose2d", ins[0].dims[1], &ins[1].dims, self.geom.groups)?;
        let [ih, iw] = self.geom.input;
        let channels = ins[1].dims[1] * self.geom.groups;
        let meta = Meta { dims: [ins[0].dims[0], channels, ih, iw].into(), dtype };
        Kernel::ConvTranspose(self.geom).check(ins, &[meta])?;
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let Meta { dims, dtype } = cx.output_meta();
        Array::compute(&Kernel::ConvTranspose(self.geom), &[cx.input(0), cx.input(1)], dims, dtype)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        vec![
            need[0].then(|| conv2d_of(self.geom, v, &cx.input(1))),
            need[1].then(|| conv2d_weight_of(self.geom, v, &cx.input(0))),
        ]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::ConvTranspose(self.geom)))
    }
}

/// The transposed convolution of a given geometry.
#[track_caller]
pub(crate) fn conv_transpose2d_of(geom: ConvGeom, y: &Tensor, w: &Tensor) -> Tensor {
    apply(ConvTranspose2d { geom }, [y, w])
}

impl Tensor {
    /// The transposed convolution of images `[n, in, h, w]` with a weight `[in, out/groups, kh, kw]`:
    /// `[n, out, oh, ow]` with `oh = (h − 1)s − p₀ − p₁ + d(kh − 1) + 1 + output_padding`.
    ///
    /// ```
    /// use kiln_grad::{Conv, Tensor};
    /// let pixel = Tensor::from([2.0]).reshape([1, 1, 1, 1]);
    /// let weight = Tensor::from([[1.0, 10.0]]).reshape([1, 1, 1, 2]);
    /// assert_eq!(pixel.conv_transpose2d(&weight, Conv::default()).to_f64_vec()?, [2.0, 20.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv_transpose2d(&self, weight: &Tensor, options: Conv) -> Tensor {
        or_panic(self.try_conv_transpose2d(weight, options))
    }

    /// Like [`conv_transpose2d`](Self::conv_transpose2d).
    ///
    /// # Errors
    /// When the dims don't fit each other or the options.
    #[track_caller]
    pub fn try_conv_transpose2d(&self, weight: &Tensor, options: Conv) -> Result<Tensor> {
        let (y, w) = (self.dims(), weight.dims());
        if y.rank() != 4 || w.rank() != 4 {
            return Err(ShapeError::new(
                "conv_transpose2d",
                format!("{y} by {w}; wanted images [n, in, h, w] and a weight [in, out/groups, kh, kw]"),
            )
            .into());
        }
        let small = [y[2], y[3]];
        let window = options.window(w);
        let large = window.transposed_output("conv_transpose2d", small, options.output_padding)?;
        // In the words of the convolution it is the derivative of, the large image is the input.
        let geom = window.geometry(large, small, options.groups);
        try_apply(ConvTranspose2d { geom }, [self, weight])
    }
}

/// Domain, cases and refusals of `conv_transpose2d`.
pub fn definition() -> Definition {
    let c = Conv::default();
    let list = [
        ("plain", [2, 3, 2, 2], [3, 2, 3, 3], c),
        ("dcgan first", [2, 3, 1, 1], [3, 2, 4, 4], c),
        ("dcgan", [1, 2, 3, 3], [2, 2, 4, 4], c.stride(2).padding(1)),
        ("asymmetric", [1, 1, 2, 3], [1, 2, 2, 3], c.stride([3, 2]).padding([0, 1])),
        ("output padding", [1, 2, 2, 2], [2, 1, 3, 3], c.stride(2).padding(1).output_padding(1)),
        ("output padding by dilation", [1, 1, 2, 2], [1, 1, 2, 2], c.dilation(3).output_padding(2)),
        ("groups", [1, 4, 2, 2], [4, 2, 2, 2], c.groups(2).stride(2)),
        ("depthwise", [1, 3, 2, 2], [3, 1, 3, 3], c.groups(3)),
        ("stride over the window", [1, 1, 2, 2], [1, 1, 1, 2], c.stride(3)),
        ("no image", [0, 2, 2, 2], [2, 1, 2, 2], c),
    ];
    let case = |(label, y, w, options): (&str, [usize; 4], [usize; 4], Conv)| {
        let case = Case::new(label, [y, w], move |t| t[0].conv_transpose2d(&t[1], options));
        case.reference(move |t| reference::conv_transpose2d(&t[0], &t[1], &options))
    };
    let wrong: [RefusedCall; 5] = [
        (&["conv_transpose2d", "[4, 4] by [1, 1, 2, 2]", "wanted images"], &[4, 4], &[1, 1, 2, 2], c),
        (&["conv_transpose2d", "output_padding 2"], &[1, 1, 2, 2], &[1, 1, 2, 2], c.output_padding(2)),
        (&["conv_transpose2d", "padding 6 removes more"], &[1, 1, 2, 2], &[1, 1, 2, 2], c.padding(3)),
        (
            &["conv_transpose2d: the input has 3 channels, but the weight [2, 1, 2, 2] takes 2"],
            &[1, 3, 2, 2],
            &[2, 1, 2, 2],
            c,
        ),
        (
            &["conv_transpose2d: the input has 3 channels", "shared evenly by 2 groups"],
            &[1, 3, 2, 2],
            &[3, 1, 2, 2],
            c.groups(2),
        ),
    ];
    let mut definition = Definition::new("all y, w", list.into_iter().map(case).collect()).linear().smooth();
    for (words, y, w, options) in wrong {
        definition = definition.refuses(words, [y, w], move |t| t[0].conv_transpose2d(&t[1], options));
        definition = definition.tries(move |t| t[0].try_conv_transpose2d(&t[1], options));
    }
    definition
}
