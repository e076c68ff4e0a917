//! Rows of a table by number.

use super::gather::index_for;
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::{DType, Dims, NamedFaults};

impl Tensor {
    /// For each number in `ids` the row of this table `[rows, width]`: dims `[ids.., width]`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let table = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(table.embedding(&Tensor::from([1_u32])).to_f64_vec()?, [3.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has not two axes, the numbers aren't `U32`, or one is out of range. (A GPU finds that later, and returns it
    /// where values are read.)
    #[must_use]
    #[track_caller]
    pub fn embedding(&self, ids: &Tensor) -> Tensor {
        assert!(self.rank() == 2, "embedding: the table is {}; wanted [rows, width]", self.dims());
        assert!(ids.dtype() == DType::U32, "embedding: the numbers are {}; wanted u32", ids.meta());
        let dims: Dims = ids.dims().iter().copied().chain([self.dim(1)]).collect();
        let faults = NamedFaults::of("embedding");
        let rows = self.index_select(0, &ids.reshape([ids.numel()]));
        faults.end();
        rows.reshape(dims)
    }
}

/// Domain, cases and refusals of `embedding`.
pub fn definition() -> Definition {
    let case = |label, table: [usize; 2], ids: &'static [u32], dims: &'static [usize]| {
        Case::new(label, [table], move |x| x[0].embedding(&index_for(&x[0], ids, dims))).reference(move |x| {
            let ids = Values::whole(dims, ids);
            Values::build(dims.iter().copied().chain([table[1]]).collect::<Dims>(), |i| {
                let (column, place) = i.split_last().expect("there is a last axis");
                x[0].at(&[ids.at(place) as usize, *column])
            })
        })
    };
    let cases = vec![
        case("line", [4, 2], &[3, 0, 3], &[3]),
        case("grid", [3, 2], &[0, 1, 1, 2], &[2, 2]),
        case("one number", [5, 3], &[4], &[]),
        case("nothing", [3, 2], &[], &[0, 2]),
        case("of width 1", [7, 1], &[6, 6, 0], &[3]),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["embedding", "[3]", "wanted [rows, width]"], [[3]], |x| {
            x[0].embedding(&index_for(&x[0], &[0], [1]))
        })
        .refuses(&["embedding", "f64[2]", "wanted u32"], [[3, 2]], |x| {
            x[0].embedding(&Tensor::from([0.0, 1.0]))
        })
}
