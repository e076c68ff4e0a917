//! The rate at which a GPU can multiply and add: the limit that kernels are held against.

use crate::Bench;
use kiln_kernels::WgslFile;
use kiln_tensor::gpu::{Binding, Pass, Plan, PlanError, Shader, WORKGROUP};
use kiln_tensor::{Array, DType, Error, FusedKernel, Meta, Result, ShapeError, View, ViewMut};

/// Vectors of four that a thread sums, so many times in a row.
const SUMS: usize = 8;
const UNROLLED: usize = 4;

static PEAK: Shader = Shader {
    name: "peak",
    parts: &[WgslFile { file: "peak.wgsl", text: include_str!("peak.wgsl") }],
    choices: &[&[&[("SUMS", "8u"), ("UNROLLED", "4u")]]],
};

/// A kernel that does nothing but multiply and add.
#[derive(Debug)]
struct Peak {
    rounds: u32,
}

impl FusedKernel for Peak {
    fn name(&self) -> &'static str {
        "peak"
    }

    fn check(&self, _: &[Meta], _: &[Meta]) -> Result<(), ShapeError> {
        Ok(())
    }

    fn cpu(&self, _: &[View], _: &mut [ViewMut]) -> Result<()> {
        let reason = "it measures GPUs".to_string();
        Err(Error::Unsupported { backend: "cpu".to_string(), kernel: "peak", reason })
    }

    fn gpu(&self, _: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        let count = outs[0].dims.numel();
        let words = vec![self.rounds, count as u32];
        let pass = Pass::new(&PEAK, words, &[], &[Binding::Out(0)], count.div_ceil(WORKGROUP));
        Ok(Plan::of(pass.variant(PEAK.choices[0][0])))
    }
}

/// The peak in GFLOP/s.
pub fn gflops(bench: &Bench) -> f64 {
    // Enough threads for the largest GPU; a few do for a processor.
    let (threads, rounds) = if bench.software { (1 << 12, 64) } else { (1 << 20, 256) };
    let mut out = Array::zeros([threads], DType::F32, &bench.device);
    let flops = 2 * 4 * SUMS * UNROLLED * threads * rounds as usize;
    let seconds = bench.time(|| Array::update(Peak { rounds }, &[], &mut [&mut out]));
    flops as f64 / seconds / 1e9
}
