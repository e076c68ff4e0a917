//! Every instruction set against plain loops in `f64`.

use super::*;
use crate::cpu::conv::case::{TestConv, check, on_any_threads};

/// The largest error, relative to the largest value.
const ERROR: f64 = 2e-6;

fn geometry(
    [input, output]: [[usize; 2]; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
) -> ConvGeom {
    ConvGeom { input, output, kernel, stride, padding, dilation: [1, 1], groups: 1 }
}

/// Sizes that fill vectors and that don't, windows that the image has no room for, padding that whole windows
/// lie in, strides that a window isn't a multiple of, and dilation.
fn geometries() -> Vec<ConvGeom> {
    vec![
        geometry([[8, 64], [4, 32]], [4, 4], [2, 2], [1, 1]),
        geometry([[13, 9], [6, 5]], [4, 4], [2, 2], [1, 0]),
        geometry([[5, 30], [7, 14]], [4, 4], [2, 2], [2, 3]),
        geometry([[12, 33], [12, 33]], [7, 7], [1, 1], [3, 3]),
        geometry([[6, 48], [4, 48]], [3, 3], [1, 1], [0, 1]),
        geometry([[3, 2], [9, 9]], [3, 3], [1, 1], [2, 2]),
        geometry([[11, 20], [5, 7]], [3, 3], [2, 3], [0, 1]),
        geometry([[7, 26], [3, 9]], [3, 6], [3, 3], [1, 2]),
        geometry([[9, 10], [9, 2]], [2, 5], [1, 5], [1, 0]),
        geometry([[2, 5], [6, 5]], [2, 2], [1, 2], [3, 3]),
        geometry([[9, 11], [5, 6]], [5, 5], [2, 2], [2, 2]),
        // Padding beyond the window's reach, and phases that no tap meets.
        geometry([[5, 6], [12, 9]], [2, 2], [1, 1], [4, 3]),
        geometry([[7, 8], [5, 4]], [2, 1], [3, 2], [5, 1]),
        ConvGeom { dilation: [3, 2], ..geometry([[13, 14], [6, 5]], [3, 3], [2, 3], [2, 1]) },
        ConvGeom { dilation: [2, 3], ..geometry([[12, 20], [10, 18]], [3, 3], [1, 1], [1, 2]) },
        ConvGeom { dilation: [2, 1], ..geometry([[12, 20], [5, 10]], [3, 2], [2, 2], [0, 1]) },
    ]
}

/// Groups, images, input channels and output channels of a group.
const CHANNELS: [[usize; 4]; 12] = [
    [1, 1, 1, 1],
    [1, 2, 1, 17],
    [1, 3, 3, 40],
    [1, 1, 5, 7],
    [1, 2, 17, 1],
    [1, 1, 33, 3],
    [1, 1, 2, 75],
    [1, 1, 19, 35],
    [5, 3, 1, 1],
    [3, 2, 1, 2],
    [2, 1, 4, 4],
    [2, 2, 17, 18],
];

fn plan(isa: Isa, g: &ConvGeom, [groups, images, inputs, outputs]: [usize; 4]) -> DirectPlan {
    DirectPlan { isa, g: ConvGeom { groups, ..*g }, images, inputs, outputs }
}

fn case(g: &ConvGeom, [groups, images, inputs, outputs]: [usize; 4]) -> TestConv {
    TestConv::new(&ConvGeom { groups, ..*g }, [images, groups * inputs, groups * outputs])
}

/// `dx`, `dw` and `y`.
fn run(case: &TestConv, plan: &DirectPlan) -> [Vec<f32>; 3] {
    let TestConv { x, w, y, storage, .. } = case;
    [
        case.inside(x.len(), |out| transpose(plan, y, w, out)),
        case.inside(w.len(), |out| weight(plan, x, y, out, storage).expect("there is memory")),
        case.inside(y.len(), |out| forward(plan, x, w, out)),
    ]
}

fn compare(have: &[Vec<f32>; 3], want: &[Vec<f64>; 3], plan: &DirectPlan) {
    for (what, (have, want)) in ["dx", "dw", "y"].iter().zip(have.iter().zip(want)) {
        check(have, want, ERROR, (what, plan));
    }
}

#[test]
fn every_set_agrees_with_loops_and_gives_the_same_bits() {
    for g in geometries() {
        for channels in CHANNELS {
            let case = case(&g, channels);
            let want = case.reference();
            let all = Isa::all().into_iter().map(|isa| {
                let plan = plan(isa, &g, channels);
                let have = run(&case, &plan);
                compare(&have, &want, &plan);
                have.concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
            });
            let all: Vec<_> = all.collect();
            assert!(all.windows(2).all(|sets| sets[0] == sets[1]), "{g:?} {channels:?}");
        }
    }
}

/// Layers that are cut to several images, bands, parts and blocks of channels.
#[test]
fn many_bands_give_the_same_bits_at_any_number_of_threads() {
    for (g, channels) in [
        (geometry([[64, 64], [32, 32]], [4, 4], [2, 2], [1, 1]), [1, 10, 3, 20]),
        (geometry([[65, 63], [65, 63]], [7, 7], [1, 1], [3, 3]), [1, 2, 3, 20]),
        (geometry([[90, 40], [90, 40]], [5, 5], [1, 1], [2, 2]), [1, 2, 70, 2]),
        (geometry([[200, 66], [100, 33]], [4, 4], [2, 2], [1, 1]), [1, 1, 1, 70]),
        (geometry([[33, 30], [17, 15]], [5, 5], [2, 2], [2, 2]), [1, 2, 60, 80]),
        (geometry([[90, 64], [90, 64]], [3, 3], [1, 1], [1, 1]), [40, 2, 1, 1]),
        (geometry([[33, 64], [17, 32]], [3, 3], [2, 2], [1, 1]), [6, 8, 4, 16]),
    ] {
        let (case, plan) = (case(&g, channels), plan(Isa::all()[0], &g, channels));
        let have = on_any_threads(|| run(&case, &plan));
        compare(&have, &case.reference(), &plan);
    }
}

#[test]
fn small_images_with_many_channels_and_products_take_other_methods() {
    let g = geometry([[8, 8], [4, 4]], [4, 4], [2, 2], [1, 1]);
    let is_faster = |g: &ConvGeom, channels| plan(Isa::Portable, g, channels).is_faster(false);
    assert!(is_faster(&g, [1, 1, 3, 64]) && is_faster(&g, [1, 1, 64, 1]) && is_faster(&g, [64, 1, 1, 1]));
    assert!(!is_faster(&g, [1, 1, 64, 64]));
    let large = geometry([[8, 8], [8, 8]], [5, 5], [1, 1], [2, 2]);
    assert!(is_faster(&large, [2, 1, 64, 64]) && !is_faster(&large, [1, 1, 64, 64]));
    assert!(plan(Isa::Portable, &large, [1, 1, 64, 64]).is_faster(true));
    // Products of matrices: one cell a window, and one window an image.
    assert!(!is_faster(&ConvGeom { kernel: [1, 1], ..g }, [1, 1, 3, 64]));
    assert!(!is_faster(&geometry([[4, 4], [1, 1]], [4, 4], [1, 1], [0, 0]), [1, 1, 512, 1]));
}
