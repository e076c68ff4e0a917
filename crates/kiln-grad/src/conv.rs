//! Options of convolutions.

use kiln_tensor::{Dims, Pair, ShapeError, Window};

/// Options of a convolution: a [`Window`] whose size is that of the weight, groups, and output padding.
///
/// ```
/// use kiln_grad::ops::Conv;
/// let options = Conv::default().stride(2).padding(1);
/// assert_eq!((options.stride, options.padding), ([2, 2], [[1, 1], [1, 1]]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Distance between neighbouring windows, `[height, width]`.
    pub stride: [usize; 2],
    /// Number of zeros put before and after the image: `[[top, bottom], [left, right]]`.
    pub padding: [[usize; 2]; 2],
    /// Distance between neighbouring cells of a window, `[height, width]`.
    pub dilation: [usize; 2],
    /// Number of independent groups that the channels fall into.
    pub groups: usize,
    /// Number of cells added at the end of a transposed convolution's result, `[height, width]`.
    pub output_padding: [usize; 2],
}

impl Default for Conv {
    /// Stride 1, no padding, dilation 1, one group.
    fn default() -> Self {
        Conv { stride: [1; 2], padding: [[0; 2]; 2], dilation: [1; 2], groups: 1, output_padding: [0; 2] }
    }
}

impl Conv {
    /// The same options with another stride.
    #[must_use]
    pub fn stride(self, stride: impl Pair) -> Self {
        Conv { stride: stride.pair(), ..self }
    }

    /// The same options with padding, as much on both sides of an axis.
    #[must_use]
    pub fn padding(self, padding: impl Pair) -> Self {
        Conv { padding: padding.pair().map(|p| [p, p]), ..self }
    }

    /// The same options with padding that differs by side: `[[top, bottom], [left, right]]`.
    #[must_use]
    pub fn sides(self, padding: [[usize; 2]; 2]) -> Self {
        Conv { padding, ..self }
    }

    /// The same options with another dilation.
    #[must_use]
    pub fn dilation(self, dilation: impl Pair) -> Self {
        Conv { dilation: dilation.pair(), ..self }
    }

    /// The same options with another number of groups.
    #[must_use]
    pub fn groups(self, groups: usize) -> Self {
        Conv { groups, ..self }
    }

    /// The same options with another output padding.
    #[must_use]
    pub fn output_padding(self, output_padding: impl Pair) -> Self {
        Conv { output_padding: output_padding.pair(), ..self }
    }

    /// Options of a sequence as an image of height 1: the second of each pair counts.
    pub(crate) fn of_sequence(self) -> Self {
        let flat = |pair: [usize; 2], other| [other, pair[1]];
        Conv {
            stride: flat(self.stride, 1),
            padding: [[0; 2], self.padding[1]],
            dilation: flat(self.dilation, 1),
            output_padding: flat(self.output_padding, 0),
            ..self
        }
    }

    /// The window of a weight `[.., .., kh, kw]`.
    pub(crate) fn window(&self, weight: &Dims) -> Window {
        let Conv { stride, padding, dilation, .. } = *self;
        Window { kernel: [weight[2], weight[3]], stride, padding, dilation, ceil: false }
    }
}

/// Fails unless images of so many channels fit a weight `[out, in/groups, ..]`, in the words of `op`.
pub(crate) fn check_channels(
    op: &'static str,
    channels: usize,
    weight: &Dims,
    groups: usize,
) -> Result<(), ShapeError> {
    let (out, of_group) = (weight[0], weight[1]);
    let text = if groups == 0 {
        "there are 0 groups; wanted at least 1".to_owned()
    } else if of_group.checked_mul(groups) != Some(channels) {
        format!(
            "the input has {channels} channels, but the weight {weight} takes {of_group} for each of {groups} groups"
        )
    } else if !out.is_multiple_of(groups) {
        format!("the weight {weight} makes {out} channels, which can't be shared evenly by {groups} groups")
    } else {
        return Ok(());
    };
    Err(ShapeError::new(op, text))
}

/// Fails unless images of so many channels fit a weight `[in, out/groups, ..]` of a transposed convolution, in the words of `op`.
pub(crate) fn check_transposed_channels(
    op: &'static str,
    channels: usize,
    weight: &Dims,
    groups: usize,
) -> Result<(), ShapeError> {
    let text = if groups == 0 {
        "there are 0 groups; wanted at least 1".to_owned()
    } else if weight[0] != channels {
        format!("the input has {channels} channels, but the weight {weight} takes {}", weight[0])
    } else if !channels.is_multiple_of(groups) {
        format!("the input has {channels} channels, which can't be shared evenly by {groups} groups")
    } else {
        return Ok(());
    };
    Err(ShapeError::new(op, text))
}
