//! The product over axes.

use crate::axes::{Axes, removed};
use crate::case::Case;
use crate::definition::Definition;
use crate::tensor::Tensor;

impl Tensor {
    /// The product over `axes`, which go away; of no elements it is 1. Its derivatives are right where elements are 0,
    /// too.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.prod(..).item()?, 24.0);
    /// assert_eq!(x.prod(0).to_f64_vec()?, [3.0, 8.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn prod(&self, axes: impl Axes) -> Tensor {
        let dims = removed(self.dims(), &axes.resolve("prod", self.rank()));
        self.prod_keepdim(axes).reshape(dims)
    }

    /// The product over `axes`, which stay with length 1.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.prod_keepdim(1).dims(), &[2, 1].into());
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When an axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn prod_keepdim(&self, axes: impl Axes) -> Tensor {
        assert!(self.dtype().is_float(), "prod: got {}; wanted f32 or f64", self.meta());
        let mut y = self.clone();
        for axis in axes.resolve("prod", self.rank()) {
            y = y.product_along(axis);
        }
        y
    }

    /// The product along an axis, which stays with length 1: the front half times the back half, again and again.
    /// There is no quotient in it, so derivatives are right in every order where elements are 0.
    #[track_caller]
    fn product_along(&self, axis: usize) -> Tensor {
        let number = axis as i32;
        let (mut y, mut odd) = (self.clone(), None::<Tensor>);
        while y.dims()[axis] > 1 {
            let length = y.dims()[axis];
            if length % 2 == 1 {
                let last = y.narrow(number, -1, 1);
                odd = Some(odd.map_or(last.clone(), |odd| odd * &last));
            }
            y = y.narrow(number, 0, length / 2) * y.narrow(number, length / 2, length / 2);
        }
        match odd {
            _ if y.dims()[axis] == 0 => y.sum_keepdim(number) + 1.0,
            Some(odd) => y * odd,
            None => y,
        }
    }
}

/// Domain, cases and refusals of `prod`.
pub fn definition() -> Definition {
    let product = |line: &[f64]| line.iter().product();
    let cases = vec![
        Case::new("all", [[2, 3]], |x| x[0].prod(..))
            .reference(move |x| x[0].reduce(&[0, 1], product).without(&[0, 1])),
        Case::new("a line", [[7]], |x| x[0].prod(-1))
            .reference(move |x| x[0].reduce(&[0], product).without(&[0])),
        Case::new("kept", [[2, 4, 2]], |x| x[0].prod_keepdim([0, 1]))
            .reference(move |x| x[0].reduce(&[0, 1], product)),
        Case::new("length 1", [[5, 1]], |x| x[0].prod(-1)).reference(|x| x[0].without(&[1])),
        Case::new("of no rows", [[0, 3]], |x| x[0].prod(1))
            .reference(move |x| x[0].reduce(&[1], product).without(&[1])),
    ];
    let none = || crate::reference::Values::zeros([0, 3]);
    Definition::new("all x", cases)
        .singular("one zero", [[2.0, 0.0, 3.0]], 0.0, [[0.0, 6.0, 0.0]])
        .singular("two zeros", [[2.0, 0.0, 0.0]], 0.0, [[0.0, 0.0, 0.0]])
        .singular("no element", [none()], 1.0, [none()])
        .refuses(&["prod", "no axis 2", "2 axes"], [[2, 3]], |x| x[0].prod(2))
}
