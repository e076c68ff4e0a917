//! Images at another size, each new pixel a weighted sum of some old rows and columns.

mod cpu;
#[cfg(test)]
mod tests;

use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{DType, with_float};
use crate::error::{Result, ShapeError};
use crate::gpu::{Binding, Pass, Plan, PlanError, WORKGROUP};
use crate::kernel::FusedKernel;
use kiln_kernels::RESAMPLE;

/// `y[n, c, i, j] = Σ rows[i, a] · columns[j, b] · x[n, c, row(i, a), column(j, b)]` over all taps `a` and `b`.
///
/// Inputs `x [n, c, h, w]`, the places of the taps of rows, `U32 [H, taps]`, and their weights, then those of columns, `[W, taps]`;
/// output `[n, c, H, W]`. A tap that weighs 0 reads nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resample;

impl FusedKernel for Resample {
    fn name(&self) -> &'static str {
        "resample"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        if let ([x, rows, row_weights, columns, column_weights], [y]) = (ins, outs)
            && let (&[n, c, _, _], &[yn, yc, h, w]) = (&x.dims[..], &y.dims[..])
            && let (&[rows_of, _], &[columns_of, _]) = (&rows.dims[..], &columns.dims[..])
            && (n, c, h, w) == (yn, yc, rows_of, columns_of)
            && (rows.dims, columns.dims) == (row_weights.dims, column_weights.dims)
            && [rows, columns].iter().all(|places| places.dtype == DType::U32)
            && x.dtype.is_float()
            && [row_weights, column_weights, y].iter().all(|floats| floats.dtype == x.dtype)
        {
            return Ok(());
        }
        let list = |metas: &[Meta]| metas.iter().map(Meta::to_string).collect::<Vec<_>>().join(", ");
        let text = format!(
            "got {} for {}; wanted images [n, c, h, w], u32 places [H, taps] and weights of rows, those of columns, \
             [W, taps], and images [n, c, H, W], floats of one type",
            list(ins),
            list(outs)
        );
        Err(ShapeError::new(self.name(), text))
    }

    fn flops(&self, ins: &[Meta], outs: &[Meta]) -> u64 {
        let taps = ins[1].dims[1] + ins[3].dims[1];
        2 * (outs[0].dims.numel() * taps) as u64
    }

    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        let (x, y) = (&ins[0].dims, &outs[0].dims);
        let words = [x[2], x[3], y[2], y[3], ins[1].dims[1], ins[3].dims[1], y.numel()];
        let words = words.map(|n| n as u32).to_vec();
        let reads = [0, 1, 2, 3, 4].map(Binding::In);
        let count = y.numel().div_ceil(WORKGROUP);
        Ok(Plan::of(Pass::new(&RESAMPLE, words, &reads, &[Binding::Out(0)], count)))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::run::<T>(ins, outs))
    }
}
