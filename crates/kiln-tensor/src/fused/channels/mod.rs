//! Tensors `[a, b, c]` by their `b` channels: how the CPU and the GPU cut them, and sums over the rows of a channel.

mod gpu;
mod sums;

pub use gpu::ChannelChunks;
pub use sums::{Moments, by_pieces, sum_rows};

use super::TASK;

/// Least neighbouring numbers of a group in each row: some cache lines.
const RUN: usize = 64;
/// Most groups that channels are cut into.
const GROUPS: usize = 64;

/// The dims of `[a, b, c]`, of which `a·c` numbers belong to each of the `b` channels.
#[derive(Clone, Copy)]
pub struct ChannelDims {
    pub a: usize,
    pub b: usize,
    pub c: usize,
}

impl ChannelDims {
    /// Count of a channel's numbers.
    pub fn count(self) -> usize {
        self.a * self.c
    }

    /// Count of all numbers.
    pub fn numel(self) -> usize {
        self.a * self.b * self.c
    }

    /// Neighbouring channels of a task.
    pub fn group(self) -> usize {
        self.b.div_ceil(GROUPS).max(RUN.div_ceil(self.c.max(1)))
    }

    /// Rows of a channel that are summed at once, and then combined: few enough to stay in cache.
    pub fn piece(self) -> usize {
        (TASK / self.c.max(1)).max(1)
    }

    /// The `a` rows of channel `index`, of length `c`. There must be numbers.
    pub fn rows<T>(self, x: &[T], index: usize) -> Vec<&[T]> {
        x.chunks_exact(self.c).skip(index).step_by(self.b).collect()
    }

    /// Cuts into groups of neighbouring channels: of each the `a` rows, in which a channel has `c` numbers.
    /// There must be numbers.
    pub fn groups<T>(self, x: &mut [T]) -> Vec<Vec<&mut [T]>> {
        let run = self.group() * self.c;
        let mut groups: Vec<Vec<&mut [T]>> =
            (0..self.b.div_ceil(self.group())).map(|_| Vec::with_capacity(self.a)).collect();
        for image in x.chunks_exact_mut(self.b * self.c) {
            groups.iter_mut().zip(image.chunks_mut(run)).for_each(|(rows, row)| rows.push(row));
        }
        groups
    }
}
