//! The losses of adversarial training.

use super::reduction::same_dims;
use kiln_grad::Tensor;

/// Why a paired loss has no terms.
const UNPAIRED: &str = "GanLoss: a relativistic loss compares real images with made ones; give it both";

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
    /// Relativistic pairing (Jolicoeur-Martineau, 2018; R3GAN: Huang et al., 2024): real image `i` of a batch against made
    /// image `i`, `L_D = E sp(−(ℓ(x) − ℓ(G(z))))`, `L_G = E sp(−(ℓ(G(z)) − ℓ(x)))`. It is [paired](GanLoss::is_paired).
    Relativistic,
}

impl GanLoss {
    /// Whether the loss compares real images with made ones, so that it has no terms of one kind alone.
    pub fn is_paired(self) -> bool {
        self == GanLoss::Relativistic
    }

    /// Logit from which on the discriminator takes an image for real; `None` where logits have no zero, because the loss
    /// looks at their differences alone.
    pub fn threshold(self) -> Option<f64> {
        match self {
            GanLoss::NonSaturating | GanLoss::Minimax | GanLoss::Hinge => Some(0.0),
            GanLoss::LeastSquares => Some(0.5),
            GanLoss::Wasserstein | GanLoss::Relativistic => None,
        }
    }

    /// What the discriminator minimises, by its logits for real images and for generated ones (which the
    /// caller cuts off from the generator by `detach`).
    ///
    /// # Panics
    /// When the loss is [paired](GanLoss::is_paired) and the dims differ.
    #[must_use]
    #[track_caller]
    pub fn discriminator(self, real_logits: &Tensor, fake_logits: &Tensor) -> Tensor {
        if self.is_paired() {
            same_dims("relativistic", fake_logits, real_logits);
            return (fake_logits - real_logits).softplus().mean(..);
        }
        self.discriminator_real(real_logits) + self.discriminator_fake(fake_logits)
    }

    /// The term of [`discriminator`](GanLoss::discriminator) that real images have a part in, with targets of
    /// `1 − smoothing` instead of 1 (one-sided label smoothing: Salimans et al., 2016).
    ///
    /// # Panics
    /// When the smoothing isn't in `[0, 1)`, or the loss has no targets: only the non-saturating, minimax and
    /// least-squares losses do.
    #[must_use]
    #[track_caller]
    pub fn discriminator_real_smoothed(self, real_logits: &Tensor, smoothing: f64) -> Tensor {
        let real = real_logits;
        assert!((0.0..1.0).contains(&smoothing), "GanLoss: the label smoothing {smoothing} is not in [0, 1)");
        match self {
            GanLoss::NonSaturating | GanLoss::Minimax => {
                ((-real).softplus() * (1.0 - smoothing) + real.softplus() * smoothing).mean(..)
            }
            GanLoss::LeastSquares => (real - (1.0 - smoothing)).square().mean(..) * 0.5,
            _ => panic!("GanLoss: {self:?} has no targets to smooth"),
        }
    }

    /// Whether the loss has targets for the logits of real images, which label smoothing changes.
    pub fn has_targets(self) -> bool {
        matches!(self, GanLoss::NonSaturating | GanLoss::Minimax | GanLoss::LeastSquares)
    }

    /// The term of [`discriminator`](GanLoss::discriminator) that real images have a part in.
    ///
    /// # Panics
    /// When the loss is [paired](GanLoss::is_paired).
    #[must_use]
    #[track_caller]
    pub fn discriminator_real(self, real_logits: &Tensor) -> Tensor {
        let real = real_logits;
        match self {
            GanLoss::NonSaturating | GanLoss::Minimax => (-real).softplus().mean(..),
            GanLoss::LeastSquares => (real - 1.0).square().mean(..) * 0.5,
            GanLoss::Hinge => (1.0 - real).relu().mean(..),
            GanLoss::Wasserstein => -real.mean(..),
            GanLoss::Relativistic => panic!("{UNPAIRED}"),
        }
    }

    /// The term of [`discriminator`](GanLoss::discriminator) that generated images have a part in.
    ///
    /// # Panics
    /// When the loss is [paired](GanLoss::is_paired).
    #[must_use]
    #[track_caller]
    pub fn discriminator_fake(self, fake_logits: &Tensor) -> Tensor {
        let fake = fake_logits;
        match self {
            GanLoss::NonSaturating | GanLoss::Minimax => fake.softplus().mean(..),
            GanLoss::LeastSquares => fake.square().mean(..) * 0.5,
            GanLoss::Hinge => (1.0 + fake).relu().mean(..),
            GanLoss::Wasserstein => fake.mean(..),
            GanLoss::Relativistic => panic!("{UNPAIRED}"),
        }
    }

