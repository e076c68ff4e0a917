//! Batch norm on the GPU: moments of chunks of channels, those of whole channels, and then each element.
//!
//! Its derivative likewise: sums over chunks, over channels, and then each element.

use super::super::channels::{ChannelChunks, ChannelDims};
use super::super::sums::{groups, sum_pairs, sum_parts};
use super::BatchNorm;
use crate::gpu::{Binding, Pass, Plan, Shader, WORKGROUP, word};
use kiln_kernels::{BATCH_NORM, BATCH_NORM_BACKWARD, BATCH_NORM_SUMS, MERGE_MOMENTS, MOMENTS};

/// A call on `x [a, b, c]` that is to be planned.
pub struct NormPlan<'a> {
    pub options: &'a BatchNorm,
    pub dims: [usize; 3],
    pub affine: bool,
}

impl NormPlan<'_> {
    pub fn forward(&self) -> Plan {
        let (x, y, stats) = (Binding::In(0), Binding::Out(0), [Binding::Out(1), Binding::Out(2)]);
        let (channels, chunks) = (self.channels(), self.chunks());
        let mut plan = Plan::default();
        let words = [chunks.shape_words(), chunks.chunk_words()].concat();
        if chunks.chunks() == 1 {
            plan.passes.push(chunks.pass(&MOMENTS, words, &[x], &stats));
        } else {
            let parts = [Binding::Scratch(0), Binding::Scratch(1)];
            plan.scratch = vec![chunks.chunks() * channels.b; 2];
            plan.passes.push(chunks.pass(&MOMENTS, words, &[x], &parts));
            let groups = groups(chunks.chunks());
            let words = [&[channels.b as u32, channels.count() as u32], &chunks.chunk_words()[..]].concat();
            let workgroups = channels.b.div_ceil(groups.per_workgroup);
            let merge = Pass::new(&MERGE_MOMENTS, words, &parts, &stats, workgroups);
            plan.passes.push(merge.variant([groups.constant]));
        }
        let reads = [&stats[..], &self.weight_and_bias(1, stats), &[x]].concat();
        plan.passes.push(self.elementwise(&BATCH_NORM, &reads, y));
        plan
    }

    pub fn backward(&self) -> Plan {
        let (v, x, stats) = (Binding::In(0), Binding::In(1), [Binding::In(2), Binding::In(3)]);
        let [dx, dweight, dbias] = [0, 1, 2].map(Binding::Out);
        let (channels, chunks) = (self.channels(), self.chunks());
        // What the passes over v and x read.
        let reads = [&stats[..], &self.weight_and_bias(4, stats), &[x, v]].concat();
        // Pairs of sums, one for each chunk of each channel; then one for each channel.
        let (parts, totals) = (Binding::Scratch(0), Binding::Scratch(1));
        let mut plan = Plan { scratch: vec![2 * chunks.chunks() * channels.b], passes: vec![] };
        let mut sums = parts;
        let words = [chunks.shape_words(), chunks.chunk_words(), self.norm_words()].concat();
        let mut first = chunks.pass(&BATCH_NORM_SUMS, words, &reads, &[parts]);
        first.constants.push(self.options.activation.constant());
        plan.passes.push(first);
        if chunks.chunks() > 1 {
            plan.scratch.push(2 * channels.b);
            // Pairs lie one after the other, as twice as many numbers would.
            plan.passes.push(sum_parts(chunks.chunks(), 2 * channels.b, parts, totals));
            sums = totals;
        }
        plan.passes.push(self.elementwise(&BATCH_NORM_BACKWARD, &[&reads[..], &[sums]].concat(), dx));
        let samples = if self.options.by_sample { self.dims[0] } else { 1 };
        plan.passes.push(sum_pairs(samples, self.dims[1], sums, [dweight, dbias]));
        plan
    }

    fn channels(&self) -> ChannelDims {
        self.options.channels(self.dims)
    }

    fn chunks(&self) -> ChannelChunks {
        ChannelChunks(self.channels())
    }

    /// `features`, `eps` and `slope` of the shaders' `Params`.
    fn norm_words(&self) -> Vec<u32> {
        let features = if self.affine { self.dims[1] } else { 0 };
        vec![features as u32, word(self.options.eps), word(self.options.activation.slope())]
    }

    /// Weight and bias, which are the inputs from `first` on. Without them the statistics are bound in their
    /// place, and not read there.
    fn weight_and_bias(&self, first: usize, stats: [Binding; 2]) -> [Binding; 2] {
        if self.affine { [first, first + 1].map(Binding::In) } else { stats }
    }

    /// A pass with a thread for each element.
    fn elementwise(&self, shader: &'static Shader, reads: &[Binding], out: Binding) -> Pass {
        let words = [self.chunks().shape_words(), self.norm_words()].concat();
        Pass::new(shader, words, reads, &[out], self.channels().numel().div_ceil(WORKGROUP))
            .variant([self.options.activation.constant()])
    }
}
