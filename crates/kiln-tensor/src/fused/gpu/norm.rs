//! The length of many tensors taken together: of chunks, then of all.

use super::{CHUNK, pass};
use crate::gpu::{Plan, Slot};
use crate::meta::Meta;
use kiln_kernels::{NORM, NORM_PARTS};

pub fn plan(ins: &[Meta]) -> Plan {
    let parts = [Slot::Scratch(0), Slot::Scratch(1)];
    let mut passes = vec![];
    let mut before = 0;
    for (i, x) in ins.iter().enumerate() {
        let count = x.dims.numel();
        let words = vec![count as u32, before as u32];
        passes.push(pass(&NORM_PARTS, words, &[Slot::In(i)], &parts, (count, CHUNK)));
        before += count.div_ceil(CHUNK);
    }
    passes.push(pass(&NORM, vec![before as u32], &parts, &[Slot::Out(0)], (1, 1)));
    Plan { scratch: vec![before; 2], passes }
}
