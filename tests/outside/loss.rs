//! PyTorch's losses, and those written in its functions, as those of `kiln_nn`.

use crate::call::Call;
use crate::file::text;
use kiln_grad::Tensor;
use kiln_nn::loss::{self, GanLoss, Reduction};
use kiln_tensor::random::Key;

impl Call<'_> {
    /// The loss, if the function is one.
    pub fn loss(&self) -> Option<Tensor> {
        let x = &self.x[0];
        Some(match self.op {
            "cross_entropy" => self.cross_entropy(x),
            "bce_with_logits" => match self.reduction() {
                Some(reduction) => loss::bce_with_logits(x, &self.consts[0], reduction),
                None => x.softplus() - x * &self.consts[0],
            },
            "mse_loss" => loss::mse(x, &self.x[1], self.reduction()?),
            "l1_loss" => loss::l1(x, &self.x[1], self.reduction()?),
            "kl_standard_normal" => loss::kl_standard_normal(x, &self.x[1]),
            "reparameterize" => loss::reparameterize(x, &self.x[1], &self.consts[0]),
            "discriminator_loss" => self.gan_loss().discriminator(x, &self.x[1]),
            "generator_loss" => self.gan_loss().generator(x),
            "gradient_penalty" => {
                let [real, fake] = self.consts else { panic!("wanted real and fake") };
                loss::gradient_penalty(|x| self.critic(x), real, fake, Key::new(self.size("seed") as u64))
            }
            "r1_penalty" => loss::r1_penalty(|x| self.critic(x), &self.consts[0]),
            _ => return None,
        })
    }

    /// `tanh(x W) w`.
    fn critic(&self, x: &Tensor) -> Tensor {
        x.matmul(&self.x[0]).tanh().matmul(&self.x[1])
    }

    fn gan_loss(&self) -> GanLoss {
        serde_json::from_value(self.params["loss"].clone()).unwrap()
    }

    fn cross_entropy(&self, x: &Tensor) -> Tensor {
        let (target, smoothing) = (self.index("target"), self.number("label_smoothing"));
        if smoothing == 0.0 && self.reduction() == Some(Reduction::Mean) {
            return loss::cross_entropy(x, &target);
        }
        // The classes are axis 1; PyTorch's targets lack that axis.
        let minus_log = -x.log_softmax(1);
        let chosen = minus_log.gather(1, &target.unsqueeze(1)).squeeze(1);
        let losses = chosen * (1.0 - smoothing) + minus_log.mean(1) * smoothing;
        self.reduction().map_or(losses.clone(), |reduction| reduction.apply(&losses))
    }

    /// How the losses become one number; `None` if they don't.
    fn reduction(&self) -> Option<Reduction> {
        match text(&self.params["reduction"]) {
            "none" => None,
            "sum" => Some(Reduction::Sum),
            "mean" => Some(Reduction::Mean),
            reduction => panic!("unknown reduction {reduction}"),
        }
    }
}
