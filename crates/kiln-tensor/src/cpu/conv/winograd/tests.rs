//! Every instruction set and every family against plain loops in `f64`.

use super::*;
use crate::cpu::conv::case::{TestConv, check, on_any_threads};

/// The largest error, relative to the largest value.
const ERROR: f64 = 1e-5;

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

fn families() -> [(Family, [usize; 2], [usize; 2]); 8] {
    [
        // Windows that the stride doesn't divide.
        (Family::F43, [5, 5], [2, 2]),
        (Family::F23, [6, 5], [2, 2]),
        (Family::F42, [3, 3], [2, 2]),
        (Family::F22, [4, 4], [2, 2]),
        (Family::F42, [4, 4], [2, 2]),
        (Family::F23, [3, 3], [1, 1]),
        (Family::F43, [3, 3], [1, 1]),
        (Family::F25, [5, 5], [1, 1]),
    ]
}

/// `dx`, `dw` and `y`.
fn run(case: &TestConv, plan: &WinogradPlan) -> [Vec<f32>; 3] {
    let TestConv { storage, x, w, y, .. } = case;
    [
        case.inside(x.len(), |out| transpose(plan, y, w, out, storage).expect("there is memory")),
        case.inside(w.len(), |out| weight(plan, x, y, out, storage).expect("there is memory")),
        case.inside(y.len(), |out| forward(plan, x, w, out, storage).expect("there is memory")),
    ]
}

fn compare(have: &[Vec<f32>; 3], want: &[Vec<f64>; 3], plan: &WinogradPlan) {
    for (what, (have, want)) in ["dx", "dw", "y"].iter().zip(have.iter().zip(want)) {
        check(have, want, ERROR, (what, plan));
    }
}

