//! Whole sub-tensors picked along an axis.

use super::gather::index_for;
use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::tensor::Tensor;
use kiln_tensor::{DType, Dims, NamedFaults};

impl Tensor {
    /// The sub-tensors at the positions of a one-dimensional `U32` index along `axis`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 3.0]).index_select(0, &Tensor::from([2_u32, 0])).to_f64_vec()?, [3.0, 1.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the index is not `U32`, has not one axis, or is out of range. (A GPU finds that later, and returns it where
    /// values are read.)
    #[must_use]
    #[track_caller]
    pub fn index_select(&self, axis: i32, index: &Tensor) -> Tensor {
        let axis = resolve("index_select", axis, self.rank());
        assert!(
            index.rank() == 1 && index.dtype() == DType::U32,
            "index_select: the index is {}; wanted u32 numbers along one axis",
            index.meta()
        );
        let mut line = Dims::new(&vec![1; self.rank()]);
        line[axis] = index.numel();
        let dims = self.dims().with(axis, index.numel());
        let index = index.reshape(line).broadcast_to(dims);
        let faults = NamedFaults::of("index_select");
        let picked = self.gather(axis as i32, &index);
        faults.end();
        picked
    }
}

/// Domain, cases and refusals of `index_select`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], axis: usize, places: &'static [u32]| {
        let case = Case::new(label, [dims], move |x| {
            x[0].index_select(axis as i32, &index_for(&x[0], places, [places.len()]))
        });
        let pick = |line: &[f64]| places.iter().map(|&i| line[i as usize]).collect();
        case.reference(move |x| x[0].along(axis, pick))
    };
    let cases = vec![
        case("rows", &[3, 2], 0, &[2, 0, 2, 1]),
        case("columns", &[2, 3, 2], 1, &[1, 1]),
        case("a line", &[7], 0, &[6]),
        case("nothing", &[2, 3], 1, &[]),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["index_select", "u32[1, 2]", "one axis"], [[3]], |x| {
            x[0].index_select(0, &index_for(&x[0], &[0, 1], [1, 2]))
        })
        .refuses(&["index_select", "f64[3]", "wanted u32"], [[3]], |x| x[0].index_select(0, &x[0]))
        .refuses(&["index_select", "no axis 1"], [[3]], |x| {
            x[0].index_select(1, &index_for(&x[0], &[0], [1]))
        })
}
