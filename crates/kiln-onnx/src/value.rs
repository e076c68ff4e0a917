//! A tensor of the file.

use crate::dim::{Dim, broadcast};
use kiln_tensor::DType;

/// The type of the elements in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Elem {
    F32,
    F64,
    /// Numbers of things, kiln's `u32`: most of ONNX's operators that take indices take these.
    I64,
    /// Results of comparisons, kiln's `u32` 0 and 1.
    Bool,
}

impl Elem {
    pub fn of(dtype: DType) -> Elem {
        match dtype {
            DType::F32 => Elem::F32,
            DType::F64 => Elem::F64,
            _ => Elem::I64,
        }
    }

    /// Its number in the file format.
    pub fn code(self) -> i32 {
        match self {
            Elem::F32 => 1,
            Elem::F64 => 11,
            Elem::I64 => 7,
            Elem::Bool => 9,
        }
    }
}

/// A tensor of the file.
///
/// It may be held with length 1 along an axis that kiln has repeated: most operators broadcast by
/// themselves, and then it never needs to be repeated.
#[derive(Clone, Debug)]
pub(crate) struct OnnxValue {
    pub name: String,
    /// Dims of kiln's tensor.
    pub dims: Vec<Dim>,
    /// Dims of the file's tensor, which broadcast to `dims`.
    pub held: Vec<Dim>,
    pub elem: Elem,
}

impl OnnxValue {
    /// A value that is held as it is seen.
    pub fn new(name: String, dims: Vec<Dim>, elem: Elem) -> Self {
        OnnxValue { name, held: dims.clone(), dims, elem }
    }

    /// Length along axis `i` of a tensor of `rank` axes: 1 before its own axes.
    pub fn held_at(&self, i: usize, rank: usize) -> Dim {
        (i + self.held.len()).checked_sub(rank).map_or(Dim::Fixed(1), |i| self.held[i])
    }
}

/// `(dims, held)` of an elementwise function of these.
pub(crate) fn broadcast_all(values: &[&OnnxValue]) -> (Vec<Dim>, Vec<Dim>) {
    values.iter().fold((Vec::new(), Vec::new()), |(dims, held), value| {
        (broadcast(&dims, &value.dims), broadcast(&held, &value.held))
    })
}
