//! Gather and its adjoint.

use crate::support::*;
use kiln_tensor::{Array, DType, Device, Dims, Error, Kernel, Layout, Reduce, Zip};

/// What [`Kernel::ScatterAdd`] makes of zeros.
fn scattered(axis: usize, v: &Array, index: &Array, dims: impl Into<Dims>) -> Array {
    let mut sums = Array::zeros(dims, v.dtype(), v.device());
    sums.scatter_add_at(&Layout::contiguous(*sums.dims()), axis, index, v);
    sums
}

/// Indices of `dims` in many layouts, repeated along the other axes among them.
fn all_indices(rng: &mut Rng, dims: &Dims, axis: usize, below: usize) -> Vec<Array> {
    let mut all = layouts(dims, |dims| rng.indices(dims, below));
    let one = (0..dims.rank()).map(|i| if i == axis { dims[i] } else { 1 }).collect::<Dims>();
    all.push(rng.indices(one, below).broadcast_to(*dims));
    all
}

fn naive_gather(axis: usize, x: &Array, index: &Array) -> Vec<f64> {
    let (x_values, index_values) = (values(x), values(index));
    let at = |(at, mut i): (usize, Vec<usize>)| {
        i[axis] = index_values[at] as usize;
        x_values[number(x.dims(), &i)]
    };
    indices(index.dims()).into_iter().enumerate().map(at).collect()
}

#[test]
fn gather_and_scatter_are_adjoint() {
    let all: [&[usize]; 7] = [&[4], &[3, 5], &[2, 3, 4], &[3, 1, 2], &[1, 70], &[0, 4], &[2, 3, 2, 70]];
    for dims in all {
        for axis in (0..dims.len()).filter(|axis| dims[*axis] > 0) {
            for count in [0, 1, 3, 8] {
                for dtype in FLOATS {
                    let mut rng = Rng::new(40);
                    let picked = Dims::new(dims).with(axis, count);
                    for x in layouts(dims, |dims| rng.array(dims, dtype)) {
                        let mut rng = Rng::new(rng.next());
                        let every = all_indices(&mut rng, &picked, axis, dims[axis]);
                        let index = &every[rng.below(every.len())];
                        let have = run(&Kernel::Gather { axis }, &[&x, index], picked, dtype);
                        assert_eq!(values(&have), naive_gather(axis, &x, index));
                        // ⟨v, gather x⟩ = ⟨scatter v, x⟩
                        let v = any_layout(&mut rng, &picked, dtype);
                        let back = scattered(axis, &v, index, Dims::new(dims));
                        let mut want = vec![0.0; back.numel()];
                        let (v_values, index_values) = (values(&v), values(index));
                        for (at, mut i) in indices(&picked).into_iter().enumerate() {
                            i[axis] = index_values[at] as usize;
                            want[number(dims, &i)] += v_values[at];
                        }
                        assert_close("scatter_add", &values(&back), &want, |_| 10.0 * epsilon(dtype));
                        let dot = |a: &Array, b: &Array| {
                            values(&a.zip(Zip::Mul, b).to_dtype(DType::F64)).iter().sum::<f64>()
                        };
                        let bound = 1e3 * epsilon(dtype);
                        assert!((dot(&v, &have) - dot(&back, &x)).abs() <= bound);
                    }
                }
            }
        }
    }
}

/// Many small matrices are cut to tasks of several.
#[test]
fn many_matrices_are_scattered() {
    let mut rng = Rng::new(42);
    for (dims, axis) in [([3000, 4, 5], 2), ([700, 3, 40], 1), ([1, 2, 30_000], 2), ([700, 4, 65], 1)] {
        let picked = Dims::new(&dims).with(axis, 7);
        for index in
            [all_indices(&mut rng, &picked, axis, dims[axis]).pop().unwrap(), rng.indices(picked, dims[axis])]
        {
            let v = rng.array(picked, DType::F64);
            let mut want = vec![0.0; dims.iter().product()];
            let (v_values, index_values) = (values(&v), values(&index));
            for (at, mut i) in indices(&picked).into_iter().enumerate() {
                i[axis] = index_values[at] as usize;
                want[number(&dims, &i)] += v_values[at];
            }
            let back = scattered(axis, &v, &index, dims);
            assert_eq!(values(&back), want, "{dims:?}");
        }
    }
}