#[test]
fn every_set_and_family_agrees_with_loops() {
    for (family, kernel, stride) in families() {
        for (i, (input, output, padding)) in SIZES.into_iter().enumerate() {
            for (j, [images, inputs, outputs]) in CHANNELS.into_iter().enumerate() {
                let g = ConvGeom { input, output, kernel, stride, padding, dilation: [1, 1], groups: 1 };
                let case = TestConv::new(&g, [images, inputs, outputs]);
                let want = case.reference();
                for isa in Isa::all() {
                    // The portable set is slow, so it gets a part.
                    if isa == Isa::Portable && (i + j) % 2 == 1 {
                        continue;
                    }
                    let plan = WinogradPlan::with(isa, family, &g, images, [inputs, outputs]);
                    for plan in [plan, WinogradPlan { panels: true, ..plan }] {
                        compare(&run(&case, &plan), &want, &plan);
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
        (Family::F43, [5, 5], [2, 2], 20, [10, 20, 40]),
        (Family::F25, [5, 5], [1, 1], 20, [6, 20, 40]),
    ] {
        let [input, output] = [[size; 2], [size / stride[0]; 2]];
        let g = ConvGeom { input, output, kernel, stride, padding: [1, 1], dilation: [1, 1], groups: 1 };
        let case = TestConv::new(&g, [images, inputs, outputs]);
        let plan = WinogradPlan::with(Isa::all()[0], family, &g, images, [inputs, outputs]);
        let have = on_any_threads(|| run(&case, &plan));
        compare(&have, &case.reference(), &plan);
    }
}

/// More channels than a panel has columns, and than rows of one are made at a time.
#[test]
fn panels_give_the_same_bits_at_any_number_of_threads() {
    let g = ConvGeom {
        input: [8, 8],
        output: [4, 4],
        kernel: [4, 4],
        stride: [2, 2],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
    };
    for [inputs, outputs] in [[270, 40], [50, 300]] {
        let case = TestConv::new(&g, [3, inputs, outputs]);
        let plan = WinogradPlan::with(Isa::all()[0], Family::F42, &g, 3, [inputs, outputs]);
        let plan = WinogradPlan { panels: true, ..plan };
        let have = on_any_threads(|| run(&case, &plan));
        compare(&have, &case.reference(), &plan);
    }
}

#[test]
fn windows_of_few_taps_in_each_phase_have_a_plan() {
    let g = ConvGeom {
        input: [8, 8],
        output: [4, 4],
        kernel: [4, 4],
        stride: [2, 2],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
    };
    let plan = |g: ConvGeom| WinogradPlan::new(Isa::Portable, &g, 64, [64, 64]);
    assert!(plan(g).is_some_and(|plan| plan.is_faster()));
    assert!(plan(ConvGeom { stride: [1, 1], kernel: [3, 3], ..g }).is_some());
    assert!(plan(ConvGeom { groups: 2, ..g }).is_none());
    assert!(plan(ConvGeom { dilation: [1, 2], ..g }).is_none());
    assert!(plan(ConvGeom { kernel: [3, 3], ..g }).is_some());
    assert!(plan(ConvGeom { kernel: [5, 6], ..g }).is_some());
    assert!(plan(ConvGeom { stride: [1, 1], kernel: [5, 5], ..g }).is_some());
    assert!(plan(ConvGeom { kernel: [5, 4], ..g }).is_none());
    assert!(plan(ConvGeom { kernel: [7, 7], ..g }).is_none());
    assert!(plan(ConvGeom { stride: [1, 1], ..g }).is_none());
    // What is smaller is held: the transformed weight, or all tiles.
    let held = |images, channels, input| {
        let g = ConvGeom { input: [input; 2], output: [input / 2; 2], ..g };
        let plan = WinogradPlan::new(Isa::Portable, &g, images, [channels; 2]).unwrap();
        (plan.family, plan.panels)
    };
    assert_eq!(held(64, 64, 8), (Family::F42, false));
    assert_eq!(held(4, 64, 8), (Family::F42, true));
    assert_eq!(held(64, 512, 8), (Family::F42, true));
    // Where neither fits a cache, tiles are smaller.
    assert_eq!(held(64, 512, 64), (Family::F22, false));
}

/// On the widest vectors, which make the fewest panels.
#[cfg(target_arch = "x86_64")]
#[test]
fn layers_of_training_steps_are_cut_to_tasks_for_many_cores() {
    // Size of the image, window, stride, padding; images, input and output channels; and the fewest tasks of forward and
    // of dx, whose tasks have whole images. Few tiles aren't cut further, as each task reads the transformed weight, or
    // makes its own.
    for (size, kernel, stride, padding, [images, inputs, outputs], fewest) in [
        (32, 4, 2, 1, [64, 64, 128], [64, 64]),
        (16, 4, 2, 1, [64, 128, 256], [22, 22]),
        (8, 4, 2, 1, [64, 256, 512], [16, 8]),
        (16, 4, 2, 1, [128, 32, 64], [16, 16]),
        (8, 4, 2, 1, [128, 64, 128], [12, 6]),
        (14, 4, 2, 1, [128, 32, 64], [16, 16]),
        (64, 3, 2, 1, [4, 64, 128], [24, 4]),
        (16, 3, 1, 1, [4, 256, 256], [8, 8]),
    ] {
        let [input, output] = [[size; 2], [size / stride; 2]];
        let ([kernel, stride, padding], dilation) = ([kernel, stride, padding].map(|n| [n; 2]), [1, 1]);
        let g = ConvGeom { input, output, kernel, stride, padding, dilation, groups: 1 };
        let plan = WinogradPlan::new(Isa::Avx512, &g, images, [inputs, outputs]).unwrap();
        let chunk = plan.chunk(plan.k() + plan.outputs());
        let of_images = plan.images.div_ceil(chunk.images);
        let cuts = [(outputs, of_images * plan.tiles[0].div_ceil(chunk.rows)), (inputs, of_images)];
        for ((channels, chunks), fewest) in cuts.into_iter().zip(fewest) {
            let tasks = if plan.panels {
                let panels = channels.div_ceil(plan.isa.panel());
                panels * images.div_ceil(plan.images_of_panel(panels))
            } else {
                chunks * channels.div_ceil(plan.channel_block(channels, chunks))
            };
            assert!(tasks >= fewest, "{tasks} tasks: {plan:?}");
        }
    }
}
