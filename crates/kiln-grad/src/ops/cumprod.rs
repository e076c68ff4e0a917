//! The running product along an axis.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::tensor::Tensor;

impl Tensor {
    /// The running product along `axis`: element `i` is the product of elements `0..=i`. Its derivatives are right
    /// where elements are 0, too.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 4.0]).cumprod(0).to_f64_vec()?, [1.0, 2.0, 8.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the axis doesn't exist, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn cumprod(&self, axis: i32) -> Tensor {
        assert_floats("cumprod", &[self]);
        self.scan(resolve("cumprod", axis, self.rank()), true)
    }
}

/// Domain, cases and refusals of `cumprod`.
pub fn definition() -> Definition {
    let running = |line: &[f64]| (0..line.len()).map(|i| line[..=i].iter().product()).collect::<Vec<f64>>();
    let case = |label, dims: &'static [usize], axis: i32, number: usize| {
        Case::new(label, [dims], move |x| x[0].cumprod(axis)).reference(move |x| x[0].along(number, running))
    };
    let cases = vec![
        case("a line", &[5], 0, 0),
        case("rows", &[2, 3], -1, 1),
        case("middle axis", &[2, 4, 2], 1, 1),
        case("length 1", &[3, 1], 1, 1),
        case("nothing", &[0, 2], 0, 0),
    ];
    Definition::new("all x", cases)
        .singular("one zero", [[2.0, 0.0, 3.0]], [2.0, 0.0, 0.0], [[1.0, 8.0, 0.0]])
        .singular("two zeros", [[2.0, 0.0, 0.0]], [2.0, 0.0, 0.0], [[1.0, 2.0, 0.0]])
        .refuses(&["cumprod", "no axis 1"], [[3]], |x| x[0].cumprod(1))
}
