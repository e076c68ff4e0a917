//! Left matrices of the products with windows.

use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{GroupedRows, Isa, row_groups};
use rayon::prelude::*;

/// Numbers worth a task of their own.
const TASK: usize = 1 << 15;

/// A matrix for each group of a convolution, laid out for [`correlate`](crate::cpu::simd::correlate).
pub struct Left {
    memory: Scratch<f32>,
    rows: usize,
    k: usize,
}

impl Left {
    /// `groups` matrices with the element `value(group, row, k)`.
    pub fn new(
        isa: Isa,
        groups: usize,
        [rows, k]: [usize; 2],
        value: impl Fn(usize, usize, usize) -> f32 + Sync,
    ) -> Left {
        let mut memory = Scratch::<f32>::new(groups * rows * k);
        let (mut blocks, mut rest) = (Vec::new(), &mut *memory);
        for group in 0..groups {
            for block_rows in row_groups(isa, rows) {
                let (block, tail) = rest.split_at_mut(block_rows.len() * k);
                blocks.push((group, block_rows, block));
                rest = tail;
            }
        }
        let of_task = (TASK / (k * rows.min(isa.rows())).max(1)).max(1);
        blocks.into_par_iter().with_min_len(of_task).for_each(|(group, rows, block)| {
            for (k, column) in block.chunks_exact_mut(rows.len()).enumerate() {
                for (to, row) in column.iter_mut().zip(rows.clone()) {
                    *to = value(group, row, k);
                }
            }
        });
        Left { memory, rows, k }
    }

    /// The matrix of a group.
    pub fn of_group(&self, group: usize) -> GroupedRows<'_> {
        let len = self.rows * self.k;
        GroupedRows { data: &self.memory[group * len..(group + 1) * len], rows: self.rows }
    }
}
