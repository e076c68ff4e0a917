//! The training step of the family.

use super::net::AutoencoderNet;
use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::loss::{Reduction, mse};
use kiln_nn::optim::{Optimizer, OptimizerSettings};
use kiln_nn::{
    Batch, Ctx, Encoder, Exhibit, Goal, Images, Loss, Metrics, PixelRange, StateVisitor, Stateful, StepCtx,
    StepError, Training, named_parameters,
};
use kiln_tensor::random::Key;

pub struct AutoencoderTraining {
    net: AutoencoderNet,
    optimizer: Box<dyn Optimizer>,
}

impl AutoencoderTraining {
    pub fn new(mut net: AutoencoderNet, optimizer: &OptimizerSettings) -> Self {
        let optimizer = optimizer.build(named_parameters(&mut net));
        AutoencoderTraining { net, optimizer }
    }
}

// Everything that a checkpoint has to hold.
impl Stateful for AutoencoderTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.net);
        v.part("optimizer", &mut *self.optimizer);
    }
}

impl Training for AutoencoderTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let (net, images) = (&self.net, batch.images().unit());
        let mut run = Ctx::train(cx.key);
        // The loss of each micro-batch; gradients, tests, bounds and the optimiser's step are kiln's.
        cx.minimize(&mut *self.optimizer, |m| {
            let x = m.of(&images);
            let rebuilt = net.decode(&net.encode(&x, &mut run), &mut run);
            // What a test measures too has the same name there.
            Loss::from(mse(&rebuilt, &x, Reduction::Mean)).named("mse")
        })
    }

    fn evaluate(&mut self, batch: &Batch, _: &StepCtx) -> Result<Option<Metrics>, Error> {
        let rebuilt = self.rebuild(batch.images())?;
        Ok(Some(Metrics::new().with("mse", &mse(&rebuilt.unit(), &batch.images().unit(), Reduction::Mean))))
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::least("mse"))
    }

    fn exhibit(&mut self, examples: &Batch, _: Key) -> Result<Exhibit, Error> {
        let rebuilt = self.rebuild(examples.images())?;
        Ok(Exhibit::pairs(examples.images(), &rebuilt, 8, "examples above their reconstructions"))
    }

    fn encoder(&mut self) -> Option<&mut dyn Encoder> {
        Some(self)
    }
}

impl AutoencoderTraining {
    fn rebuild(&mut self, images: &Images) -> Result<Images, Error> {
        let codes = self.encode(images, None)?;
        self.decode(&codes, None)
    }
}

impl Encoder for AutoencoderTraining {
    fn encode(&mut self, images: &Images, _: Option<&Tensor>) -> Result<Tensor, Error> {
        Ok(no_grad(|| self.net.encode(&images.unit(), &mut Ctx::eval())))
    }

    fn decode(&mut self, codes: &Tensor, _: Option<&Tensor>) -> Result<Images, Error> {
        Ok(Images::new(no_grad(|| self.net.decode(codes, &mut Ctx::eval())), PixelRange::Unit))
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.net
    }
}
