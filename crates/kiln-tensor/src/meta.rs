//! Dims and element type of an array: all that shape rules need.

use crate::dims::Dims;
use crate::dtype::DType;
use std::fmt;

/// Dims and element type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Meta {
    /// Lengths of the axes.
    pub dims: Dims,
    /// Type of the elements.
    pub dtype: DType,
}

impl fmt::Display for Meta {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}", self.dtype, self.dims)
    }
}
