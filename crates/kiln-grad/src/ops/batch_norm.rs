//! Normalisation to mean 0 and variance 1 (Ioffe and Szegedy, 2015): the fused op behind batch,
//! layer, instance and group norm.

use crate::case::Case;
use crate::definition::Definition;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, or_panic, run, same_floats};
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::fused::{Activation, BatchNorm, BatchNormBackward};
use kiln_tensor::{Array, Dims, Meta, ShapeError};
use std::panic::Location;

/// Normalises `x [a, b, c]` as [`BatchNorm`] says; with inputs `weight [b]` and `bias [b]` it also scales and
/// shifts, and then applies the activation.
#[derive(Debug)]
struct Normalize(BatchNorm);

impl Normalize {
    /// The axes normalised over.
    fn axes(&self) -> &'static [usize] {
        if self.0.by_sample { &[2] } else { &[0, 2] }
    }
}

impl Op for Normalize {
    fn name(&self) -> &'static str {
        "normalize"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats("normalize", ins)?;
        // The callers have compared weight and bias with the channels, in the words of their op.
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let x = cx.input(0).meta();
        let samples = if self.0.by_sample { x.dims[0] } else { 1 };
        let stats = Meta { dims: [samples * x.dims[1]].into(), dtype: x.dtype };
        let ins: Vec<&Array> = cx.inputs().collect();
        let outs = Array::fused(self.0, &ins, &[x, stats, stats]);
        let [y, mean, var] = outs.try_into().expect("three outputs were asked for");
        cx.save(mean);
        cx.save(var);
        y
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let x = cx.input(0);
        let affine: Vec<Tensor> = (1..need.len()).map(|i| cx.input(i)).collect();
        let (mean, var) = (cx.saved(0), cx.saved(1));
        let mut ins = vec![v.array(), x.array(), mean.array(), var.array()];
        ins.extend(affine.iter().map(Tensor::array));
        let per_channel = Meta { dims: [x.dims()[1]].into(), dtype: x.dtype() };
        let outs = Array::fused(BatchNormBackward(self.0), &ins, &[x.meta(), per_channel, per_channel]);
        need.iter().zip(outs).map(|(need, out)| need.then(|| out.into())).collect()
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let x = &ins[0];
        let centred = x - x.mean_keepdim(self.axes());
        let var = centred.square().mean_keepdim(self.axes());
        let mut y = centred * (var + self.0.eps).rsqrt();
        if let [weight, bias] = &ins[1..] {
            y = y * weight.unsqueeze(-1) + bias.unsqueeze(-1);
        }
        Some(activate(&y, self.0.activation))
    }

    fn describe(&self) -> Option<Portable> {
        let BatchNorm { eps, activation, .. } = self.0;
        Some(Portable::Normalize { axes: self.axes().to_vec(), eps, activation })
    }
}

/// The activation as an op of its own.
#[track_caller]
pub(super) fn activate(x: &Tensor, activation: Activation) -> Tensor {
    match activation {
        Activation::Identity => x.clone(),
        Activation::Relu => x.relu(),
        Activation::LeakyRelu(slope) => x.leaky_relu(slope),
    }
}

/// Mean and variance of a batch, one for each channel: dims `[c]`, without gradients.
#[derive(Clone, Debug)]
pub struct BatchStats {
    /// The mean.
    pub mean: Tensor,
    /// The variance with correction 0, as it was used to normalise.
    pub var: Tensor,
    /// How many values of each channel went in.
    pub count: usize,
}

/// Normalises a tensor seen as `[a, b, c]` of the given dims; see [`BatchNorm`].
#[track_caller]
pub(crate) fn normalize(
    x: &Tensor,
    seen_as: [usize; 3],
    affine: Option<(&Tensor, &Tensor)>,
    options: BatchNorm,
) -> (Tensor, BatchStats) {
    let x3 = x.reshape(seen_as);
    let inputs = match affine {
        Some((weight, bias)) => vec![&x3, weight, bias],
        None => vec![&x3],
    };
    let (y, stats) = or_panic(run(Normalize(options), &inputs, Location::caller()));
    let [mean, var] = stats.try_into().expect("normalize saves mean and variance");
    let count = seen_as[0] * seen_as[2];
    (y.reshape(*x.dims()), BatchStats { mean: mean.into(), var: var.into(), count })
}

/// `[n, c, ..]` as `[n, c, positions]`.
pub(super) fn positions(dims: &Dims) -> [usize; 3] {
    [dims[0], dims[1], dims[2..].iter().product()]
}

