//! Elements in order along an axis.

use crate::axes::resolve;
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::reference::Values;
use crate::tape::Constant;
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Kernel, Meta, fused};
use std::sync::Arc;

impl Tensor {
    /// The elements in ascending or descending order along `axis`, and the places they come from; `U32`. Equal
    /// elements keep their order, and NaN counts as the largest.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (sorted, places) = Tensor::from([3.0, 1.0, 2.0]).sort(0, false);
    /// assert_eq!(sorted.to_f64_vec()?, [1.0, 2.0, 3.0]);
    /// assert_eq!(places.to_vec::<u32>()?, [1, 2, 0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn sort(&self, axis: i32, descending: bool) -> (Tensor, Tensor) {
        let axis = resolve("sort", axis, self.rank()) as i32;
        let places = self.argsort(axis, descending);
        (self.gather(axis, &places), places)
    }

    /// The places of the elements in ascending or descending order along `axis`; `U32`. Equal elements keep their
    /// order, and NaN counts as the largest.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([3.0, 1.0, 2.0]).argsort(0, true).to_vec::<u32>()?, [0, 2, 1]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn argsort(&self, axis: i32, descending: bool) -> Tensor {
        let axis = resolve("argsort", axis, self.rank()) as i32;
        // The kernel sorts along the last axis.
        let x = self.detach().transpose(axis, -1);
        let running = Constant::begin("argsort");
        let kernel = fused::SortIndex { descending };
        let meta = Meta { dims: *x.dims(), dtype: DType::U32 };
        let places = Array::fused(kernel, &[x.array()], &[meta]).remove(0);
        running.end(Kernel::Fused(Arc::new(kernel)), &[&x], places).transpose(axis, -1)
    }

    /// The `k` largest elements along `axis`, or the smallest, in order, and the places they come from; `U32`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (best, places) = Tensor::from([3.0, 1.0, 5.0, 2.0]).topk(2, 0, true);
    /// assert_eq!(best.to_f64_vec()?, [5.0, 3.0]);
    /// assert_eq!(places.to_vec::<u32>()?, [2, 0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist, or has fewer than `k` elements.
    #[must_use]
    #[track_caller]
    pub fn topk(&self, k: usize, axis: i32, largest: bool) -> (Tensor, Tensor) {
        let axis = resolve("topk", axis, self.rank()) as i32;
        assert!(k <= self.dim(axis), "topk: there are no {k} elements along axis {axis} of {}", self.dims());
        let places = self.argsort(axis, largest).narrow(axis, 0, k);
        (self.gather(axis, &places), places)
    }
}

/// Domain, cases and refusals of `sort`.
pub fn definition() -> Definition {
    let ordered = |descending: bool, count: usize| {
        move |line: &[f64]| {
            let mut line = line.to_vec();
            line.sort_by(f64::total_cmp);
            if descending {
                line.reverse();
            }
            line.truncate(count);
            line
        }
    };
    let sorted = |label, dims: &'static [usize], axis: usize, descending: bool| {
        let case = Case::new(label, [dims], move |x| x[0].sort(axis as i32, descending).0);
        case.reference(move |x| x[0].along(axis, ordered(descending, usize::MAX)))
    };
    let best = |label, dims: &'static [usize], k: usize, axis: usize, largest: bool| {
        let case = Case::new(label, [dims], move |x| x[0].topk(k, axis as i32, largest).0);
        case.reference(move |x| x[0].along(axis, ordered(largest, k)))
    };
    let cases = vec![
        sorted("a line", &[7], 0, false),
        sorted("rows, descending", &[2, 5], 1, true),
        sorted("middle axis", &[2, 4, 2], 1, false),
        sorted("nothing", &[2, 0], 1, true),
        best("largest", &[2, 5], 2, 1, true),
        best("smallest", &[4, 3], 3, 0, false),
        best("none of them", &[2, 3], 0, 1, true),
    ];
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    Definition::new("all x", cases.into_iter().map(|case| case.on(Domain::Distinct)).collect())
        .singular(
            "NaN and infinities",
            [Values::from([nan, inf, -inf, 0.0])],
            Values::from([-inf, 0.0, inf, nan]),
            [Values::from([1.0; 4])],
        )
        .refuses(&["topk", "no 4 elements along axis 0 of [3]"], [[3]], |x| x[0].topk(4, 0, true).0)
        .refuses(&["sort", "no axis 1"], [[3]], |x| x[0].sort(1, false).0)
}
