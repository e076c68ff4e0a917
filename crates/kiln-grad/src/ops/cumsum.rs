//! The running sum along an axis.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// The running sum along `axis`: element `i` is the sum of elements `0..=i`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 4.0]).cumsum(0).to_f64_vec()?, [1.0, 3.0, 7.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn cumsum(&self, axis: i32) -> Tensor {
        assert_floats("cumsum", &[self]);
        self.scan(resolve("cumsum", axis, self.rank()), false)
    }

    /// The running sum or product along an axis, in as many steps as the length has binary digits (Hillis and Steele,
    /// 1986): each doubles the number of elements that an element has taken in. There is no quotient in it, so the
    /// derivatives of a product with zeros are right in every order.
    #[track_caller]
    pub(super) fn scan(&self, axis: usize, product: bool) -> Tensor {
        let (length, axis) = (self.dims()[axis], axis as i32);
        let (mut y, mut taken) = (self.clone(), 1);
        while taken < length {
            let rest = length - taken;
            let (late, early) = (y.narrow(axis, taken, rest), y.narrow(axis, 0, rest));
            let joined = if product { late * early } else { late + early };
            y = Tensor::concat(&[&y.narrow(axis, 0, taken), &joined], axis);
            taken *= 2;
        }
        y
    }
}

/// Domain, cases and refusals of `cumsum`.
pub fn definition() -> Definition {
    let running = |line: &[f64]| (0..line.len()).map(|i| line[..=i].iter().sum()).collect::<Vec<f64>>();
    let case = |label, dims: &'static [usize], axis: i32, number: usize| {
        Case::new(label, [dims], move |x| x[0].cumsum(axis)).reference(move |x| x[0].along(number, running))
    };
    let cases = vec![
        case("a line", &[7], 0, 0),
        case("rows", &[2, 5], -1, 1),
        case("middle axis", &[2, 4, 2], 1, 1),
        case("length 1", &[3, 1], 1, 1),
        case("nothing", &[0, 2], 0, 0),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["cumsum", "no axis 1"], [[3]], |x| x[0].cumsum(1))
}
