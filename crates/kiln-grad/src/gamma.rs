//! Arguments of the gamma function and its derivatives, brought to where their asymptotic series hold.

use crate::tensor::Tensor;

/// Arguments from which the series are used. Their first omitted terms are below 1e-15 there.
const FROM: f64 = 8.0;

/// An argument `x`, reflected to `t = 1 − x` below one half, and moved up by [`FROM`] if it is below that.
#[derive(Debug)]
pub(crate) struct Shifted {
    /// The argument of the series.
    pub at: Tensor,
    /// `t (t + 1) .. ` of all that it was moved past; 1 where it wasn't.
    pub product: Tensor,
    /// `1/t + 1/(t + 1) ..` of the same; 0 where it wasn't moved.
    pub reciprocals: Tensor,
    /// Mask of those that were reflected.
    pub is_reflected: Tensor,
    /// The distance of those from the nearest whole number, which sines and tangents of `πx` depend on alone; ½ for others.
    pub from_whole: Tensor,
}

impl Shifted {
    #[track_caller]
    pub fn new(x: &Tensor) -> Shifted {
        // Both branches of a choice are differentiated, so both must be finite: what isn't chosen gets a harmless value.
        let constant = |value: f64| x.zeros_like() + value;
        let is_reflected = x.lt(0.5);
        let from_whole = is_reflected.select(&(x - x.detach().round()), &constant(0.5));
        let t = is_reflected.select(&(1.0 - x), x);
        let is_moved = t.lt(FROM);
        let (low, one, zero) = (is_moved.select(&t, &constant(1.0)), constant(1.0), constant(0.0));
        let (mut product, mut reciprocals) = (low.clone(), low.recip());
        for k in 1..FROM as usize {
            let next = &low + k as f64;
            product = product * &next;
            reciprocals = reciprocals + next.recip();
        }
        Shifted {
            at: is_moved.select(&(&low + FROM), &t),
            product: is_moved.select(&product, &one),
            reciprocals: is_moved.select(&reciprocals, &zero),
            is_reflected,
            from_whole,
        }
    }
}
