//! How a GPU computes the fused kernels: the passes of each, with the shaders of `kiln_kernels`.

pub(super) mod batch_norm;
pub(super) mod bias;
mod channels;
pub(super) mod cross_entropy;
pub(super) mod norm;
pub(super) mod parameters;
mod sums;

use crate::gpu::{Pass, Slot, Source};

/// Threads of a workgroup.
const LANES: usize = 256;
/// Elements that a team sums before the sums of others are added: also the `CHUNK` of `kernels/chunks.wgsl`.
const CHUNK: usize = 4096;
/// The teams that a workgroup's threads form: the constant of `kernels/team.wgsl`, and how many there are.
type Teams = (&'static str, usize);

/// Teams for sums of `count` numbers each. Small ones leave no thread idle where sums are short.
fn teams(count: usize) -> Teams {
    if count < 1024 { ("16u", LANES / 16) } else { ("256u", 1) }
}

/// A pass whose workgroups handle `size` of `count` things each.
fn pass(
    source: &'static Source,
    words: Vec<u32>,
    reads: &[Slot],
    writes: &[Slot],
    (count, size): (usize, usize),
) -> Pass {
    let (reads, writes) = (reads.to_vec(), writes.to_vec());
    Pass { source, constants: vec![], words, reads, writes, workgroups: count.div_ceil(size) as u64 }
}

/// The word of a float.
fn word(value: f64) -> u32 {
    (value as f32).to_bits()
}
