//! The convolution triad against seven loops, and its adjoint identity.

use crate::support::*;
use kiln_tensor::{Array, ConvGeom, DType, Kernel};

/// A convolution with the sizes that its geometry doesn't tell.
#[derive(Clone, Copy, Debug)]
struct ConvCase {
    g: ConvGeom,
    images: usize,
    inputs: usize,
    outputs: usize,
}

impl ConvCase {
    fn x(&self) -> [usize; 4] {
        [self.images, self.inputs, self.g.input[0], self.g.input[1]]
    }
    fn w(&self) -> [usize; 4] {
        [self.outputs, self.inputs / self.g.groups, self.g.kernel[0], self.g.kernel[1]]
    }
    fn y(&self) -> [usize; 4] {
        [self.images, self.outputs, self.g.output[0], self.g.output[1]]
    }

    /// Calls `f` with the numbers of the elements of `x`, `w` and `y` of each product.
    fn each(&self, mut f: impl FnMut(usize, usize, usize)) {
        let g = &self.g;
        let (icg, ocg) = (self.inputs / g.groups, self.outputs / g.groups);
        for n in 0..self.images {
            for oc in 0..self.outputs {
                for ic in 0..icg {
                    for (oy, ox) in (0..g.output[0]).flat_map(|oy| (0..g.output[1]).map(move |ox| (oy, ox))) {
                        for (ky, kx) in
                            (0..g.kernel[0]).flat_map(|ky| (0..g.kernel[1]).map(move |kx| (ky, kx)))
                        {
                            let iy = (oy * g.stride[0] + ky * g.dilation[0]) as isize - g.padding[0] as isize;
                            let ix = (ox * g.stride[1] + kx * g.dilation[1]) as isize - g.padding[1] as isize;
                            if iy < 0 || ix < 0 || iy >= g.input[0] as isize || ix >= g.input[1] as isize {
                                continue;
                            }
                            let channel = oc / ocg * icg + ic;
                            let x = number(&self.x(), &[n, channel, iy as usize, ix as usize]);
                            f(x, number(&self.w(), &[oc, ic, ky, kx]), number(&self.y(), &[n, oc, oy, ox]));
                        }
                    }
                }
            }
        }
    }
}

/// Checks all three kernels; their inputs have layouts by chance.
#[track_caller]
fn check(case: ConvCase, rng: &mut Rng, dtype: DType, strided: bool) {
    let mut array =
        |dims: [usize; 4]| if strided { any_layout(rng, &dims, dtype) } else { rng.array(dims, dtype) };
    let (x, w, y) = (array(case.x()), array(case.w()), array(case.y()));
    let (xs, ws, ys) = (values(&x), values(&w), values(&y));
    // Value, sum of absolute values, and number of terms of each element of x, w and y.
    let zero = |len: usize| vec![(0.0, 0.0, 0.0); len];
    let (mut dx, mut dw, mut dy) = (zero(xs.len()), zero(ws.len()), zero(ys.len()));
    let add = |(value, size, terms): &mut (f64, f64, f64), product: f64| {
        *value += product;
        *size += product.abs();
        *terms += 1.0;
    };
    case.each(|i, j, k| {
        add(&mut dx[i], ws[j] * ys[k]);
        add(&mut dw[j], xs[i] * ys[k]);
        add(&mut dy[k], xs[i] * ws[j]);
    });
    let compute = |kernel: Kernel, ins: [&Array; 2], dims: [usize; 4], want: &[(f64, f64, f64)]| {
        let have = if strided {
            run(&kernel, &ins, dims, dtype)
        } else {
            Array::compute(&kernel, &ins, dims, dtype)
        };
        let bound = |i: usize| {
            let (_, size, terms) = want[i];
            let unit: f64 = (terms + 1.0) * epsilon(dtype) / 2.0;
            unit / (1.0 - unit) * size
        };
        let exact: Vec<f64> = want.iter().map(|(value, ..)| *value).collect();
        // The reference rounds too, which matters in f64.
        assert_close(&format!("{kernel:?} {case:?}"), &values(&have), &exact, |i| 2.0 * bound(i));
        values(&have)
    };
    let forward = compute(Kernel::Conv(case.g), [&x, &w], case.y(), &dy);
    let transposed = compute(Kernel::ConvTranspose(case.g), [&y, &w], case.x(), &dx);
    let weight = compute(Kernel::ConvWeight(case.g), [&x, &y], case.w(), &dw);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let size: f64 = dx.iter().zip(&xs).map(|((_, size, _), x)| size * x.abs()).sum();
    let bound = 100.0 * epsilon(dtype) * size;
    let (a, b, c) = (dot(&forward, &ys), dot(&transposed, &xs), dot(&weight, &ws));
    assert!((a - b).abs() <= bound && (a - c).abs() <= bound, "{case:?}: {a} {b} {c}");
}

