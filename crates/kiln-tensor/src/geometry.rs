//! The geometry of sliding windows: convolutions and pooling.

use crate::error::ShapeError;

/// Window that slides over an image: options of a convolution or pooling, each as `[height, width]`.
///
/// ```
/// use kiln_tensor::Window;
/// let w = Window::new([4, 4]).stride(2).padding(1);
/// assert_eq!(w.stride, [2, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Distance between neighbouring windows.
    pub stride: [usize; 2],
    /// Cells of padding before and after the image: `[[top, bottom], [left, right]]`.
    pub padding: [[usize; 2]; 2],
    /// Distance between neighbouring cells of a window.
    pub dilation: [usize; 2],
    /// Whether a last window may stand out over the end of the padded image, if it begins in the image or in the
    /// padding before it.
    pub ceil: bool,
}

/// A pair `[height, width]`, or one number for both.
pub trait Pair {
    /// The pair.
    fn pair(self) -> [usize; 2];
}
impl Pair for usize {
    fn pair(self) -> [usize; 2] {
        [self, self]
    }
}
impl Pair for [usize; 2] {
    fn pair(self) -> [usize; 2] {
        self
    }
}

impl Window {
    /// Windows of size `kernel` side by side: the stride is the size, there is no padding, the dilation is 1.
    pub fn new(kernel: impl Pair) -> Self {
        let kernel = kernel.pair();
        Window { kernel, stride: kernel, padding: [[0, 0], [0, 0]], dilation: [1, 1], ceil: false }
    }

    /// The same window with another stride.
    #[must_use]
    pub fn stride(self, stride: impl Pair) -> Self {
        Window { stride: stride.pair(), ..self }
    }

    /// The same window with padding, as much on both sides of an axis.
    #[must_use]
    pub fn padding(self, padding: impl Pair) -> Self {
        Window { padding: padding.pair().map(|p| [p, p]), ..self }
    }

    /// The same window with padding that differs by side: `[[top, bottom], [left, right]]`.
    #[must_use]
    pub fn sides(self, padding: [[usize; 2]; 2]) -> Self {
        Window { padding, ..self }
    }

    /// The same window, and a last one may stand out over the end of the padded image.
    #[must_use]
    #[doc(alias = "ceil_mode")]
    pub fn ceil(self) -> Self {
        Window { ceil: true, ..self }
    }

    /// The same window with another dilation.
    #[must_use]
    pub fn dilation(self, dilation: impl Pair) -> Self {
        Window { dilation: dilation.pair(), ..self }
    }

    /// The size of the image of windows over an `input` image: `(in + p₀ + p₁ − d(k−1) − 1) / s + 1`, rounded down,
    /// or up if [`ceil`](Self::ceil) says so.
    ///
    /// # Errors
    /// When the window doesn't fit the padded image, or a kernel, stride or dilation is 0.
    pub fn output(&self, op: &'static str, input: [usize; 2]) -> Result<[usize; 2], ShapeError> {
        self.check(op)?;
        let mut output = [0; 2];
        for i in 0..2 {
            let padded = input[i].saturating_add(self.pads(i));
            let reach = self.reach(i);
            if padded < reach {
                return Err(ShapeError::new(
                    op,
                    format!(
                        "a window that spans {reach} does not fit axis {} of the image, {} with padding",
                        ["height", "width"][i],
                        padded
                    ),
                ));
            }
            output[i] = (padded - reach) / self.stride[i] + 1;
            let begins = output[i].saturating_mul(self.stride[i]);
            if self.ceil
                && !(padded - reach).is_multiple_of(self.stride[i])
                && begins < input[i].saturating_add(self.padding[i][0])
            {
                output[i] += 1;
            }
        }
        Ok(output)
    }

    /// The size of the image whose windows are the `input` image of a transposed convolution:
    /// `(in − 1)s − p₀ − p₁ + d(k−1) + 1 + output_padding`.
    ///
    /// # Errors
    /// When that is negative, when `output_padding` isn't smaller than the stride or the dilation, or
    /// when a kernel, stride or dilation is 0.
    pub fn transposed_output(
        &self,
        op: &'static str,
        input: [usize; 2],
        output_padding: [usize; 2],
    ) -> Result<[usize; 2], ShapeError> {
        self.check(op)?;
        let mut output = [0; 2];
        for i in 0..2 {
            if output_padding[i] >= self.stride[i].max(self.dilation[i]) {
                return Err(ShapeError::new(
                    op,
                    format!(
                        "output_padding {} must be smaller than the stride {} or the dilation {}",
                        output_padding[i], self.stride[i], self.dilation[i]
                    ),
                ));
            }
            if input[i] == 0 {
                continue;
            }
            // What no number can count is no size of an image, and is refused as such.
            let steps = (input[i] - 1).saturating_mul(self.stride[i]);
            let full = steps.saturating_add(self.reach(i)).saturating_add(output_padding[i]);
            let cut = self.pads(i);
            output[i] = full.checked_sub(cut).ok_or_else(|| {
                ShapeError::new(op, format!("padding {cut} removes more than the {full} cells there are"))
            })?;
        }
        Ok(output)
    }

