//! A bias for each channel: each element; backward also sums over chunks of channels, and over channels.

use super::super::activation::Activation;
use super::super::channels::Channels;
use super::channels::Cut;
use super::sums::sum_parts;
use super::{LANES, pass};
use crate::gpu::{Pass, Plan, Slot};
use kiln_kernels::{BIAS, BIAS_BACKWARD};

pub fn forward(f: Activation, [a, b, c]: [usize; 3]) -> Plan {
    let channels = Channels { a, b, c };
    let words = Cut(channels).words(b, 0.0, f);
    let reads = [0, 1].map(Slot::In);
    let each = pass(&BIAS, words, &reads, &[Slot::Out(0)], (channels.numel(), LANES));
    Plan::of(Pass { constants: vec![f.constant()], ..each })
}

pub fn backward(f: Activation, [a, b, c]: [usize; 3]) -> Plan {
    let cut = Cut(Channels { a, b, c });
    let (chunks, reads, [u, dbias]) = (cut.chunks(), [0, 1].map(Slot::In), [0, 1].map(Slot::Out));
    let sums = if chunks == 1 { dbias } else { Slot::Scratch(0) };
    let first = cut.pass(&BIAS_BACKWARD, cut.words(b, 0.0, f), &reads, &[u, sums]);
    let constants = [first.constants, vec![f.constant()]].concat();
    let mut plan = Plan::of(Pass { constants, ..first });
    if chunks > 1 {
        plan.scratch.push(chunks * b);
        plan.passes.push(sum_parts(chunks, b, sums, dbias));
    }
    plan
}
