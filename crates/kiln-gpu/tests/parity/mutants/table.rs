//! The mutants.

use super::Change::{Plan, Text};
use super::Mutant;
use crate::windows::Member;
use crate::{fused, strategies, windows};
use kiln_kernels as kernels;
use kiln_tensor::gpu::Slot;

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "stride and dilation swapped",
        change: Text(&kernels::CONV, "place.yz * params.window.dilation", "place.yz * params.window.stride"),
        calls: || windows::conv(Member::Forward),
    },
    Mutant {
        name: "padding on the wrong side",
        change: Text(
            &kernels::CONV,
            "params.window.stride - params.window.padding",
            "params.window.stride + params.window.padding",
        ),
        calls: || windows::conv(Member::Forward),
    },
    Mutant {
        name: "the first group's weights for all",
        change: Text(
            &kernels::CONV_EACH,
            "distance_of(params.w, place.y, k, tap)",
            "distance_of(params.w, place.y % params.filters, k, tap)",
        ),
        calls: || windows::conv(Member::Forward),
    },
    Mutant {
        name: "windows that begin between others",
        change: Text(&kernels::CONV_TRANSPOSE_EACH, "starts && whole &&", "starts &&"),
        calls: || windows::conv(Member::Transpose),
    },
    Mutant {
        name: "the last image dropped",
        change: Text(
            &kernels::CONV_WEIGHT_EACH,
            "k < params.batch * windows",
            "k < (params.batch - 1u) * windows",
        ),
        calls: || windows::conv(Member::Weight),
    },
    Mutant {
        name: "phases without dilation",
        change: Text(
            &kernels::CONV_TRANSPOSE,
            "k * params.window.dilation[axis] % stride == rest",
            "k % stride == rest",
        ),
        calls: || windows::conv(Member::Transpose),
    },
    Mutant {
        name: "the first group's channels for all",
        change: Text(
            &kernels::CONV_TRANSPOSE,
            "let channel = job.group * params.channels + row;",
            "let channel = row;",
        ),
        calls: || windows::conv(Member::Transpose),
    },
    Mutant {
        name: "the last window of the last part dropped",
        change: Text(
            &kernels::CONV_WEIGHT,
            "let all = params.batch * windows();",
            "let all = params.batch * windows() - select(0u, 1u, part > 0u);",
        ),
        calls: || windows::conv(Member::Weight),
    },
    Mutant {
        name: "the last part dropped",
        change: Text(&kernels::REDUCE_EACH, "k < end", "k + 1u < end"),
        calls: || windows::conv(Member::Weight),
    },
    Mutant {
        name: "the last row dropped",
        change: Text(&kernels::MATMUL, "if row < params.rows &&", "if row + 1u < params.rows &&"),
        calls: strategies::matmul,
    },
    Mutant {
        name: "the last product dropped",
        change: Text(
            &kernels::MATMUL,
            "k < params.depth);\n}\n\nfn right",
            "k + 1u < params.depth);\n}\n\nfn right",
        ),
        calls: strategies::matmul,
    },
    Mutant {
        name: "a factor 1.0001",
        change: Text(&kernels::MATMUL, "fma(vec4<f32>(a${i/4}", "fma(vec4<f32>(1.0001 * a${i/4}"),
        calls: strategies::matmul,
    },
    Mutant {
        name: "a dense layer without its bias",
        change: Text(
            &kernels::LINEAR,
            "activated(sum + bias[params.bias + column * params.bias_column])",
            "activated(sum)",
        ),
        calls: strategies::linear,
    },
    Mutant {
        name: "a bias that lies in order",
        change: Text(&kernels::LINEAR, "column * params.bias_column", "column"),
        calls: strategies::linear,
    },
    Mutant {
        name: "the activation before the bias",
        change: Text(
            &kernels::LINEAR,
            "activated(sum + bias[params.bias + column * params.bias_column])",
            "activated(sum) + bias[params.bias + column * params.bias_column]",
        ),
        calls: strategies::linear,
    },
    Mutant {
        name: "not accumulated",
        change: Text(&kernels::ACCUMULATE, "out[at.x] +=", "out[at.x] ="),
        calls: strategies::accumulate,
    },
    Mutant {
        name: "the last element of all left out",
        change: Text(&kernels::FILL, "if i < count()", "if i + 1u < count()"),
        calls: strategies::fill,
    },
    Mutant {
        name: "another axis' steps",
        change: Text(&kernels::COPY, "* params.walk.steps[axis]", "* params.walk.steps[0]"),
        calls: strategies::copy,
    },
    Mutant {
        name: "the outermost axis left out",
        change: Text(&kernels::COPY, "return at + rest * params.walk.steps[first];", "return at;"),
        calls: strategies::copy,
    },
    Mutant {
        name: "cells outside an image read as its edge",
        change: Text(
            &kernels::AVG_POOL,
            "return at.x < size.x && at.y < size.y;",
            "return at.x < size.x + 1u && at.y < size.y;",
        ),
        calls: windows::pool,
    },
    Mutant {
        name: "the last of equal cells",
        change: Text(&kernels::MAX_POOL_INDEX, "value > found.best", "value >= found.best"),
        calls: windows::pool,
    },
    Mutant {
        name: "half of the threads' sums dropped",
        change: Text(&kernels::REDUCE_TOGETHER, "half = 128u", "half = 64u"),
        calls: strategies::reduce,
    },
    Mutant {
        name: "the last element of each chunk dropped",
        change: Text(&kernels::REDUCE_EACH, "k < end", "k + 1u < end"),
        calls: strategies::reduce,
    },
    Mutant {
        name: "the last of values that meet",
        change: Text(&kernels::SCATTER_ADD, "sum += values", "sum = values"),
        calls: strategies::scatter_add,
    },
    Mutant {
        name: "a chunk's largest index left out",
        change: Text(&kernels::SCATTER_ADD, "at.w > range.y", "at.w >= range.y"),
        calls: strategies::scatter_add,
    },
    Mutant {
        name: "a sum for each thread",
        change: Text(&kernels::SOFTMAX, "sum = team_sum(seat, sum);", ""),
        calls: strategies::softmax,
    },
    Mutant {
        name: "the variance with N − 1",
        change: Text(
            &kernels::MOMENTS,
            "team_sum(seat, squares) / size",
            "team_sum(seat, squares) / max(size - 1.0, 1.0)",
        ),
        calls: fused::batch_norm,
    },
    Mutant {
        name: "the last channel left out",
        change: Text(&kernels::MERGE_MOMENTS, "seat.member == 0u && i <", "seat.member == 0u && i + 1u <"),
        calls: fused::batch_norm,
    },
    Mutant {
        name: "chunks' distance from the mean dropped",
        change: Text(&kernels::MERGE_MOMENTS, " + far * far)", ")"),
        calls: fused::batch_norm,
    },
    Mutant {
        name: "the last chunk counted as a whole one",
        change: Text(
            &kernels::MERGE_MOMENTS,
            "f32(min(first + params.chunk, params.count) - first)",
            "f32(params.chunk)",
        ),
        calls: fused::batch_norm,
    },
    Mutant {
        name: "the statistics taken as constants",
        change: Text(&kernels::BATCH_NORM_BACKWARD, "(u - mean)", "u"),
        calls: fused::batch_norm_backward,
    },
    Mutant {
        name: "the slope of the other side",
        change: Text(
            &kernels::BATCH_NORM_SUMS,
            "case RELU: { return select(0.0, v,",
            "case RELU: { return select(v, 0.0,",
        ),
        calls: fused::batch_norm_backward,
    },
    Mutant {
        name: "the last sample's gradient dropped",
        change: Text(&kernels::SUM_PAIRS_APART, "p < end", "p + 1u < max(end, 2u)"),
        calls: fused::batch_norm_backward,
    },
    Mutant {
        name: "the next channel's bias",
        change: Text(&kernels::BIAS, "bias[channel_of(i)]", "bias[(channel_of(i) + 1u) % params.channels]"),
        calls: fused::bias,
    },
    Mutant {
        name: "the sums of chunks past the first dropped",
        change: Text(&kernels::SUM_PARTS, "p < end", "p < min(end, 1u)"),
        calls: fused::bias_backward,
    },
    Mutant {
        name: "the last logit of each chunk dropped",
        change: Text(&kernels::CROSS_ENTROPY, "k < chunk.end", "k + 1u < chunk.end"),
        calls: fused::cross_entropy,
    },
    Mutant {
        name: "a scale that isn't squared",
        change: Text(&kernels::NORM, "* ratio * ratio", "* ratio"),
        calls: fused::norm,
    },
    Mutant {
        name: "eps under the root",
        change: Text(
            &kernels::ADAM,
            "(sqrt(v[i]) * params.inverse_root + params.eps)",
            "sqrt(v[i] * params.inverse_root * params.inverse_root + params.eps)",
        ),
        calls: fused::adam,
    },
    Mutant {
        name: "the gradient left out of the momentum",
        change: Text(&kernels::SGD, "* m[i] + g;", "* m[i];"),
        calls: fused::sgd,
    },
    Mutant {
        name: "a workgroup too few",
        change: Plan(|plan| {
            plan.passes.iter_mut().for_each(|pass| pass.workgroups -= u64::from(pass.workgroups > 1))
        }),
        calls: strategies::map,
    },
    Mutant {
        name: "elements before their channel's statistics",
        change: Plan(|plan| plan.passes.reverse()),
        calls: fused::batch_norm,
    },
    Mutant {
        name: "the results of other parameters",
        change: Plan(|plan| plan.passes.iter_mut().for_each(|pass| pass.reads.fill(Slot::In(0)))),
        calls: fused::lerp,
    },
];
