//! Convolutions and pooling.

use crate::OnnxError;
use crate::builder::Builder;
use crate::dim::Dim;
use crate::proto::AttributeProto;
use crate::traced_op::TracedOp;
use crate::value::{Elem, OnnxValue};
use kiln_tensor::ConvGeom;

/// The options that all operators with windows have.
fn options(geom: &ConvGeom, after: [usize; 2]) -> Vec<AttributeProto> {
    let [top, left] = geom.padding;
    let [bottom, right] = after;
    vec![
        AttributeProto::ints("kernel_shape", geom.kernel),
        AttributeProto::ints("strides", geom.stride),
        AttributeProto::ints("pads", [top, left, bottom, right]),
        AttributeProto::ints("dilations", geom.dilation),
    ]
}

/// Number of cells from a window's first to its last, both included.
fn reach(geom: &ConvGeom, i: usize) -> usize {
    geom.dilation[i] * (geom.kernel[i] - 1) + 1
}

/// The padding at the end with which there are as many windows as kiln's geometry says.
fn end_padding(call: &TracedOp, geom: &ConvGeom) -> Result<[usize; 2], OnnxError> {
    let mut after = [0; 2];
    for (i, after) in after.iter_mut().enumerate() {
        let have = geom.input[i] + geom.padding[i];
        let want = (geom.output[i].max(1) - 1) * geom.stride[i] + reach(geom, i);
        *after = want.saturating_sub(have);
        if (have + *after - reach(geom, i)) / geom.stride[i] + 1 != geom.output[i] {
            return Err(call.unsupported("the image has room for more windows than are computed"));
        }
    }
    Ok(after)
}

fn full_inputs(b: &mut Builder, call: &TracedOp) -> Result<[OnnxValue; 2], OnnxError> {
    let (x, w) = (b.input(call, 0)?, b.input(call, 1)?);
    Ok([b.full(x)?, b.full(w)?])
}

pub fn conv(b: &mut Builder, call: &TracedOp, geom: &ConvGeom) -> Result<OnnxValue, OnnxError> {
    let [x, w] = full_inputs(b, call)?;
    let mut attributes = options(geom, end_padding(call, geom)?);
    attributes.push(AttributeProto::int("group", geom.groups as i64));
    let elem = x.elem;
    Ok(b.emit("Conv", &[&x, &w], attributes, call.output_dims()?, elem))
}

pub fn conv_transpose(b: &mut Builder, call: &TracedOp, geom: &ConvGeom) -> Result<OnnxValue, OnnxError> {
    let [y, w] = full_inputs(b, call)?;
    // In the words of the convolution it is the derivative of, the large image is the input. What there is
    // without padding at the end, less what is wanted, is cut off as padding or added.
    let (mut after, mut added) = ([0; 2], [0; 2]);
    for i in 0..2 {
        let whole = (geom.output[i].max(1) - 1) * geom.stride[i] + reach(geom, i);
        let want = geom.input[i] + geom.padding[i];
        after[i] = whole.saturating_sub(want);
        added[i] = want.saturating_sub(whole);
    }
    let [bottom, right] = added;
    let mut attributes = options(geom, after);
    attributes.push(AttributeProto::int("group", geom.groups as i64));
    let (dims, elem) = (call.output_dims()?, y.elem);
    if bottom < geom.stride[0] && right < geom.stride[1] {
        attributes.push(AttributeProto::ints("output_padding", added));
        return Ok(b.emit("ConvTranspose", &[&y, &w], attributes, dims, elem));
    }
    // Dilated windows allow more output padding than onnxruntime takes; no window reaches it, so it is zeros.
    let mut reached = dims.clone();
    (reached[2], reached[3]) = (Dim::Fixed(geom.input[0] - bottom), Dim::Fixed(geom.input[1] - right));
    let x = b.emit("ConvTranspose", &[&y, &w], attributes, reached, elem);
    let pads = b.vector(&[0, 0, 0, 0, 0, 0, bottom as i64, right as i64])?;
    Ok(b.emit("Pad", &[&x, &pads], vec![], dims, elem))
}

/// The mean over each window, padding counted as zeros.
pub fn avg_pool(b: &mut Builder, call: &TracedOp, geom: &ConvGeom) -> Result<OnnxValue, OnnxError> {
    if geom.dilation != [1, 1] {
        return Err(call.unsupported("ONNX's pooling of that age has no dilation; use dilation 1"));
    }
    let x = b.input(call, 0)?;
    let x = b.full(x)?;
    let mut attributes = options(geom, end_padding(call, geom)?);
    attributes.retain(|attribute| attribute.name != "dilations");
    attributes.push(AttributeProto::int("count_include_pad", 1));
    let elem = x.elem;
    Ok(b.emit("AveragePool", &[&x], attributes, call.output_dims()?, elem))
}

/// Position in its plane of each window's largest value.
pub fn max_pool_index(b: &mut Builder, call: &TracedOp, geom: &ConvGeom) -> Result<OnnxValue, OnnxError> {
    let x = b.input(call, 0)?;
    let x = b.full(x)?;
    let attributes = options(geom, end_padding(call, geom)?);
    // ONNX counts over the whole batch, so what is left over whole planes is the place within one.
    let [_, index] = b.node("MaxPool", &[&x], attributes, 2).try_into().expect("two outputs were asked for");
    let index = OnnxValue::new(index, call.output_dims()?, Elem::I64);
    let plane = b.scalar(geom.input_numel() as f64, Elem::I64)?;
    Ok(b.elementwise("Mod", &[&index, &plane], vec![], Elem::I64))
}
