//! The convolution of sequences and its transpose, as those of images of height 1.

use crate::case::Case;
use crate::conv::{Conv, check_channels};
use crate::definition::Definition;
use crate::op::{assert_floats, or_panic};
use crate::reference::{self, Values};
use crate::tensor::Tensor;

impl Tensor {
    /// The convolution of sequences `[n, in, length]` with a weight `[out, in/groups, k]`: `[n, out, out_length]`. Of
    /// each pair of the options the second counts. [`bias`](Self::bias) adds a bias.
    ///
    /// ```
    /// use kiln_grad::{Conv, Tensor};
    /// let x = Tensor::from([1.0, 2.0, 4.0]).reshape([1, 1, 3]);
    /// let w = Tensor::from([-1.0, 1.0]).reshape([1, 1, 2]);
    /// assert_eq!(x.conv1d(&w, Conv::default()).to_f64_vec()?, [1.0, 2.0]);
    /// assert_eq!(x.conv1d(&w, Conv::default().stride(2).padding(1)).to_f64_vec()?, [1.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv1d(&self, weight: &Tensor, options: Conv) -> Tensor {
        let [x, w] = self.flat_images("conv1d", weight, "[out, in/groups, k]");
        or_panic(check_channels("conv1d", self.dims()[1], weight.dims(), options.groups));
        x.conv2d(&w, options.of_sequence()).squeeze(2)
    }

    /// The transposed convolution of sequences `[n, in, length]` with a weight `[in, out/groups, k]`. Of each pair of
    /// the options the second counts. [`bias`](Self::bias) adds a bias.
    ///
    /// ```
    /// use kiln_grad::{Conv, Tensor};
    /// let x = Tensor::from([1.0, 2.0]).reshape([1, 1, 2]);
    /// let w = Tensor::from([1.0, 10.0]).reshape([1, 1, 2]);
    /// let y = x.conv_transpose1d(&w, Conv::default().stride(2));
    /// assert_eq!(y.to_f64_vec()?, [1.0, 10.0, 2.0, 20.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv_transpose1d(&self, weight: &Tensor, options: Conv) -> Tensor {
        let [x, w] = self.flat_images("conv_transpose1d", weight, "[in, out/groups, k]");
        x.conv_transpose2d(&w, options.of_sequence()).squeeze(2)
    }

    /// Sequences and their weight as images of height 1.
    #[track_caller]
    fn flat_images(&self, op: &'static str, weight: &Tensor, wanted: &str) -> [Tensor; 2] {
        assert!(
            self.rank() == 3 && weight.rank() == 3,
            "{op}: {} by {}; wanted sequences [n, in, length] and a weight {wanted}",
            self.dims(),
            weight.dims()
        );
        assert_floats(op, &[self, weight]);
        [self.unsqueeze(2), weight.unsqueeze(2)]
    }
}

/// Domain, cases and refusals of `conv1d`.
pub fn definition() -> Definition {
    // A sequence is an image one cell high.
    let flat = |t: &Values| t.reshape([t.dims[0], t.dims[1], 1, t.dims[2]]);
    let c = Conv::default();
    let along =
        |stride, padding, dilation| c.stride([1, stride]).padding([0, padding]).dilation([1, dilation]);
    let case = |label, x: [usize; 3], w: [usize; 3], options: Conv, same: Conv| {
        Case::new(label, [x, w], move |t| t[0].conv1d(&t[1], options))
            .reference(move |t| reference::conv2d(&flat(&t[0]), &flat(&t[1]), &same).without(&[2]))
    };
    let transposed = |label, x: [usize; 3], w: [usize; 3], options: Conv, same: Conv| {
        Case::new(label, [x, w], move |t| t[0].conv_transpose1d(&t[1], options))
            .reference(move |t| reference::conv_transpose2d(&flat(&t[0]), &flat(&t[1]), &same).without(&[2]))
    };
    let everything = c.stride(2).padding(1).dilation(3).groups(2);
    let same = along(2, 1, 3).groups(2);
    let cases = vec![
        case("plain", [2, 2, 5], [3, 2, 3], c, c),
        case("everything", [1, 4, 7], [2, 2, 2], everything, same),
        case("depthwise", [1, 3, 5], [3, 1, 3], c.groups(3), c.groups(3)),
        case("one element", [1, 2, 1], [2, 2, 1], c, c),
        transposed("transposed", [2, 2, 4], [2, 3, 3], c, c),
        transposed(
            "transposed, everything",
            [1, 4, 3],
            [4, 1, 3],
            everything.output_padding(1),
            same.output_padding([0, 1]),
        ),
    ];
    let call = |x: &[Tensor]| x[0].conv1d(&x[1], Conv::default());
    Definition::new("all x, w", cases)
        .linear()
        .smooth()
        .refuses(&["conv1d", "[2, 5]", "wanted sequences"], [&[2, 5][..], &[3, 2, 3]], call)
        .refuses(
            &["conv1d: the input has 2 channels, but the weight [3, 4, 3] takes 4"],
            [[1, 2, 5], [3, 4, 3]],
            call,
        )
        .refuses(&["conv_transpose1d", "a weight [in, out/groups, k]"], [&[2, 5][..], &[3, 2, 3]], |x| {
            x[0].conv_transpose1d(&x[1], Conv::default())
        })
}
