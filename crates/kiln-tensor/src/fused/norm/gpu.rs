//! The norm on the GPU: of chunks, then of all.

use super::super::sums::CHUNK;
use crate::Meta;
use crate::gpu::{Binding, Pass, Plan};
use kiln_kernels::{NORM, NORM_PARTS};

pub fn plan(ins: &[Meta]) -> Plan {
    let parts = [Binding::Scratch(0), Binding::Scratch(1)];
    let mut passes = vec![];
    let mut first_chunk = 0;
    for (i, x) in ins.iter().enumerate() {
        let count = x.dims.numel();
        let (words, chunks) = (vec![count as u32, first_chunk as u32], count.div_ceil(CHUNK));
        passes.push(Pass::new(&NORM_PARTS, words, &[Binding::In(i)], &parts, chunks));
        first_chunk += chunks;
    }
    passes.push(Pass::new(&NORM, vec![first_chunk as u32], &parts, &[Binding::Out(0)], 1));
    Plan { scratch: vec![first_chunk; 2], passes }
}
