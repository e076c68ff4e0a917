//! Binary cross-entropy of logits, summed.

use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, or_panic, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::fused;
use kiln_tensor::{Array, Dims, Kernel, Meta, Result, ShapeError};
use std::sync::Arc;

#[derive(Debug)]
struct BinaryCrossEntropy;

impl Op for BinaryCrossEntropy {
    fn name(&self) -> &'static str {
        "binary_cross_entropy"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("binary_cross_entropy", ins)?;
        let (x, t) = (&ins[0].dims, &ins[1].dims);
        if x != t {
            let text = format!("got logits {x} and targets {t}; wanted the same dims");
            return Err(ShapeError::new("binary_cross_entropy", text));
        }
        Ok(Meta { dims: Dims::SCALAR, dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let sum = Meta { dims: Dims::SCALAR, dtype: cx.input(0).dtype() };
        Array::fused(fused::BinaryCrossEntropy, &[cx.input(0), cx.input(1)], &[sum]).remove(0)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let (x, t) = (cx.input(0), cx.input(1));
        let dx = || {
            let ins = [v.array(), x.array(), t.array()];
            Array::fused(fused::BinaryCrossEntropyBackward, &ins, &[x.meta()]).remove(0).into()
        };
        vec![need[0].then(dx), need[1].then(|| -(v * &x))]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Fused(Arc::new(fused::BinaryCrossEntropy))))
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        // Not `softplus(x) − x·t`, whose slope would cancel where a confident logit is right.
        let (x, t) = (&ins[0], &ins[1]);
        Some((t * (-x).softplus() + (1.0 - t) * x.softplus()).sum(..))
    }
}

impl Tensor {
    /// `−Σ t·ln σ(x) + (1 − t)·ln(1 − σ(x)) = Σ softplus(x) − x·t` over all elements: the cross-entropy of these
    /// logits `x` against targets `t` in [0, 1], of the same dims. Finite for all finite logits, and to the last digits also
    /// where a confident logit is right.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let loss = Tensor::from([0.0, 0.0]).binary_cross_entropy(&Tensor::from([1.0, 0.0]));
    /// assert!((loss.item()? - 2.0 * 2_f64.ln()).abs() < 1e-15);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims or element types differ.
    #[must_use]
    #[track_caller]
    pub fn binary_cross_entropy(&self, targets: &Tensor) -> Tensor {
        or_panic(self.try_binary_cross_entropy(targets))
    }

    /// Like [`binary_cross_entropy`](Self::binary_cross_entropy).
    ///
    /// # Errors
    /// Where that panics.
    #[track_caller]
    pub fn try_binary_cross_entropy(&self, targets: &Tensor) -> Result<Tensor> {
        try_apply(BinaryCrossEntropy, [self, targets])
    }
}

/// Domain, cases and refusals of `binary_cross_entropy`.
pub fn definition() -> Definition {
    let call = |x: &[Tensor]| x[0].binary_cross_entropy(&x[1]);
    let naive = |x: &[Values]| {
        let terms = x[0].data.iter().zip(&x[1].data).map(|(x, t)| (1.0 + x.exp()).ln() - x * t);
        Values::from(terms.sum::<f64>())
    };
    let dims: [(&str, &[usize]); 4] =
        [("vector", &[7]), ("images", &[2, 1, 3, 3]), ("a number", &[]), ("nothing", &[0, 2])];
    let case = |(label, dims)| Case::new(label, [dims, dims], call).reference(naive);
    Definition::new("all x, t", dims.into_iter().map(case).collect())
        .smooth()
        .refuses(&["binary_cross_entropy", "logits [2]", "targets [1]"], [[2], [1]], call)
        .tries(|x| x[0].try_binary_cross_entropy(&x[1]))
}
