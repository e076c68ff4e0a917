//! Resampling against naive loops.

use super::*;
use crate::random::Key;
use crate::{Array, Device, Error};

/// Places below `old` and weights for `new` places with so many taps, of which some weigh 0.
fn taps(salt: u64, [old, new, count]: [usize; 3]) -> (Vec<u32>, Vec<f64>) {
    let key = Key::new(salt);
    let number = |i: u64| if key.word(3 * i + 1).is_multiple_of(5) { 0.0 } else { key.normal(3 * i + 2) };
    (0..(new * count) as u64).map(|i| (key.word(3 * i) % old as u32, number(i))).unzip()
}

struct Call {
    arrays: [Array; 5],
    y: Meta,
    want: Vec<f64>,
}

fn call([planes, h, w]: [usize; 3], [new_h, new_w]: [usize; 2], [a, b]: [usize; 2], dtype: DType) -> Call {
    let device = Device::cpu();
    let x: Vec<f64> = (0..(planes * h * w) as u64).map(|i| Key::new(1).normal(i)).collect();
    let (rows, row_weights) = taps(2, [h, new_h, a]);
    let (columns, column_weights) = taps(3, [w, new_w, b]);
    let mut want = vec![];
    for (plane, i, j) in
        (0..planes).flat_map(|p| (0..new_h).flat_map(move |i| (0..new_w).map(move |j| (p, i, j))))
    {
        let mut sum = 0.0;
        for (k, l) in (0..a).flat_map(|k| (0..b).map(move |l| (k, l))) {
            let at = (plane * h + rows[i * a + k] as usize) * w + columns[j * b + l] as usize;
            sum += row_weights[i * a + k] * column_weights[j * b + l] * x[at];
        }
        want.push(sum);
    }
    let floats = |values: &[f64], dims: &[usize]| Array::from_f64(values, dims, dtype, &device);
    let arrays = [
        floats(&x, &[1, planes, h, w]),
        Array::from_slice(&rows, [new_h, a], &device),
        floats(&row_weights, &[new_h, a]),
        Array::from_slice(&columns, [new_w, b], &device),
        floats(&column_weights, &[new_w, b]),
    ];
    Call { arrays, y: Meta { dims: [1, planes, new_h, new_w].into(), dtype }, want }
}

fn ours(call: &Call) -> Array {
    Array::fused(Resample, &call.arrays.each_ref(), &[call.y]).remove(0)
}

/// Up and down, one pixel, none, planes of a task and longer ones, from no tap to five.
#[test]
fn sums_are_those_of_naive_loops() {
    for (old, new, taps) in [
        ([1, 1, 1], [1, 1], [1, 1]),
        ([3, 2, 3], [4, 5], [2, 2]),
        ([70, 5, 7], [11, 9], [2, 3]),
        ([5, 40, 33], [7, 50], [5, 4]),
        ([2, 9, 100], [130, 3], [3, 2]),
        ([0, 3, 3], [2, 2], [2, 2]),
        ([2, 3, 3], [2, 2], [0, 1]),
        ([2, 3, 3], [0, 2], [1, 1]),
    ] {
        for (dtype, most) in [(DType::F64, 1e-13), (DType::F32, 1e-5)] {
            let call = call(old, new, taps, dtype);
            for (have, want) in ours(&call).to_f64_vec().unwrap().iter().zip(&call.want) {
                assert!(
                    (have - want).abs() <= most * want.abs().max(5.0),
                    "{old:?} {new:?}: {have} not {want}"
                );
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let call = call([30, 40, 33], [70, 50], [2, 3], DType::F32);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            ours(&call).to_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        })
    };
    assert!(with(1) == with(2) && with(1) == with(3));
}

#[test]
fn places_outside_the_image_are_refused() {
    let mut call = call([1, 2, 3], [4, 5], [2, 2], DType::F32);
    call.arrays[3] = Array::from_slice(&[3_u32; 10], [5, 2], &Device::cpu());
    let error = crate::attempt(|| ours(&call)).unwrap_err();
    assert_eq!(error, Error::IndexOutOfRange { kernel: "resample", index: 3, len: 3 });
}
