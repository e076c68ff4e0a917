//! Biases on the GPU: each element; backward also sums over chunks of channels, and over channels.

use super::super::channels::{ChannelChunks, ChannelDims};
use super::super::sums::sum_parts;
use crate::activation::Activation;
use crate::gpu::{Binding, Pass, Plan, WORKGROUP, word};
use kiln_kernels::{BIAS, BIAS_BACKWARD};

pub fn forward(f: Activation, [a, b, c]: [usize; 3]) -> Plan {
    let channels = ChannelDims { a, b, c };
    let words = [ChannelChunks(channels).shape_words(), vec![word(f.slope())]].concat();
    let (reads, workgroups) = ([0, 1].map(Binding::In), channels.numel().div_ceil(WORKGROUP));
    Plan::of(Pass::new(&BIAS, words, &reads, &[Binding::Out(0)], workgroups).variant([f.constant()]))
}

pub fn backward(f: Activation, [a, b, c]: [usize; 3]) -> Plan {
    let channels = ChannelChunks(ChannelDims { a, b, c });
    let (chunks, reads, [u, dbias]) = (channels.chunks(), [0, 1].map(Binding::In), [0, 1].map(Binding::Out));
    let sums = if chunks == 1 { dbias } else { Binding::Scratch(0) };
    let words = [channels.shape_words(), channels.chunk_words(), vec![word(f.slope())]].concat();
    let mut first = channels.pass(&BIAS_BACKWARD, words, &reads, &[u, sums]);
    first.constants.push(f.constant());
    let mut plan = Plan::of(first);
    if chunks > 1 {
        plan.scratch.push(chunks * b);
        plan.passes.push(sum_parts(chunks, b, sums, dbias));
    }
    plan
}
