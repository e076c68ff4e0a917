//! A convolution of random numbers, for tests: by whatever method, and by plain loops in `f64`.

use crate::array::Array;
use crate::backend::{Device, Storage};
use crate::dtype::DType;
use crate::geometry::ConvGeom;
use crate::random::Key;

/// Value around an output, which must stay.
const SENTINEL: f32 = 77.0;

pub struct TestConv {
    pub g: ConvGeom,
    images: usize,
    inputs: usize,
    outputs: usize,
    /// A storage whose pool gives working memory.
    pub storage: Storage,
    pub x: Vec<f32>,
    pub w: Vec<f32>,
    pub y: Vec<f32>,
}

impl TestConv {
    /// A convolution with so many channels in all of its groups.
    pub fn new(g: &ConvGeom, [images, inputs, outputs]: [usize; 3]) -> Self {
        let lens = [
            images * inputs * g.input_numel(),
            outputs * inputs / g.groups * g.kernel_numel(),
            images * outputs * g.output_numel(),
        ];
        let device = Device::cpu();
        let random = |i: usize| Array::normal(Key::new(3).step(i as u32), [lens[i]], DType::F32, &device);
        let [x, w, y] = [0, 1, 2].map(random);
        let storage = x.storage().clone();
        let [x, w, y] = [x, w, y].map(|array| array.to_vec::<f32>().expect("the CPU does not fail"));
        TestConv { g: *g, images, inputs, outputs, storage, x, w, y }
    }

    /// An output of `len` numbers that `f` writes, which lies in the middle of sentinels.
    pub fn inside(&self, len: usize, f: impl FnOnce(&mut [f32])) -> Vec<f32> {
        let mut memory = vec![SENTINEL; len + 200];
        memory[100..100 + len].fill(f32::NAN);
        f(&mut memory[100..100 + len]);
        let around = memory[..100].iter().chain(&memory[100 + len..]);
        assert!(around.into_iter().all(|value| *value == SENTINEL), "wrote beside the output: {:?}", self.g);
        memory[100..100 + len].to_vec()
    }

    /// `dx`, `dw` and `y` by seven loops.
    pub fn reference(&self) -> [Vec<f64>; 3] {
        let TestConv { g, x, w, y, .. } = self;
        let [mut dx, mut dw, mut out] = [x, w, y].map(|v| vec![0.0; v.len()]);
        let pixels = |size: [usize; 2]| (0..size[0]).flat_map(move |i| (0..size[1]).map(move |j| [i, j]));
        let [inputs, outputs] = [self.inputs, self.outputs].map(|channels| channels / g.groups);
        for (n, c, o) in (0..self.images)
            .flat_map(|n| (0..self.inputs).flat_map(move |c| (0..outputs).map(move |o| (n, c, o))))
        {
            // The output channel, of those of the input channel's group.
            let o = c / inputs * outputs + o;
            for (to, tap) in pixels(g.output).flat_map(|to| pixels(g.kernel).map(move |tap| (to, tap))) {
                let [Some(row), Some(column)] = [0, 1].map(|i| g.source(i, to[i], tap[i])) else { continue };
                let i = ((n * self.inputs + c) * g.input[0] + row) * g.input[1] + column;
                let j = ((o * inputs + c % inputs) * g.kernel[0] + tap[0]) * g.kernel[1] + tap[1];
                let k = ((n * self.outputs + o) * g.output[0] + to[0]) * g.output[1] + to[1];
                dx[i] += f64::from(w[j]) * f64::from(y[k]);
                dw[j] += f64::from(x[i]) * f64::from(y[k]);
                out[k] += f64::from(x[i]) * f64::from(w[j]);
            }
        }
        [dx, dw, out]
    }
}

/// Checks that no number is further from the right one than `bound` times the largest.
pub fn check(have: &[f32], want: &[f64], bound: f64, what: impl std::fmt::Debug) {
    assert_eq!(have.len(), want.len());
    let largest = want.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    for (have, want) in have.iter().zip(want) {
        let error = (f64::from(*have) - want).abs();
        assert!(error <= bound * largest, "{have}, not {want}: {what:?}");
    }
}

/// The result of `f` on one thread, which must have the same bits on two and three.
pub fn on_any_threads(f: impl Fn() -> [Vec<f32>; 3] + Sync) -> [Vec<f32>; 3] {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&f)
    };
    let bits = |all: &[Vec<f32>; 3]| all.concat().into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let one = with(1);
    assert!([2, 3].iter().all(|threads| bits(&with(*threads)) == bits(&one)), "other bits on other threads");
    one
}
