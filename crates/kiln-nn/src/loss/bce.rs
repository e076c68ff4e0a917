//! Binary cross-entropy.

use super::reduction::{Reduction, same_dims};
use kiln_grad::Tensor;

/// The cross-entropy `−t·ln σ(x) − (1 − t)·ln(1 − σ(x)) = softplus(x) − x·t` of logits `x` against targets
/// `t` in [0, 1], of the same dims. Finite for all finite logits.
///
/// # Panics
/// When the dims differ.
#[must_use]
#[track_caller]
pub fn bce_with_logits(logits: &Tensor, targets: &Tensor, reduction: Reduction) -> Tensor {
    same_dims("bce_with_logits", logits, targets);
    if reduction == Reduction::None {
        // Each term is small where the logit is right, so nothing cancels.
        return targets * (-logits).softplus() + (1.0 - targets) * logits.softplus();
    }
    reduction.of_sum(&logits.binary_cross_entropy(targets), logits.dims())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    #[test]
    fn values() {
        let (x, t) = (Tensor::from([[0.5, -2.0], [3.0, 0.0]]), Tensor::from([[1.0, 0.25], [0.5, 0.0]]));
        let want = [
            (Reduction::Mean, 0.835684881839192),
            (Reduction::Sum, 3.342739527356768),
            (Reduction::BatchMean, 1.671369763678384),
        ];
        for (reduction, want) in want {
            let value = bce_with_logits(&x, &t, reduction).item().unwrap();
            assert!((value - want).abs() < 1e-14, "{reduction:?}: {value}");
        }
    }

    #[test]
    fn unreduced_losses_add_up_to_the_sum() {
        let (x, t) = (Tensor::from([[0.5, -2.0], [15.0, 0.0]]), Tensor::from([[1.0, 0.25], [1.0, 0.0]]));
        let each = bce_with_logits(&x, &t, Reduction::None);
        assert_eq!(each.dims(), x.dims());
        let sum = bce_with_logits(&x, &t, Reduction::Sum).item().unwrap();
        assert!((each.sum(..).item().unwrap() - sum).abs() < 1e-14);
        let right = each.to_f64_vec().unwrap()[2];
        assert!((right / 3.0590227e-7 - 1.0).abs() < 1e-6, "{right}");
    }

    #[test]
    fn extreme_logits() {
        let x = Tensor::from([1e4_f32, -1e4, 1e4, -1e4]).tracked();
        let t = Tensor::from([1.0_f32, 0.0, 0.0, 1.0]);
        let loss = bce_with_logits(&x, &t, Reduction::Sum);
        assert_eq!(loss.item().unwrap(), 2e4);
        assert_eq!(grad(loss, &[&x])[0].to_f64_vec().unwrap(), [0.0, 0.0, 1.0, -1.0]);
    }

    #[test]
    #[should_panic(expected = "predictions [2] and targets [1] differ")]
    fn targets_do_not_broadcast() {
        let _ = bce_with_logits(&Tensor::from([1.0, 2.0]), &Tensor::from([1.0]), Reduction::Mean);
    }
}
