//! The largest element of each window of images, with its position.

use super::check_dims;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::cpu::pool;
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::geometry::ConvGeom;
use crate::gpu::{Binding, Pass, Plan, PlanError, WORKGROUP};
use crate::kernel::{FusedKernel, Kernel};
use kiln_kernels::MAX_POOL;

/// The first largest cell of each window: input `x [n, c, ih, iw]`, outputs the cells' values `[n, c, oh, ow]`, and their positions
/// as [`Kernel::MaxPoolIndex`] gives them. NaN counts as the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool(pub ConvGeom);

impl FusedKernel for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let [values, index] = outs else {
            return Err(ShapeError::new(self.name(), "got not two outputs; wanted values and positions"));
        };
        let x = ins.first().map_or(&[][..], |meta| &meta.dims);
        check_dims(self.name(), ins, &outs[..1], (&[x], &[&values.dims]))?;
        Kernel::MaxPoolIndex(self.0).check(ins, &[*index])?;
        if index.dims != values.dims {
            return Err(ShapeError::new(
                self.name(),
                format!("got outputs {values} and {index} of other dims"),
            ));
        }
        Ok(())
    }

    /// A comparison for each cell of each window.
    fn flops(&self, _: &[Meta], outs: &[Meta]) -> u64 {
        (outs[0].dims.numel() * self.0.kernel_numel()) as u64
    }

    fn gpu(&self, _: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        let g = &self.0;
        let count = outs[0].dims.numel();
        let mut words: Vec<u32> = [g.input, g.output, g.kernel, g.stride, g.padding, g.dilation]
            .iter()
            .flatten()
            .map(|n| *n as u32)
            .collect();
        words.push(count as u32);
        let outs = [0, 1].map(Binding::Out);
        Ok(Plan::of(Pass::new(&MAX_POOL, words, &[Binding::In(0)], &outs, count.div_ceil(WORKGROUP))))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        let [values, index] = outs else { unreachable!("the check wants two outputs") };
        let index = index.slice_mut::<u32>()?;
        with_float!(ins[0].storage.dtype(), T => {
            pool::max::<T>(&self.0, ins[0].slice()?, values.slice_mut()?, index)
        })
    }
}
