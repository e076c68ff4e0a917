//! Normalisation to mean 0 and variance 1: the fused op behind batch and instance norm.

use crate::op::{Forward, Op, Vjp, or_panic, run};
use crate::portable::Portable;
use crate::tensor::Tensor;
use kiln_tensor::Activation;
use kiln_tensor::fused::{BatchNorm, BatchNormBackward};
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
        // The callers have compared types, and weight and bias with the channels, in the words of their op.
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
        Some(Portable::Normalize { axes: self.axes().to_vec(), eps, centred: true, activation })
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
    /// Number of values of each channel that went in.
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
