//! The order of the elements of rows.

use super::run_tasks;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{DType, Element};
use crate::error::{Result, ShapeError};
use crate::gpu::{Binding, Pass, Plan, PlanError, WORKGROUP, flag};
use crate::kernel::FusedKernel;
use kiln_kernels::SORT_INDEX;

/// The places of the elements of each row in order. Input `x` of any type with at least one axis, output `U32` like it.
/// Equal elements keep their order; NaN counts as the largest, and both zeros are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortIndex {
    /// Whether the largest comes first.
    pub descending: bool,
}

impl FusedKernel for SortIndex {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        match (ins, outs) {
            ([x], [out]) if x.dims.rank() > 0 && x.dims == out.dims && out.dtype == DType::U32 => Ok(()),
            _ => Err(ShapeError::new(
                self.name(),
                format!("got {ins:?} and {outs:?}; wanted rows and u32 like them"),
            )),
        }
    }

    /// A row's length times its logarithm.
    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        let length = ins[0].dims.last().copied().unwrap_or(1).max(2);
        ins[0].dims.numel() as u64 * u64::from(length.ilog2())
    }

    /// A thread counts the elements before its own: on a GPU the work grows with the square of a row's length.
    fn gpu(&self, ins: &[Meta], _: &[Meta]) -> Result<Plan, PlanError> {
        let (count, length) = (ins[0].dims.numel(), *ins[0].dims.last().expect("the check wants an axis"));
        let words = vec![count as u32, length as u32];
        let pass =
            Pass::new(&SORT_INDEX, words, &[Binding::In(0)], &[Binding::Out(0)], count.div_ceil(WORKGROUP));
        let of_type = if ins[0].dtype == DType::U32 { "U32" } else { "F32" };
        Ok(Plan::of(pass.variant([("TYPE", of_type), flag("DESCENDING", self.descending)])))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        match ins[0].storage.dtype() {
            DType::F32 => self.run::<f32>(ins, outs),
            DType::F64 => self.run::<f64>(ins, outs),
            DType::U32 => self.run::<u32>(ins, outs),
        }
    }
}

impl SortIndex {
    fn run<T: Element>(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        let (x, out) = (ins[0].slice::<T>()?, outs[0].slice_mut::<u32>()?);
        let length = ins[0].layout.dims().last().copied().unwrap_or(1).max(1);
        let rows = out.chunks_exact_mut(length).zip(x.chunks_exact(length)).collect();
        run_tasks(rows, x.len(), |(out, x)| {
            let turned = if self.descending { u64::MAX } else { 0 };
            // The place makes equal keys differ, so that they keep their order.
            let mut keys: Vec<(u64, u32)> =
                (0..).zip(x).map(|(i, x)| (key(x.to_f64()) ^ turned, i)).collect();
            keys.sort_unstable();
            out.iter_mut().zip(keys).for_each(|(out, (_, place))| *out = place);
        });
        Ok(())
    }
}

/// A number whose order as an unsigned integer is the order of the floats, NaN being the largest.
fn key(x: f64) -> u64 {
    if x.is_nan() {
        return u64::MAX;
    }
    // Adding 0 makes −0 a 0.
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Device};

    #[test]
    fn equal_elements_keep_their_order_and_nan_is_the_largest() {
        let x = Array::from_slice(&[0.0, f64::NAN, -0.0, -1.0, f64::INFINITY, 0.0], [2, 3], &Device::cpu());
        let order = |x: &Array, descending| {
            let meta = Meta { dims: *x.dims(), dtype: DType::U32 };
            Array::fused(SortIndex { descending }, &[x], &[meta]).remove(0).to_vec::<u32>().unwrap()
        };
        assert_eq!(order(&x, false), [0, 2, 1, 0, 2, 1]);
        assert_eq!(order(&x, true), [1, 0, 2, 1, 2, 0]);
        assert_eq!(order(&Array::from_slice(&[3_u32, 1, 3], [3], &Device::cpu()), true), [0, 2, 1]);
    }
}
