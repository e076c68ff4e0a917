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
        ConvGeom { dilation: [2, 3], ..geometry([[12, 20], [10, 18]], [3, 3], [1, 1], [1, 2]) },
        ConvGeom { dilation: [2, 1], ..geometry([[12, 20], [5, 10]], [3, 2], [2, 2], [0, 1]) },
    ]
}

/// Images, input channels and output channels.
const CHANNELS: [[usize; 3]; 7] =
    [[1, 1, 1], [2, 1, 17], [3, 3, 40], [1, 5, 7], [2, 17, 1], [1, 33, 3], [1, 2, 75]];

fn plan(isa: Isa, g: &ConvGeom, [images, inputs, outputs]: [usize; 3]) -> NarrowPlan {
    NarrowPlan { isa, g: *g, images, inputs, outputs }
}

/// `dx`, `dw` and `y`; nothing for what the plan can't do.
fn run(case: &TestConv, plan: &NarrowPlan) -> [Vec<f32>; 3] {
    let TestConv { x, w, y, .. } = case;
    let maybe = |can: bool, len: usize, f: &dyn Fn(&mut [f32])| {
        if can { case.inside(len, f) } else { Vec::new() }
    };
    [
        maybe(plan.supports_input_grad(), x.len(), &|out| transpose(plan, y, w, out)),
        maybe(plan.supports_weight_grad(), w.len(), &|out| weight(plan, x, y, out)),
        case.inside(y.len(), |out| forward(plan, x, w, out)),
    ]
}

fn compare(have: &[Vec<f32>; 3], case: &TestConv, plan: &NarrowPlan) {
    for (what, (have, want)) in ["dx", "dw", "y"].iter().zip(have.iter().zip(&case.reference())) {
        if !have.is_empty() {
            check(have, want, ERROR, (what, plan));
        }
    }
}

#[test]
fn every_set_agrees_with_loops() {
    for g in geometries() {
        for channels in CHANNELS {
            let case = TestConv::new(&g, channels);
            for isa in Isa::all() {
                let plan = plan(isa, &g, channels);
                compare(&run(&case, &plan), &case, &plan);
            }
        }
    }
}

/// Layers that are cut to several images, bands and parts.
#[test]
fn many_bands_give_the_same_bits_at_any_number_of_threads() {
    for (g, channels) in [
        (geometry([[64, 64], [32, 32]], [4, 4], [2, 2], [1, 1]), [10, 3, 20]),
        (geometry([[65, 63], [65, 63]], [7, 7], [1, 1], [3, 3]), [2, 3, 20]),
        (geometry([[90, 40], [90, 40]], [5, 5], [1, 1], [2, 2]), [2, 70, 2]),
        (geometry([[200, 66], [100, 33]], [4, 4], [2, 2], [1, 1]), [1, 1, 70]),
    ] {
        let (case, plan) = (TestConv::new(&g, channels), plan(Isa::all()[0], &g, channels));
        let have = on_any_threads(|| run(&case, &plan));
        assert!(have.iter().all(|out| !out.is_empty()));
        compare(&have, &case, &plan);
    }
}

#[test]
fn layers_with_many_channels_or_none_to_multiply_take_other_methods() {
    let g = geometry([[8, 8], [4, 4]], [4, 4], [2, 2], [1, 1]);
    let is_faster = |g: &ConvGeom, channels| plan(Isa::Portable, g, channels).is_faster();
    assert!(is_faster(&g, [1, 3, 64]) && is_faster(&g, [1, 64, 1]));
    assert!(!is_faster(&g, [1, 64, 64]));
    // Products of matrices: one cell a window, and one window an image.
    assert!(!is_faster(&ConvGeom { kernel: [1, 1], ..g }, [1, 3, 64]));
    assert!(!is_faster(&geometry([[4, 4], [1, 1]], [4, 4], [1, 1], [0, 0]), [1, 512, 1]));
    // Strides that don't divide the window, and windows over the side with many channels.
    assert!(!plan(Isa::Portable, &ConvGeom { kernel: [3, 3], ..g }, [1, 3, 64]).supports_input_grad());
    assert!(!plan(Isa::Portable, &g, [1, 64, 3]).supports_weight_grad());
}
