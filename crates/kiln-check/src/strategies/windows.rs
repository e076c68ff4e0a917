//! Convolutions and pooling, drawn by their output.
//!
//! An input's size and options drawn at random mostly don't fit, and a remainder of the stride is rare. So
//! the output's size and the remainder are drawn, and the input's follows: all draws fit.

use super::values::{NumberSource, numbers};
use crate::call::Call;
use crate::conv_cases::padded_length;
use kiln_grad::ops::Conv;
use kiln_grad::{Domain, Window};
use proptest::prelude::*;
use proptest::sample::select;

/// Window along one axis of an image.
#[derive(Clone, Copy, Debug)]
struct Along {
    /// The number of windows.
    out: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    padding: [usize; 2],
    /// Cells behind the last window.
    rest: usize,
    /// The length of the image.
    length: usize,
}

impl Along {
    /// Whether a window sees padding alone, of which there is no largest value.
    fn is_blind(&self) -> bool {
        let image = self.padding[0]..self.padding[0] + self.length;
        let sees =
            |o: usize| (0..self.kernel).any(|k| image.contains(&(o * self.stride + k * self.dilation)));
        !(0..self.out).all(sees)
    }
}

/// `widest` is the smallest number that a rest may not reach, of stride and dilation; the padding is at
/// most `kernel / 2` if `half`.
fn along(widest: fn(usize, usize) -> usize, half: bool) -> impl Strategy<Value = Along> {
    let window = (1..=3usize, 1..=4usize, 1..=3usize, 1..=3usize);
    (window, [0..=2usize, 0..=2usize], 0..6usize).prop_map(move |(window, mut padding, rest)| {
        let (out, kernel, stride, dilation) = window;
        let rest = rest % widest(stride, dilation);
        let padded = padded_length(out, kernel, stride, dilation, rest);
        if half {
            padding = padding.map(|p| p.min(kernel / 2));
        }
        // An image has a cell that isn't padding.
        padding[0] = padding[0].min(padded - 1);
        padding[1] = padding[1].min(padded - 1 - padding[0]);
        Along { out, kernel, stride, dilation, padding, rest, length: padded - padding[0] - padding[1] }
    })
}

/// A batch of images, of which there may be none; one is the simplest.
fn batch() -> impl Strategy<Value = usize> {
    select(vec![1usize, 2, 0])
}

/// Calls of `conv2d`: any stride, dilation, padding and groups, with and without a remainder of the stride,
/// first in their graph and not.
pub fn conv2d() -> impl Strategy<Value = Call> {
    convolution(false)
}

/// Calls of `conv_transpose2d`, as [`conv2d`]; the output padding is smaller than the stride or the
/// dilation, whichever is larger.
pub fn conv_transpose2d() -> impl Strategy<Value = Call> {
    convolution(true)
}

/// Channels of a group on both sides of a convolution, and the number of groups.
#[derive(Clone, Copy, Debug)]
struct GroupedChannels {
    inputs: usize,
    outputs: usize,
    groups: usize,
}

fn convolution(transposed: bool) -> impl Strategy<Value = Call> {
    let widest = if transposed { usize::max } else { |stride, _| stride };
    let channels = (1..=2usize, 1..=3usize, 1..=3usize)
        .prop_map(|(inputs, outputs, groups)| GroupedChannels { inputs, outputs, groups });
    let along = [along(widest, false), along(widest, false)];
    (batch(), channels, along, any::<bool>(), numbers()).prop_map(
        move |(batch, channels, along, inner, numbers)| {
            conv_call(transposed, batch, channels, along, inner, numbers)
        },
    )
}

fn conv_call(
    transposed: bool,
    batch: usize,
    channels: GroupedChannels,
    along: [Along; 2],
    inner: bool,
    numbers: NumberSource,
) -> Call {
    let GroupedChannels { inputs: per_in, outputs: per_out, groups } = channels;
    let options = Conv {
        stride: along.map(|a| a.stride),
        padding: along.map(|a| a.padding),
        dilation: along.map(|a| a.dilation),
        groups,
        output_padding: along.map(|a| if transposed { a.rest } else { 0 }),
    };
    let [h, w] = along.map(|a| if transposed { a.out } else { a.length });
    let [kh, kw] = along.map(|a| a.kernel);
    let image = [batch, per_in * groups, h, w];
    let weight = if transposed { [image[1], per_out, kh, kw] } else { [per_out * groups, per_in, kh, kw] };
    let inputs = [numbers.tensor(0, image, Domain::Real), numbers.tensor(1, weight, Domain::Real)];
    let name = if transposed { "conv_transpose2d" } else { "conv2d" };
    let conv = move |x: &kiln_grad::Tensor, w: &kiln_grad::Tensor| {
        if transposed { x.conv_transpose2d(w, options) } else { x.conv2d(w, options) }
    };
    let path = "kiln_grad::ops::Conv";
    if inner {
        let code = format!("|x| x[0].tanh().{name}(&x[1].sin(), {options:?}).square()");
        Call::new(code, inputs, move |x| conv(&x[0].tanh(), &x[1].sin()).square()).using(path)
    } else {
        let code = format!("|x| x[0].{name}(&x[1], {options:?})");
        Call::new(code, inputs, move |x| conv(&x[0], &x[1])).linear().using(path)
    }
}

/// Calls of `avg_pool2d` and `max_pool2d`; the latter of values that all differ, and of windows that see some.
pub fn pooling() -> impl Strategy<Value = Call> {
    let along = || along(|stride, _| stride, true);
    (batch(), 1..=2usize, [along(), along()], any::<bool>(), numbers()).prop_map(
        |(batch, channels, along, max, numbers)| {
            let window = Window {
                kernel: along.map(|a| a.kernel),
                stride: along.map(|a| a.stride),
                padding: along.map(|a| a.padding),
                dilation: along.map(|a| a.dilation),
                ceil: false,
            };
            let dims = [batch, channels, along[0].length, along[1].length];
            let path = "kiln_grad::Window";
            if max && !along.iter().any(Along::is_blind) {
                let x = numbers.tensor(0, dims, Domain::Distinct);
                let code = format!("|x| x[0].max_pool2d({window:?})");
                Call::new(code, [x], move |x| x[0].max_pool2d(window)).using(path)
            } else {
                let x = numbers.tensor(0, dims, Domain::Real);
                let code = format!("|x| x[0].avg_pool2d({window:?})");
                Call::new(code, [x], move |x| x[0].avg_pool2d(window)).linear().using(path)
            }
        },
    )
}
