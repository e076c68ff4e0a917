//! `x` if positive, else `weight · x` with a weight that is learned (He et al., 2015).

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// `x` if positive, else `weight · x`, with one weight, or one for each channel of `x [n, c, ..]`; the derivative
    /// at 0 counts as the weight (He et al., 2015).
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[-2.0, -2.0], [3.0, -1.0]]);
    /// assert_eq!(x.prelu(&Tensor::from([0.5, 0.1])).to_f64_vec()?, [-1.0, -0.2, 3.0, -0.1]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there is neither one weight nor one for each channel.
    #[must_use]
    #[track_caller]
    pub fn prelu(&self, weight: &Tensor) -> Tensor {
        assert_floats("prelu", &[self, weight]);
        let channels = self.dims().get(1).copied();
        assert!(
            weight.rank() <= 1 && (weight.numel() == 1 || Some(weight.numel()) == channels),
            "prelu: a weight {} for {}; wanted one number, or one for each channel of [n, c, ..]",
            weight.dims(),
            self.dims()
        );
        let by_channel = |axis| if axis == 1 { weight.numel() } else { 1 };
        let weight = match weight.numel() {
            1 => weight.reshape(Dims::SCALAR),
            _ => weight.reshape((0..self.rank()).map(by_channel).collect::<Dims>()),
        };
        self.gt(0.0).select(self, &(self * weight))
    }
}

/// Domain, cases and refusals of `prelu`.
pub fn definition() -> Definition {
    let call = |x: &[Tensor]| x[0].prelu(&x[1]);
    let case = |label, dims: [&[usize]; 2]| {
        Case::new(label, dims, call).on(Domain::AwayFromKinks).reference(|x| {
            Values::build(x[0].dims, |i| {
                let weight = if x[1].data.len() == 1 { x[1].data[0] } else { x[1].data[i[1]] };
                if x[0].at(i) > 0.0 { x[0].at(i) } else { weight * x[0].at(i) }
            })
        })
    };
    let cases = vec![
        case("one weight", [&[5], &[1]]),
        case("channels", [&[2, 3, 2], &[3]]),
        case("a number", [&[], &[]]),
        case("nothing", [&[0, 2], &[2]]),
    ];
    Definition::new("all x, weight", cases).singular("x = 0", [[0.0], [0.3]], [0.0], [[0.3], [0.0]]).refuses(
        &["prelu", "a weight [2] for [4, 3]", "wanted"],
        [&[4, 3][..], &[2]],
        call,
    )
}
