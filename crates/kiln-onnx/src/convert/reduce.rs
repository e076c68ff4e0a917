//! Sums, norms and products of matrices.

use super::elementwise;
use crate::OnnxError;
use crate::builder::Builder;
use crate::dim::Dim;
use crate::proto::AttributeProto;
use crate::traced_op::TracedOp;
use crate::value::{Elem, OnnxValue};
use kiln_tensor::{Activation, Map, Reduce};

pub fn reduce(b: &mut Builder, call: &TracedOp, f: Reduce) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    let axes: Vec<i64> = (0..dims.len()).filter(|&i| x.dims[i] != dims[i]).map(|i| i as i64).collect();
    if axes.is_empty() {
        return Ok(x);
    }
    let (elem, keep) = (x.elem, AttributeProto::int("keepdims", 1));
    Ok(match f {
        Reduce::Sum => {
            let axes = b.vector(&axes)?;
            b.emit("ReduceSum", &[&x, &axes], vec![keep], dims, elem)
        }
        Reduce::Max => b.emit("ReduceMax", &[&x], vec![AttributeProto::ints("axes", axes), keep], dims, elem),
        Reduce::Min => b.emit("ReduceMin", &[&x], vec![AttributeProto::ints("axes", axes), keep], dims, elem),
    })
}

pub fn logsumexp(b: &mut Builder, call: &TracedOp, axes: &[usize]) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    if axes.is_empty() {
        return Ok(x);
    }
    let elem = x.elem;
    let attributes = vec![AttributeProto::ints("axes", axes.to_vec()), AttributeProto::int("keepdims", 1)];
    Ok(b.emit("ReduceLogSumExp", &[&x], attributes, dims, elem))
}

pub fn argmax(b: &mut Builder, call: &TracedOp, axis: usize) -> Result<OnnxValue, OnnxError> {
    let (x, dims) = (full_input(b, call, 0)?, call.output_dims()?);
    let attributes = vec![AttributeProto::int("axis", axis as i64), AttributeProto::int("keepdims", 1)];
    Ok(b.emit("ArgMax", &[&x], attributes, dims, Elem::I64))
}

pub fn softmax(b: &mut Builder, call: &TracedOp, log: bool) -> Result<OnnxValue, OnnxError> {
    let x = full_input(b, call, 0)?;
    let (dims, elem) = (x.dims.clone(), x.elem);
    let op = if log { "LogSoftmax" } else { "Softmax" };
    Ok(b.emit(op, &[&x], vec![AttributeProto::int("axis", -1)], dims, elem))
}

/// `x` to mean 0 and variance 1 over axes, then scaled and shifted along those from the second on, then the activation.
pub fn normalize(
    b: &mut Builder,
    call: &TracedOp,
    axes: &[usize],
    eps: f64,
    centred: bool,
    activation: Activation,
) -> Result<OnnxValue, OnnxError> {
    let x = full_input(b, call, 0)?;
    let elem = x.elem;
    let mut reduced = x.dims.clone();
    axes.iter().for_each(|&axis| reduced[axis] = Dim::Fixed(1));
    let mean = |b: &mut Builder, x: &OnnxValue| {
        let attributes =
            vec![AttributeProto::ints("axes", axes.to_vec()), AttributeProto::int("keepdims", 1)];
        b.emit("ReduceMean", &[x], attributes, reduced.clone(), elem)
    };
    let centred = if centred {
        let average = mean(b, &x);
        b.elementwise("Sub", &[&x, &average], vec![], elem)
    } else {
        x.clone()
    };
    let square = b.elementwise("Mul", &[&centred, &centred], vec![], elem);
    let variance = mean(b, &square);
    let eps = b.scalar(eps, elem)?;
    let shifted = b.elementwise("Add", &[&variance, &eps], vec![], elem);
    let deviation = b.elementwise("Sqrt", &[&shifted], vec![], elem);
    let mut y = b.elementwise("Div", &[&centred, &deviation], vec![], elem);
    for i in 1..call.a.inputs.len() {
        let affine = full_input(b, call, i)?;
        // Its axes are those from the second on.
        let of_affine = 1..1 + affine.dims.len();
        let others: Vec<i64> =
            (0..x.dims.len()).filter(|axis| !of_affine.contains(axis)).map(|axis| axis as i64).collect();
        let dim = |axis: usize| if of_affine.contains(&axis) { x.dims[axis] } else { Dim::Fixed(1) };
        let dims = (0..x.dims.len()).map(dim).collect();
        let axes = b.vector(&others)?;
        let affine = b.emit("Unsqueeze", &[&affine, &axes], vec![], dims, elem);
        y = b.elementwise(if i == 1 { "Mul" } else { "Add" }, &[&y, &affine], vec![], elem);
    }
    activate(b, call, activation, y)
}

