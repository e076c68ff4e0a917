//! Pooling.

use crate::support::*;
use kiln_tensor::fused::MaxPool;
use kiln_tensor::{Array, ConvGeom, DType, Device, Kernel, Meta, Reduce, Window};

fn windows() -> Vec<(Window, [usize; 2])> {
    let mut all = Vec::new();
    for kernel in [[1, 1], [2, 2], [3, 2]] {
        for stride in [[1, 1], [2, 2], [1, 3]] {
            for padding in [0, 1] {
                for dilation in [1, 2] {
                    let window = Window::new(kernel).stride(stride).padding(padding).dilation(dilation);
                    all.extend([[5, 6], [7, 3], [17, 20]].map(|input| (window, input)));
                }
            }
        }
    }
    all
}

/// The cells of each window that are inside the image.
fn cells(g: &ConvGeom) -> Vec<Vec<usize>> {
    let window = |[y, x]: [usize; 2]| {
        let all = indices(&g.kernel);
        let inside = |k: &Vec<usize>| {
            let row = (y * g.stride[0] + k[0] * g.dilation[0]).checked_sub(g.padding[0])?;
            let column = (x * g.stride[1] + k[1] * g.dilation[1]).checked_sub(g.padding[1])?;
            (row < g.input[0] && column < g.input[1]).then(|| row * g.input[1] + column)
        };
        all.iter().filter_map(inside).collect()
    };
    indices(&g.output).iter().map(|o| window([o[0], o[1]])).collect()
}

#[test]
fn averages_and_largest_cells() {
    for (window, input) in windows() {
        let Ok(output) = window.output("pool", input) else { continue };
        let g = window.geometry(input, output, 1);
        let cells = cells(&g);
        for dtype in FLOATS {
            let mut rng = Rng::new(50);
            for [n, c] in [[2, 3], [0, 2], [1, 1]] {
                let (x_dims, y_dims) = ([n, c, input[0], input[1]], [n, c, output[0], output[1]]);
                let x = any_layout(&mut rng, &x_dims, dtype);
                let y = any_layout(&mut rng, &y_dims, dtype);
                let (xs, ys) = (values(&x), values(&y));
                let size = g.kernel_numel() as f64;
                let mut average = Vec::new();
                let mut adjoint = vec![0.0; xs.len()];
                let mut largest = Vec::new();
                for image in 0..n * c {
                    let x = &xs[image * g.input_numel()..][..g.input_numel()];
                    for (o, cells) in cells.iter().enumerate() {
                        average.push(cells.iter().map(|i| x[*i]).sum::<f64>() / size);
                        let v = ys[image * g.output_numel() + o];
                        cells.iter().for_each(|i| adjoint[image * g.input_numel() + i] += v / size);
                        let first =
                            cells.iter().copied().reduce(|best, i| if x[i] > x[best] { i } else { best });
                        largest.push(first.unwrap_or(0) as f64);
                    }
                }
                let bound = |_| 20.0 * epsilon(dtype);
                let have = run(&Kernel::AvgPool(g), &[&x], y_dims, dtype);
                assert_close(&format!("average {g:?}"), &values(&have), &average, bound);
                let have = run(&Kernel::AvgPoolAdjoint(g), &[&y], x_dims, dtype);
                assert_close(&format!("adjoint {g:?}"), &values(&have), &adjoint, bound);
                let have = run(&Kernel::MaxPoolIndex(g), &[&x], y_dims, DType::U32);
                assert_eq!(values(&have), largest, "{g:?}");
                let meta = Meta { dims: y_dims.into(), dtype };
                let outs = Array::fused(MaxPool(g), &[&x], &[meta, Meta { dtype: DType::U32, ..meta }]);
                assert_eq!(values(&outs[1]), largest, "{g:?}");
                for (image, (have, at)) in values(&outs[0]).iter().zip(&largest).enumerate() {
                    let blind = cells[image % g.output_numel()].is_empty();
                    let cell = || xs[image / g.output_numel() * g.input_numel() + *at as usize];
                    assert!(*have == if blind { f64::NEG_INFINITY } else { cell() }, "{g:?}");
                }
            }
        }
    }
}

#[test]
fn largest_takes_the_first_and_nan() {
    let g = Window::new(2).geometry([2, 2], [1, 1], 1);
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases = [
        ([1.0, 2.0, 2.0, 0.0], 1.0),
        ([-inf; 4], 0.0),
        ([1.0, nan, 3.0, nan], 1.0),
        ([-inf, -inf, -5.0, nan], 3.0),
    ];
    let quarters = Window::new(2).stride(2).geometry([4, 4], [2, 2], 1);
    for dtype in FLOATS {
        let lowest = Array::full(-inf, [1, 1, 4, 4], dtype, &Device::cpu());
        let first = run(&Kernel::MaxPoolIndex(quarters), &[&lowest], [1, 1, 2, 2], DType::U32);
        assert_eq!(values(&first), [0.0, 2.0, 8.0, 10.0]);
        for (cells, want) in cases {
            let x = Array::from_slice(&cells, [1, 1, 2, 2], &Device::cpu()).to_dtype(dtype);
            assert_eq!(values(&run(&Kernel::MaxPoolIndex(g), &[&x], [1, 1, 1, 1], DType::U32)), [want]);
        }
    }
}

/// Windows that cover an image, and reductions and repetitions like them, which share a kernel: of any size, in rows
/// longer and shorter than a task, also of tiles one high.
#[test]
fn tiles_are_summed_and_filled() {
    for (rows, [height, width], columns) in [
        (3, [2, 2], 5),
        (70, [2, 2], 64),
        (2, [3, 2], 9000),
        (1, [1, 2], 50_000),
        (40_000, [1, 3], 1),
        (5, [8, 8], 7),
        (0, [2, 2], 3),
    ] {
        for dtype in FLOATS {
            let mut rng = Rng::new(51);
            let image = rng.array([rows, height, columns, width], dtype);
            let xs = values(&image);
            let at = |row: usize, y: usize, column: usize, x: usize| {
                xs[((row * height + y) * columns + column) * width + x]
            };
            let cell = |o: usize| {
                let (row, column) = (o / columns, o % columns);
                (0..height * width).map(|k| at(row, k / width, column, k % width)).sum::<f64>()
            };
            let want: Vec<f64> = (0..rows * columns).map(cell).collect();
            let have = image.reduce(Reduce::Sum, &[1, 3]);
            assert_close("sums", &values(&have), &want, |_| 64.0 * epsilon(dtype));
            let small = rng.array([rows, 1, columns, 1], dtype);
            let filled = small.broadcast_to([rows, height, columns, width]).copy();
            let smalls = values(&small);
            for (i, value) in values(&filled).iter().enumerate() {
                let (row, column) = (i / width / columns / height, i / width % columns);
                assert_eq!(*value, smalls[row * columns + column]);
            }
        }
    }
}