    /// What the generator minimises, by the discriminator's logits for its images and for as many real ones, which only
    /// a [paired](GanLoss::is_paired) loss looks at.
    ///
    /// # Panics
    /// When the loss is paired and the dims differ.
    #[must_use]
    #[track_caller]
    pub fn generator_beside(self, fake_logits: &Tensor, real_logits: &Tensor) -> Tensor {
        if self.is_paired() {
            same_dims("relativistic", fake_logits, real_logits);
            return (real_logits - fake_logits).softplus().mean(..);
        }
        self.generator(fake_logits)
    }

    /// What the generator minimises, by the discriminator's logits for its images.
    ///
    /// # Panics
    /// When the loss is [paired](GanLoss::is_paired).
    #[must_use]
    #[track_caller]
    pub fn generator(self, fake_logits: &Tensor) -> Tensor {
        let fake = fake_logits;
        match self {
            GanLoss::NonSaturating => (-fake).softplus().mean(..),
            GanLoss::Minimax => -fake.softplus().mean(..),
            GanLoss::LeastSquares => (fake - 1.0).square().mean(..) * 0.5,
            GanLoss::Hinge | GanLoss::Wasserstein => -fake.mean(..),
            GanLoss::Relativistic => panic!("{UNPAIRED}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    const ALL: [GanLoss; 6] = [
        GanLoss::NonSaturating,
        GanLoss::Minimax,
        GanLoss::LeastSquares,
        GanLoss::Hinge,
        GanLoss::Wasserstein,
        GanLoss::Relativistic,
    ];

    /// Against the formulas, worked out with `log1p` and `exp` outside of this crate.
    #[test]
    fn values() {
        let (real, fake) = (Tensor::from([0.5, -1.5, 2.0]), Tensor::from([-0.25, 1.0, 3.0]));
        let discriminator = [
            2.4134022440588803,
            2.4134022440588803,
            2.927083333333333,
            3.25,
            0.9166666666666667,
            1.4263408093085574,
        ];
        let generator =
            [0.39592948632360286, -1.6459294863236027, 0.9270833333333334, -1.25, -1.25, 0.5096741426418908];
        for (i, loss) in ALL.into_iter().enumerate() {
            let d = loss.discriminator(&real, &fake).item().unwrap();
            let g = loss.generator_beside(&fake, &real).item().unwrap();
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
            let [fooled, found] =
                [real, fake].map(|fake| loss.generator_beside(&logits(fake), &logits(0.0)).item().unwrap());
            assert!(fooled < found, "{loss:?}: {fooled} {found}");
        }
    }

    /// `t·sp(−ℓ) + (1 − t)·sp(ℓ)` and `½(ℓ − t)²` at the target `t = 0.9`; without smoothing the terms are the plain ones.
    #[test]
    fn smoothed_targets() {
        let real = Tensor::from([0.5, -1.5, 2.0]);
        for (loss, want) in [
            (GanLoss::NonSaturating, 0.8008060910686104),
            (GanLoss::Minimax, 0.8008060910686104),
            (GanLoss::LeastSquares, (0.16 + 5.76 + 1.21) / 6.0),
        ] {
            assert!(loss.has_targets());
            let value = loss.discriminator_real_smoothed(&real, 0.1).item().unwrap();
            assert!((value - want).abs() < 1e-14, "{loss:?}: {value}");
            let plain = loss.discriminator_real_smoothed(&real, 0.0).item().unwrap();
            assert!((plain - loss.discriminator_real(&real).item().unwrap()).abs() < 1e-15);
        }
    }

    #[test]
    #[should_panic(expected = "a relativistic loss compares real images with made ones")]
    fn a_paired_loss_has_no_terms() {
        let _ = GanLoss::Relativistic.discriminator_real(&Tensor::from([0.5]));
    }

    #[test]
    fn sure_discriminators_give_finite_losses_and_gradients() {
        for loss in ALL {
            let real = Tensor::from([1e4_f32, -1e4]).tracked();
            let fake = Tensor::from([-1e4_f32, 1e4]).tracked();
            for value in [loss.discriminator(&real, &fake), loss.generator_beside(&fake, &real.detach())] {
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
