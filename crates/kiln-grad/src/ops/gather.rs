//! Elements picked along an axis; its adjoint is [scattering](super::scatter_add).

use crate::axes::resolve;
use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{Array, Device, Dims, Kernel, Meta, ShapeError};

/// `y[.., i, ..] = x[.., index[.., i, ..], ..]`.
#[derive(Debug)]
struct Gather {
    axis: usize,
    index: Array,
}

impl Op for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let meta = Meta { dims: *self.index.dims(), ..ins[0] };
        Kernel::Gather { axis: self.axis }.check(&[ins[0], self.index.meta()], &[meta])?;
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let x = cx.input(0);
        let dims = *self.index.dims();
        Array::compute(&Kernel::Gather { axis: self.axis }, &[x, &self.index], dims, x.dtype())
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let length = cx.input_dims(0)[self.axis];
        vec![Some(v.scatter_add(self.axis as i32, &self.index.clone().into(), length))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Gather { axis: self.axis, index: self.index.clone() })
    }
}

impl Tensor {
    /// `y[.., i, ..] = x[.., index[.., i, ..], ..]` along `axis`. The index is `U32`, has the dims of
    /// the result, and agrees with this tensor in all other axes.
    ///
    /// # Panics
    /// When the dims don't fit. An index out of range is an error of the device, returned where values
    /// are read.
    #[must_use]
    #[track_caller]
    pub fn gather(&self, axis: i32, index: &Tensor) -> Tensor {
        let axis = resolve("gather", axis, self.rank());
        apply(Gather { axis, index: index.array().clone() }, [self])
    }
}

/// An index tensor for cases.
pub(crate) fn index(values: &[u32], dims: impl Into<Dims>) -> Tensor {
    Tensor::from_slice(values, dims, &Device::cpu())
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("rows", [[3, 2]], |x| x[0].gather(0, &index(&[2, 0, 0, 1], [2, 2]))).linear(),
        Case::new("columns, repeated", [[2, 3]], |x| x[0].gather(1, &index(&[1, 1, 0, 2], [2, 2]))).linear(),
        Case::new("nothing", [[2, 3]], |x| x[0].gather(1, &index(&[], [2, 0]))).linear(),
    ]
}