/// A case drawn output first, so that half of them leave a remainder. With `extra` the output is larger
/// than the image has windows for, or smaller.
fn draw(rng: &mut Rng, channels: [usize; 2], groups: usize, extra: bool) -> ConvCase {
    loop {
        let mut pair = |low, high| [rng.from(low..=high), rng.from(low..=high)];
        let (kernel, stride, dilation) = (pair(1, 4), pair(1, 3), pair(1, 2));
        let (before, after, mut output) = (pair(0, 2), pair(0, 2), pair(1, 6));
        let mut input = [0; 2];
        let mut valid = true;
        for i in 0..2 {
            let span = (output[i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 + rng.below(stride[i]);
            valid &= span > before[i] + after[i];
            input[i] = span.saturating_sub(before[i] + after[i]);
            if extra {
                output[i] = (output[i] + rng.below(4)).saturating_sub(1).max(1);
            }
        }
        if valid {
            let g = ConvGeom { input, output, kernel, stride, padding: before, dilation, groups };
            return ConvCase { g, images: rng.from(0..=3), inputs: channels[0], outputs: channels[1] };
        }
    }
}

#[test]
fn hundreds_of_geometries() {
    let mut rng = Rng::new(60);
    for round in 0..120 {
        let channels = [[1, 1], [2, 3], [3, 5], [4, 2]][round % 4];
        for dtype in FLOATS {
            check(draw(&mut rng, channels, 1, round % 3 == 0), &mut rng, dtype, round % 2 == 0);
            let doubled = channels.map(|c| 2 * c);
            check(draw(&mut rng, doubled, 2, round % 3 == 1), &mut rng, dtype, round % 2 == 1);
        }
    }
}

#[test]
fn depthwise() {
    let mut rng = Rng::new(61);
    for round in 0..60 {
        let channels = 2 + round % 4;
        for dtype in FLOATS {
            check(
                draw(&mut rng, [channels, channels], channels, round % 3 == 0),
                &mut rng,
                dtype,
                round % 2 == 0,
            );
            // One input and two output channels a group.
            check(draw(&mut rng, [channels, 2 * channels], channels, false), &mut rng, dtype, round % 2 == 1);
        }
    }
}

#[test]
fn shortcuts() {
    let mut rng = Rng::new(62);
    for dtype in FLOATS {
        for images in [0, 1, 3] {
            for groups in [1, 2] {
                for size in [[1, 1], [3, 2], [5, 7]] {
                    let pointwise = ConvGeom {
                        input: size,
                        output: size,
                        kernel: [1, 1],
                        stride: [1, 1],
                        padding: [0, 0],
                        dilation: [1, 1],
                        groups,
                    };
                    let whole = ConvGeom { kernel: size, output: [1, 1], ..pointwise };
                    // Nearly the same, but not.
                    let strided =
                        ConvGeom { stride: [2, 2], output: size.map(|n| n.div_ceil(2)), ..pointwise };
                    let larger = ConvGeom { output: size.map(|n| n + 1), ..pointwise };
                    let shifted = ConvGeom { padding: [1, 0], ..pointwise };
                    let dilated = ConvGeom { dilation: [1, 2], ..whole };
                    for g in [pointwise, whole, strided, larger, shifted, dilated] {
                        check(ConvCase { g, images, inputs: 4, outputs: 6 }, &mut rng, dtype, true);
                    }
                }
            }
        }
    }
}

#[test]
fn windows_wholly_in_the_padding() {
    let mut rng = Rng::new(63);
    for (padding, kernel) in [([3, 3], [2, 2]), ([4, 1], [1, 3]), ([0, 0], [5, 5])] {
        for dtype in FLOATS {
            let g = ConvGeom {
                input: [2, 3],
                output: [7, 8],
                kernel,
                stride: [1, 2],
                padding,
                dilation: [1, 1],
                groups: 1,
            };
            check(ConvCase { g, images: 2, inputs: 2, outputs: 3 }, &mut rng, dtype, true);
        }
    }
}

#[test]
fn shapes_that_take_many_tiles() {
    let geometry = |input, output, kernel, stride, padding| ConvGeom {
        input: [input; 2],
        output: [output; 2],
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [padding; 2],
        dilation: [1, 1],
        groups: 1,
    };
    let cases = [
        // Tiles of part of an image, of several images, and of several blocks of channels.
        (geometry(50, 25, 4, 2, 1), [2, 3, 5]),
        (geometry(30, 30, 3, 1, 1), [1, 40, 3]),
        (geometry(8, 4, 4, 2, 1), [70, 3, 2]),
        (geometry(4, 2, 4, 2, 1), [9, 30, 140]),
        (geometry(4, 1, 4, 1, 0), [20, 5, 7]),
        (geometry(40, 40, 1, 1, 0), [2, 3, 4]),
        // Parts of the batch of several tiles, and a forward tile of several blocks of channels.
        (geometry(32, 16, 4, 2, 1), [20, 3, 2]),
        (geometry(6, 6, 3, 1, 1), [5, 220, 1]),
    ];
    let mut rng = Rng::new(64);
    for (g, [images, inputs, outputs]) in cases {
        for dtype in FLOATS {
            check(ConvCase { g, images, inputs, outputs }, &mut rng, dtype, false);
        }
    }
}
