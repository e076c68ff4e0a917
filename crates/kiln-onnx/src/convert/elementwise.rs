//! Functions of each element.

use crate::OnnxError;
use crate::builder::Builder;
use crate::proto::AttributeProto;
use crate::traced_op::TracedOp;
use crate::value::{Elem, OnnxValue};
use kiln_tensor::{Array, Compare, Map, Zip};

pub fn map(b: &mut Builder, call: &TracedOp, f: Map) -> Result<OnnxValue, OnnxError> {
    let x = b.input(call, 0)?;
    map_of(b, call, f, x)
}

/// The function of a value that isn't the op's input.
pub fn map_of(b: &mut Builder, call: &TracedOp, f: Map, x: OnnxValue) -> Result<OnnxValue, OnnxError> {
    let elem = x.elem;
    let alpha = |value: f64| vec![AttributeProto::float("alpha", value)];
    // Operators that are the function, and those with a number beside.
    let (op, attributes) = match f {
        Map::Neg => ("Neg", vec![]),
        Map::Abs => ("Abs", vec![]),
        Map::Sign => ("Sign", vec![]),
        Map::Exp => ("Exp", vec![]),
        Map::Ln => ("Log", vec![]),
        Map::Sqrt => ("Sqrt", vec![]),
        Map::Recip => ("Reciprocal", vec![]),
        Map::Sin => ("Sin", vec![]),
        Map::Cos => ("Cos", vec![]),
        Map::Tanh => ("Tanh", vec![]),
        Map::Erf => ("Erf", vec![]),
        Map::Floor => ("Floor", vec![]),
        Map::Sigmoid => ("Sigmoid", vec![]),
        Map::Softplus => ("Softplus", vec![]),
        Map::Relu => ("Relu", vec![]),
        Map::LeakyRelu(slope) => ("LeakyRelu", alpha(slope)),
        Map::Elu(a) => ("Elu", alpha(a)),
        _ => return composed(b, call, f, x),
    };
    Ok(b.elementwise(op, &[&x], attributes, elem))
}

/// Functions that take several operators.
fn composed(b: &mut Builder, call: &TracedOp, f: Map, x: OnnxValue) -> Result<OnnxValue, OnnxError> {
    let elem = x.elem;
    let with = |b: &mut Builder, op: &str, x: &OnnxValue, number: f64| -> Result<OnnxValue, OnnxError> {
        let number = b.scalar(number, elem)?;
        Ok(b.elementwise(op, &[x, &number], vec![], elem))
    };
    Ok(match f {
        Map::AddScalar(c) => with(b, "Add", &x, c)?,
        Map::MulScalar(c) => with(b, "Mul", &x, c)?,
        Map::PowScalar(c) => with(b, "Pow", &x, c)?,
        Map::Clamp(low, high) => {
            let (low, high) = (b.scalar(low, elem)?, b.scalar(high, elem)?);
            b.elementwise("Clip", &[&x, &low, &high], vec![], elem)
        }
        Map::Square => b.elementwise("Mul", &[&x, &x], vec![], elem),
        Map::Rsqrt => {
            let root = b.elementwise("Sqrt", &[&x], vec![], elem);
            b.elementwise("Reciprocal", &[&root], vec![], elem)
        }
        // Near 0 these two are less accurate than kiln's.
        Map::Expm1 => {
            let e = b.elementwise("Exp", &[&x], vec![], elem);
            with(b, "Sub", &e, 1.0)?
        }
        Map::Ln1p => {
            let y = with(b, "Add", &x, 1.0)?;
            b.elementwise("Log", &[&y], vec![], elem)
        }
        Map::Silu => {
            let gate = b.elementwise("Sigmoid", &[&x], vec![], elem);
            b.elementwise("Mul", &[&x, &gate], vec![], elem)
        }
        // x/2 · (1 + erf(x/√2)); ONNX's own Gelu is younger than the operators written for.
        Map::Gelu => {
            let scaled = with(b, "Mul", &x, std::f64::consts::FRAC_1_SQRT_2)?;
            let erf = b.elementwise("Erf", &[&scaled], vec![], elem);
            let sum = with(b, "Add", &erf, 1.0)?;
            let half = with(b, "Mul", &x, 0.5)?;
            b.elementwise("Mul", &[&half, &sum], vec![], elem)
        }
        _ => return Err(call.unsupported("there is no rule for this function")),
    })
}

pub fn zip(b: &mut Builder, call: &TracedOp, f: Zip) -> Result<OnnxValue, OnnxError> {
    let op = match f {
        Zip::Add => "Add",
        Zip::Sub => "Sub",
        Zip::Mul => "Mul",
        Zip::Div => "Div",
        Zip::Pow => "Pow",
        Zip::Max => "Max",
        Zip::Min => "Min",
        _ => return Err(call.unsupported("it belongs to a backward rule; export what the network computes")),
    };
    let (x, y) = (b.input(call, 0)?, b.input(call, 1)?);
    let elem = x.elem;
    Ok(b.elementwise(op, &[&x, &y], vec![], elem))
}

pub fn compare(b: &mut Builder, call: &TracedOp, f: Compare) -> Result<OnnxValue, OnnxError> {
    let (x, y) = (b.input(call, 0)?, b.input(call, 1)?);
    // Masks are compared as numbers.
    let number = |b: &mut Builder, x: OnnxValue| if x.elem == Elem::Bool { b.cast(x, Elem::I64) } else { x };
    let (x, y) = (number(b, x), number(b, y));
    let op = match f {
        Compare::Eq | Compare::Ne => "Equal",
        Compare::Lt => "Less",
        Compare::Le => "LessOrEqual",
        Compare::Gt => "Greater",
        Compare::Ge => "GreaterOrEqual",
    };
    let mask = b.elementwise(op, &[&x, &y], vec![], Elem::Bool);
    Ok(if f == Compare::Ne { b.elementwise("Not", &[&mask], vec![], Elem::Bool) } else { mask })
}

pub fn select(b: &mut Builder, call: &TracedOp, mask: [&Array; 2]) -> Result<OnnxValue, OnnxError> {
    let mask = b.value(call, mask)?;
    let mask = b.cast(mask, Elem::Bool);
    let (x, y) = (b.input(call, 0)?, b.input(call, 1)?);
    let elem = x.elem;
    Ok(b.elementwise("Where", &[&mask, &x, &y], vec![], elem))
}
