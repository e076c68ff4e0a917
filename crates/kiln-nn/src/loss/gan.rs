//! The losses of adversarial training.

use kiln_grad::Tensor;

/// What generator and discriminator minimise. The discriminator gives logits of any dims (one for an
/// image, or one for each patch); E is the mean over all of them, sp is softplus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GanLoss {
    /// `L_D = E sp(−ℓ(x)) + E sp(ℓ(G(z)))`, `L_G = E sp(−ℓ(G(z)))` (Goodfellow et al., 2014): the generator
    /// maximises the logarithm of the probability that its images are real.
    NonSaturating,
    /// The same discriminator, and `L_G = −E sp(ℓ(G(z)))`: the generator minimises the logarithm of the
    /// probability that its images are fake, which is flat where the discriminator is sure.
    Minimax,
    /// `L_D = ½E(ℓ(x) − 1)² + ½E ℓ(G(z))²`, `L_G = ½E(ℓ(G(z)) − 1)²` (Mao et al., 2017).
    LeastSquares,
    /// `L_D = E max(0, 1 − ℓ(x)) + E max(0, 1 + ℓ(G(z)))`, `L_G = −E ℓ(G(z))` (Lim and Ye, 2017).
    Hinge,
    /// `L_D = E ℓ(G(z)) − E ℓ(x)`, `L_G = −E ℓ(G(z))` (Arjovsky et al., 2017). Needs a critic of bounded
    /// slope: see [`clip_weights`](crate::optim::clip_weights) and
    /// [`gradient_penalty`](super::gradient_penalty).
    Wasserstein,
}

impl GanLoss {
    /// What the discriminator minimises, by its logits for real images and for generated ones (which the
    /// caller cuts off from the generator by `detach`).
    #[must_use]
    #[track_caller]
    pub fn discriminator(self, real_logits: &Tensor, fake_logits: &Tensor) -> Tensor {
        self.discriminator_real(real_logits) + self.discriminator_fake(fake_logits)
    }

    /// The term of [`discriminator`](GanLoss::discriminator) that real images have a part in.
    #[must_use]
    #[track_caller]
    pub fn discriminator_real(self, real_logits: &Tensor) -> Tensor {
        let real = real_logits;
        match self {
            GanLoss::NonSaturating | GanLoss::Minimax => (-real).softplus().mean(..),
            GanLoss::LeastSquares => (real - 1.0).square().mean(..) * 0.5,
            GanLoss::Hinge => (1.0 - real).relu().mean(..),
            GanLoss::Wasserstein => -real.mean(..),
        }
    }

    /// The term of [`discriminator`](GanLoss::discriminator) that generated images have a part in.
    #[must_use]
    #[track_caller]
    pub fn discriminator_fake(self, fake_logits: &Tensor) -> Tensor {
        let fake = fake_logits;
        match self {
            GanLoss::NonSaturating | GanLoss::Minimax => fake.softplus().mean(..),
            GanLoss::LeastSquares => fake.square().mean(..) * 0.5,
            GanLoss::Hinge => (1.0 + fake).relu().mean(..),
            GanLoss::Wasserstein => fake.mean(..),
        }
    }

    /// What the generator minimises, by the discriminator's logits for its images.
    #[must_use]
    #[track_caller]
    pub fn generator(self, fake_logits: &Tensor) -> Tensor {
        let fake = fake_logits;
        match self {
            GanLoss::NonSaturating => (-fake).softplus().mean(..),
            GanLoss::Minimax => -fake.softplus().mean(..),
            GanLoss::LeastSquares => (fake - 1.0).square().mean(..) * 0.5,
            GanLoss::Hinge | GanLoss::Wasserstein => -fake.mean(..),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    const ALL: [GanLoss; 5] = [
        GanLoss::NonSaturating,
        GanLoss::Minimax,
        GanLoss::LeastSquares,
        GanLoss::Hinge,
        GanLoss::Wasserstein,
    ];

    /// Against the formulas, worked out with `log1p` and `exp` outside of this crate.
    #[test]
    fn values() {
        let (real, fake) = (Tensor::from([0.5, -1.5, 2.0]), Tensor::from([-0.25, 1.0, 3.0]));
        let discriminator =
            [2.4134022440588803, 2.4134022440588803, 2.927083333333333, 3.25, 0.9166666666666667];
        let generator = [0.39592948632360286, -1.6459294863236027, 0.9270833333333334, -1.25, -1.25];
        for (i, loss) in ALL.into_iter().enumerate() {
            let d = loss.discriminator(&real, &fake).item().unwrap();
            let g = loss.generator(&fake).item().unwrap();
            assert!((d - discriminator[i]).abs() < 1e-14, "{loss:?}: {d}");
            assert!((g - generator[i]).abs() < 1e-14, "{loss:?}: {g}");
        }
    }

    /// Signs are right: telling real images from made ones lowers the discriminator's loss, being taken for real the generator's.
    #[test]
    fn a_perfect_discriminator_beats_one_that_guesses() {
        let logits = |value: f64| Tensor::from([value, value + 0.5, value - 0.5]);
        for loss in ALL {
            let of = |real: f64, fake: f64| loss.discriminator(&logits(real), &logits(fake)).item().unwrap();
            // Where targets are 1 and 0, the best logits are those; else the further apart the better.
            let (real, fake) = if loss == GanLoss::LeastSquares { (1.0, 0.0) } else { (2.0, -2.0) };
            let [perfect, guess, wrong] = [of(real, fake), of(0.0, 0.0), of(fake, real)];
            assert!(perfect < guess && guess < wrong, "{loss:?}: {perfect} {guess} {wrong}");
            let [fooled, found] = [real, fake].map(|fake| loss.generator(&logits(fake)).item().unwrap());
            assert!(fooled < found, "{loss:?}: {fooled} {found}");
        }
    }

    #[test]
    fn sure_discriminators_give_finite_losses_and_gradients() {
        for loss in ALL {
            let real = Tensor::from([1e4_f32, -1e4]).tracked();
            let fake = Tensor::from([-1e4_f32, 1e4]).tracked();
            for value in [loss.discriminator(&real, &fake), loss.generator(&fake)] {
                assert!(value.item().unwrap().is_finite(), "{loss:?}");
                let slopes = grad(value, &[&fake]).remove(0).to_f64_vec().unwrap();
                assert!(slopes.iter().all(|s| s.is_finite()), "{loss:?}: {slopes:?}");
            }
        }
        // Where the discriminator is sure of a fake, one generator learns and the other doesn't.
        let slope = |loss: GanLoss| {
            let fake = Tensor::from([-1e4_f32]).tracked();
            grad(loss.generator(&fake), &[&fake])[0].item().unwrap()
        };
        assert_eq!(slope(GanLoss::NonSaturating), -1.0);
        assert_eq!(slope(GanLoss::Minimax), 0.0);
    }
}
