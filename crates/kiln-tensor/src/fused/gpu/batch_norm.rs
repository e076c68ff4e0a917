//! Batch norm: moments of chunks of channels, those of whole channels, and then each element.
//!
//! Its derivative likewise: sums over chunks, over channels, and then each element.

use super::super::batch_norm::BatchNorm;
use super::super::channels::Channels;
use super::channels::Cut;
use super::sums::sum_pairs;
use super::{LANES, pass, teams};
use crate::gpu::{Pass, Plan, Slot};
use kiln_kernels::{BATCH_NORM, BATCH_NORM_BACKWARD, BATCH_NORM_SUMS, MERGE_MOMENTS, MOMENTS};

/// A call on `x [a, b, c]`.
pub struct Call<'a> {
    pub options: &'a BatchNorm,
    pub dims: [usize; 3],
    pub affine: bool,
}

impl Call<'_> {
    pub fn forward(&self) -> Plan {
        let (x, y, stats) = (Slot::In(0), Slot::Out(0), [Slot::Out(1), Slot::Out(2)]);
        let channels = self.channels();
        let mut plan = Plan::default();
        if self.chunks() == 1 {
            plan.passes.push(self.of_chunks(&MOMENTS, &[x], &stats));
        } else {
            let parts = [Slot::Scratch(0), Slot::Scratch(1)];
            plan.scratch = vec![self.chunks() * channels.b; 2];
            plan.passes.push(self.of_chunks(&MOMENTS, &[x], &parts));
            let (team, size) = teams(self.chunks());
            let merge = pass(&MERGE_MOMENTS, self.words(), &parts, &stats, (channels.b, size));
            plan.passes.push(Pass { constants: vec![("TEAM", team)], ..merge });
        }
        let reads = [&stats[..], &self.weights(1, stats), &[x]].concat();
        let each = pass(&BATCH_NORM, self.words(), &reads, &[y], (channels.numel(), LANES));
        plan.passes.push(Pass { constants: vec![self.options.activation.constant()], ..each });
        plan
    }

    pub fn backward(&self) -> Plan {
        let (v, x, stats) = (Slot::In(0), Slot::In(1), [Slot::In(2), Slot::In(3)]);
        let [dx, dweight, dbias] = [0, 1, 2].map(Slot::Out);
        let channels = self.channels();
        // What the passes over v and x read.
        let reads = [&stats[..], &self.weights(4, stats), &[x, v]].concat();
        // Pairs of sums, one for each chunk of each channel; then one for each channel.
        let (parts, totals) = (Slot::Scratch(0), Slot::Scratch(1));
        let mut plan = Plan { scratch: vec![2 * self.chunks() * channels.b], passes: vec![] };
        let mut sums = parts;
        let first = self.of_chunks(&BATCH_NORM_SUMS, &reads, &[parts]);
        let constants = [first.constants, vec![self.options.activation.constant()]].concat();
        plan.passes.push(Pass { constants, ..first });
        if self.chunks() > 1 {
            plan.scratch.push(2 * channels.b);
            plan.passes.push(sum_pairs(self.chunks(), channels.b, parts, &[totals]));
            sums = totals;
        }
        let reads = [&reads[..], &[sums]].concat();
        let each = pass(&BATCH_NORM_BACKWARD, self.words(), &reads, &[dx], (channels.numel(), LANES));
        plan.passes.push(Pass { constants: vec![self.options.activation.constant()], ..each });
        let samples = if self.options.by_sample { self.dims[0] } else { 1 };
        plan.passes.push(sum_pairs(samples, self.dims[1], sums, &[dweight, dbias]));
        plan
    }

    fn channels(&self) -> Channels {
        self.options.channels(self.dims)
    }

    fn chunks(&self) -> usize {
        self.cut().chunks()
    }

    fn cut(&self) -> Cut {
        Cut(self.channels())
    }

    fn words(&self) -> Vec<u32> {
        let features = if self.affine { self.dims[1] } else { 0 };
        self.cut().words(features, self.options.eps, self.options.activation)
    }

    /// Weight and bias, which are the inputs from `first` on. Without them the statistics are bound in their
    /// place, and nobody reads them there.
    fn weights(&self, first: usize, stats: [Slot; 2]) -> [Slot; 2] {
        if self.affine { [first, first + 1].map(Slot::In) } else { stats }
    }

    fn of_chunks(&self, source: &'static kiln_kernels::Source, reads: &[Slot], writes: &[Slot]) -> Pass {
        self.cut().pass(source, self.words(), reads, writes)
    }
}
