//! Sums on the GPU: groups of threads, and the passes that add up what each part of a sum has given.

use crate::gpu::{Binding, Pass, ShaderConstant, WORKGROUP};
use kiln_kernels::{SUM_PAIRS, SUM_PARTS};

/// Numbers that a group of threads sums before the sums of others are added: `CHUNK` of `kernels/cross_entropy.wgsl` and
/// `kernels/norm_parts.wgsl`.
pub const CHUNK: usize = 4096;

/// The groups that a workgroup's threads form: see `kernels/group.wgsl`.
#[derive(Clone, Copy)]
pub struct Groups {
    /// The constant `GROUP` of the shader: threads of a group.
    pub constant: ShaderConstant,
    /// Groups of a workgroup.
    pub per_workgroup: usize,
}

/// Groups for sums of `count` numbers each. Small ones leave no thread idle where sums are short.
pub fn groups(count: usize) -> Groups {
    let (threads, per_workgroup) = if count < 1024 { ("16u", WORKGROUP / 16) } else { ("256u", 1) };
    Groups { constant: ("GROUP", threads), per_workgroup }
}

/// A pass that adds numbers that lie in `parts` lists of `outputs` one after the other.
pub fn sum_parts(parts: usize, outputs: usize, from: Binding, to: Binding) -> Pass {
    let groups = groups(parts);
    let words = vec![outputs as u32, parts as u32];
    Pass::new(&SUM_PARTS, words, &[from], &[to], outputs.div_ceil(groups.per_workgroup))
        .variant([groups.constant])
}

/// A pass that adds pairs that lie in `parts` lists of `outputs` one after the other: first and second numbers to an
/// output each.
pub fn sum_pairs(parts: usize, outputs: usize, from: Binding, to: [Binding; 2]) -> Pass {
    let pass = sum_parts(parts, outputs, from, to[0]);
    Pass { shader: &SUM_PAIRS, writes: to.to_vec(), ..pass }
}
