//! Every instruction set and every family against plain loops in `f64`.

use super::*;
use crate::array::Array;
use crate::backend::{Device, Storage};
use crate::dtype::DType;
use crate::random::Key;

/// The largest error, relative to the largest value.
const ERROR: f64 = 1e-5;
/// What surrounds an output, and must stay.
const SENTINEL: f32 = 77.0;

/// Geometries of a family: `input`, `output` and `padding`, with sizes that leave remainders, with more
/// windows than the image has room for, with fewer, and with padding that whole windows lie in.
const SIZES: [([usize; 2], [usize; 2], [usize; 2]); 5] = [
    ([8, 8], [4, 4], [1, 1]),
    ([13, 9], [6, 5], [1, 0]),
    ([5, 30], [7, 14], [2, 3]),
    ([6, 7], [1, 2], [0, 1]),
    ([3, 2], [9, 9], [6, 5]),
];
/// Images, input channels and output channels.
const CHANNELS: [[usize; 3]; 4] = [[1, 1, 1], [3, 5, 17], [2, 33, 20], [1, 18, 49]];

fn families() -> [(Family, [usize; 2], [usize; 2]); 4] {
    [
        (Family::F22, [4, 4], [2, 2]),
        (Family::F42, [4, 4], [2, 2]),
        (Family::F23, [3, 3], [1, 1]),
        (Family::F43, [3, 3], [1, 1]),
    ]
}

struct Case {
    plan: Plan,
    storage: Storage,
    x: Vec<f32>,
    w: Vec<f32>,
    y: Vec<f32>,
}

impl Case {
    fn new(plan: Plan) -> Self {
        let g = &plan.g;
        let lens = [
            plan.images * plan.inputs * g.input_numel(),
            plan.outputs * plan.inputs * g.kernel_numel(),
            plan.images * plan.outputs * g.output_numel(),
        ];
        let device = Device::cpu();
        let random = |i: usize| Array::normal(Key::new(3).step(i as u32), [lens[i]], DType::F32, &device);
        let [x, w, y] = [0, 1, 2].map(random);
        let storage = x.storage().clone();
        let [x, w, y] = [x, w, y].map(|array| array.to_vec::<f32>().expect("the CPU does not fail"));
        Case { plan, storage, x, w, y }
    }

    /// `dx`, `dw` and `y`, each in the middle of sentinels.
    fn run(&self) -> [Vec<f32>; 3] {
        let Case { plan, storage, x, w, y } = self;
        let inside = |len: usize, f: &dyn Fn(&mut [f32]) -> crate::Result<()>| {
            let mut memory = vec![SENTINEL; len + 200];
            f(&mut memory[100..100 + len]).expect("there is memory");
            let around = memory[..100].iter().chain(&memory[100 + len..]);
            assert!(around.into_iter().all(|value| *value == SENTINEL), "wrote beside the output: {plan:?}");
            memory[100..100 + len].to_vec()
        };
        [
            inside(x.len(), &|out| transpose(plan, y, w, out, storage)),
            inside(w.len(), &|out| weight(plan, x, y, out, storage)),
            inside(y.len(), &|out| forward(plan, x, w, out, storage)),
        ]
    }

    /// The same by seven loops.
    fn reference(&self) -> [Vec<f64>; 3] {
        let Case { plan, x, w, y, .. } = self;
        let g = &plan.g;
        let [mut dx, mut dw, mut out] = [x, w, y].map(|v| vec![0.0; v.len()]);
        let pixels = |size: [usize; 2]| (0..size[0]).flat_map(move |i| (0..size[1]).map(move |j| [i, j]));
        for (n, c, o) in (0..plan.images)
            .flat_map(|n| (0..plan.inputs).flat_map(move |c| (0..plan.outputs).map(move |o| (n, c, o))))
        {
            for (to, tap) in pixels(g.output).flat_map(|to| pixels(g.kernel).map(move |tap| (to, tap))) {
                let [Some(row), Some(column)] = [0, 1].map(|i| g.source(i, to[i], tap[i])) else { continue };
                let i = ((n * plan.inputs + c) * g.input[0] + row) * g.input[1] + column;
                let j = ((o * plan.inputs + c) * g.kernel[0] + tap[0]) * g.kernel[1] + tap[1];
                let k = ((n * plan.outputs + o) * g.output[0] + to[0]) * g.output[1] + to[1];
                dx[i] += f64::from(w[j]) * f64::from(y[k]);
                dw[j] += f64::from(x[i]) * f64::from(y[k]);
                out[k] += f64::from(x[i]) * f64::from(w[j]);
            }
        }
        [dx, dw, out]
    }
}

