//! Comparisons, masks and searches: their results are integers, so they have no derivative.

use crate::axes::{removed, resolve};
use crate::tape::Constant;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Compare, DType, Kernel, NamedFaults};

/// What elements are compared with: a tensor, or one number for all.
pub trait Comparand {
    /// It as a tensor beside `x`.
    ///
    /// # Panics
    /// When the elements of `x` are whole numbers and it is none; the message names `op`.
    fn beside(self, op: &str, x: &Tensor) -> Tensor;
}

impl Comparand for &Tensor {
    fn beside(self, _: &str, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl Comparand for Tensor {
    fn beside(self, _: &str, _: &Tensor) -> Tensor {
        self
    }
}

impl Comparand for f64 {
    #[track_caller]
    fn beside(self, op: &str, x: &Tensor) -> Tensor {
        let whole = x.dtype().is_float() || f64::from(self as u32) == self;
        assert!(
            whole,
            "{op}: {self} can't be compared with {} elements; wanted a number of that type",
            x.dtype()
        );
        Tensor::full(self, [], x.dtype(), x.device())
    }
}

impl Comparand for u32 {
    fn beside(self, _: &str, x: &Tensor) -> Tensor {
        Tensor::full(self.into(), [], x.dtype(), x.device())
    }
}

macro_rules! comparison {
    ($($(#[$doc:meta])* $method:ident: $compare:ident, $example:literal;)*) => {
        impl Tensor {
            $(
                $(#[$doc])*
                ///
                /// ```
                /// use kiln_grad::Tensor;
                /// let x = Tensor::from([1.0, 2.0, 3.0]);
                #[doc = concat!("assert_eq!(x.", stringify!($method), "(2.0).to_vec::<u32>()?, ", $example, ");")]
                #[doc = concat!("assert_eq!(x.", stringify!($method), "(&(&x * 0.0 + 2.0)).to_vec::<u32>()?, ", $example, ");")]
                /// # Ok::<(), kiln_grad::Error>(())
                /// ```
                ///
                /// # Panics
                /// When the dims don't broadcast to each other or the element types differ.
                #[must_use]
                #[track_caller]
                pub fn $method(&self, other: impl Comparand) -> Tensor {
                    let other = other.beside(stringify!($method), self);
                    let running = Constant::begin(stringify!($method));
                    let mask = self.array().compare(Compare::$compare, other.array());
                    running.end(Kernel::Compare(Compare::$compare), &[self, &other], mask)
                }
            )*
        }
    };
}

comparison! {
    /// A mask that is 1 where the elements equal the other's or the number, else 0.
    eq: Eq, "[0, 1, 0]";
    /// A mask that is 1 where the elements differ, else 0.
    ne: Ne, "[1, 0, 1]";
    /// A mask that is 1 where this is smaller, else 0.
    lt: Lt, "[1, 0, 0]";
    /// A mask that is 1 where this is smaller or equal, else 0.
    le: Le, "[1, 1, 0]";
    /// A mask that is 1 where this is larger, else 0.
    gt: Gt, "[0, 0, 1]";
    /// A mask that is 1 where this is larger or equal, else 0.
    ge: Ge, "[0, 1, 1]";
}

impl Tensor {
    /// The index of the first largest element along `axis`, which goes away; NaN counts as the largest.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 5.0, 2.0], [7.0, 0.0, 7.0]]);
    /// assert_eq!(x.argmax(1).to_vec::<u32>()?, [1, 0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn argmax(&self, axis: i32) -> Tensor {
        let axis = resolve("argmax", axis, self.rank());
        self.argmax_keepdim(axis as i32).reshape(removed(self.dims(), &[axis]))
    }

    /// Like [`argmax`](Self::argmax), and the axis stays with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 5.0, 2.0]]);
    /// assert_eq!(x.argmax_keepdim(1).dims(), &[1, 1].into());
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist or is empty.
    #[must_use]
    #[track_caller]
    pub fn argmax_keepdim(&self, axis: i32) -> Tensor {
        self.search("argmax", axis, self.array())
    }

    /// The index of the first smallest element along `axis`, which goes away; NaN counts as the smallest.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 5.0, -2.0], [7.0, 0.0, 0.0]]);
    /// assert_eq!(x.argmin(1).to_vec::<u32>()?, [2, 1]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist or is empty, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn argmin(&self, axis: i32) -> Tensor {
        let axis = resolve("argmin", axis, self.rank());
        self.argmin_keepdim(axis as i32).reshape(removed(self.dims(), &[axis]))
    }

    /// Like [`argmin`](Self::argmin), and the axis stays with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 5.0, -2.0]]);
    /// assert_eq!(x.argmin_keepdim(1).to_vec::<u32>()?, [2]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist or is empty, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn argmin_keepdim(&self, axis: i32) -> Tensor {
        assert!(self.dtype().is_float(), "argmin: got {}; wanted f32 or f64", self.meta());
        self.search("argmin", axis, (-self.detach()).array())
    }

    /// The index of the first largest of `keys`, which are made of this tensor.
    #[track_caller]
    fn search(&self, op: &'static str, axis: i32, keys: &Array) -> Tensor {
        let axis = resolve(op, axis, self.rank());
        assert!(
            self.dims()[axis] > 0 || self.dims().with(axis, 1).numel() == 0,
            "{op}: axis {axis} of {} has no element to find",
            self.dims()
        );
        let running = Constant::begin(op);
        running.end(Kernel::ArgMax { axis }, &[&keys.clone().into()], keys.argmax(axis))
    }

    /// Rows that are 1 at the place the label names and 0 elsewhere: dims `[.., classes]`.
    ///
    /// ```
    /// use kiln_grad::{DType, Tensor};
    /// let rows = Tensor::from([2_u32, 0]).one_hot(3, DType::F64);
    /// assert_eq!(rows.to_f64_vec()?, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
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
