//! The training step of the family.

use crate::nets::vgg::Vgg;
use kiln_grad::{Error, Tensor, no_grad};
use kiln_nn::loss::CrossEntropy;
use kiln_nn::optim::{Optimizer, OptimizerSettings};
use kiln_nn::{
    Batch, ClassView, Classifier, Ctx, Exhibit, Goal, Images, Metrics, Module, PixelRange, StateVisitor,
    Stateful, StepCtx, StepError, TensorOptions, Training, named_parameters,
};
use kiln_tensor::random::Key;

/// Number of images that an exhibit shows, and how many a row.
const SHOWN: usize = 64;
const COLUMNS: usize = 8;

/// A network that learns the classes of images.
pub struct ClassifyTraining {
    net: Vgg,
    optimizer: Box<dyn Optimizer>,
    smoothing: f64,
    shape: [usize; 3],
    classes: usize,
    options: TensorOptions,
}

impl ClassifyTraining {
    /// A network of images of `shape` in `[−1, 1]` to logits of `classes`, with an optimiser of these settings; `smoothing` is the
    /// share of the target that is spread over all classes.
    pub fn new(
        mut net: Vgg,
        optimizer: &OptimizerSettings,
        smoothing: f64,
        shape: [usize; 3],
        classes: usize,
        options: TensorOptions,
    ) -> Self {
        let optimizer = optimizer.build(named_parameters(&mut net));
        ClassifyTraining { net, optimizer, smoothing, shape, classes, options }
    }

    fn logits(&self, images: &Images) -> Tensor {
        no_grad(|| self.net.forward(&images.signed(), &mut Ctx::eval()))
    }
}

/// Share of logits `[n, classes]` whose largest is that of the label.
fn accuracy(logits: &Tensor, labels: &Tensor) -> Tensor {
    logits.argmax(-1).eq(labels).to_dtype(logits.dtype()).mean(..)
}

impl Stateful for ClassifyTraining {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("net", &mut self.net);
        v.part("optimizer", &mut *self.optimizer);
    }
}

impl Training for ClassifyTraining {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let (net, images, labels) = (&self.net, batch.images().signed(), batch.labels());
        let loss = CrossEntropy::default().label_smoothing(self.smoothing);
        let mut run = Ctx::train(cx.key);
        cx.minimize(&mut *self.optimizer, |m| loss.of(&net.forward(&m.of(&images), &mut run), &m.of(labels)))
    }

    /// `accuracy`, and `cross_entropy` in nats, without smoothing.
    fn evaluate(&mut self, batch: &Batch, _: &StepCtx) -> Result<Option<Metrics>, Error> {
        let logits = self.logits(batch.images());
        let metrics = Metrics::new().with("accuracy", &accuracy(&logits, batch.labels()));
        let metrics = metrics.with("cross_entropy", &CrossEntropy::default().of(&logits, batch.labels()));
        self.options.device.status()?;
        Ok(Some(metrics))
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::most("accuracy"))
    }

    /// Images in the order of the classes that the network takes them for.
    fn exhibit(&mut self, examples: &Batch, _: Key) -> Result<Exhibit, Error> {
        let unit = examples.images().unit();
        let unit = unit.narrow(0, 0, unit.dims()[0].min(SHOWN));
        let guesses = self.logits(&Images::new(unit.clone(), PixelRange::Unit)).argmax(-1).to_vec::<u32>()?;
        let mut order: Vec<u32> = (0..guesses.len() as u32).collect();
        order.sort_by_key(|at| guesses[*at as usize]);
        let order = Tensor::from_slice(&order, [order.len()], &self.options.device);
        let images = Images::new(unit.index_select(0, &order), PixelRange::Unit);
        Ok(Exhibit::grid(&images, COLUMNS, "images in the order of the classes they are taken for"))
    }

    fn classifier(&mut self) -> Option<&mut dyn Classifier> {
        Some(self)
    }
}

impl Classifier for ClassifyTraining {
    fn classes(&self) -> usize {
        self.classes
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn features(&self) -> usize {
        self.net.channels()
    }

    fn classify(&mut self, images: &Images) -> Result<ClassView, Error> {
        let [features, logits] = no_grad(|| {
            let mut cx = Ctx::eval();
            let features = self.net.features(&images.signed(), &mut cx);
            let logits = self.net.head(&features, &mut cx);
            [features, logits]
        });
        self.options.device.status()?;
        Ok(ClassView { features, logits })
    }

    fn network(&mut self) -> &mut dyn Stateful {
        &mut self.net
    }
}
