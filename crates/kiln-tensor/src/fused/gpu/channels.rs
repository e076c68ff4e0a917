//! Passes over tensors `[a, b, c]` by channels: the other side of `kernels/channels.wgsl` and `channel_chunks.wgsl`.

use super::super::activation::Activation;
use super::super::channels::Channels;
use super::{CHUNK, pass, teams, word};
use crate::gpu::{Pass, Slot};
use kiln_kernels::Source;

/// Channels that are cut into chunks.
pub struct Cut(pub Channels);

impl Cut {
    /// How many chunks a channel has, at least one.
    pub fn chunks(&self) -> usize {
        self.0.count().div_ceil(CHUNK).max(1)
    }

    /// `Params` of the shader.
    pub fn words(&self, features: usize, eps: f64, activation: Activation) -> Vec<u32> {
        let sizes = [self.0.b, self.0.count(), self.0.c, CHUNK, self.chunks(), features];
        sizes.into_iter().map(|n| n as u32).chain([eps, activation.slope()].map(word)).collect()
    }

    /// A pass in which a team takes a chunk of a channel.
    pub fn pass(&self, source: &'static Source, words: Vec<u32>, reads: &[Slot], writes: &[Slot]) -> Pass {
        let (team, size) = teams(self.0.count());
        let chunks = (self.chunks() * self.0.b, size);
        Pass { constants: vec![("TEAM", team)], ..pass(source, words, reads, writes, chunks) }
    }
}
