//! The convolution of volumes, as a sum of those of images.

use crate::case::Case;
use crate::conv::Conv;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::{Values, each_index};
use crate::tensor::Tensor;

impl Tensor {
    /// The convolution of volumes `[n, in, depth, h, w]` with a weight `[out, in/groups, kd, kh, kw]`:
    /// `[n, out, od, oh, ow]`. The options are those of height and width; along the depth windows are `depth_stride`
    /// apart, with `depth_padding` zeros on both sides. [`bias`](Self::bias) adds a bias.
    ///
    /// ```
    /// use kiln_grad::{Conv, Tensor};
    /// let volume = Tensor::from([1.0, 2.0, 4.0]).reshape([1, 1, 3, 1, 1]);
    /// let weight = Tensor::from([-1.0, 1.0]).reshape([1, 1, 2, 1, 1]);
    /// assert_eq!(volume.conv3d(&weight, Conv::default(), 1, 0).to_f64_vec()?, [1.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit each other or the options.
    #[must_use]
    #[track_caller]
    pub fn conv3d(
        &self,
        weight: &Tensor,
        options: Conv,
        depth_stride: usize,
        depth_padding: usize,
    ) -> Tensor {
        assert_floats("conv3d", &[self, weight]);
        let (x, w) = (*self.dims(), *weight.dims());
        let fits = x.rank() == 5 && w.rank() == 5 && w[2] > 0 && depth_stride > 0;
        assert!(
            fits && x[2] + 2 * depth_padding >= w[2],
            "conv3d: {x} by {w}, {depth_stride} apart along the depth; wanted volumes [n, in, depth, h, w], a weight \
             [out, in/groups, kd, kh, kw] no deeper than they are, and a stride above 0"
        );
        let deep = (x[2] + 2 * depth_padding - w[2]) / depth_stride + 1;
        let padded = self.pad(&[(depth_padding, depth_padding), (0, 0), (0, 0)], 0.0);
        // For each layer of the weight the images that it meets, as one batch.
        let mut sum = None::<Tensor>;
        for k in 0..w[2] {
            let layers =
                padded.slice(2, k, (deep - 1) * depth_stride + 1, 1).slice(2, 0, deep, depth_stride as isize);
            let images = layers.permute(&[0, 2, 1, 3, 4]).reshape([x[0] * deep, x[1], x[3], x[4]]);
            let y = images.conv2d(&weight.select_at(2, k), options);
            sum = Some(sum.map_or(y.clone(), |sum| sum + y));
        }
        let y = sum.expect("the weight has a layer");
        y.reshape([x[0], deep, w[0], y.dims()[2], y.dims()[3]]).permute(&[0, 2, 1, 3, 4])
    }
}

/// Domain, cases and refusals of `conv3d`.
pub fn definition() -> Definition {
    let case = |label, x: [usize; 5], w: [usize; 5], y: [usize; 5], c: Conv, along: [usize; 2]| {
        let [stride, padding] = along;
        Case::new(label, [x, w], move |t| t[0].conv3d(&t[1], c, stride, padding)).reference(move |t| {
            let place =
                |o: usize, k: usize, stride: usize, dilation: usize, padding: usize, length: usize| {
                    (o * stride + k * dilation).checked_sub(padding).filter(|&at| at < length)
                };
            Values::build(y, |i| {
                let mut sum = 0.0;
                each_index([w[1], w[2], w[3], w[4]], |k| {
                    let at = [
                        place(i[2], k[1], stride, 1, padding, x[2]),
                        place(i[3], k[2], c.stride[0], c.dilation[0], c.padding[0][0], x[3]),
                        place(i[4], k[3], c.stride[1], c.dilation[1], c.padding[1][0], x[4]),
                    ];
                    if let [Some(d), Some(h), Some(v)] = at {
                        let channel = i[1] / (w[0] / c.groups) * w[1] + k[0];
                        sum += t[0].at(&[i[0], channel, d, h, v]) * t[1].at(&[i[1], k[0], k[1], k[2], k[3]]);
                    }
                });
                sum
            })
        })
    };
    let c = Conv::default();
    let cases = vec![
        case("plain", [2, 2, 3, 2, 3], [2, 2, 2, 2, 2], [2, 2, 2, 1, 2], c, [1, 0]),
        case(
            "everything",
            [1, 4, 4, 4, 3],
            [2, 2, 3, 2, 2],
            [1, 2, 2, 2, 2],
            c.stride(2).padding(1).dilation([2, 1]).groups(2),
            [2, 1],
        ),
        case("one layer", [1, 1, 3, 2, 2], [1, 1, 1, 2, 2], [1, 1, 3, 1, 1], c, [1, 0]),
    ];
    Definition::new("all x, w", cases)
        .linear()
        .smooth()
        .refuses(&["conv3d", "[1, 1, 2, 2]", "wanted volumes"], [&[1, 1, 2, 2][..], &[1, 1, 1, 1, 1]], |x| {
            x[0].conv3d(&x[1], Conv::default(), 1, 0)
        })
        .refuses(&["conv3d", "no deeper than they are"], [[1, 1, 2, 2, 2], [1, 1, 3, 1, 1]], |x| {
            x[0].conv3d(&x[1], Conv::default(), 1, 0)
        })
}