impl Tensor {
    /// Batch norm of `[n, c, ..]` by the statistics of this batch: for each channel,
    /// `(x − mean) / √(var + eps) · weight + bias`. Also gives the statistics, for running averages.
    ///
    /// # Panics
    /// When this has no channel axis or weight and bias aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn batch_norm(&self, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> (Tensor, BatchStats) {
        self.batch_norm_then(affine, eps, Activation::Identity)
    }

    /// [`batch_norm`](Tensor::batch_norm) and then the activation, in the same passes over memory.
    ///
    /// # Panics
    /// When this has no channel axis or weight and bias aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn batch_norm_then(
        &self,
        affine: Option<(&Tensor, &Tensor)>,
        eps: f64,
        activation: Activation,
    ) -> (Tensor, BatchStats) {
        let dims = self.dims();
        assert!(dims.rank() >= 2, "batch_norm: got {dims}; wanted [n, c, ..]");
        self.assert_channels("batch_norm", "weight and bias", affine);
        normalize(self, positions(dims), affine, BatchNorm { eps, activation, by_sample: false })
    }

    /// Batch norm of `[n, c, ..]` by given statistics `[c]`, as when sampling.
    ///
    /// # Panics
    /// When this has no channel axis or the others aren't `[c]`.
    #[must_use]
    #[track_caller]
    pub fn batch_norm_by(
        &self,
        mean: &Tensor,
        var: &Tensor,
        affine: Option<(&Tensor, &Tensor)>,
        eps: f64,
    ) -> Tensor {
        assert!(self.rank() >= 2, "batch_norm: got {}; wanted [n, c, ..]", self.dims());
        self.assert_channels("batch_norm", "mean and var", Some((mean, var)));
        self.assert_channels("batch_norm", "weight and bias", affine);
        let scale = (var + eps).rsqrt();
        let (scale, shift) = match affine {
            Some((weight, bias)) => {
                let scale = scale * weight;
                (scale.clone(), bias - mean * scale)
            }
            None => (scale.clone(), -(mean * scale)),
        };
        let column = self.channel_dims();
        self * scale.reshape(column) + shift.reshape(column)
    }
}

/// What is known of it.
pub fn definition() -> Definition {
    let then = |f: Activation| move |x: &[Tensor]| x[0].batch_norm_then(Some((&x[1], &x[2])), 1e-5, f).0;
    let train = then(Activation::Identity);
    let by = |x: &[Tensor]| x[0].batch_norm_by(&x[1], &(x[2].square() + 0.5), Some((&x[3], &x[4])), 1e-5);
    let normalized = |x: &Values, eps| reference::normalize(x, eps, |i| i[1]);
    let affine = move |x: &[Values]| reference::affine(&normalized(&x[0], 1e-5), &x[1], &x[2]);
    let given = |x: &[Values]| {
        let scale = x[2].map(|v| 1.0 / (v * v + 0.5 + 1e-5).sqrt());
        let shift = x[1].zip(&scale, |mean, scale| -mean * scale);
        reference::affine(&reference::affine(&x[0], &scale, &shift), &x[3], &x[4])
    };
    let cases = vec![
        Case::new("images", [&[2, 3, 2, 2][..], &[3], &[3]], train).reference(affine),
        Case::new("vectors", [&[5, 2][..], &[2], &[2]], train).reference(affine),
        Case::new("one channel", [&[3, 1, 2][..], &[1], &[1]], train).reference(affine),
        Case::new("no affine", [[3, 2, 3]], |x| x[0].batch_norm(None, 1e-3).0)
            .reference(move |x| normalized(&x[0], 1e-3)),
        Case::new("relu", [&[2, 3, 2, 2][..], &[3], &[3]], then(Activation::Relu))
            .reference(move |x| affine(x).map(|y| y.max(0.0))),
        Case::new("leaky relu", [&[3, 2, 3][..], &[2], &[2]], then(Activation::LeakyRelu(0.2)))
            .reference(move |x| affine(x).map(|y| y.max(0.2 * y))),
        Case::new("given statistics", [&[2, 3, 2][..], &[3], &[3], &[3], &[3]], by).reference(given),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["batch_norm", "[3]", "wanted [n, c, ..]"], [[3]], |x| x[0].batch_norm(None, 1e-5).0)
        .refuses(
            &["batch_norm", "weight and bias are [3] and [2]", "wanted [2]"],
            [&[5, 2][..], &[3], &[2]],
            train,
        )
        .refuses(
            &["batch_norm", "mean and var are [3] and [2]", "wanted [2]"],
            [&[5, 2][..], &[3], &[2]],
            |x| x[0].batch_norm_by(&x[1], &x[2], None, 1e-5),
        )
}
