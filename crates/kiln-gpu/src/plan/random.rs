//! Random numbers.

use super::strided::StridedViews;
use super::{Operand, pass};
use kiln_kernels::RANDOM;
use kiln_tensor::gpu::{Plan, WORKGROUP};
use kiln_tensor::random::Key;
use kiln_tensor::{DType, Distribution};

/// Elements of a block of words.
const BLOCK: usize = 4;

pub fn plan(key: Key, distribution: Distribution, out: Operand) -> Plan {
    let (op, threshold) = match distribution {
        Distribution::Words => ("WORDS", 0),
        Distribution::Uniform => ("UNIFORM", 0),
        // The words of 24 bits that are below `p · 2²⁴`, which is exact in 64 bits.
        Distribution::Bernoulli(p) => ("BERNOULLI", (p * 16_777_216.0).ceil() as u32),
    };
    let one = if out.dtype == DType::U32 { 1 } else { 1.0f32.to_bits() };
    let views = StridedViews::new(&[out.layout]);
    let own = [key.seed as u32, (key.seed >> 32) as u32, key.step, key.stream, 0, one, threshold];
    let words = [views.words(), own.to_vec()].concat();
    let workgroups = views.count().div_ceil(BLOCK * WORKGROUP);
    Plan::of(pass(&RANDOM, 0, words, workgroups).variant([("OP", op)]))
}
