//! Windows that the stride doesn't divide, padded to a multiple of it with taps of 0.
//!
//! Then every phase has as many taps, so that one family serves them all: a 5×5 window of stride 2 is a 6×6 one, four
//! phases of 3×3 taps, and takes 144 products for 16 outputs instead of 400.

use super::WinogradPlan;
use crate::backend::Storage;
use crate::cpu::buffer::CpuBuffer;
use crate::cpu::dense;
use crate::error::Result;
use rayon::prelude::*;

/// Filters of a task.
const FILTERS: usize = 1 << 10;

/// The weight with padded windows.
pub struct PaddedWeight<'a> {
    w: &'a [f32],
    padded: Option<CpuBuffer>,
    len: usize,
}

impl<'a> PaddedWeight<'a> {
    pub fn new(plan: &WinogradPlan, w: &'a [f32], storage: &Storage) -> Result<Self> {
        let len = plan.inputs * plan.outputs * plan.g.kernel_numel();
        if plan.kernel == plan.g.kernel {
            return Ok(PaddedWeight { w, padded: None, len });
        }
        let ([height, width], [_, padded_width]) = (plan.kernel, plan.g.kernel);
        let mut padded = dense::scratch::<f32>(storage, len)?;
        let filters = padded.elements_mut::<f32>(len).par_chunks_exact_mut(plan.g.kernel_numel());
        filters.zip(w.par_chunks_exact(height * width)).with_min_len(FILTERS).for_each(|(to, from)| {
            to.fill(0.0);
            for (to, from) in to.chunks_exact_mut(padded_width).zip(from.chunks_exact(width)) {
                to[..width].copy_from_slice(from);
            }
        });
        Ok(PaddedWeight { w, padded: Some(padded), len })
    }

    pub fn elements(&self) -> &[f32] {
        self.padded.as_ref().map_or(self.w, |padded| padded.elements(self.len))
    }
}

/// Calls `f` with memory for the derivative for a weight with padded windows, and writes that for the weight.
pub fn crop(
    plan: &WinogradPlan,
    w: &mut [f32],
    storage: &Storage,
    f: impl FnOnce(&mut [f32]) -> Result<()>,
) -> Result<()> {
    if plan.kernel == plan.g.kernel {
        return f(w);
    }
    let len = plan.inputs * plan.outputs * plan.g.kernel_numel();
    let ([height, width], [_, padded_width]) = (plan.kernel, plan.g.kernel);
    let mut padded = dense::scratch::<f32>(storage, len)?;
    f(padded.elements_mut(len))?;
    let filters = padded.elements::<f32>(len).par_chunks_exact(plan.g.kernel_numel());
    filters.zip(w.par_chunks_exact_mut(height * width)).with_min_len(FILTERS).for_each(|(from, to)| {
        for (from, to) in from.chunks_exact(padded_width).zip(to.chunks_exact_mut(width)) {
            to.copy_from_slice(&from[..width]);
        }
    });
    Ok(())
}