fn activate(
    b: &mut Builder,
    call: &TracedOp,
    activation: Activation,
    y: OnnxValue,
) -> Result<OnnxValue, OnnxError> {
    match activation {
        Activation::Identity => Ok(y),
        Activation::Relu => elementwise::map_of(b, call, Map::Relu, y),
        Activation::LeakyRelu(slope) => elementwise::map_of(b, call, Map::LeakyRelu(slope), y),
    }
}

/// `x [n, c, ..]` plus `bias [c]`, then the activation.
pub fn bias(b: &mut Builder, call: &TracedOp, activation: Activation) -> Result<OnnxValue, OnnxError> {
    let (x, mut bias) = (full_input(b, call, 0)?, full_input(b, call, 1)?);
    let elem = x.elem;
    if x.dims.len() > 2 {
        let behind: Vec<i64> = (1..x.dims.len() as i64 - 1).collect();
        let dims = bias.dims.iter().copied().chain(behind.iter().map(|_| Dim::Fixed(1))).collect();
        let axes = b.vector(&behind)?;
        bias = b.emit("Unsqueeze", &[&bias, &axes], vec![], dims, elem);
    }
    let y = b.elementwise("Add", &[&x, &bias], vec![], elem);
    activate(b, call, activation, y)
}

/// A dense layer: a `Gemm` of a matrix; else a `MatMul` with the weight transposed, and an `Add`.
pub fn linear(b: &mut Builder, call: &TracedOp, activation: Activation) -> Result<OnnxValue, OnnxError> {
    let (x, weight, bias) = (full_input(b, call, 0)?, full_input(b, call, 1)?, full_input(b, call, 2)?);
    let (dims, elem) = (call.output_dims()?, x.elem);
    let y = if dims.len() == 2 {
        b.emit("Gemm", &[&x, &weight, &bias], vec![AttributeProto::int("transB", 1)], dims, elem)
    } else {
        let transposed = vec![weight.dims[1], weight.dims[0]];
        let weight = b.emit("Transpose", &[&weight], vec![], transposed, elem);
        let product = b.emit("MatMul", &[&x, &weight], vec![], dims, elem);
        b.elementwise("Add", &[&product, &bias], vec![], elem)
    };
    activate(b, call, activation, y)
}

/// A dense layer's product is a `Gemm` with the weight as the layer has it; all others are a `MatMul`.
pub fn matmul(b: &mut Builder, call: &TracedOp) -> Result<OnnxValue, OnnxError> {
    let dims = call.output_dims()?;
    let x = full_input(b, call, 0)?;
    let elem = x.elem;
    if dims.len() == 2
        && let Some(weight) = b.transposed_parameter(call, call.input(1))?
    {
        return Ok(b.emit("Gemm", &[&x, &weight], vec![AttributeProto::int("transB", 1)], dims, elem));
    }
    let y = full_input(b, call, 1)?;
    Ok(b.emit("MatMul", &[&x, &y], vec![], dims, elem))
}

fn full_input(b: &mut Builder, call: &TracedOp, i: usize) -> Result<OnnxValue, OnnxError> {
    let x = b.input(call, i)?;
    b.full(x)
}
