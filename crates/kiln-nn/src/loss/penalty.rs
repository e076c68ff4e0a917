//! Penalties on the slope of a discriminator. Both are made of a recorded gradient, so that their own
//! gradient reaches the discriminator's parameters.

use kiln_grad::{Dims, Tensor, grad_recorded};
use kiln_tensor::random::Key;

/// Added to the squared norm under the square root: at a gradient of 0 the root's derivative stays finite
/// (and the penalty's is 0), and a norm of 1 changes by 5e-13.
const EPS: f64 = 1e-12;

/// The gradient penalty of WGAN-GP (Gulrajani et al., 2017): `E(‖∇ℓ(x̂)‖₂ − 1)²` at
/// `x̂ = ε·real + (1 − ε)·fake`, with one `ε` of `U(0, 1)` for each sample, the norm of each sample over all
/// its dims. The paper adds it 10-fold to the critic's loss.
///
/// `real` and `fake` are `[n, ..]` of the same dims; what they were computed from gets no gradient. The norm
/// is `√(Σg² + 1e-12)`, which has a derivative everywhere. No part of the critic may mix samples: no batch
/// norm.
///
/// # Panics
/// When the dims of `real` and `fake` differ or have no batch axis, or the critic's logits don't depend on
/// its input.
#[must_use]
#[track_caller]
pub fn gradient_penalty(
    critic: impl FnOnce(&Tensor) -> Tensor,
    real: &Tensor,
    fake: &Tensor,
    key: Key,
) -> Tensor {
    assert!(
        real.rank() > 0 && real.meta() == fake.meta(),
        "gradient_penalty: real {} and fake {} differ, or have no batch axis",
        real.meta(),
        fake.meta()
    );
    let (real, fake) = (real.detach(), fake.detach());
    let one_each: Dims = (0..real.rank()).map(|axis| if axis == 0 { real.dims()[0] } else { 1 }).collect();
    let eps = Tensor::uniform(key, one_each, real.dtype(), real.device());
    let between = &fake + eps * (real - &fake);
    let squares = squared_slopes(critic, &between);
    ((squares + EPS).sqrt() - 1.0).square().mean(..)
}

/// `E‖∇ℓ(x)‖²`, the squared norm of each sample over all its dims. R1 regularisation (Mescheder et al., 2018)
/// adds `γ/2` times this, at real images, to the discriminator's loss, and R2 the same at made ones. What the images were
/// computed from gets no gradient.
///
/// # Panics
/// When `real` has no batch axis, or the discriminator's logits don't depend on its input.
#[must_use]
#[track_caller]
pub fn r1_penalty(discriminator: impl FnOnce(&Tensor) -> Tensor, real: &Tensor) -> Tensor {
    assert!(real.rank() > 0, "r1_penalty: a batch of images has an axis of samples");
    squared_slopes(discriminator, real).mean(..)
}

/// `‖∇ℓ(x)‖²` of each sample, recorded: `[n]`.
#[track_caller]
fn squared_slopes(network: impl FnOnce(&Tensor) -> Tensor, x: &Tensor) -> Tensor {
    let x = x.tracked();
    // A sample's logits depend on this sample alone, so the gradient of the sum is that of each.
    let slope = grad_recorded(network(&x).sum(..), &[&x]).remove(0);
    slope.square().flatten(0).reshape([x.dims()[0], x.numel() / x.dims()[0].max(1)]).sum(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    /// For ℓ(x) = ⟨w, x⟩ the slope is w everywhere.
    #[test]
    fn linear_critic() {
        let w = Tensor::from([[3.0, 0.0], [0.0, 4.0]]).tracked();
        let critic = |x: &Tensor| (x * &w).sum([1, 2]);
        let (real, fake) =
            (Tensor::ones([2, 2, 2], w.dtype(), w.device()), Tensor::zeros([2, 2, 2], w.dtype(), w.device()));
        let penalty = gradient_penalty(critic, &real, &fake, Key::new(1));
        assert!((penalty.item().unwrap() - 16.0).abs() < 1e-10);
        // 2(‖w‖ − 1)·w/‖w‖.
        let slope = grad(penalty, &[&w])[0].to_f64_vec().unwrap();
        let want = [4.8, 0.0, 0.0, 6.4];
        assert!(slope.iter().zip(want).all(|(s, w)| (s - w).abs() < 1e-10), "{slope:?}");

        let r1 = r1_penalty(critic, &real);
        assert_eq!(r1.item().unwrap(), 25.0);
        assert_eq!(grad(r1, &[&w])[0].to_f64_vec().unwrap(), [6.0, 0.0, 0.0, 8.0]);
    }

    #[test]
    fn each_sample_has_its_own_norm_and_place() {
        // ℓ(x) = ½x²: the slope at x̂ is x̂, so the penalty shows where each sample was probed.
        let seen = std::cell::RefCell::new(Vec::new());
        let critic = |x: &Tensor| {
            seen.borrow_mut().extend(x.to_f64_vec().unwrap());
            x.square().sum(1) * 0.5
        };
        let real = Tensor::from([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]);
        let penalty = gradient_penalty(critic, &real, &real.zeros_like(), Key::new(3)).item().unwrap();
        let seen = seen.into_inner();
        let eps = [seen[0], seen[2], seen[4]];
        assert!((0..3).all(|i| seen[2 * i] == seen[2 * i + 1]), "one ε per sample: {seen:?}");
        assert!(
            eps.iter().all(|e| (0.0..1.0).contains(e)) && eps[0] != eps[1] && eps[1] != eps[2],
            "{eps:?}"
        );
        let want = eps.iter().map(|e| (e * 2f64.sqrt() - 1.0).powi(2)).sum::<f64>() / 3.0;
        assert!((penalty - want).abs() < 1e-9, "{penalty} {want}");
    }

    #[test]
    fn a_flat_critic_has_a_finite_gradient() {
        let w = Tensor::from([0.0_f32, 0.0]).tracked();
        let real = Tensor::from([[1.0_f32, 2.0]]);
        let penalty = gradient_penalty(|x| x * &w, &real, &real, Key::new(1));
        assert!((penalty.item().unwrap() - 1.0).abs() < 1e-5);
        assert_eq!(grad(penalty, &[&w])[0].to_f64_vec().unwrap(), [0.0, 0.0]);
    }
}
