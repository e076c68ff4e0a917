//! Norms of rows on the GPU: a group of threads for each row, and for each weight's gradient.

use super::super::sums::groups;
use super::{RowDims, RowNorm};
use crate::gpu::{Binding, Pass, Plan, flag, word};
use kiln_kernels::{ROW_NORM, ROW_NORM_BACKWARD, ROW_NORM_WEIGHTS};

fn words(norm: &RowNorm, dims: RowDims) -> Vec<u32> {
    let mut words = [dims.rows, dims.k, dims.segments, dims.positions].map(|n| n as u32).to_vec();
    words.push(word(norm.eps));
    words
}

pub fn forward(norm: &RowNorm, dims: RowDims, ins: usize) -> Plan {
    let groups = groups(dims.len());
    // What there is not is bound as well, to an input that isn't read.
    let scratch = Binding::Scratch(0);
    let reads: Vec<Binding> = (0..3)
        .map(|i| if i < ins { Binding::In(i) } else { [scratch, Binding::Scratch(1)][i - 1] })
        .collect();
    let outs = [0, 1, 2].map(Binding::Out);
    let pass =
        Pass::new(&ROW_NORM, words(norm, dims), &reads, &outs, dims.rows.div_ceil(groups.per_workgroup));
    let pass = pass.variant([
        groups.constant,
        flag("CENTRED", norm.centred),
        flag("WEIGHT", ins > 1),
        flag("BIAS", ins > 2),
    ]);
    Plan { scratch: vec![1, 1], passes: vec![pass] }
}

pub fn backward(norm: &RowNorm, dims: RowDims, weighted: bool) -> Plan {
    let rows = groups(dims.len());
    let mut reads = [0, 1, 2, 3].map(Binding::In).to_vec();
    reads.push(if weighted { Binding::In(4) } else { Binding::Scratch(0) });
    let count = dims.rows.div_ceil(rows.per_workgroup);
    let pass = Pass::new(&ROW_NORM_BACKWARD, words(norm, dims), &reads, &[Binding::Out(0)], count);
    let pass = pass.variant([rows.constant, flag("CENTRED", norm.centred), flag("WEIGHT", weighted)]);
    let mut passes = vec![pass];
    if weighted {
        let sums = groups(dims.rows / dims.k.max(1) * dims.positions);
        let outs = [1, 2].map(Binding::Out);
        let count = dims.weights().div_ceil(sums.per_workgroup);
        let pass = Pass::new(&ROW_NORM_WEIGHTS, words(norm, dims), &reads[..4], &outs, count);
        passes.push(pass.variant([sums.constant]));
    }
    Plan { scratch: vec![1], passes }
}
