//! Reductions and argmax.

use crate::support::*;
use kiln_tensor::{Array, DType, Device, Kernel, Reduce};

/// The reduction by plain loops, and for each output the sum of absolute values.
fn naive(f: Reduce, x: &Array, axes: &[usize]) -> (Vec<f64>, Vec<f64>) {
    let mut dims = *x.dims();
    axes.iter().for_each(|&axis| dims[axis] = 1);
    let start = match f {
        Reduce::Sum => 0.0,
        Reduce::Max => f64::NEG_INFINITY,
        Reduce::Min => f64::INFINITY,
    };
    let (mut out, mut size) = (vec![start; dims.numel()], vec![0.0; dims.numel()]);
    // What rounding took from a sum, or the plain loop would be the less accurate one.
    let mut lost = size.clone();
    for (index, x_value) in indices(x.dims()).into_iter().zip(values(x)) {
        let index: Vec<usize> = index.iter().zip(dims.iter()).map(|(&i, &len)| i.min(len - 1)).collect();
        let at = number(&dims, &index);
        size[at] += x_value.abs();
        out[at] = match f {
            Reduce::Sum => {
                let sum: f64 = out[at] + x_value;
                let (large, small) =
                    if out[at].abs() > x_value.abs() { (out[at], x_value) } else { (x_value, out[at]) };
                lost[at] += (large - sum) + small;
                sum
            }
            _ if out[at].is_nan() || x_value.is_nan() => f64::NAN,
            Reduce::Max => out[at].max(x_value),
            Reduce::Min => out[at].min(x_value),
        };
    }
    out.iter_mut().zip(lost).for_each(|(sum, lost)| *sum += lost);
    (out, size)
}

#[track_caller]
fn check(f: Reduce, x: &Array, axes: &[usize]) {
    let mut dims = *x.dims();
    axes.iter().for_each(|&axis| dims[axis] = 1);
    let (want, size) = naive(f, x, axes);
    let have = run(&Kernel::Reduce(f), &[x], dims, x.dtype());
    // The lanes and the tree above them keep the error at that of some tens of additions.
    let bound = |i: usize| if f == Reduce::Sum { 80.0 * epsilon(x.dtype()) * size[i] } else { 0.0 };
    assert_close(&format!("{f:?} of {:?} along {axes:?}", x.layout()), &values(&have), &want, bound);
}

#[test]
fn every_set_of_axes() {
    let all: [&[usize]; 9] =
        [&[], &[1], &[7], &[40], &[2, 3], &[3, 0, 2], &[5, 1, 18], &[2, 3, 4, 5], &[2, 2, 3, 1, 2]];
    for dims in all {
        for dtype in FLOATS {
            let mut rng = Rng::new(10);
            for x in layouts(dims, |dims| rng.array(dims, dtype)) {
                for set in 0..1usize << dims.len() {
                    let axes: Vec<usize> = (0..dims.len()).filter(|axis| set >> axis & 1 == 1).collect();
                    for f in [Reduce::Sum, Reduce::Max, Reduce::Min] {
                        check(f, &x, &axes);
                    }
                }
            }
        }
    }
}

#[test]
fn long_reductions() {
    // Statistics of a batch norm, gradients of biases, rows and columns longer than a task, and all of it.
    let cases: [(&[usize], &[usize]); 11] = [
        // Short rows with others far away, and columns of which several rows go together.
        (&[70, 40, 4, 4], &[0, 2, 3]),
        (&[900, 3, 50], &[0, 2]),
        (&[9000, 20], &[0]),
        (&[3, 5, 40, 41], &[0, 2, 3]),
        (&[40, 2, 30, 30], &[0, 2, 3]),
        (&[700, 130], &[0]),
        (&[3, 2500, 3], &[1]),
        (&[2000, 3], &[0]),
        (&[70000], &[0]),
        (&[3, 40001], &[1]),
        (&[8, 1100, 5], &[0, 2]),
    ];
    for (dims, axes) in cases {
        for dtype in FLOATS {
            let mut rng = Rng::new(11);
            for x in layouts(dims, |dims| rng.array(dims, dtype)).into_iter().take(5) {
                check(Reduce::Sum, &x, axes);
                check(Reduce::Max, &x, axes);
            }
        }
    }
}

#[test]
fn sums_of_many_are_accurate() {
    let device = Device::cpu();
    // Naive summation in f32 is off by far more after so many additions.
    let x = Array::full(0.1, [1 << 22], DType::F32, &device);
    let want = f64::from(0.1f32) * f64::from(1 << 22);
    for x in [x.clone(), x.reshape([1 << 19, 8]), x.reshape([8, 1 << 19]), x.reshape([1 << 11, 1 << 11])] {
        let axes: Vec<usize> = (0..x.rank()).collect();
        assert!((x.reduce(Reduce::Sum, &axes).item().unwrap() - want).abs() < 1e-5 * want);
    }
    let columns = x.reshape([1 << 21, 2]).reduce(Reduce::Sum, &[0]);
    assert!(values(&columns).iter().all(|sum| (sum - want / 2.0).abs() < 1e-5 * want));
}

#[test]
fn extremes_of_nothing_and_nan() {
    let device = Device::cpu();
    for dtype in FLOATS {
        let none = Array::zeros([2, 0], dtype, &device);
        let of = |f| values(&none.reduce(f, &[1]));
        assert_eq!(of(Reduce::Sum), [0.0; 2]);
        assert_eq!(of(Reduce::Max), [f64::NEG_INFINITY; 2]);
        assert_eq!(of(Reduce::Min), [f64::INFINITY; 2]);
        for len in [1, 5, 16, 33, 3000] {
            for at in [0, len / 2, len - 1] {
                let mut row = vec![-1.0; len];
                row[at] = f64::NAN;
                let x = Array::from_slice(&row, [len], &device).to_dtype(dtype);
                for f in [Reduce::Sum, Reduce::Max, Reduce::Min] {
                    assert!(x.reduce(f, &[0]).item().unwrap().is_nan());
                    let columns = x.reshape([len, 1]).broadcast_to([len, 3]).reduce(f, &[0]);
                    assert!(values(&columns).iter().all(|v| v.is_nan()));
                }
            }
        }
    }
}

#[test]
fn argmax_finds_the_first_largest() {
    for dims in [&[5][..], &[2, 3], &[3, 1, 4], &[2, 40], &[0, 3], &[200, 300]] {
        for dtype in [DType::F32, DType::F64, DType::U32] {
            let mut rng = Rng::new(12);
            let make = |dims| rng.indices(dims, 4).to_dtype(dtype);
            for x in layouts(dims, make) {
                for axis in 0..dims.len() {
                    if dims[axis] == 0 {
                        continue;
                    }
                    let out = x.dims().with(axis, 1);
                    let have = run(&Kernel::ArgMax { axis }, &[&x], out, DType::U32);
                    let all = values(&x);
                    let want: Vec<f64> = indices(&out)
                        .into_iter()
                        .map(|mut index| {
                            let mut at = |i| {
                                index[axis] = i;
                                all[number(dims, &index)]
                            };
                            (1..dims[axis]).fold(0, |best, i| if at(i) > at(best) { i } else { best }) as f64
                        })
                        .collect();
                    assert_eq!(values(&have), want);
                }
            }
        }
    }
    let x = Array::from_slice(&[1.0f32, f32::NAN, 9.0, f32::NAN], [4], &Device::cpu());
    assert_eq!(values(&run(&Kernel::ArgMax { axis: 0 }, &[&x], [1], DType::U32)), [1.0]);
}
