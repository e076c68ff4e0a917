//! The elements that an index sends to each place.

use super::run_tasks;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::{DType, Element, with_float};
use crate::error::{Error, Result, ShapeError};
use crate::gpu::{Binding, Pass, Plan, PlanError, WORKGROUP, flag};
use crate::kernel::FusedKernel;
use kiln_kernels::SCATTER_SOURCE;

/// For each place along the middle axis the position of the element that is sent there, 0 if none is, and 1 where one
/// is. Inputs `index [a, from, b]`, `U32`, and the elements, floats of the same dims; outputs `U32 [a, to, b]`, both.
/// Of several elements for one place it is the last, or the first of the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScatterSource {
    /// Whether it is the largest; NaN counts as that.
    pub largest: bool,
}

impl FusedKernel for ScatterSource {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let whole = |meta: &Meta| meta.dtype == DType::U32;
        let ([index, x], [place, written]) = (ins, outs) else {
            return Err(ShapeError::new(self.name(), "wanted an index and elements, and two outputs"));
        };
        let fits = index.dims == x.dims
            && place == written
            && (x.dims.rank(), place.dims.rank()) == (3, 3)
            && x.dims.with(1, place.dims[1]) == place.dims;
        if fits && whole(index) && whole(place) && x.dtype.is_float() {
            return Ok(());
        }
        let text =
            format!("got {index} and {x} for {place}; wanted u32[a, from, b] and floats for u32[a, to, b]");
        Err(ShapeError::new(self.name(), text))
    }

    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        let (count, to) = (outs[0].dims.numel(), outs[0].dims[1]);
        let words = [count, to, ins[0].dims[1], ins[0].dims[2]].map(|number| number as u32).to_vec();
        let writes = [Binding::Out(0), Binding::Out(1), Binding::Fault];
        let pass = Pass::new(
            &SCATTER_SOURCE,
            words,
            &[Binding::In(0), Binding::In(1)],
            &writes,
            count.div_ceil(WORKGROUP),
        );
        Ok(Plan::of(pass.variant([("TYPE", "F32"), flag("LARGEST", self.largest)])))
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[1].storage.dtype(), T => self.run::<T>(ins, outs))
    }
}

impl ScatterSource {
    fn run<T: Element>(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        let (index, x) = (ins[0].slice::<u32>()?, ins[1].slice::<T>()?);
        let [from, inner] = [1, 2].map(|axis| ins[0].layout.dims()[axis]);
        let to = outs[0].layout.dims()[1];
        if let Some(&index) = index.iter().find(|&&i| i as usize >= to) {
            return Err(Error::IndexOutOfRange { kernel: "scatter", index, len: to });
        }
        let [places, written] = outs else { unreachable!("the check wants two outputs") };
        let (places, written) = (places.slice_mut::<u32>()?, written.slice_mut::<u32>()?);
        places.fill(0);
        written.fill(0);
        if index.is_empty() || places.is_empty() {
            return Ok(());
        }
        let tasks = places.chunks_exact_mut(to * inner).zip(written.chunks_exact_mut(to * inner));
        let tasks = tasks.zip(index.chunks_exact(from * inner).zip(x.chunks_exact(from * inner))).collect();
        run_tasks(tasks, index.len(), |((places, written), (index, x))| {
            for (i, index) in index.iter().enumerate() {
                let at = *index as usize * inner + i % inner;
                let best = x[places[at] as usize * inner + i % inner].to_f64();
                let x = x[i].to_f64();
                if !self.largest || written[at] == 0 || x > best || (x.is_nan() && !best.is_nan()) {
                    (places[at], written[at]) = ((i / inner) as u32, 1);
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Device};

    #[test]
    fn the_last_or_the_first_largest_goes_to_a_place() {
        let index = Array::from_slice(&[2_u32, 0, 2, 2], [1, 4, 1], &Device::cpu());
        let x = Array::from_slice(&[5.0, 1.0, 7.0, 7.0], [1, 4, 1], &Device::cpu());
        let meta = Meta { dims: [1, 3, 1].into(), dtype: DType::U32 };
        let found = |largest| {
            let found = Array::fused(ScatterSource { largest }, &[&index, &x], &[meta, meta]);
            found.iter().map(|array| array.to_vec::<u32>().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(found(false), [[1, 0, 3], [1, 0, 1]]);
        assert_eq!(found(true), [[1, 0, 2], [1, 0, 1]]);
    }
}