#[test]
fn every_set_and_family_agrees_with_loops() {
    for (family, kernel, stride) in families() {
        for (i, (input, output, padding)) in SIZES.into_iter().enumerate() {
            for (j, [images, inputs, outputs]) in CHANNELS.into_iter().enumerate() {
                let g = ConvGeom { input, output, kernel, stride, padding, dilation: [1, 1], groups: 1 };
                let plan = |isa| Plan::with(isa, family, &g, images, [inputs, outputs]);
                let want = Case::new(plan(Isa::Portable)).reference();
                for isa in Isa::all() {
                    // The portable set is slow, so it gets a part.
                    if isa == Isa::Portable && (i + j) % 2 == 1 {
                        continue;
                    }
                    let have = Case::new(plan(isa)).run();
                    for (what, (have, want)) in ["dx", "dw", "y"].iter().zip(have.iter().zip(&want)) {
                        let largest = want.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                        for (have, want) in have.iter().zip(want) {
                            let error = (f64::from(*have) - want).abs();
                            assert!(error <= ERROR * largest, "{what}: {have}, not {want}: {:?}", plan(isa));
                        }
                    }
                }
            }
        }
    }
}

/// Layers that are cut to several chunks of images, rows and channels, and to several rounds.
#[test]
fn many_chunks_give_the_same_bits_at_any_number_of_threads() {
    for (family, kernel, stride, size, [images, inputs, outputs]) in [
        (Family::F42, [4, 4], [2, 2], 8, [40, 20, 70]),
        (Family::F22, [4, 4], [2, 2], 50, [2, 16, 100]),
        (Family::F43, [3, 3], [1, 1], 50, [3, 40, 16]),
        (Family::F43, [3, 3], [1, 1], 200, [2, 16, 16]),
    ] {
        let [input, output] = [[size; 2], [size / stride[0]; 2]];
        let g = ConvGeom { input, output, kernel, stride, padding: [1, 1], dilation: [1, 1], groups: 1 };
        let case = Case::new(Plan::with(Isa::all()[0], family, &g, images, [inputs, outputs]));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| case.run().map(|out| out.into_iter().map(f32::to_bits).collect::<Vec<_>>()))
        };
        let one = with(1);
        assert!(one == with(2) && one == with(3), "{:?}", case.plan);
        for (have, want) in one.iter().zip(case.reference()) {
            let largest = want.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            let close = |(have, want): (&u32, &f64)| {
                (f64::from(f32::from_bits(*have)) - want).abs() <= ERROR * largest
            };
            assert!(have.iter().zip(&want).all(close), "{:?}", case.plan);
        }
    }
}

#[test]
fn only_two_geometries_have_a_plan() {
    let g = ConvGeom {
        input: [8, 8],
        output: [4, 4],
        kernel: [4, 4],
        stride: [2, 2],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
    };
    let plan = |g: ConvGeom| Plan::new(Isa::Portable, &g, 64, [64, 64]);
    assert!(plan(g).is_some_and(|plan| plan.pays()));
    assert!(plan(ConvGeom { stride: [1, 1], kernel: [3, 3], ..g }).is_some());
    assert!(plan(ConvGeom { groups: 2, ..g }).is_none());
    assert!(plan(ConvGeom { dilation: [1, 2], ..g }).is_none());
    assert!(plan(ConvGeom { kernel: [3, 3], ..g }).is_none());
    // A transformed weight that no cache holds takes the smaller tiles.
    let wide = Plan::new(Isa::Portable, &g, 64, [512, 512]).unwrap();
    assert_eq!([plan(g).unwrap().family, wide.family], [Family::F42, Family::F22]);
}
