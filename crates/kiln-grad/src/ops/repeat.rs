//! Elements or whole tensors repeated.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// Each element along `axis` repeated `count` times in a row: `a a b b c c`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).repeat_interleave(2, 0).to_f64_vec()?, [1.0, 1.0, 2.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist.
    #[must_use]
    #[track_caller]
    pub fn repeat_interleave(&self, count: usize, axis: i32) -> Tensor {
        let axis = resolve("repeat_interleave", axis, self.rank());
        let length = self.dims()[axis];
        let repeated = self.reshape(self.dims().insert(axis + 1, 1));
        let repeated = repeated.broadcast_to(repeated.dims().with(axis + 1, count));
        repeated.reshape(self.dims().with(axis, length * count))
    }

    /// The whole tensor repeated along its last axes, `counts[i]` times each: `a b c a b c`. Axes it lacks are put in
    /// front.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([1.0, 2.0]);
    /// assert_eq!(x.tile(&[2]).to_f64_vec()?, [1.0, 2.0, 1.0, 2.0]);
    /// assert_eq!(x.tile(&[3, 1]).dims(), &[3, 2].into());
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When that has more axes than a tensor can have.
    #[must_use]
    #[track_caller]
    #[doc(alias = "repeat")]
    pub fn tile(&self, counts: &[usize]) -> Tensor {
        let rank = self.rank().max(counts.len());
        let lead = vec![1; rank - self.rank()];
        let mut y = self.reshape(lead.iter().chain(&**self.dims()).copied().collect::<Dims>());
        for (i, &count) in counts.iter().enumerate() {
            let axis = rank - counts.len() + i;
            let length = y.dims()[axis];
            let repeated = y.reshape(y.dims().insert(axis, 1));
            y = repeated
                .broadcast_to(repeated.dims().with(axis, count))
                .reshape(y.dims().with(axis, length * count));
        }
        y
    }
}

/// Domain, cases and refusals of `repeat`.
pub fn definition() -> Definition {
    let each = |label, dims: &'static [usize], count: usize, axis: usize| {
        let call = move |x: &[Tensor]| x[0].repeat_interleave(count, axis as i32);
        let repeated = move |line: &[f64]| line.iter().flat_map(|&x| vec![x; count]).collect();
        Case::new(label, [dims], call).reference(move |x| x[0].along(axis, repeated))
    };
    let whole = |label, dims: &'static [usize], counts: &'static [usize], to: &'static [usize]| {
        Case::new(label, [dims], move |x| x[0].tile(counts)).reference(move |x| {
            Values::build(to, |i| {
                let own = i[to.len() - dims.len()..].iter().zip(dims).map(|(i, length)| i % length);
                x[0].at(&own.collect::<Vec<_>>())
            })
        })
    };
    let cases = vec![
        each("each in rows", &[2, 3], 2, 1),
        each("each of rows", &[2, 3], 3, 0),
        each("each never", &[2, 3], 0, 1),
        whole("twice", &[2, 3], &[2], &[2, 6]),
        whole("more axes", &[3], &[2, 1, 2], &[2, 1, 6]),
        whole("all axes", &[2, 1, 2], &[2, 3, 1], &[4, 3, 2]),
        whole("never", &[2, 3], &[0, 2], &[0, 6]),
    ];
    Definition::new("all x", cases).linear().smooth().refuses(
        &["repeat_interleave", "no axis 1"],
        [[3]],
        |x| x[0].repeat_interleave(2, 1),
    )
}
