//! Numbers that belong to channels: weights, biases and statistics `[c]` of a tensor `[n, c, ..]`.

use crate::op::assert_floats;
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// `[1, c, 1, ..]` with as many axes as this tensor `[n, c, ..]`.
    pub(super) fn channel_dims(&self) -> Dims {
        (0..self.rank()).map(|axis| if axis == 1 { self.dims()[axis] } else { 1 }).collect()
    }

    /// Panics unless both of a pair, such as `weight and bias`, have the dims `[c]`, or there is none, and all hold floats of one
    /// type.
    #[track_caller]
    pub(super) fn assert_channels(&self, op: &'static str, names: &str, pair: Option<(&Tensor, &Tensor)>) {
        let Some((a, b)) = pair else { return assert_floats(op, &[self]) };
        assert_floats(op, &[self, a, b]);
        let wanted = Dims::from([self.dims()[1]]);
        assert!(
            *a.dims() == wanted && *b.dims() == wanted,
            "{op}: {names} are {} and {}; wanted {wanted} and {wanted}",
            a.dims(),
            b.dims()
        );
    }
}
