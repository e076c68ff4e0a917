//! Elements written at places along an axis.

use super::gather::index_for;
use crate::axes::resolve;
use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::reference::{Values, each_index};
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Meta, fused};

impl Tensor {
    /// This tensor with the elements of `source` written at the places the index names:
    /// `y[.., index[.., i, ..], ..] = source[.., i, ..]`. The index is `U32` and has the dims of the source, which
    /// agree with this tensor's in all axes but `axis`. Where several go to one place, the last does.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0]);
    /// let y = x.scatter(0, &Tensor::from([2_u32, 0]), &Tensor::from([30.0, 10.0]));
    /// assert_eq!(y.to_f64_vec()?, [10.0, 2.0, 30.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims or types don't fit. An index out of range is refused as that of [`gather`](Self::gather) is.
    #[must_use]
    #[track_caller]
    #[doc(alias = "index_copy")]
    pub fn scatter(&self, axis: i32, index: &Tensor, source: &Tensor) -> Tensor {
        match self.writers("scatter", axis, index, source, false) {
            Some((picked, written)) => written.select(&picked, self),
            None => self.clone(),
        }
    }

    /// The larger of this tensor's element and of all that the index sends to its place:
    /// `y[.., index[.., i, ..], ..] = max(source[.., i, ..], ..)`. Dims as for [`scatter`](Self::scatter). Of equal
    /// elements of the source the first takes the gradient, and shares it with an equal element of this tensor.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0, 3.0]);
    /// let y = x.scatter_max(0, &Tensor::from([1_u32, 1, 2]), &Tensor::from([4.0, 5.0, 0.0]));
    /// assert_eq!(y.to_f64_vec()?, [1.0, 5.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims or types don't fit. An index out of range is refused as that of [`gather`](Self::gather) is.
    #[must_use]
    #[track_caller]
    #[doc(alias = "scatter_reduce")]
    pub fn scatter_max(&self, axis: i32, index: &Tensor, source: &Tensor) -> Tensor {
        match self.writers("scatter_max", axis, index, source, true) {
            Some((picked, written)) => written.select(&self.maximum(&picked), self),
            None => self.clone(),
        }
    }

    /// For each place the element of the source that goes there, and whether there is one; `None` if there is none at
    /// all.
    #[track_caller]
    fn writers(
        &self,
        op: &str,
        axis: i32,
        index: &Tensor,
        source: &Tensor,
        largest: bool,
    ) -> Option<(Tensor, Tensor)> {
        let axis = resolve(op, axis, self.rank());
        let (to, from) = (*self.dims(), *source.dims());
        let fits = source.rank() == self.rank() && from.with(axis, to[axis]) == to && from == *index.dims();
        assert!(
            fits && index.dtype() == DType::U32 && source.dtype() == self.dtype() && self.dtype().is_float(),
            "{op}: {} into {} at {}; wanted a u32 index with the dims of the source, equal to the others' but for \
             axis {axis}",
            source.meta(),
            self.meta(),
            index.meta()
        );
        if source.numel() == 0 {
            return None;
        }
        let [outer, inner] = [&to[..axis], &to[axis + 1..]].map(|lengths| lengths.iter().product::<usize>());
        let flat = |x: &Tensor| x.array().reshape([outer, from[axis], inner]);
        let meta = Meta { dims: [outer, to[axis], inner].into(), dtype: DType::U32 };
        let kernel = fused::ScatterSource { largest };
        let found = Array::fused(kernel, &[&flat(index), &flat(source)], &[meta, meta]);
        let [places, written] = found.try_into().expect("two outputs were asked for");
        let as_it = |array: Array| Tensor::from(array.reshape(to));
        Some((source.gather(axis as i32, &as_it(places)), as_it(written)))
    }
}

/// Domain, cases and refusals of `scatter`.
pub fn definition() -> Definition {
    let case = |label,
                dims: &'static [usize],
                axis: usize,
                places: &'static [u32],
                from: &'static [usize],
                max: bool| {
        let call = move |x: &[Tensor]| {
            let index = index_for(&x[0], places, from);
            let axis = axis as i32;
            if max { x[0].scatter_max(axis, &index, &x[1]) } else { x[0].scatter(axis, &index, &x[1]) }
        };
        Case::new(label, [dims, from], call).reference(move |x| {
            let (mut y, index) = (x[0].clone(), Values::whole(from, places));
            each_index(from, |i| {
                let mut to = i.to_vec();
                to[axis] = index.at(i) as usize;
                let place = y.at_mut(&to);
                *place = if max { place.max(x[1].at(i)) } else { x[1].at(i) };
            });
            y
        })
    };
    let cases = vec![
        case("a line", &[4], 0, &[2, 0], &[2], false),
        case("the last of several", &[2, 3], 1, &[1, 1, 1, 0, 2, 0], &[2, 3], false),
        case("middle axis", &[1, 3, 2], 1, &[0, 2, 0, 2], &[1, 2, 2], false),
        case("nothing", &[2, 3], 1, &[], &[2, 0], false),
    ];
    // Shifted, so that the two sides don't come close to each other.
    let larger = [
        case("largest", &[6], 0, &[3, 0, 3, 3], &[4], true),
        case("largest in columns", &[3, 2], 0, &[1, 1, 1, 2], &[2, 2], true),
    ];
    let shifted = |case: Case| {
        let (f, naive) = (case.f.clone(), case.reference.clone().expect("it was given"));
        let shifted = Case {
            f: std::sync::Arc::new(move |x: &[Tensor]| f(&[&x[0] * 10.0 + 0.33, x[1].clone()])),
            ..case
        };
        shifted.reference(move |x| naive(&[x[0].map(|x| x * 10.0 + 0.33), x[1].clone()])).on(Domain::Distinct)
    };
    let call = |x: &[Tensor]| x[0].scatter(0, &index_for(&x[0], &[0, 0], [2]), &x[1]);
    Definition::new("all x, source", cases.into_iter().chain(larger.map(shifted)).collect())
        .smooth()
        .refuses(&["scatter", "f64[3] into f64[3] at u32[2]", "wanted"], [[3], [3]], call)
        .refuses(&["scatter", "f64[2] into f64[2, 3]", "wanted"], [&[2, 3][..], &[2]], call)
        .refuses(&["scatter_max", "at f64[2]", "wanted a u32 index"], [[2], [2]], |x| {
            x[0].scatter_max(0, &x[1], &x[1])
        })
}
