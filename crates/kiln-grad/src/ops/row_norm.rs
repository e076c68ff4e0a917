//! Rows of a tensor normalised and scaled: the fused op behind layer, group and RMS norm.

use crate::op::{Forward, Op, Vjp, or_panic, run};
use crate::portable::Portable;
use crate::tensor::Tensor;
use kiln_tensor::fused::{self, RowNormBackward};
use kiln_tensor::{Activation, Array, Meta, ShapeError};
use std::panic::Location;

/// Normalises `x [n, k, segments, positions]` as [`fused::RowNorm`] says, with inputs `weight [k, segments]`, if there is one,
/// and `bias [k, segments]`, if there is one.
#[derive(Debug)]
struct RowNorm(fused::RowNorm);

impl Op for RowNorm {
    fn name(&self) -> &'static str {
        "row_norm"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        // The callers have compared types, and weight and bias with the rows, in the words of their op.
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        let x = cx.input(0).meta();
        let stats = Meta { dims: [x.dims[0], x.dims[1]].into(), dtype: x.dtype };
        let ins: Vec<&Array> = cx.inputs().collect();
        let outs = Array::fused(self.0, &ins, &[x, stats, stats]);
        let [y, mean, rstd] = outs.try_into().expect("three outputs were asked for");
        cx.save(mean);
        cx.save(rstd);
        y
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let x = cx.input(0);
        let weight = (need.len() > 1).then(|| cx.input(1));
        let (mean, rstd) = (cx.saved(0), cx.saved(1));
        let mut ins = vec![v.array(), x.array(), mean.array(), rstd.array()];
        ins.extend(weight.iter().map(Tensor::array));
        let mut outs = vec![x.meta()];
        outs.extend(weight.iter().flat_map(|weight| [weight.meta(); 2]));
        let outs = Array::fused(RowNormBackward(self.0), &ins, &outs);
        need.iter().zip(outs).map(|(need, out)| need.then(|| out.into())).collect()
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let x = &ins[0];
        let centred = if self.0.centred { x - x.mean_keepdim([2, 3]) } else { x.clone() };
        let mut y = &centred * (centred.square().mean_keepdim([2, 3]) + self.0.eps).rsqrt();
        if let Some(weight) = ins.get(1) {
            y = y * weight.unsqueeze(-1);
        }
        if let Some(bias) = ins.get(2) {
            y = y + bias.unsqueeze(-1);
        }
        Some(y)
    }

    fn describe(&self) -> Option<Portable> {
        let fused::RowNorm { eps, centred } = self.0;
        Some(Portable::Normalize { axes: vec![2, 3], eps, centred, activation: Activation::Identity })
    }
}

/// Normalises the rows of a tensor seen as `[n, k, segments, positions]`, and scales and shifts them by `affine`: a weight, or
/// a weight and a bias, of `k · segments` numbers.
#[track_caller]
pub(super) fn row_norm(
    x: &Tensor,
    seen_as: [usize; 4],
    affine: &[&Tensor],
    options: fused::RowNorm,
) -> Tensor {
    let rows = x.reshape(seen_as);
    let mut inputs = vec![rows];
    // A loop and not a closure, which would lose the place of the caller.
    for weights in affine {
        inputs.push(weights.reshape([seen_as[1], seen_as[2]]));
    }
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    let (y, _) = or_panic(run(RowNorm(options), &inputs, Location::caller()));
    y.reshape(*x.dims())
}
