//! The same elements, or some of them, in another order or at other places.

use crate::OnnxError;
use crate::builder::Builder;
use crate::dim::Dim;
use crate::proto::AttributeProto;
use crate::traced_op::TracedOp;
use crate::value::{Elem, OnnxValue};
use kiln_grad::AxisSlice;
use kiln_tensor::Array;

fn full_input(b: &mut Builder, call: &TracedOp, i: usize) -> Result<OnnxValue, OnnxError> {
    let x = b.input(call, i)?;
    b.full(x)
}

/// In ONNX's words, 0 keeps the length of the input's axis of that number, and one −1 is what is left.
pub fn reshape(b: &mut Builder, call: &TracedOp) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    let mut left_over = false;
    let mut shape = Vec::new();
    for (i, &dim) in dims.iter().enumerate() {
        shape.push(match dim {
            // A length of 0 can't be said: it would be taken for the input's.
            Dim::Fixed(0) => return Err(call.unsupported("it makes a tensor without elements")),
            Dim::Fixed(n) => n as i64,
            Dim::Batch(_) if x.dims.get(i) == Some(&dim) => 0,
            Dim::Batch(_) if !left_over => {
                left_over = true;
                -1
            }
            Dim::Batch(_) => return Err(call.batch("two axes of the new dims depend on the batch size")),
        });
    }
    let (shape, elem) = (b.vector(&shape)?, x.elem);
    Ok(b.emit("Reshape", &[&x, &shape], vec![], dims, elem))
}

/// Writes no node: an operator that can't broadcast by itself asks for the whole tensor.
pub fn broadcast_to(b: &mut Builder, call: &TracedOp) -> Result<OnnxValue, OnnxError> {
    let x = b.input(call, 0)?;
    Ok(OnnxValue { dims: call.output_dims()?, ..x })
}

pub fn permute(b: &mut Builder, call: &TracedOp, axes: &[usize]) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    let elem = x.elem;
    Ok(b.emit("Transpose", &[&x], vec![AttributeProto::ints("perm", axes.to_vec())], dims, elem))
}

pub fn slice(
    b: &mut Builder,
    call: &TracedOp,
    parts: &[AxisSlice],
    other: &[AxisSlice],
) -> Result<OnnxValue, OnnxError> {
    let x = full_input(b, call, 0)?;
    let [mut starts, mut ends, mut axes, mut steps] = [const { Vec::new() }; 4];
    for (axis, (part, other)) in parts.iter().zip(other).enumerate() {
        let [m, n] = [&call.a, &call.b].map(|note| note.inputs[0].dims()[axis]);
        let whole = |part: &AxisSlice, length: usize| *part == AxisSlice { start: 0, length, step: 1 };
        if whole(part, m) && whole(other, n) {
            continue;
        }
        if part != other {
            return Err(call.batch(format!("along axis {axis} it takes {part:?} or {other:?}")));
        }
        let end = part.start as i64 + part.length as i64 * part.step as i64;
        starts.push(part.start as i64);
        // A negative end would be counted from the last; the smallest one is before the first.
        ends.push(if end < 0 { i64::MIN } else { end });
        axes.push(axis as i64);
        steps.push(part.step as i64);
    }
    if axes.is_empty() {
        return Ok(x);
    }
    let [starts, ends, axes, steps] =
        [b.vector(&starts)?, b.vector(&ends)?, b.vector(&axes)?, b.vector(&steps)?];
    let elem = x.elem;
    Ok(b.emit("Slice", &[&x, &starts, &ends, &axes, &steps], vec![], call.output_dims()?, elem))
}

pub fn embed(b: &mut Builder, call: &TracedOp, places: &[(usize, isize)]) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (i, &(start, step)) in places.iter().enumerate() {
        let (have, want) = (call.a.inputs[0].dims()[i], call.a.output.dims()[i]);
        if step != 1 && have > 1 {
            return Err(call.unsupported("ONNX puts zeros around a tensor, and not between its elements"));
        }
        let rest = want - have - start;
        if x.dims[i].is_batch() && (start, rest) != (0, 0) {
            return Err(call.unsupported("it puts zeros between samples"));
        }
        before.push(start as i64);
        after.push(rest as i64);
    }
    let (pads, elem) = (b.vector(&[before, after].concat())?, x.elem);
    Ok(b.emit("Pad", &[&x, &pads], vec![], dims, elem))
}

pub fn concat(b: &mut Builder, call: &TracedOp, axis: usize) -> Result<OnnxValue, OnnxError> {
    let parts: Vec<OnnxValue> =
        (0..call.a.inputs.len()).map(|i| full_input(b, call, i)).collect::<Result<_, _>>()?;
    let elem = Elem::of(call.a.output.dtype());
    // Masks may be joined with other numbers.
    let parts: Vec<OnnxValue> = parts.into_iter().map(|part| b.cast(part, elem)).collect();
    let parts: Vec<&OnnxValue> = parts.iter().collect();
    Ok(b.emit("Concat", &parts, vec![AttributeProto::int("axis", axis as i64)], call.output_dims()?, elem))
}

/// Elements picked along an axis: whole sub-tensors where the index is the same along all other axes.
pub fn gather(
    b: &mut Builder,
    call: &TracedOp,
    axis: usize,
    index: [&Array; 2],
) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    let index = b.line(call, index, axis)?;
    let (elem, at) = (x.elem, AttributeProto::int("axis", axis as i64));
    let rank = dims.len();
    let line = (0..rank).all(|i| i == axis || index.held_at(i, rank).is_one());
    if !line {
        let index = b.cast(index, Elem::I64);
        let index = b.full(index)?;
        return Ok(b.emit("GatherElements", &[&x, &index], vec![at], dims, elem));
    }
    let length = index.held_at(axis, rank);
    let (index, shape) = (b.cast(index, Elem::I64), b.vector(&[-1])?);
    let index = b.emit("Reshape", &[&index, &shape], vec![], vec![length], Elem::I64);
    let mut held = dims.clone();
    held[axis] = length;
    let y = b.emit("Gather", &[&x, &index], vec![at], held, elem);
    Ok(OnnxValue { dims, ..y })
}
