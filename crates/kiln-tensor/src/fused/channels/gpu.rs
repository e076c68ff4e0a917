//! Passes over tensors `[a, b, c]` by channels, whose numbers are cut into chunks for sums.

use super::super::sums::{CHUNK, groups};
use super::ChannelDims;
use crate::gpu::{Binding, Pass, Shader};

/// Channels that are cut into chunks.
#[derive(Clone, Copy)]
pub struct ChannelChunks(pub ChannelDims);

impl ChannelChunks {
    /// Chunks of a channel, at least one.
    pub fn chunks(self) -> usize {
        self.0.count().div_ceil(CHUNK).max(1)
    }

    /// `channels`, `count` and `inner` of a shader's `Params`.
    pub fn shape_words(self) -> Vec<u32> {
        [self.0.b, self.0.count(), self.0.c].map(|n| n as u32).to_vec()
    }

    /// `chunk` and `chunks` of a shader's `Params`.
    pub fn chunk_words(self) -> Vec<u32> {
        [CHUNK, self.chunks()].map(|n| n as u32).to_vec()
    }

    /// A pass in which a group of threads takes a chunk of a channel.
    pub fn pass(
        self,
        shader: &'static Shader,
        words: Vec<u32>,
        reads: &[Binding],
        writes: &[Binding],
    ) -> Pass {
        let groups = groups(self.0.count());
        let workgroups = (self.chunks() * self.0.b).div_ceil(groups.per_workgroup);
        Pass::new(shader, words, reads, writes, workgroups).variant([groups.constant])
    }
}
