//! Wrong rules of convolutions and of other ops on images.

use crate::mutant::{MutantInput, PLAIN, RuleInput, RuleMutant};
use kiln_grad::ops::Conv;
use kiln_grad::{Domain, Tensor, Window};

/// Two images of two channels, and a weight of three channels.
const INPUTS: &[MutantInput] = &[(&[2, 2, 6, 7], Domain::Real), (&[3, 2, 3, 3], Domain::Real)];

/// Stride 2 and padding 1, which leaves a remainder along the first axis.
fn strided() -> Conv {
    Conv::default().stride(2).padding(1)
}

const STRIDED: RuleMutant = RuleMutant {
    inputs: INPUTS,
    forward: |x| x[0].conv2d(&x[1], strided()),
    right: |s| vec![for_images(s), for_weight(s, strided())],
    ..PLAIN
};

fn for_images(s: &RuleInput) -> Tensor {
    // The remainder gets rows of its own, which no window covers.
    s.v.conv_transpose2d(&s.x[1], strided().output_padding([1, 0]))
}

/// The convolution of the images by the cotangents, samples and channels exchanged, and stride and dilation:
/// `options` are those of the forward convolution.
fn for_weight(s: &RuleInput, options: Conv) -> Tensor {
    let Conv { stride, padding, dilation, .. } = options;
    let swapped = Conv { stride: dilation, dilation: stride, padding, ..Conv::default() };
    let all = s.x[0].transpose(0, 1).conv2d(&s.v.transpose(0, 1), swapped).transpose(0, 1);
    // A remainder makes the window of the weight appear larger than it is.
    all.narrow(2, 0, 3).narrow(3, 0, 3)
}

/// A convolution of stride 1 with two groups of two channels each.
const GROUPED: RuleMutant = RuleMutant {
    inputs: &[(&[1, 4, 4, 4], Domain::Real), (&[4, 2, 3, 3], Domain::Real)],
    forward: |x| x[0].conv2d(&x[1], Conv::default().groups(2)),
    right: |s| vec![s.v.conv_transpose2d(&s.x[1], Conv::default().groups(2)), grouped_weight(s)],
    ..PLAIN
};

fn grouped_weight(s: &RuleInput) -> Tensor {
    let parts = s.x[0].chunk(2, 1).into_iter().zip(s.v.chunk(2, 1));
    let one = |(x, v): (Tensor, Tensor)| x.transpose(0, 1).conv2d(&v.transpose(0, 1), Conv::default());
    let parts: Vec<Tensor> = parts.map(|part| one(part).transpose(0, 1)).collect();
    Tensor::concat(&[&parts[0], &parts[1]], 0)
}

/// The two halves along an axis exchanged.
fn halves_exchanged(x: &Tensor, axis: i32) -> Tensor {
    let parts = x.chunk(2, axis);
    Tensor::concat(&[&parts[1], &parts[0]], axis)
}

const POOL: RuleMutant = RuleMutant {
    inputs: &[(&[1, 2, 4, 4], Domain::Real)],
    forward: |x| x[0].avg_pool2d(Window::new(2).stride(2)),
    right: |s| vec![s.v.resize_nearest([4, 4]) / 4.0],
    ..PLAIN
};

const UPSAMPLE: RuleMutant = RuleMutant {
    inputs: &[(&[1, 2, 3, 3], Domain::Real)],
    forward: |x| x[0].resize_nearest([6, 6]),
    right: |s| vec![s.v.avg_pool2d(Window::new(2).stride(2)) * 4.0],
    ..PLAIN
};

pub const MUTANTS: &[RuleMutant] = &[
    RuleMutant {
        name: "stride and dilation swapped in dw",
        wrong: |s| {
            let all = s.x[0].transpose(0, 1).conv2d(&s.v.transpose(0, 1), strided());
            vec![
                for_images(s),
                all.transpose(0, 1)
                    .pad(&[(0, 0), (0, 0), (0, 1), (0, 1)], 0.0)
                    .narrow(2, 0, 3)
                    .narrow(3, 0, 3),
            ]
        },
        finding: "gradient for input 1",
        ..STRIDED
    },
    RuleMutant {
        name: "padding ignored in dw",
        // As if all of the padding came below the image.
        wrong: |s| vec![for_images(s), for_weight(s, Conv { padding: [[0, 2], [1, 1]], ..strided() })],
        finding: "gradient for input 1",
        hint: "shifted by -1 along axis 2",
        ..STRIDED
    },
    RuleMutant {
        name: "the kernel transposed",
        wrong: |s| vec![for_images(s), for_weight(s, strided()).transpose(2, 3)],
        finding: "gradient for input 1",
        hint: "transposed: axes 2 and 3",
        ..STRIDED
    },
    RuleMutant {
        name: "the kernel flipped in dw",
        wrong: |s| vec![for_images(s), for_weight(s, strided()).flip(2).flip(3)],
        finding: "gradient for input 1",
        hint: "reversed along axes [2, 3]",
        ..STRIDED
    },
    RuleMutant {
        name: "the kernel unflipped in dx",
        wrong: |s| {
            let flipped = s.x[1].flip(2).flip(3);
            let dx = s.v.conv_transpose2d(&flipped, strided().output_padding([1, 0]));
            vec![dx, for_weight(s, strided())]
        },
        finding: "gradient for input 0",
        ..STRIDED
    },
    RuleMutant {
        name: "the remainder's row of dx moved to the front",
        wrong: |s| {
            let dx = s.v.conv_transpose2d(&s.x[1], strided());
            vec![dx.pad(&[(0, 0), (0, 0), (1, 0), (0, 0)], 0.0), for_weight(s, strided())]
        },
        finding: "gradient for input 0",
        hint: "shifted by 1 along axis 2",
        ..STRIDED
    },
    RuleMutant {
        name: "all samples but the first ignored in dw",
        wrong: |s| {
            let first = |t: &Tensor| t.narrow(0, 0, 1);
            let part = RuleInput {
                x: vec![first(&s.x[0])],
                y: s.y.clone(),
                v: &first(s.v),
                need: s.need,
                stale: s.stale.clone(),
            };
            vec![for_images(s), for_weight(&part, strided())]
        },
        finding: "gradient for input 1",
        ..STRIDED
    },
    RuleMutant {
        name: "groups mixed in dw",
        wrong: |s| {
            let dx = s.v.conv_transpose2d(&s.x[1], Conv::default().groups(2));
            vec![dx, halves_exchanged(&grouped_weight(s), 0)]
        },
        finding: "gradient for input 1",
        hint: "shifted by 2 along axis 0",
        ..GROUPED
    },
    RuleMutant {
        name: "groups mixed in dx",
        wrong: |s| {
            let dx = s.v.conv_transpose2d(&s.x[1], Conv::default().groups(2));
            vec![halves_exchanged(&dx, 1), grouped_weight(s)]
        },
        finding: "gradient for input 0",
        hint: "shifted by 2 along axis 1",
        ..GROUPED
    },
    RuleMutant {
        name: "the average over a window not divided",
        wrong: |s| vec![s.v.resize_nearest([4, 4])],
        hint: "constant ratio 4.000000",
        ..POOL
    },
    RuleMutant {
        name: "an upsampled pixel's gradients overwritten",
        // The last of its four copies counts.
        wrong: |s| vec![s.v.slice(2, 1, 3, 2).slice(3, 1, 3, 2)],
        ..UPSAMPLE
    },
];
