//! Comparisons and searches: their results are integers, so they have no derivative.

use crate::axes::{removed, resolve};
use crate::tape::Constant;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Compare, DType, Kernel, NamedFaults};

macro_rules! comparison {
    ($($(#[$doc:meta])* $method:ident: $compare:ident;)*) => {
        impl Tensor {
            $(
                $(#[$doc])*
                ///
                /// # Panics
                /// When the dims don't broadcast to each other or the element types differ.
                #[must_use]
                #[track_caller]
                pub fn $method(&self, other: &Tensor) -> Tensor {
                    let running = Constant::begin(stringify!($method));
                    let mask = self.array().compare(Compare::$compare, other.array());
                    running.end(Kernel::Compare(Compare::$compare), &[self, other], mask)
                }
            )*
        }
    };
}

comparison! {
    /// A mask that is 1 where the elements are equal, else 0.
    eq: Eq;
    /// A mask that is 1 where the elements differ, else 0.
    ne: Ne;
    /// A mask that is 1 where this is smaller, else 0.
    lt: Lt;
    /// A mask that is 1 where this is smaller or equal, else 0.
    le: Le;
    /// A mask that is 1 where this is larger, else 0.
    gt: Gt;
    /// A mask that is 1 where this is larger or equal, else 0.
    ge: Ge;
}

impl Tensor {
    /// The index of the first largest element along `axis`, which goes away; NaN counts as the largest.
    ///
    /// # Panics
    /// When the axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn argmax(&self, axis: i32) -> Tensor {
        let axis = resolve("argmax", axis, self.rank());
        let running = Constant::begin("argmax");
        let kept = running.end(Kernel::ArgMax { axis }, &[self], self.array().argmax(axis));
        kept.reshape(removed(self.dims(), &[axis]))
    }

    /// Rows that are 1 at the place the label names and 0 elsewhere: dims `[.., classes]`.
    ///
    /// # Panics
    /// When the labels aren't `u32`, or one is not below `classes`. (A GPU finds that later, and returns it where values are
    /// read.)
    #[must_use]
    #[track_caller]
    pub fn one_hot(&self, classes: usize, dtype: DType) -> Tensor {
        assert!(self.dtype() == DType::U32, "one_hot: the labels are {}; wanted u32", self.meta());
        // Nothing would be equal to a label out of range, so it is looked for where there is a place for each.
        let (places, all) =
            (Array::zeros([classes], DType::U32, self.device()), self.array().reshape([self.numel()]));
        let find = Kernel::Gather { axis: 0 };
        let faults = NamedFaults::of("one_hot");
        let _ = Array::compute(&find, &[&places, &all], [all.numel()], DType::U32);
        faults.end();
        let numbers: Vec<u32> = (0..classes as u32).collect();
        let numbers = Tensor::from_slice(&numbers, [classes], self.device());
        self.unsqueeze(-1).eq(&numbers).to_dtype(dtype)
    }
}
