//! A tensor cut along an axis.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::Values;
use crate::tensor::Tensor;

impl Tensor {
    /// The tensor cut along `axis` into parts of the given lengths; views.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let parts = Tensor::from([1.0, 2.0, 3.0]).split(&[1, 2], 0);
    /// assert_eq!(parts[1].to_f64_vec()?, [2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the lengths don't add up to that of the axis.
    #[must_use]
    #[track_caller]
    #[doc(alias = "split_with_sizes")]
    pub fn split(&self, lengths: &[usize], axis: i32) -> Vec<Tensor> {
        let (total, length): (usize, _) =
            (lengths.iter().sum(), self.dims()[resolve("split", axis, self.rank())]);
        assert!(
            total == length,
            "split: the lengths {lengths:?} add up to {total}, but axis {axis} of {} has {length}",
            self.dims()
        );
        // A loop and not a closure, which would lose the place of the caller.
        let (mut parts, mut start) = (Vec::new(), 0);
        for &length in lengths {
            parts.push(self.narrow(axis, start, length));
            start += length;
        }
        parts
    }

    /// The tensor cut along `axis` into `count` equal parts; views.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let halves = Tensor::from([1.0, 2.0, 3.0, 4.0]).chunk(2, 0);
    /// assert_eq!(halves[1].to_f64_vec()?, [3.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the length of the axis isn't a multiple of `count`.
    #[must_use]
    #[track_caller]
    pub fn chunk(&self, count: usize, axis: i32) -> Vec<Tensor> {
        let length = self.dims()[resolve("chunk", axis, self.rank())];
        assert!(
            count > 0 && length.is_multiple_of(count),
            "chunk: axis {axis} of {} can't be cut into {count} equal parts",
            self.dims()
        );
        self.split(&vec![length / count; count], axis)
    }
}

/// Domain, cases and refusals of `split`.
pub fn definition() -> Definition {
    let product = |x: &[Tensor]| {
        let parts = x[0].split(&[1, 2], 1);
        &parts[0] * &parts[1]
    };
    let plain = |x: &[Values]| Values::build([2, 2], |i| x[0].at(&[i[0], 0]) * x[0].at(&[i[0], i[1] + 1]));
    let cases = vec![
        Case::new("used together", [[2, 3]], product).reference(plain),
        Case::new("one used", [[4, 2]], |x| x[0].chunk(2, 0).remove(1))
            .reference(|x| Values::new([2, 2], &x[0].data[4..]))
            .linear(),
        Case::new("an empty part", [[3]], |x| x[0].split(&[0, 3], 0).remove(0))
            .reference(|_| Values::zeros([0]))
            .linear(),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["split", "[1, 1] add up to 2", "[2, 3] has 3"], [[2, 3]], |x| {
            x[0].split(&[1, 1], 1).remove(0)
        })
        .refuses(&["chunk", "axis 1 of [2, 3]", "2 equal parts"], [[2, 3]], |x| x[0].chunk(2, 1).remove(0))
        .refuses(&["split", "no axis 2"], [[2, 3]], |x| x[0].split(&[3], 2).remove(0))
        .refuses(&["chunk", "0 equal parts"], [[2, 3]], |x| x[0].chunk(0, 1).remove(0))
}
