//! The derivative for `x`, which is also the transposed convolution.

use super::forward::Windows;
use super::{NarrowPlan, Strip, band};
use crate::cpu::conv::ranges;
use crate::cpu::scratch::Scratch;
use crate::cpu::split::blocks;
use crate::geometry::ConvGeom;
use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis};
use rayon::prelude::*;
use std::ops::Range;

/// The phases of `x` as the images that windows over `y` make. Cell `q` of phase `p` along an axis is cell
/// `stride · (q + first) + p` of the padded `x`, and the sum of `w[stride · j + p] · y[q + first − j]` over `j`.
pub struct Phases {
    /// Windows over `y`, with its cells in the other order.
    g: ConvGeom,
    stride: [usize; 2],
    size: [usize; 2],
    /// Cells of the first window that lie before the image.
    cut: [usize; 2],
}

/// Rows of a channel's phases: a phase takes `step` numbers, a row of it `width`.
struct PhaseRows<'a> {
    data: &'a [f32],
    step: usize,
    width: usize,
}

impl Phases {
    /// The phases of a convolution of one group, if each has the same number of cells.
    pub fn new(g: &ConvGeom) -> Option<Self> {
        let axis = |i: usize| {
            let (stride, padding, size) = (g.stride[i], g.padding[i], g.input[i]);
            let kernel = g.kernel[i] / stride;
            let first = padding / stride;
            let even = kernel * stride == g.kernel[i] && g.dilation[i] == 1 && first < kernel && size > 0;
            let output = even.then(|| (padding + size - 1) / stride + 1 - first)?;
            Some((kernel, output, kernel - 1 - first, padding % stride))
        };
        let ((ky, oy, py, cy), (kx, ox, px, cx)) = (axis(0)?, axis(1)?);
        let g_y = ConvGeom {
            input: g.output,
            output: [oy, ox],
            kernel: [ky, kx],
            stride: [1, 1],
            padding: [py, px],
            dilation: [1, 1],
            groups: 1,
        };
        Some(Phases { g: g_y, stride: g.stride, size: g.input, cut: [cy, cx] })
    }

    fn count(&self) -> usize {
        self.stride[0] * self.stride[1]
    }

    /// The weight as a matrix with a row for each output channel and cell of a window over `y`, and a column
    /// for each input channel and phase.
    fn left(&self, w: &[f32], [inputs, outputs]: [usize; 2]) -> Scratch<f32> {
        let ([sy, sx], [ky, kx]) = (self.stride, self.g.kernel);
        let columns = inputs * self.count();
        let mut left = Scratch::<f32>::new(outputs * ky * kx * columns);
        let mut w = w.iter();
        for (output, input) in (0..outputs).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
            for (y, x) in (0..ky * sy).flat_map(|y| (0..kx * sx).map(move |x| (y, x))) {
                let row = (output * ky + ky - 1 - y / sy) * kx + kx - 1 - x / sx;
                let column = (input * sy + y % sy) * sx + x % sx;
                left[row * columns + column] = *w.next().expect("the weight has the window's size");
            }
        }
        left
    }

    /// The rows of `x` that some rows of the phases make up.
    fn rows(&self, rows: Range<usize>) -> Range<usize> {
        let row = |q: usize| (q * self.stride[0]).saturating_sub(self.cut[0]).min(self.size[0]);
        row(rows.start)..row(rows.end)
    }

    /// Puts rows `rows` of a channel into the image `out`, from its phases, whose rows begin with `first`.
    fn join(&self, phases: PhaseRows, first: usize, rows: Range<usize>, out: &mut [f32]) {
        let PhaseRows { data: phases, step, width } = phases;
        let [sy, sx] = self.stride;
        for (y, out) in rows.zip(out.chunks_exact_mut(self.size[1])) {
            let (q, py) = ((y + self.cut[0]) / sy - first, (y + self.cut[0]) % sy);
            // Cells that lie `sx` apart come from one phase.
            let row = |x: usize| {
                let (i, px) = ((x + self.cut[1]) / sx, (x + self.cut[1]) % sx);
                &phases[(py * sx + px) * step + q * width + i..]
            };
            match sx {
                1 => out.copy_from_slice(&row(0)[..out.len()]),
                2 => {
                    let (pairs, rest) = out.as_chunks_mut::<2>();
                    let (even, odd) = (row(0), row(1));
                    let count = pairs.len();
                    for ((pair, even), odd) in pairs.iter_mut().zip(even).zip(odd) {
                        *pair = [*even, *odd];
                    }
                    rest.iter_mut().for_each(|last| *last = even[count]);
                }
                _ => (0..sx.min(out.len())).for_each(|x| {
                    out[x..].iter_mut().step_by(sx).zip(row(x)).for_each(|(out, value)| *out = *value);
                }),
            }
        }
    }
}

/// The derivative for `x`, contiguous as `y` and the weight `w`.
pub fn transpose(plan: &NarrowPlan, y: &[f32], w: &[f32], x: &mut [f32]) {
    let phases = Phases::new(&plan.g).expect("such plans aren't made");
    let left = phases.left(w, [plan.inputs, plan.outputs]);
    let left = &*left;
    let strip = Strip::new(&phases.g, plan.outputs);
    let rows = band(&strip, plan.images, phases.g.output[0]);
    let numel = plan.outputs * plan.g.output_numel();
    let x = ArrayViewMut3::from_shape([plan.images, plan.inputs, plan.g.input_numel()], x);
    let images = blocks(x.expect("the output is contiguous"), 0, 1);
    images.into_par_iter().with_min_len(plan.images_of_task()).for_each(|(image, x)| {
        let (x, y) = (x.index_axis_move(Axis(0), 0), &y[image * numel..(image + 1) * numel]);
        bands(&phases, rows, x).into_par_iter().for_each(|(q, mut x)| {
            let windows = Windows::new(&strip, y, q.start, q.len());
            let width = plan.g.input[1];
            if phases.count() == 1 {
                return windows.multiply(plan.isa, left, width, x);
            }
            let (sums, step) = windows.multiply_all(plan.isa, left, plan.inputs * phases.count());
            for (mut x, sums) in x.outer_iter_mut().zip(sums.chunks_exact(phases.count() * step)) {
                let x = x.as_slice_mut().expect("rows are contiguous");
                let rows = PhaseRows { data: sums, step, width: strip.width() };
                phases.join(rows, q.start, phases.rows(q.clone()), x);
            }
        });
    });
}

/// Cuts an image's channels where every `rows` rows of its phases end.
fn bands<'a>(
    phases: &Phases,
    rows: usize,
    x: ArrayViewMut2<'a, f32>,
) -> Vec<(Range<usize>, ArrayViewMut2<'a, f32>)> {
    let mut bands = Vec::new();
    let mut rest = x;
    for q in ranges(phases.g.output[0], rows) {
        let (band, tail) = rest.split_at(Axis(1), phases.rows(q.clone()).len() * phases.size[1]);
        bands.push((q, band));
        rest = tail;
    }
    bands
}
