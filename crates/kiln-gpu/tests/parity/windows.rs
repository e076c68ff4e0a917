//! Calls of convolutions and poolings: the output's size is drawn first, then an input that has room for it.

use crate::case::{Formula, KernelCall, ValueKind};
use crate::rounded::exact;
use crate::strategies::{call, out, tensor};
use kiln_tensor::fused::MaxPool;
use kiln_tensor::{ConvGeom, Dims, Kernel};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

/// One axis of a geometry: output, kernel, stride, dilation, padding, and input.
fn axis(largest: usize) -> BoxedStrategy<[usize; 6]> {
    (1..largest, 1..5usize, 1..4usize, 1..4usize)
        .prop_flat_map(|(output, kernel, stride, dilation)| {
            let reach = dilation * (kernel - 1) + 1;
            let cells = (output - 1) * stride + reach;
            // Padding before and after, and cells that no window reaches.
            (0..=reach.min(cells - 1), 0..=reach, 0..stride).prop_map(move |(before, after, rest)| {
                let input = (cells + rest).saturating_sub(before + after).max(1);
                [output, kernel, stride, dilation, before, input]
            })
        })
        .boxed()
}

fn geometry(largest: usize) -> BoxedStrategy<ConvGeom> {
    (axis(largest), axis(largest), 1..4usize)
        .prop_map(|(y, x, groups)| ConvGeom {
            output: [y[0], x[0]],
            kernel: [y[1], x[1]],
            stride: [y[2], x[2]],
            dilation: [y[3], x[3]],
            padding: [y[4], x[4]],
            input: [y[5], x[5]],
            groups,
        })
        .boxed()
}

/// Which member of the triad.
#[derive(Clone, Copy)]
pub enum Member {
    Forward,
    Transpose,
    Weight,
}

pub fn conv(member: Member) -> BoxedStrategy<KernelCall> {
    // Few channels and filters take shaders of their own.
    let small = (geometry(6), 1..4usize, 1..8usize, 1..8usize);
    let large = (geometry(14), 1..4usize, 1..50usize, 1..50usize);
    prop_oneof![4 => small, 1 => large]
        .prop_flat_map(move |(g, n, channels, filters)| {
            let float = |dims: [usize; 4]| (Dims::from(dims), ValueKind::Floats);
            let x = float([n, channels * g.groups, g.input[0], g.input[1]]);
            let w = float([filters * g.groups, channels, g.kernel[0], g.kernel[1]]);
            let y = float([n, filters * g.groups, g.output[0], g.output[1]]);
            let (kernel, ins, to) = match member {
                Member::Forward => (Kernel::Conv(g), [x, w], y),
                Member::Transpose => (Kernel::ConvTranspose(g), [y, w], x),
                Member::Weight => (Kernel::ConvWeight(g), [x, y], w),
            };
            call(kernel, ins.map(|(dims, values)| tensor(dims, values)).to_vec(), vec![out(to.0, to.1)])
        })
        .boxed()
}

pub fn pool() -> BoxedStrategy<KernelCall> {
    (geometry(6), 1..4usize, 1..5usize, select(vec![0, 1, 2]))
        .prop_flat_map(|(g, n, c, which)| {
            let g = ConvGeom { groups: 1, ..g };
            let x = Dims::from([n, c, g.input[0], g.input[1]]);
            let y = Dims::from([n, c, g.output[0], g.output[1]]);
            let (kernel, from, to) = match which {
                0 => (Kernel::AvgPool(g), tensor(x, ValueKind::Floats), out(y, ValueKind::Floats)),
                1 => (Kernel::AvgPoolAdjoint(g), tensor(y, ValueKind::Floats), out(x, ValueKind::Floats)),
                _ => (
                    Kernel::MaxPoolIndex(g),
                    tensor(x, ValueKind::Special),
                    out(y, ValueKind::Below(u32::MAX)),
                ),
            };
            call(kernel, vec![from], vec![to])
        })
        .boxed()
}

/// The largest of each window with its position, which the GPU has as they are.
pub fn max_pool() -> BoxedStrategy<KernelCall> {
    // Of a window that sees no cell nothing is promised.
    let sees = |g: &ConvGeom| {
        (0..2).all(|i| (0..g.output[i]).all(|o| (0..g.kernel[i]).any(|k| g.source(i, o, k).is_some())))
    };
    (geometry(6).prop_filter("windows see cells", sees), 1..4usize, 1..5usize)
        .prop_flat_map(|(g, n, c)| {
            let g = ConvGeom { groups: 1, ..g };
            let x = Dims::from([n, c, g.input[0], g.input[1]]);
            let y = Dims::from([n, c, g.output[0], g.output[1]]);
            let kernel = Kernel::Fused(Arc::new(MaxPool(g)));
            let outs = vec![out(y, ValueKind::Floats), out(y, ValueKind::Below(u32::MAX))];
            let formula = Formula::new(move |ins, _| {
                let [mut values, mut index] = [vec![], vec![]];
                for plane in ins[0].chunks(g.input_numel()) {
                    for o in 0..g.output_numel() {
                        let cell = |k: usize| {
                            let [y, x] = [0, 1].map(|i| {
                                let (o, k) = if i == 0 {
                                    (o / g.output[1], k / g.kernel[1])
                                } else {
                                    (o % g.output[1], k % g.kernel[1])
                                };
                                g.source(i, o, k)
                            });
                            Some(y? * g.input[1] + x?)
                        };
                        let better = |best: usize, at: usize| {
                            let (old, new) = (plane[best], plane[at]);
                            if new > old || new.is_nan() && !old.is_nan() { at } else { best }
                        };
                        let best =
                            (0..g.kernel_numel()).filter_map(cell).reduce(better).expect("windows see cells");
                        values.push(exact(plane[best]));
                        index.push(exact(best as f64));
                    }
                }
                vec![values, index]
            });
            call(kernel, vec![tensor(x, ValueKind::Floats)], outs)
                .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        })
        .boxed()
}
