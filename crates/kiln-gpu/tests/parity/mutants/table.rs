//! The mutants.

use super::Mutation::{Plan, Text};
use super::ShaderMutant;
use crate::windows::Member;
use crate::{fused, rows, strategies, windows};
use kiln_kernels as kernels;
use kiln_tensor::gpu::Binding;

pub const MUTANTS: &[ShaderMutant] = &[
    ShaderMutant {
        name: "stride and dilation swapped",
        change: Text(&kernels::CONV, "at.yz * params.window.dilation", "at.yz * params.window.stride"),
        calls: || windows::conv(Member::Forward),
    },
    ShaderMutant {
        name: "padding on the wrong side",
        change: Text(
            &kernels::CONV,
            "params.window.dilation - params.window.padding",
            "params.window.dilation + params.window.padding",
        ),
        calls: || windows::conv(Member::Forward),
    },
    ShaderMutant {
        name: "the first group's weights for all",
        change: Text(
            &kernels::CONV_EACH,
            "offset_of(params.w, at.y, c, tap)",
            "offset_of(params.w, at.y % params.out_channels, c, tap)",
        ),
        calls: || windows::conv(Member::Forward),
    },
    ShaderMutant {
        name: "windows that begin between others",
        change: Text(&kernels::CONV_TRANSPOSE_EACH, "starts && divides &&", "starts &&"),
        calls: || windows::conv(Member::Transpose),
    },
    ShaderMutant {
        name: "the last image dropped",
        change: Text(&kernels::CONV_WEIGHT_EACH, "k < params.batch * area", "k < (params.batch - 1u) * area"),
        calls: || windows::conv(Member::Weight),
    },
    ShaderMutant {
        name: "phases without dilation",
        change: Text(
            &kernels::CONV_TRANSPOSE,
            "k * params.window.dilation[axis] % stride == rest",
            "k % stride == rest",
        ),
        calls: || windows::conv(Member::Transpose),
    },
    ShaderMutant {
        name: "the first group's channels for all",
        change: Text(
            &kernels::CONV_TRANSPOSE,
            "let channel = problem.group * params.in_channels + row;",
            "let channel = row;",
        ),
        calls: || windows::conv(Member::Transpose),
    },
    ShaderMutant {
        name: "the last window of the last part dropped",
        change: Text(
            &kernels::CONV_WEIGHT,
            "let all = params.batch * area();",
            "let all = params.batch * area() - select(0u, 1u, split > 0u);",
        ),
        calls: || windows::conv(Member::Weight),
    },
    ShaderMutant {
        name: "the last part dropped",
        change: Text(&kernels::REDUCE, "k < end", "k + 1u < end"),
        calls: || windows::conv(Member::Weight),
    },
    ShaderMutant {
        name: "the last row dropped",
        change: Text(&kernels::MATMUL, "if row < params.rows &&", "if row + 1u < params.rows &&"),
        calls: strategies::matmul,
    },
    ShaderMutant {
        name: "the last product dropped",
        change: Text(
            &kernels::MATMUL,
            "k * params.a_depth, k < params.depth",
            "k * params.a_depth, k + 1u < params.depth",
        ),
        calls: strategies::matmul,
    },
    ShaderMutant {
        name: "a factor 1.0001",
        change: Text(&kernels::MATMUL, "fma(vec4<f32>(a${i/4}", "fma(vec4<f32>(1.0001 * a${i/4}"),
        calls: strategies::matmul,
    },
    ShaderMutant {
        name: "a dense layer without its bias",
        change: Text(&kernels::LINEAR, "activated(sum + bias[column])", "activated(sum)"),
        calls: fused::linear,
    },
    ShaderMutant {
        name: "the weight's rows too short",
        change: Text(&kernels::LINEAR, "Coord(column * params.depth,", "Coord(column * (params.depth - 1u),"),
        calls: fused::linear,
    },
    ShaderMutant {
        name: "the activation before the bias",
        change: Text(&kernels::LINEAR, "activated(sum + bias[column])", "activated(sum) + bias[column]"),
        calls: fused::linear,
    },
    ShaderMutant {
        name: "not accumulated",
        change: Text(&kernels::ACCUMULATE, "out[at.x] +=", "out[at.x] ="),
        calls: strategies::accumulate,
    },
    ShaderMutant {
        name: "the last element of all left out",
        change: Text(&kernels::FILL, "if i < params.views.count", "if i + 1u < params.views.count"),
        calls: strategies::fill,
    },
    ShaderMutant {
        name: "another axis' steps",
        change: Text(&kernels::COPY, "* params.views.strides[axis]", "* params.views.strides[0]"),
        calls: strategies::copy,
    },
    ShaderMutant {
        name: "the outermost axis left out",
        change: Text(&kernels::COPY, "return offset + rest * params.views.strides[first];", "return offset;"),
        calls: strategies::copy,
    },
    ShaderMutant {
        name: "cells outside an image read as its edge",
        change: Text(
            &kernels::AVG_POOL,
            "return position.x < size.x && position.y < size.y;",
            "return position.x < size.x + 1u && position.y < size.y;",
        ),
        calls: windows::pool,
    },
    ShaderMutant {
        name: "the last of equal cells",
        change: Text(&kernels::MAX_POOL_INDEX, "value > largest", "value >= largest"),
        calls: windows::pool,
    },
    ShaderMutant {
        name: "half of the threads' sums dropped",
        change: Text(&kernels::REDUCE, "half = GROUP / 2u", "half = GROUP / 4u"),
        calls: strategies::reduce,
    },
    ShaderMutant {
        name: "the last element of each chunk dropped",
        change: Text(&kernels::REDUCE, "k < end", "k + 1u < end"),
        calls: strategies::reduce,
    },
    ShaderMutant {
        name: "the last of values that meet",
        change: Text(&kernels::SCATTER_ADD, "sum += values", "sum = values"),
        calls: strategies::scatter_add,
    },
    ShaderMutant {
        name: "a chunk's largest index left out",
        change: Text(&kernels::SCATTER_ADD, "at.w > range.y", "at.w >= range.y"),
        calls: strategies::scatter_add,
    },
    ShaderMutant {
        name: "a sum for each thread",
        change: Text(&kernels::SOFTMAX, "sums = group_sums(lane, sums);", ""),
        calls: fused::softmax,
    },
    ShaderMutant {
        name: "a softmax whose gradients don't sum to 0",
        change: Text(&kernels::SOFTMAX_BACKWARD, "y[i] * (v[i] - sum)", "y[i] * v[i]"),
        calls: rows::softmax_backward,
    },
    ShaderMutant {
        name: "a norm's weights of another row",
        change: Text(&kernels::ROW_NORM, "row % params.k * params.segments", "0u"),
        calls: rows::row_norm,
    },
    ShaderMutant {
        name: "a mean that is no part of the gradient",
        change: Text(&kernels::ROW_NORM_BACKWARD, "u - sums.x - ", "u - "),
        calls: rows::row_norm_backward,
    },
    ShaderMutant {
        name: "gradients of weights from every row",
        change: Text(
            &kernels::ROW_NORM_WEIGHTS,
            "params.positions * params.k + segment",
            "params.positions + segment",
        ),
        calls: rows::row_norm_backward,
    },
    ShaderMutant {
        name: "columns of the first row's place",
        change: Text(&kernels::RESAMPLE, "(plane + rows[a])", "(plane + rows[row])"),
        calls: rows::resample,
    },
    ShaderMutant {
        name: "the last of several largest cells",
        change: Text(&kernels::MAX_POOL, "value > largest", "value >= largest"),
        calls: windows::max_pool,
    },
    ShaderMutant {
        name: "the variance with N − 1",
        change: Text(
            &kernels::MOMENTS,
            "group_sum(lane, m2) / size",
            "group_sum(lane, m2) / max(size - 1.0, 1.0)",
        ),
        calls: fused::batch_norm,
    },
    ShaderMutant {
        name: "the last channel left out",
        change: Text(
            &kernels::MERGE_MOMENTS,
            "is_leader(lane) && channel <",
            "is_leader(lane) && channel + 1u <",
        ),
        calls: fused::batch_norm,
    },
    ShaderMutant {
        name: "chunks' distance from the mean dropped",
        change: Text(&kernels::MERGE_MOMENTS, " + delta * delta)", ")"),
        calls: fused::batch_norm,
    },
    ShaderMutant {
        name: "the last chunk counted as a whole one",
        change: Text(
            &kernels::MERGE_MOMENTS,
            "f32(min(first + params.chunk, params.count) - first)",
            "f32(params.chunk)",
        ),
        calls: fused::batch_norm,
    },
    ShaderMutant {
        name: "the statistics taken as constants",
        change: Text(&kernels::BATCH_NORM_BACKWARD, "(u - mean)", "u"),
        calls: fused::batch_norm_backward,
    },
    ShaderMutant {
        name: "the slope of the other side",
        change: Text(
            &kernels::BATCH_NORM_SUMS,
            "case RELU: { return select(0.0, v,",
            "case RELU: { return select(v, 0.0,",
        ),
        calls: fused::batch_norm_backward,
    },
    ShaderMutant {
        name: "the last sample's gradient dropped",
        change: Text(&kernels::SUM_PAIRS, "p < end", "p + 1u < max(end, 2u)"),
        calls: fused::batch_norm_backward,
    },
    ShaderMutant {
        name: "the next channel's bias",
        change: Text(&kernels::BIAS, "bias[i / params.inner", "bias[(i / params.inner + 1u)"),
        calls: fused::bias,
    },
    ShaderMutant {
        name: "the sums of chunks past the first dropped",
        change: Text(&kernels::SUM_PARTS, "p < end", "p < min(end, 1u)"),
        calls: fused::bias_backward,
    },
    ShaderMutant {
        name: "the last logit of each chunk dropped",
        change: Text(&kernels::CROSS_ENTROPY, "k < end", "k + 1u < end"),
        calls: fused::cross_entropy,
    },
    ShaderMutant {
        name: "a scale that isn't squared",
        change: Text(&kernels::NORM, "* ratio * ratio", "* ratio"),
        calls: fused::norm,
    },
    ShaderMutant {
        name: "eps under the root",
        change: Text(
            &kernels::ADAM,
            "(sqrt(v[i]) * params.inverse_root + params.eps)",
            "sqrt(v[i] * params.inverse_root * params.inverse_root + params.eps)",
        ),
        calls: fused::adam,
    },
    ShaderMutant {
        name: "the gradient left out of the momentum",
        change: Text(&kernels::SGD, "* m[i] + g;", "* m[i];"),
        calls: fused::sgd,
    },
    ShaderMutant {
        name: "a workgroup too few",
        change: Plan(|plan| {
            plan.passes.iter_mut().for_each(|pass| pass.workgroups -= u64::from(pass.workgroups > 1))
        }),
        calls: strategies::map,
    },
    ShaderMutant {
        name: "elements before their channel's statistics",
        change: Plan(|plan| plan.passes.reverse()),
        calls: fused::batch_norm,
    },
    ShaderMutant {
        name: "the results of other parameters",
        change: Plan(|plan| plan.passes.iter_mut().for_each(|pass| pass.reads.fill(Binding::In(0)))),
        calls: fused::lerp,
    },
];
