//! The convolution of sequences, as that of images of height 1.

use crate::case::Case;
use crate::conv::{Conv, check_channels};
use crate::definition::Definition;
use crate::op::{assert_floats, or_panic};
use crate::reference::{self, Values};
use crate::tensor::Tensor;

impl Tensor {
    /// The convolution of sequences `[n, in, length]` with a weight `[out, in/groups, k]`, and the given
    /// stride, padding on both sides, dilation and groups.
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv1d(
        &self,
        weight: &Tensor,
        stride: usize,
        padding: usize,
        dilation: usize,
        groups: usize,
    ) -> Tensor {
        assert!(
            self.rank() == 3 && weight.rank() == 3,
            "conv1d: {} by {}; wanted sequences [n, in, length] and a weight [out, in/groups, k]",
            self.dims(),
            weight.dims()
        );
        assert_floats("conv1d", &[self, weight]);
        or_panic(check_channels("conv1d", self.dims()[1], weight.dims(), groups));
        let options =
            Conv::default().stride([1, stride]).padding([0, padding]).dilation([1, dilation]).groups(groups);
        self.unsqueeze(2).conv2d(&weight.unsqueeze(2), options).squeeze(2)
    }
}

/// Domain, cases and refusals of `conv1d`.
pub fn definition() -> Definition {
    let list = [
        ("plain", [2, 2, 5], [3, 2, 3], [1, 0, 1, 1]),
        ("everything", [1, 4, 7], [2, 2, 2], [2, 1, 3, 2]),
        ("depthwise", [1, 3, 5], [3, 1, 3], [1, 1, 1, 3]),
        ("one element", [1, 2, 1], [2, 2, 1], [1, 0, 1, 1]),
    ];
    let case =
        |(label, x, w, [stride, padding, dilation, groups]): (&str, [usize; 3], [usize; 3], [usize; 4])| {
            let plain = move |t: &[Values]| {
                // A sequence is an image one cell high.
                let flat = |t: &Values| t.reshape([t.dims[0], t.dims[1], 1, t.dims[2]]);
                let options = Conv::default()
                    .stride([1, stride])
                    .padding([0, padding])
                    .dilation([1, dilation])
                    .groups(groups);
                reference::conv2d(&flat(&t[0]), &flat(&t[1]), &options).without(&[2])
            };
            Case::new(label, [x, w], move |t| t[0].conv1d(&t[1], stride, padding, dilation, groups))
                .reference(plain)
        };
    Definition::new("all x, w", list.into_iter().map(case).collect())
        .linear()
        .smooth()
        .refuses(&["conv1d", "[2, 5]", "wanted sequences"], [&[2, 5][..], &[3, 2, 3]], |x| {
            x[0].conv1d(&x[1], 1, 0, 1, 1)
        })
        .refuses(&["conv1d: the input has 2 channels, but the weight [3, 4, 3] takes 4"], [[1, 2, 5], [3, 4, 3]], |x| {
            x[0].conv1d(&x[1], 1, 0, 1, 1)
        })
}
