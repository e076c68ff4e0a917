//! The convolution of images: the first member of the convolution triad.
//!
//! One trilinear form `T(x, w, y) = Σ y · conv(x, w)` has three partial derivatives: the convolution
//! itself, the [transposed convolution](super::conv_transpose2d) and the
//! [weight convolution](super::conv2d_weight). Each is linear in both of its inputs, and each one's
//! derivatives are the other two, all with the same [`ConvGeom`].

use super::conv_transpose2d::conv_transpose2d_of;
use super::conv2d_weight::{conv2d_weight_of, geometries};
use crate::case::Case;
use crate::conv::{Conv, check_channels};
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, or_panic, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, ConvGeom, Kernel, Meta, Result, ShapeError};

#[derive(Debug)]
struct Conv2d {
    geom: ConvGeom,
}

impl Op for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("conv2d", ins)?;
        check_channels("conv2d", ins[0].dims[1], &ins[1].dims, self.geom.groups)?;
        let [oh, ow] = self.geom.output;
        let meta = Meta { dims: [ins[0].dims[0], ins[1].dims[0], oh, ow].into(), dtype };
        Kernel::Conv(self.geom).check(ins, &[meta])?;
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let Meta { dims, dtype } = cx.output_meta();
        Array::compute(&Kernel::Conv(self.geom), &[cx.input(0), cx.input(1)], dims, dtype)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        vec![
            need[0].then(|| conv_transpose2d_of(self.geom, v, &cx.input(1))),
            need[1].then(|| conv2d_weight_of(self.geom, &cx.input(0), v)),
        ]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Conv(self.geom)))
    }
}

/// The convolution of a given geometry.
#[track_caller]
pub(crate) fn conv2d_of(geom: ConvGeom, x: &Tensor, w: &Tensor) -> Tensor {
    apply(Conv2d { geom }, [x, w])
}

impl Tensor {
    /// The convolution (in the field's sense: cross-correlation) of images `[n, in, ih, iw]` with a
    /// weight `[out, in/groups, kh, kw]`: `[n, out, oh, ow]`.
    ///
    /// ```
    /// use kiln_grad::{Conv, Tensor};
    /// let image = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).reshape([1, 1, 2, 2]);
    /// let weight = Tensor::from([[1.0, 10.0]]).reshape([1, 1, 1, 2]);
    /// assert_eq!(image.conv2d(&weight, Conv::default()).to_f64_vec()?, [21.0, 43.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv2d(&self, weight: &Tensor, options: Conv) -> Tensor {
        or_panic(self.try_conv2d(weight, options))
    }

    /// Like [`conv2d`](Self::conv2d).
    ///
    /// # Errors
    /// When the dims don't fit each other or the options.
    #[track_caller]
    pub fn try_conv2d(&self, weight: &Tensor, options: Conv) -> Result<Tensor> {
        let (x, w) = (self.dims(), weight.dims());
        if x.rank() != 4 || w.rank() != 4 {
            return Err(ShapeError::new(
                "conv2d",
                format!("{x} by {w}; wanted images [n, in, h, w] and a weight [out, in/groups, kh, kw]"),
            )
            .into());
        }
        if options.output_padding != [0, 0] {
            let text =
                format!("output_padding {:?} is for transposed convolutions alone", options.output_padding);
            return Err(ShapeError::new("conv2d", text).into());
        }
        let input = [x[2], x[3]];
        let window = options.window(w);
        let output = window.output("conv2d", input)?;
        let geom = window.geometry(input, output, options.groups);
        try_apply(Conv2d { geom }, [self, weight])
    }
}

/// A call that is refused: words of the message, dims of the images and of the weight, and options.
pub(super) type RefusedCall = (&'static [&'static str], &'static [usize], &'static [usize], Conv);

/// Domain, cases and refusals of `conv2d`.
pub fn definition() -> Definition {
    let case = |(label, x, w, options): (&str, [usize; 4], [usize; 4], Conv)| {
        let case = Case::new(label, [x, w], move |t| t[0].conv2d(&t[1], options));
        case.reference(move |t| reference::conv2d(&t[0], &t[1], &options))
    };
    let wrong: [RefusedCall; 7] = [
        (&["conv2d", "[4, 4] by [1, 1, 2, 2]", "wanted images"], &[4, 4], &[1, 1, 2, 2], Conv::default()),
        (&["conv2d", "spans 5", "height"], &[1, 1, 4, 4], &[1, 1, 5, 2], Conv::default()),
        (
            &["conv2d: the input has 3 channels, but the weight [2, 2, 2, 2] takes 2 for each of 1 groups"],
            &[1, 3, 4, 4],
            &[2, 2, 2, 2],
            Conv::default(),
        ),
        (
            &["conv2d: the weight [3, 2, 2, 2] makes 3 channels", "shared evenly by 2 groups"],
            &[1, 4, 4, 4],
            &[3, 2, 2, 2],
            Conv::default().groups(2),
        ),
        (&["conv2d: there are 0 groups"], &[1, 1, 4, 4], &[1, 1, 2, 2], Conv::default().groups(0)),
        (
            &["conv2d: output_padding [1, 1] is for transposed convolutions alone"],
            &[1, 1, 4, 4],
            &[1, 1, 2, 2],
            Conv::default().stride(2).output_padding(1),
        ),
        (&["conv2d", "stride [0, 0]"], &[1, 1, 4, 4], &[1, 1, 2, 2], Conv::default().stride(0)),
    ];
    let mut definition =
        Definition::new("all x, w", geometries().into_iter().map(case).collect()).linear().smooth();
    for (words, x, w, options) in wrong {
        definition = definition.refuses(words, [x, w], move |t| t[0].conv2d(&t[1], options));
        definition = definition.tries(move |t| t[0].try_conv2d(&t[1], options));
    }
    definition
}
