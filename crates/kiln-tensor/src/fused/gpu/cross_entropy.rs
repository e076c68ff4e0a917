//! Binary cross-entropy: of chunks, then of all.

use super::sums::sum_parts;
use super::{CHUNK, LANES, pass};
use crate::gpu::{Plan, Slot};
use crate::meta::Meta;
use kiln_kernels::{CROSS_ENTROPY, CROSS_ENTROPY_BACKWARD};

pub fn forward(logits: &Meta) -> Plan {
    let count = logits.dims.numel();
    let (parts, chunks) = (Slot::Scratch(0), count.div_ceil(CHUNK));
    let [x, t] = [0, 1].map(Slot::In);
    let first = pass(&CROSS_ENTROPY, vec![count as u32], &[x, t], &[parts], (count, CHUNK));
    Plan { scratch: vec![chunks], passes: vec![first, sum_parts(chunks, 1, parts, Slot::Out(0))] }
}

pub fn backward(logits: &Meta) -> Plan {
    let count = logits.dims.numel();
    let reads = [0, 1, 2].map(Slot::In);
    Plan::of(pass(&CROSS_ENTROPY_BACKWARD, vec![count as u32], &reads, &[Slot::Out(0)], (count, LANES)))
}
