//! Scaled dot-product attention (Vaswani et al., 2017) and its derivative, without its matrix of weights: rows of it are computed
//! where they are needed, and again on the way back (Rabe and Staats, 2021; Dao et al., 2022).

mod cpu;
#[cfg(test)]
mod tests;

use super::check_dims;
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::dtype::with_float;
use crate::error::{Result, ShapeError};
use crate::kernel::FusedKernel;

/// `softmax(scale · q·kᵀ) · v`: inputs `q [n, heads, queries, width]`, `k [n, groups, keys, width]` and
/// `v [n, groups, keys, out]`, where as many neighbouring heads share a group; outputs `y [n, heads, queries, out]` and for each query
/// `ln Σ eˢ` of its scores, `[n, heads, queries]`. Of no key `y` is 0. Only the CPU has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Factor of the products.
    pub scale: f64,
    /// Whether query `i` looks at keys `0..=i` alone.
    pub causal: bool,
}

/// The derivative of [`Attention`]: inputs the gradient of `y`, `q`, `k`, `v`, `y` and its second output; outputs the
/// gradients of `q`, `k` and `v`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttentionBackward(pub Attention);

/// Sizes of a call.
#[derive(Clone, Copy)]
struct Sizes {
    n: usize,
    heads: usize,
    groups: usize,
    queries: usize,
    keys: usize,
    width: usize,
    out: usize,
}

impl Sizes {
    /// Those of `q`, `k` and `v`.
    fn of(name: &'static str, ins: &[Meta]) -> Result<Sizes, ShapeError> {
        let four = |i: usize| ins.get(i).and_then(|m| <[usize; 4]>::try_from(&*m.dims).ok());
        if let [Some([n, heads, queries, width]), Some([_, groups, keys, _]), Some([.., out])] =
            [0, 1, 2].map(four)
            && (heads == groups || groups > 0 && heads.is_multiple_of(groups))
        {
            return Ok(Sizes { n, heads, groups, queries, keys, width, out });
        }
        let list: Vec<String> = ins.iter().map(Meta::to_string).collect();
        let text = format!(
            "got {}; wanted q [n, heads, queries, width], k [n, groups, keys, width] and v [n, groups, keys, out], \
             with heads a multiple of groups",
            list.join(", ")
        );
        Err(ShapeError::new(name, text))
    }

    /// Dims of `q`, `k`, `v`, `y` and the sums.
    fn dims(self) -> ([[usize; 4]; 4], [usize; 3]) {
        let Sizes { n, heads, groups, queries, keys, width, out } = self;
        let four = [
            [n, heads, queries, width],
            [n, groups, keys, width],
            [n, groups, keys, out],
            [n, heads, queries, out],
        ];
        (four, [n, heads, queries])
    }

    /// Products of a score, or of a weight.
    fn scores(self) -> u64 {
        (self.n * self.heads * self.queries * self.keys) as u64
    }
}

impl FusedKernel for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let ([q, k, v, y], sums) = Sizes::of(self.name(), ins)?.dims();
        check_dims(self.name(), ins, outs, (&[&q, &k, &v], &[&y, &sums]))
    }

    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        Sizes::of(self.name(), ins).map_or(0, |s| s.scores() * (2 * s.width + 2 * s.out + 5) as u64)
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::forward::<T>(self, ins, outs))
    }
}

impl FusedKernel for AttentionBackward {
    fn name(&self) -> &'static str {
        "attention_backward"
    }

    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let ([q, k, v, y], sums) = Sizes::of(self.name(), ins.get(1..).unwrap_or_default())?.dims();
        check_dims(self.name(), ins, outs, (&[&y, &q, &k, &v, &y, &sums], &[&q, &k, &v]))
    }

    fn flops(&self, ins: &[Meta], _: &[Meta]) -> u64 {
        let sizes = Sizes::of(self.name(), ins.get(1..).unwrap_or_default());
        sizes.map_or(0, |s| s.scores() * (6 * s.width + 4 * s.out + 8) as u64)
    }

    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
        with_float!(ins[0].storage.dtype(), T => cpu::backward::<T>(&self.0, ins, outs))
    }
}
