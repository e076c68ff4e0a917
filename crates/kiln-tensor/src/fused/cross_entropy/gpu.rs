//! Binary cross-entropy on the GPU: of chunks, then of all.

use super::super::sums::{CHUNK, sum_parts};
use crate::Meta;
use crate::gpu::{Binding, Pass, Plan, WORKGROUP};
use kiln_kernels::{CROSS_ENTROPY, CROSS_ENTROPY_BACKWARD};

pub fn forward(logits: &Meta) -> Plan {
    let count = logits.dims.numel();
    let (parts, chunks) = (Binding::Scratch(0), count.div_ceil(CHUNK));
    let reads = [0, 1].map(Binding::In);
    let first = Pass::new(&CROSS_ENTROPY, vec![count as u32], &reads, &[parts], chunks);
    Plan { scratch: vec![chunks], passes: vec![first, sum_parts(chunks, 1, parts, Binding::Out(0))] }
}

pub fn backward(logits: &Meta) -> Plan {
    let count = logits.dims.numel();
    let (reads, dx) = ([0, 1, 2].map(Binding::In), Binding::Out(0));
    let words = vec![count as u32];
    Plan::of(Pass::new(&CROSS_ENTROPY_BACKWARD, words, &reads, &[dx], count.div_ceil(WORKGROUP)))
}