/// Sums go on from what is there, in a part of the output alone, however that lies in memory.
#[test]
fn scattering_adds_to_a_part_in_place() {
    for dtype in FLOATS {
        let mut rng = Rng::new(43);
        let whole = rng.array([5, 4, 70], dtype);
        let base = Layout::contiguous([5, 4, 70]);
        for place in [
            base.slice(0, 1, 3, 1),
            base.slice(2, 3, 30, 2).slice(0, 4, 5, -1),
            base.permute(&[2, 0, 1]),
            base.permute(&[1, 2, 0]).slice(0, 2, 1, 1),
        ] {
            for axis in 0..3 {
                let picked = place.dims().with(axis, 6);
                let (v, index) =
                    (any_layout(&mut rng, &picked, dtype), rng.indices(picked, place.dims()[axis]));
                let mut sums = whole.copy();
                let seen = |array: &Array| {
                    let all = values(array);
                    positions(&place).into_iter().map(|at| all[at]).collect::<Vec<_>>()
                };
                let copies = sums.device().copy_on_write_count();
                sums.scatter_add_at(&place, axis, &index, &v);
                assert_eq!(sums.device().copy_on_write_count(), copies);
                let added = values(&scattered(axis, &v, &index, *place.dims()));
                let want: Vec<f64> = seen(&whole).iter().zip(&added).map(|(a, b)| a + b).collect();
                assert_close("scatter_add", &seen(&sums), &want, |_| 10.0 * epsilon(dtype));
                let changed = values(&sums).iter().zip(values(&whole)).filter(|(a, b)| **a != *b).count();
                assert!(changed <= place.numel(), "nothing else is written");
            }
        }
    }
}

#[test]
fn integers_are_gathered() {
    let x = Array::from_slice(&[5u32, 6, 7], [3], &Device::cpu());
    let index = Array::from_slice(&[2u32, 0, 2], [3], &Device::cpu());
    assert_eq!(values(&run(&Kernel::Gather { axis: 0 }, &[&x, &index], [3], DType::U32)), [7.0, 5.0, 7.0]);
}

#[test]
fn embeddings() {
    let mut rng = Rng::new(41);
    let table = rng.array([300, 130], DType::F32);
    let index = rng.indices([500, 1], 300).broadcast_to([500, 130]);
    let rows = run(&Kernel::Gather { axis: 0 }, &[&table, &index], [500, 130], DType::F32);
    assert_eq!(values(&rows), naive_gather(0, &table, &index));
    let back = scattered(0, &rows, &index, [300, 130]);
    let total = |x: &Array| x.reduce(Reduce::Sum, &[0, 1]).item().unwrap();
    assert!((total(&back) - total(&rows)).abs() < 1e-2);
}

#[test]
fn indices_out_of_range_are_errors() {
    let x = Array::zeros([3, 2], DType::F32, &Device::cpu());
    let index = Array::from_slice(&[1u32, 2, 3, 4], [4, 1], &Device::cpu()).broadcast_to([4, 2]);
    let have = error(&Kernel::Gather { axis: 0 }, &[&x, &index], [4, 2], DType::F32);
    assert_eq!(have, Error::IndexOutOfRange { kernel: "gather", index: 3, len: 3 });
    let v = Array::zeros([4, 2], DType::F32, &Device::cpu());
    let have = error(&Kernel::ScatterAdd { axis: 0 }, &[&v, &index], [3, 2], DType::F32);
    assert_eq!(have.to_string(), "scatter_add: the index 3 is out of range for an axis of length 3");
}
