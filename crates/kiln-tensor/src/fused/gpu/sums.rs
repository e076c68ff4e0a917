//! The last passes of sums: over parts, each of which has a sum of its own.

use super::{pass, teams};
use crate::gpu::{Pass, Slot};
use kiln_kernels::{SUM_PAIRS, SUM_PAIRS_APART, SUM_PARTS, Source};

/// Adds numbers that lie in `parts` lists of `outputs` one after the other.
pub fn sum_parts(parts: usize, outputs: usize, from: Slot, to: Slot) -> Pass {
    sum(&SUM_PARTS, parts, outputs, from, &[to])
}

/// Adds pairs that lie in `parts` lists of `outputs` one after the other: to pairs, or first and second
/// numbers to one output each.
pub fn sum_pairs(parts: usize, outputs: usize, from: Slot, to: &[Slot]) -> Pass {
    let source = if to.len() == 1 { &SUM_PAIRS } else { &SUM_PAIRS_APART };
    sum(source, parts, outputs, from, to)
}

fn sum(source: &'static Source, parts: usize, outputs: usize, from: Slot, to: &[Slot]) -> Pass {
    let (team, size) = teams(parts);
    let words = vec![outputs as u32, parts as u32];
    Pass { constants: vec![("TEAM", team)], ..pass(source, words, &[from], to, (outputs, size)) }
}
