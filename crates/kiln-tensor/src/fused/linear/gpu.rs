//! Dense layers on the GPU.

use crate::activation::Activation;
use crate::gpu::tiling::Tiling;
use crate::gpu::{Binding, Pass, Plan, PlanError, word};
use kiln_kernels::LINEAR;

/// A layer with `rows` samples, `columns` outputs and `depth` inputs.
pub fn plan(f: Activation, [rows, columns, depth]: [usize; 3]) -> Result<Plan, PlanError> {
    let tiling = Tiling::new(rows, columns, 1)?;
    let words = vec![rows as u32, columns as u32, depth as u32, word(f.slope())];
    let (reads, y) = ([0, 1, 2].map(Binding::In), Binding::Out(0));
    let constants = [tiling.constants(), vec![f.constant()]].concat();
    Ok(Plan::of(Pass::new(&LINEAR, words, &reads, &[y], tiling.workgroups).variant(constants)))
}
