//! Views of every kind, and what a plain loop needs to read them.

use kiln_tensor::cpu::Cpu;
use kiln_tensor::{Array, Backend, DType, Device, Dims, Error, Kernel, Layout, View, ViewMut};

pub const FLOATS: [DType; 2] = [DType::F32, DType::F64];

pub fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    }
}

/// A repeatable source of numbers.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n
    }

    pub fn from(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// A number in [-1, 1).
    pub fn float(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn array(&mut self, dims: impl Into<Dims>, dtype: DType) -> Array {
        let dims = dims.into();
        let values: Vec<f64> = (0..dims.numel()).map(|_| self.float()).collect();
        Array::from_slice(&values, dims, &Device::cpu()).to_dtype(dtype)
    }

    pub fn indices(&mut self, dims: impl Into<Dims>, below: usize) -> Array {
        let dims = dims.into();
        let values: Vec<u32> = (0..dims.numel()).map(|_| self.below(below) as u32).collect();
        Array::from_slice(&values, dims, &Device::cpu())
    }
}

/// Arrays of `dims` in layouts of many kinds, with elements that `make` gives.
pub fn layouts(dims: &[usize], mut make: impl FnMut(Dims) -> Array) -> Vec<Array> {
    let rank = dims.len();
    let mut all = vec![make(Dims::new(dims))];
    // Axes in another order.
    let reversed: Vec<usize> = (0..rank).rev().collect();
    all.push(make(reversed.iter().map(|&i| dims[i]).collect()).permute(&reversed));
    if rank > 1 {
        let rotated: Vec<usize> = (0..rank).map(|i| (i + 1) % rank).collect();
        let mut stored = Dims::new(dims);
        rotated.iter().enumerate().for_each(|(i, &axis)| stored[axis] = dims[i]);
        all.push(make(stored).permute(&rotated));
    }
    // A window of something larger, every second element of the last axis.
    let larger = |i: usize| if i + 1 == rank { 2 * dims[i] + 3 } else { dims[i] + 2 };
    let mut window = make((0..rank).map(larger).collect());
    for (axis, &len) in dims.iter().enumerate() {
        window = window.slice(axis, 1, len, if axis + 1 == rank { 2 } else { 1 });
    }
    all.push(window);
    // Backwards along every axis.
    let mut backwards = make(Dims::new(dims));
    for (axis, &len) in dims.iter().enumerate() {
        backwards = backwards.slice(axis, len.max(1) - 1, len, -1);
    }
    all.push(backwards);
    // Repeated along each axis in turn.
    for axis in 0..rank {
        all.push(make(Dims::new(dims).with(axis, 1)).broadcast_to(dims));
    }
    all
}

/// One of [`layouts`], by chance.
pub fn any_layout(rng: &mut Rng, dims: &[usize], dtype: DType) -> Array {
    let pick = rng.below(5 + dims.len());
    let all = layouts(dims, |dims| rng.array(dims, dtype));
    all[pick % all.len()].clone()
}

/// An array's elements, read through its layout without any kernel.
pub fn values(array: &Array) -> Vec<f64> {
    let storage = array.storage();
    let whole = Layout::contiguous([storage.len()]);
    let whole = View { storage, layout: &whole };
    let all: Vec<f64> = match array.dtype() {
        DType::F32 => whole.slice::<f32>().unwrap().iter().map(|v| f64::from(*v)).collect(),
        DType::F64 => whole.slice::<f64>().unwrap().to_vec(),
        _ => whole.slice::<u32>().unwrap().iter().map(|v| f64::from(*v)).collect(),
    };
    positions(array.layout()).into_iter().map(|at| all[at]).collect()
}

/// Positions in the storage of the elements that a layout sees, in order.
pub fn positions(layout: &Layout) -> Vec<usize> {
    let mut at = vec![layout.offset() as isize];
    for (&len, &stride) in layout.dims().iter().zip(layout.strides()) {
        at = at.iter().flat_map(|at| (0..len as isize).map(move |i| at + i * stride)).collect();
    }
    at.into_iter().map(|at| at as usize).collect()
}

/// All indices into `dims`, in order.
pub fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &len in dims {
        all = all.iter().flat_map(|i| (0..len).map(move |k| [&i[..], &[k]].concat())).collect();
    }
    all
}

