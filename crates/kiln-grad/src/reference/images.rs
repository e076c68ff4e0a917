//! Windows over images, and images at another size.

use super::values::{Values, each_index};
use crate::conv::Conv;
use kiln_tensor::Window;

/// Position of cell `k` of window `o` along axis `i` of an image with `length` cells; `None` in the padding.
fn cell(window: &Window, i: usize, o: usize, k: usize, length: usize) -> Option<usize> {
    let padded = o * window.stride[i] + k * window.dilation[i];
    padded.checked_sub(window.padding[i][0]).filter(|&at| at < length)
}

/// Number of windows that fit along axis `i`.
fn count(window: &Window, i: usize, length: usize) -> usize {
    let padded = length + window.padding[i][0] + window.padding[i][1];
    let mut windows = 0;
    while windows * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] < padded {
        windows += 1;
    }
    // One more may stand out, if the last one leaves cells over and it begins before the padding behind.
    let left_over =
        |last: usize| last * window.stride[i] + (window.kernel[i] - 1) * window.dilation[i] + 1 < padded;
    let begins = windows * window.stride[i] < length + window.padding[i][0];
    windows + usize::from(window.ceil && begins && windows.checked_sub(1).is_some_and(left_over))
}

/// Calls `term(x, w, y)` with the three indices of each term of `Σ y · conv(x, w)`.
fn terms(
    x: &[usize],
    w: &[usize],
    y: &[usize],
    options: &Conv,
    mut term: impl FnMut(&[usize], &[usize], &[usize]),
) {
    let window = options.window(&w.into());
    let out_per_group = w[0] / options.groups;
    each_index(y, |at| {
        let [n, o, p, q] = at.try_into().expect("images have four axes");
        for c in 0..w[1] {
            for (k, l) in (0..w[2]).flat_map(|k| (0..w[3]).map(move |l| (k, l))) {
                if let (Some(i), Some(j)) = (cell(&window, 0, p, k, x[2]), cell(&window, 1, q, l, x[3])) {
                    term(&[n, o / out_per_group * w[1] + c, i, j], &[o, c, k, l], at);
                }
            }
        }
    });
}

/// The convolution of images `[n, in, h, w]` with a weight `[out, in/groups, kh, kw]`.
pub fn conv2d(x: &Values, w: &Values, options: &Conv) -> Values {
    let window = options.window(&w.dims);
    let [h, v] = [0, 1].map(|i| count(&window, i, x.dims[2 + i]));
    let dims = [x.dims[0], w.dims[0], h, v];
    let mut y = Values::zeros(dims);
    terms(&x.dims, &w.dims, &dims, options, |a, b, c| *y.at_mut(c) += x.at(a) * w.at(b));
    y
}

/// Its adjoint: from images `[n, in, h, w]` and a weight `[in, out/groups, kh, kw]`.
pub fn conv_transpose2d(y: &Values, w: &Values, options: &Conv) -> Values {
    let Conv { stride, padding, dilation, output_padding, groups } = *options;
    let [h, v] = [0, 1].map(|i| {
        let full = (y.dims[2 + i] - 1) * stride[i] + (w.dims[2 + i] - 1) * dilation[i] + 1;
        full + output_padding[i] - padding[i][0] - padding[i][1]
    });
    let dims = [y.dims[0], w.dims[1] * groups, h, v];
    let mut x = Values::zeros(dims);
    terms(&dims, &w.dims, &y.dims, options, |a, b, c| *x.at_mut(a) += y.at(c) * w.at(b));
    x
}

/// Its derivative for a weight of `dims`.
pub fn conv2d_weight(x: &Values, y: &Values, dims: [usize; 4], options: &Conv) -> Values {
    let mut w = Values::zeros(dims);
    terms(&x.dims, &dims, &y.dims, options, |a, b, c| *w.at_mut(b) += x.at(a) * y.at(c));
    w
}

/// `f` of the cells of each window of images `[n, c, h, w]`; `None` for those in the padding.
fn pool(x: &Values, window: &Window, f: impl Fn(&[Option<f64>]) -> f64) -> Values {
    let [h, w] = [x.dims[2], x.dims[3]];
    let dims = [x.dims[0], x.dims[1], count(window, 0, h), count(window, 1, w)];
    Values::build(dims, |at| {
        let cells = (0..window.kernel[0]).flat_map(|k| (0..window.kernel[1]).map(move |l| (k, l)));
        let cells = cells.map(|(k, l)| {
            let place = [at[0], at[1], cell(window, 0, at[2], k, h)?, cell(window, 1, at[3], l, w)?];
            Some(x.at(&place))
        });
        f(&cells.collect::<Vec<_>>())
    })
}

/// The mean of each window; padding counts as zeros.
pub fn avg_pool2d(x: &Values, window: &Window) -> Values {
    pool(x, window, |cells| cells.iter().flatten().sum::<f64>() / cells.len() as f64)
}

/// The largest of each window.
pub fn max_pool2d(x: &Values, window: &Window) -> Values {
    pool(x, window, |cells| cells.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// Each new pixel is the old one at `⌊i · old / new⌋`.
pub fn resize_nearest(x: &Values, size: [usize; 2]) -> Values {
    let nearest = |line: &[f64], new: usize| (0..new).map(|o| line[o * line.len() / new]).collect();
    x.along(2, |line| nearest(line, size[0])).along(3, |line| nearest(line, size[1]))
}

/// Each new pixel is the value there of the line through the two old ones beside it.
pub fn resize_bilinear(x: &Values, size: [usize; 2], align_corners: bool) -> Values {
    let linear = |line: &[f64], new: usize| {
        let last = (line.len() - 1) as f64;
        let at = |o: usize| {
            let place = match align_corners {
                true if new == 1 => 0.0,
                true => o as f64 * last / (new - 1) as f64,
                false => (o as f64 + 0.5) * line.len() as f64 / new as f64 - 0.5,
            };
            // How much the pixel at `i` weighs falls off linearly to 0 at its neighbours.
            let place = place.clamp(0.0, last);
            line.iter().enumerate().map(|(i, x)| x * (1.0 - (i as f64 - place).abs()).max(0.0)).sum()
        };
        (0..new).map(at).collect()
    };
    x.along(2, |line| linear(line, size[0])).along(3, |line| linear(line, size[1]))
}
