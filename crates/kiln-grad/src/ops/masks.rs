//! Masks joined: integers, which have no derivative.

use crate::tensor::Tensor;
use kiln_tensor::DType;

impl Tensor {
    /// A mask that is 1 where both masks aren't 0, else 0. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0]);
    /// assert_eq!(x.gt(1.0).and(&x.lt(3.0)).to_vec::<u32>()?, [0, 1, 0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast, or one isn't `U32`.
    #[must_use]
    #[track_caller]
    #[doc(alias = "logical_and")]
    pub fn and(&self, other: &Tensor) -> Tensor {
        let (mask, other) = (self.mask("and"), other.mask("and"));
        mask.select(&other, &mask)
    }

    /// A mask that is 1 where a mask isn't 0, else 0. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0]);
    /// assert_eq!(x.le(1.0).or(&x.ge(3.0)).to_vec::<u32>()?, [1, 0, 1]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast, or one isn't `U32`.
    #[must_use]
    #[track_caller]
    #[doc(alias = "logical_or")]
    pub fn or(&self, other: &Tensor) -> Tensor {
        let (mask, other) = (self.mask("or"), other.mask("or"));
        mask.select(&mask, &other)
    }

    /// A mask that is 1 where just one of the masks isn't 0, else 0. Broadcasts.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0]);
    /// assert_eq!(x.le(2.0).xor(&x.ge(2.0)).to_vec::<u32>()?, [1, 0, 1]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't broadcast, or one isn't `U32`.
    #[must_use]
    #[track_caller]
    #[doc(alias = "logical_xor")]
    pub fn xor(&self, other: &Tensor) -> Tensor {
        self.mask("xor").ne(other.mask("xor"))
    }

    /// A mask that is 1 where this mask is 0, else 0.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1_u32, 0, 7]).not().to_vec::<u32>()?, [0, 1, 0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't `U32`.
    #[must_use]
    #[track_caller]
    #[doc(alias = "logical_not")]
    pub fn not(&self) -> Tensor {
        self.mask("not").eq(0)
    }

    /// 1 where this mask isn't 0, else 0.
    #[track_caller]
    fn mask(&self, op: &str) -> Tensor {
        assert!(self.dtype() == DType::U32, "{op}: got {}; wanted masks, which are u32", self.meta());
        self.ne(0)
    }
}
