//! Images resampled along both axes: the op behind resizing by linear, cubic and antialiasing filters.

use super::gather::index_for;
use crate::op::{Forward, Op, Vjp, apply};
use crate::tape::is_taped;
use crate::taps::Taps;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Meta, ShapeError, fused};

/// Weighted sums of rows and columns, in one kernel. It is linear, and its adjoint is another.
#[derive(Debug)]
struct Resample {
    /// Taps of rows, and of columns.
    taps: [Taps; 2],
}

impl Op for Resample {
    fn name(&self) -> &'static str {
        "resample"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        // The callers have compared the dims, in the words of their op.
        let [h, w] = self.taps.each_ref().map(|taps| taps.lists.len());
        Ok(Meta { dims: ins[0].dims.with(2, h).with(3, w), ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let (x, meta) = (cx.input(0), cx.output_meta());
        let mut ins = vec![x.clone()];
        for taps in &self.taps {
            let (places, weights) = taps.table();
            let dims = [taps.lists.len(), taps.count()];
            ins.push(Array::from_slice(&places, dims, x.device()));
            ins.push(Array::from_f64(&weights, dims, x.dtype(), x.device()));
        }
        let ins: Vec<&Array> = ins.iter().collect();
        Array::fused(fused::Resample, &ins, &[meta]).remove(0)
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(apply(Resample { taps: self.taps.each_ref().map(Taps::adjoint) }, [v]))]
    }
}

/// Images `[n, c, h, w]` with the taps of new rows and columns.
#[track_caller]
pub(super) fn resampled(x: &Tensor, taps: [Taps; 2]) -> Tensor {
    if taps.iter().all(Taps::keep_all) {
        return x.clone();
    }
    if !is_taped() {
        return apply(Resample { taps }, [x]);
    }
    // In plain ops, for readers of the tape.
    let mut image = x.clone();
    for (i, taps) in taps.iter().enumerate().filter(|(_, taps)| !taps.keep_all()) {
        let (axis, count, size) = (i + 2, taps.count(), taps.lists.len());
        let (places, weights) = taps.table();
        let read = image.index_select(axis as i32, &index_for(x, &places, [places.len()]));
        let mut of_axis = vec![1; 5 - axis];
        of_axis[..2].copy_from_slice(&[size, count]);
        let weights = Tensor::from_f64(&weights, &of_axis[..], x.dtype(), x.device());
        let split = read.dims().with(axis, size).insert(axis + 1, count);
        image = (read.reshape(split) * weights).sum(axis + 1);
    }
    image
}