/// The number of the element at `index`.
pub fn number(dims: &[usize], index: &[usize]) -> usize {
    dims.iter().zip(index).fold(0, |at, (len, i)| at * len + i)
}

/// Checks elements against the expected ones and how far each may be off. NaN equals NaN.
#[track_caller]
pub fn assert_close(what: &str, have: &[f64], want: &[f64], bound: impl Fn(usize) -> f64) {
    assert_eq!(have.len(), want.len(), "{what}");
    for (i, (have, want)) in have.iter().zip(want).enumerate() {
        let close = have == want || (have.is_nan() && want.is_nan()) || (have - want).abs() <= bound(i);
        assert!(close, "{what}: element {i} is {have}, not {want} within {}", bound(i));
    }
}

/// Runs a kernel into new contiguous memory, and again into strided windows of larger memory: both must
/// give the same bits, and nothing around the windows may change.
#[track_caller]
pub fn run(kernel: &Kernel, ins: &[&Array], dims: impl Into<Dims>, dtype: DType) -> Array {
    let dims = dims.into();
    let dense = Array::compute(kernel, ins, dims, dtype);
    for layout in windows(&dims) {
        let len = layout.span().end + 5;
        let sentinel = 77.0;
        let mut storage = Array::full(sentinel, [len], dtype, &Device::cpu()).storage().clone();
        let views: Vec<View> = ins.iter().map(|a| a.view()).collect();
        Cpu::new().run(kernel, &views, &mut [ViewMut { storage: &mut storage, layout }]).unwrap();
        let whole = Layout::contiguous([len]);
        let view = View { storage: &storage, layout: &whole };
        let mut want = vec![sentinel; len];
        positions(&layout).into_iter().zip(values(&dense)).for_each(|(at, value)| want[at] = value);
        let same = |have: Vec<f64>| {
            let equal = |(have, want): (&f64, &f64)| have == want || (have.is_nan() && want.is_nan());
            have.iter().zip(&want).all(equal)
        };
        let ok = match dtype {
            DType::F32 => same(view.slice::<f32>().unwrap().iter().map(|v| f64::from(*v)).collect()),
            DType::F64 => same(view.slice::<f64>().unwrap().to_vec()),
            _ => same(view.slice::<u32>().unwrap().iter().map(|v| f64::from(*v)).collect()),
        };
        assert!(ok, "{kernel:?} into {layout:?} differs from the contiguous output, or wrote beside it");
    }
    dense
}

/// Strided windows of larger memory.
fn windows(dims: &Dims) -> Vec<Layout> {
    let rank = dims.rank();
    let larger = Layout::contiguous(dims.iter().map(|len| 2 * len + 3).collect::<Dims>());
    let axes = 0..rank;
    let inside = axes.clone().fold(larger, |layout, axis| layout.slice(axis, 1, dims[axis], 1));
    let stepped = axes.clone().fold(larger, |layout, axis| layout.slice(axis, 2, dims[axis], 2));
    let backwards =
        axes.clone().fold(larger, |layout, axis| layout.slice(axis, dims[axis] + 1, dims[axis], -1));
    let order: Vec<usize> = axes.clone().rev().collect();
    let transposed = Layout::contiguous(order.iter().map(|&i| dims[i]).collect::<Dims>()).permute(&order);
    vec![inside, stepped, backwards, transposed]
}

/// The first error of a kernel.
pub fn error(kernel: &Kernel, ins: &[&Array], dims: impl Into<Dims>, dtype: DType) -> Error {
    let dims = dims.into();
    let mut storage = Array::zeros(dims, dtype, &Device::cpu()).storage().clone();
    let views: Vec<View> = ins.iter().map(|a| a.view()).collect();
    let out = ViewMut { storage: &mut storage, layout: Layout::contiguous(dims) };
    Cpu::new().run(kernel, &views, &mut [out]).unwrap_err()
}
