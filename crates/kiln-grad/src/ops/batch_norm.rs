//! Normalisation to mean 0 and variance 1 (Ioffe and Szegedy, 2015): the fused op behind batch,
//! layer, instance and group norm.

use crate::case::Case;
use crate::graph::Portable;
use crate::op::{Forward, Op, Vjp, or_panic, run, same_floats};
use crate::tensor::Tensor;
use kiln_tensor::fused::{BatchNorm, BatchNormBackward};
use kiln_tensor::{Array, Dims, Meta, ShapeError};
use std::panic::Location;

/// Normalises `x [a, b, c]` over `a` and `c` for each `b`; with inputs `weight [b]` and `bias [b]` it
/// also scales and shifts.
#[derive(Debug)]
struct Normalize {
    eps: f64,
}

impl Op for Normalize {
    fn name(&self) -> &'static str {
        "normalize"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats("normalize", ins)?;
        let affine = ins[1..].iter().all(|m| m.dims.rank() == 1 && m.dims[0] == ins[0].dims[1]);
        if affine {
            return Ok(ins[0]);
        }
        let list: Vec<String> = ins[1..].iter().map(Meta::to_string).collect();
        Err(ShapeError::new(
            "normalize",
            format!("weight and bias are {}; wanted [{}]", list.join(" and "), ins[0].dims[1]),
        ))
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let x = cx.input(0).meta();
        let per_channel = Meta { dims: [x.dims[1]].into(), dtype: x.dtype };
        let ins: Vec<&Array> = cx.inputs().collect();
        let outs = Array::fused(BatchNorm { eps: self.eps }, &ins, &[x, per_channel, per_channel]);
        let [y, mean, var] = outs.try_into().expect("three outputs were asked for");
        cx.save(mean);
        cx.save(var);
        y
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let x = cx.input(0);
        let weight = need.get(1).map(|_| cx.input(1));
        let (mean, var) = (cx.saved(0), cx.saved(1));
        let mut ins = vec![v.array(), x.array(), mean.array(), var.array()];
        ins.extend(weight.iter().map(Tensor::array));
        let outs = Array::fused(BatchNormBackward { eps: self.eps }, &ins, &[x.meta(), mean.meta(), mean.meta()]);
        need.iter().zip(outs).map(|(need, out)| need.then(|| out.into())).collect()
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let x = &ins[0];
        let centred = x - x.mean_keepdim([0, 2]);
        let var = centred.square().mean_keepdim([0, 2]);
        let y = centred * (var + self.eps).rsqrt();
        let [weight, bias] = &ins[1..] else { return Some(y) };
        Some(y * weight.unsqueeze(-1) + bias.unsqueeze(-1))
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Normalize { eps: self.eps })
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

/// Normalises a three-dimensional view; see [`Normalize`].
#[track_caller]
pub(crate) fn normalize(x: &Tensor, affine: Option<(&Tensor, &Tensor)>, eps: f64) -> (Tensor, BatchStats) {
    let inputs = match affine {
        Some((weight, bias)) => vec![x, weight, bias],
        None => vec![x],
    };
    let (y, stats) = or_panic(run(Normalize { eps }, &inputs, Location::caller()));
    let [mean, var] = stats.try_into().expect("normalize saves mean and variance");
    let count = x.dims()[0] * x.dims()[2];
    (y, BatchStats { mean: mean.into(), var: var.into(), count })
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
        let dims = *self.dims();
        assert!(dims.rank() >= 2, "batch_norm: got {dims}; wanted [n, c, ..]");
        let rest: usize = dims[2..].iter().product();
        let (y, stats) = normalize(&self.reshape([dims[0], dims[1], rest]), affine, eps);
        (y.reshape(dims), stats)
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
        let scale = (var + eps).rsqrt();
        let (scale, shift) = match affine {
            Some((weight, bias)) => {
                let scale = scale * weight;
                let shift = bias - mean * &scale;
                (scale, shift)
            }
            None => {
                let shift = -(mean * &scale);
                (scale, shift)
            }
        };
        let column = self.channel_dims(1);
        self * scale.reshape(column) + shift.reshape(column)
    }

    /// `[1, c, 1, ..]` with as many axes as this tensor, whose channels are at `axis`.
    pub(crate) fn channel_dims(&self, axis: usize) -> Dims {
        (0..self.rank()).map(|i| if i == axis { self.dims()[axis] } else { 1 }).collect()
    }
}

/// The cases it is checked on.
pub fn cases() -> Vec<Case> {
    let train = |x: &[Tensor]| x[0].batch_norm(Some((&x[1], &x[2])), 1e-5).0;
    let by = |x: &[Tensor]| {
        let var = x[2].square() + 0.5;
        x[0].batch_norm_by(&x[1], &var, Some((&x[3], &x[4])), 1e-5)
    };
    vec![
        Case::new("images", [&[2, 3, 2, 2][..], &[3], &[3]], train),
        Case::new("vectors", [&[5, 2][..], &[2], &[2]], train),
        Case::new("one channel", [&[3, 1, 2][..], &[1], &[1]], train),
        Case::new("no affine", [[3, 2, 3]], |x| x[0].batch_norm(None, 1e-3).0),
        Case::new("given statistics", [&[2, 3, 2][..], &[3], &[3], &[3], &[3]], by),
    ]
}
