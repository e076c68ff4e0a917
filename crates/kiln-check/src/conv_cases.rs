//! Random convolutions, drawn by their output.
//!
//! An input size and options drawn at random mostly don't fit, and a remainder of the stride is rare.
//! Drawing the output size and the remainder `r` in `[0, s)` first, and then taking the input
//! `(out − 1)s + d(k − 1) + 1 − (p₀ + p₁) + r`, gives cases that all fit and half of which have a
//! remainder. What is rare even so is forced in turn.

use kiln_grad::Case;
use kiln_grad::ops::Conv;
use kiln_tensor::random::{Key, Stream};

/// Property that is forced on a case.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Force {
    Nothing,
    Groups,
    Depthwise,
    Asymmetric,
    /// A window larger than the image without its padding.
    LargeWindow,
    /// A window of one cell, with a stride that skips cells.
    SkippingPoint,
    NoImage,
    /// As large as stride and dilation allow.
    OutputPadding,
    /// A convolution of something that itself depends on the inputs.
    NotFirst,
}

const FORCES: [Force; 9] = [
    Force::Nothing,
    Force::Groups,
    Force::Depthwise,
    Force::Asymmetric,
    Force::LargeWindow,
    Force::SkippingPoint,
    Force::NoImage,
    Force::OutputPadding,
    Force::NotFirst,
];

/// Endless cases of `conv2d` and `conv_transpose2d` in turn, whose second order also covers
/// `conv2d_weight`. Any 18 in a row hold, for both: groups, depthwise, options that differ between the
/// axes and sides, windows larger than the image, single cells with a stride, empty batches, the largest
/// output padding, and a convolution in the midst of a graph. The same key gives the same cases.
pub fn conv_cases(key: Key) -> impl Iterator<Item = Case> {
    let key = key.purpose("conv cases");
    (0..).map(move |i: u32| {
        let force = FORCES[(i / 2) as usize % FORCES.len()];
        make(&mut key.step(i).stream(), force, i % 2 == 1)
    })
}

/// The sizes and options of one case, told in the direction of the forward convolution.
#[derive(Debug)]
struct ConvDraw {
    /// The image the window slides over.
    large: [usize; 2],
    /// The image with one cell a window.
    small: [usize; 2],
    kernel: [usize; 2],
    options: Conv,
}

fn make(stream: &mut Stream, force: Force, transposed: bool) -> Case {
    let mut below = |n: usize| stream.below(n as u64) as usize;
    let groups = match force {
        Force::Groups => 2 + below(2),
        Force::Depthwise => 2 + below(3),
        _ => 1,
    };
    let (per_in, per_out) =
        if force == Force::Depthwise { (1, 1 + below(2)) } else { (1 + below(2), 1 + below(3)) };
    let batch = if force == Force::NoImage { 0 } else { 1 + below(2) };
    let ConvDraw { large, small, kernel: [kh, kw], mut options } =
        std::iter::repeat_with(|| draw(&mut below, force, transposed))
            .find_map(|draw| draw)
            .expect("one of endless draws fits");
    options.groups = groups;

    let (from, to) = if transposed { (small, large) } else { (large, small) };
    let x = [batch, per_in * groups, from[0], from[1]];
    // The weight's first axis is that of the small image's channels.
    let w = if transposed { [x[1], per_out, kh, kw] } else { [per_out * groups, per_in, kh, kw] };
    let name = if transposed { "conv_transpose2d" } else { "conv2d" };
    let label = format!("{name} {force:?} to {to:?} with {options:?}");
    let conv = move |x: &kiln_grad::Tensor, w: &kiln_grad::Tensor| {
        if transposed { x.conv_transpose2d(w, options) } else { x.conv2d(w, options) }
    };
    match force {
        Force::NotFirst => Case::new(label, [x, w], move |t| conv(&t[0].tanh(), &t[1].sin()).square()),
        _ => Case::new(label, [x, w], move |t| conv(&t[0], &t[1])).linear(),
    }
}

/// The length of an axis, with its padding, that `out` windows of `kernel` cells leave a `rest` of.
pub fn padded_length(out: usize, kernel: usize, stride: usize, dilation: usize, rest: usize) -> usize {
    (out - 1) * stride + dilation * (kernel - 1) + 1 + rest
}

/// Sizes and options, or nothing if they leave no image.
fn draw(below: &mut impl FnMut(usize) -> usize, force: Force, transposed: bool) -> Option<ConvDraw> {
    let mut options = Conv::default();
    let [mut large, mut small, mut kernel] = [[0; 2]; 3];
    for i in 0..2 {
        small[i] = 1 + below(3);
        kernel[i] = if force == Force::SkippingPoint { 1 } else { 1 + below(4) };
        options.stride[i] = if force == Force::SkippingPoint { 2 + below(2) } else { 1 + below(3) };
        options.dilation[i] = 1 + below(3);
        options.padding[i] = [below(3), below(3)];
        // What lies behind the last window: of a transposed convolution its output padding, which may be
        // larger than what a stride leaves.
        let rest = match (force, transposed) {
            (Force::OutputPadding, true) => options.stride[i].max(options.dilation[i]) - 1,
            (Force::OutputPadding, false) => options.stride[i] - 1,
            _ => below(options.stride[i]),
        };
        options.output_padding[i] = if transposed { rest } else { 0 };
        let padded = padded_length(small[i], kernel[i], options.stride[i], options.dilation[i], rest);
        large[i] = padded.checked_sub(options.padding[i][0] + options.padding[i][1]).filter(|&n| n > 0)?;
        if force == Force::LargeWindow && kernel[i] <= large[i] {
            return None;
        }
    }
    let differs = options.stride[0] != options.stride[1]
        && options.dilation[0] != options.dilation[1]
        && kernel[0] != kernel[1]
        && options.padding.iter().all(|[before, after]| before != after);
    (force != Force::Asymmetric || differs).then_some(ConvDraw { large, small, kernel, options })
}