    /// The geometry between an `input` image and the `output` image of its windows.
    pub fn geometry(&self, input: [usize; 2], output: [usize; 2], groups: usize) -> ConvGeom {
        ConvGeom {
            input,
            output,
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding.map(|[before, _]| before),
            dilation: self.dilation,
            groups,
        }
    }

    /// The number of cells from a window's first to its last along axis `i`.
    fn reach(&self, i: usize) -> usize {
        self.dilation[i].saturating_mul(self.kernel[i] - 1).saturating_add(1)
    }

    /// Number of cells of padding along axis `i`, on both sides together.
    fn pads(&self, i: usize) -> usize {
        self.padding[i][0].saturating_add(self.padding[i][1])
    }

    fn check(&self, op: &'static str) -> Result<(), ShapeError> {
        for (what, pair) in [("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)] {
            if pair.contains(&0) {
                return Err(ShapeError::new(op, format!("{what} {pair:?} must not hold 0")));
            }
        }
        Ok(())
    }
}

/// Geometry that the three members of the convolution triad share, always told in the direction
/// of the forward convolution: `output[o]` reads `input[o·stride + k·dilation − padding]`.
///
/// It carries both sizes, so that padding at the end, remainders of the stride and the
/// `output_padding` of a transposed convolution need no case of their own: the forward direction
/// computes the first `output` positions, and input cells no window reaches get a zero gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvGeom {
    /// `[height, width]` of the image the windows slide over.
    pub input: [usize; 2],
    /// `[height, width]` of the image with one cell a window.
    pub output: [usize; 2],
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Distance between neighbouring windows.
    pub stride: [usize; 2],
    /// Cells of zero padding before the image.
    pub padding: [usize; 2],
    /// Distance between neighbouring cells of a window.
    pub dilation: [usize; 2],
    /// Number of independent groups that the channels fall into.
    pub groups: usize,
}

impl ConvGeom {
    /// The input position along axis `i` that cell `k` of window `o` reads, or `None` in the padding.
    #[inline(always)]
    pub fn source(&self, i: usize, o: usize, k: usize) -> Option<usize> {
        (o * self.stride[i] + k * self.dilation[i])
            .checked_sub(self.padding[i])
            .filter(|&position| position < self.input[i])
    }

    /// The windows `o` along axis `i` whose cell `k` lies inside the image: a range.
    pub fn inside(&self, i: usize, k: usize) -> std::ops::Range<usize> {
        // padding ≤ o·s + k·d < padding + input
        let shift = k * self.dilation[i];
        let first = self.padding[i].saturating_sub(shift).div_ceil(self.stride[i]);
        let end = (self.padding[i] + self.input[i]).saturating_sub(shift).div_ceil(self.stride[i]);
        let end = end.min(self.output[i]);
        first.min(end)..end
    }

    /// Whether windows have cells, and neighbouring cells and windows are apart.
    pub(crate) fn is_possible(&self) -> bool {
        [self.kernel, self.stride, self.dilation].iter().flatten().all(|&n| n > 0)
    }

    /// The number of cells of a window.
    pub fn kernel_numel(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// The number of cells of the input image.
    pub fn input_numel(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// The number of windows.
    pub fn output_numel(&self) -> usize {
        self.output[0] * self.output[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_agrees_with_source() {
        for (stride, padding, dilation) in
            (1..4).flat_map(|s| (0..4).flat_map(move |p| (1..3).map(move |d| (s, p, d))))
        {
            let geom = ConvGeom {
                input: [5, 3],
                output: [6, 7],
                kernel: [4, 4],
                stride: [stride; 2],
                padding: [padding; 2],
                dilation: [dilation; 2],
                groups: 1,
            };
            for i in 0..2 {
                for k in 0..4 {
                    let range = geom.inside(i, k);
                    for o in 0..geom.output[i] {
                        assert_eq!(
                            range.contains(&o),
                            geom.source(i, o, k).is_some(),
                            "{geom:?} {i} {k} {o}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn sizes_beyond_all_numbers_do_not_wrap() {
        let immense = usize::MAX / 2 + 1;
        let output = |window: Window| window.output("conv", [4, 4]);
        assert!(output(Window::new(2).stride(1).padding(immense)).is_ok_and(|size| size[0] > immense));
        assert!(output(Window::new(3).dilation(immense)).is_err());
        let small = Window::new(2).stride(immense).transposed_output("conv_transpose", [9, 9], [0, 0]);
        assert_eq!(small, Ok([usize::MAX; 2]));
    }
}
