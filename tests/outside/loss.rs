//! PyTorch's losses, and those written in its functions, as those of `kiln_nn`.

use crate::call::Call;
use crate::file::{floats, text};
use kiln_grad::Tensor;
use kiln_nn::loss::{self, CrossEntropy, GanLoss, Reduction};
use kiln_tensor::random::Key;

impl Call<'_> {
    /// The loss, if the function is one.
    pub fn loss(&self) -> Option<Tensor> {
        let x = &self.x[0];
        Some(match self.op {
            "cross_entropy" => self.cross_entropy(x),
            "bce_with_logits" => loss::bce_with_logits(x, &self.consts[0], self.reduction()),
            "mse_loss" => loss::mse(x, &self.x[1], self.reduction()),
            "l1_loss" => loss::l1(x, &self.x[1], self.reduction()),
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
        let mut loss = CrossEntropy::default().label_smoothing(self.number("label_smoothing"));
        let plain = ["ignored", "weight"].iter().all(|key| self.params[*key].is_null());
        if plain && self.number("label_smoothing") == 0.0 && self.reduction() == Reduction::Mean {
            return loss::cross_entropy(x, &self.index("target"));
        }
        if let Some(label) = self.params["ignored"].as_u64() {
            loss = loss.ignore(label as u32);
        }
        if self.params["weight"].is_array() {
            let weight = floats(&self.params["weight"]);
            loss = loss.weight(&Tensor::from_slice(&weight, [weight.len()], x.device()));
        }
        loss.reduction(self.reduction()).of(x, &self.index("target"))
    }

    fn reduction(&self) -> Reduction {
        match text(&self.params["reduction"]) {
            "none" => Reduction::None,
            "sum" => Reduction::Sum,
            "mean" => Reduction::Mean,
            reduction => panic!("unknown reduction {reduction}"),
        }
    }
}
