//! Elements added up at places along an axis: the adjoint of [gathering](super::gather).

use super::gather::index_for;
use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Dims, Layout, Meta, Result, ShapeError};

/// `y = 0; y[.., index[.., i, ..], ..] += v[.., i, ..]`.
#[derive(Debug)]
struct ScatterAdd {
    axis: usize,
    length: usize,
    index: Array,
}

impl Op for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats("scatter_add", ins)?;
        let meta = Meta { dims: ins[0].dims.with(self.axis, self.length), ..ins[0] };
        let index = self.index.meta();
        if index.dtype != DType::U32 || index.dims != ins[0].dims {
            let text = format!("the index is {index}, for {}; wanted u32 with the same dims", ins[0]);
            return Err(ShapeError::new("scatter_add", text));
        }
        Ok(meta)
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let (Meta { dims, dtype }, values) = (cx.output_meta(), cx.input(0));
        let mut sums = Array::zeros(dims, dtype, values.device());
        sums.scatter_add_at(&Layout::contiguous(dims), self.axis, &self.index, values);
        sums
    }

    fn vjp(&self, _: &Vjp, u: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(u.gather(self.axis as i32, &self.index.clone().into()))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::ScatterAdd { axis: self.axis, index: self.index.clone() })
    }
}

impl Tensor {
    /// Zeros with `length` elements along `axis`, to which the elements of this tensor are added at
    /// the places the index names: `y[.., index[.., i, ..], ..] += x[.., i, ..]`. The index is `U32`
    /// and has the dims of this tensor.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let y = Tensor::from([1.0, 2.0, 4.0]).scatter_add(0, &Tensor::from([2_u32, 0, 2]), 3);
    /// assert_eq!(y.to_f64_vec()?, [2.0, 0.0, 5.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit, this doesn't hold floats, or an index is out of range. (A GPU finds that later, and returns
    /// it where values are read.)
    #[must_use]
    #[track_caller]
    pub fn scatter_add(&self, axis: i32, index: &Tensor, length: usize) -> Tensor {
        let axis = resolve("scatter_add", axis, self.rank());
        apply(ScatterAdd { axis, length, index: index.array().clone() }, [self])
    }

    /// Like [`scatter_add`](Self::scatter_add).
    ///
    /// # Errors
    /// When the dims don't fit, this doesn't hold floats, or an index is out of range on the CPU.
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[track_caller]
    pub fn try_scatter_add(&self, axis: i32, index: &Tensor, length: usize) -> Result<Tensor> {
        let axis = resolve("scatter_add", axis, self.rank());
        try_apply(ScatterAdd { axis, length, index: index.array().clone() }, [self])
    }
}

impl Tensor {
    /// This tensor with the sub-tensors of `source` added at the positions of a one-dimensional `U32` index along
    /// `axis`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// let y = x.index_add(0, &Tensor::from([1_u32, 1]), &Tensor::from([[10.0, 0.0], [20.0, 5.0]]));
    /// assert_eq!(y.to_f64_vec()?, [1.0, 2.0, 33.0, 9.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims or types don't fit. An index out of range is refused as that of [`gather`](Self::gather) is.
    #[must_use]
    #[track_caller]
    pub fn index_add(&self, axis: i32, index: &Tensor, source: &Tensor) -> Tensor {
        let axis = resolve("index_add", axis, self.rank());
        let dims = *source.dims();
        assert!(
            dims.rank() == self.rank()
                && index.rank() == 1
                && index.numel() == dims[axis]
                && dims.with(axis, self.dims()[axis]) == *self.dims(),
            "index_add: {dims} to {} at {}; wanted one index along axis {axis} of the source, whose other axes are equal",
            self.dims(),
            index.dims()
        );
        let mut line = Dims::new(&vec![1; self.rank()]);
        line[axis] = dims[axis];
        self + source.scatter_add(axis as i32, &index.reshape(line).broadcast_to(dims), self.dims()[axis])
    }
}

/// Domain, cases and refusals of `scatter_add`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axis: usize, places: &'static [u32], length: usize| {
        let case = Case::new(label, [dims], move |x| {
            x[0].scatter_add(axis as i32, &index_for(&x[0], places, dims), length)
        });
        case.reference(move |x| reference::scatter_add(&x[0], axis, &Values::whole(dims, places), length))
    };
    let cases = vec![
        case("rows", &[2, 2], 0, &[2, 0, 0, 1], 3),
        case("collisions", &[2, 3], 1, &[1, 1, 1, 0, 2, 0], 4),
        case("a line", &[5], 0, &[6, 0, 6, 3, 6], 7),
        case("middle axis", &[1, 2, 2], 1, &[0, 1, 0, 0], 2),
        case("nothing", &[2, 0], 1, &[], 3),
        Case::new("added to another", [[3, 2], [4, 2]], |x| {
            x[0].index_add(0, &index_for(&x[0], &[2, 0, 2, 1], [4]), &x[1])
        })
        .reference(|x| {
            let index = Values::whole([4, 2], &[2, 2, 0, 0, 2, 2, 1, 1]);
            x[0].zip(&reference::scatter_add(&x[1], 0, &index, 3), |a, b| a + b)
        }),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["scatter_add", "u32[2], for f64[3]", "wanted u32 with the same dims"], [[3]], |x| {
            x[0].scatter_add(0, &index_for(&x[0], &[0, 0], [2]), 4)
        })
        .refuses(&["index_add", "[2, 2] to [3]", "wanted one index"], [&[3][..], &[2, 2]], |x| {
            x[0].index_add(0, &index_for(&x[0], &[0, 0], [2]), &x[1])
        })
        .refuses(&["scatter_add", "the index is f64[2]", "wanted u32"], [[2]], |x| {
            x[0].scatter_add(0, &x[0], 4)
        })
        .refuses(&["scatter_add", "no axis -2"], [[2]], |x| {
            x[0].scatter_add(-2, &index_for(&x[0], &[0, 0], [2]), 4)
        })
}
