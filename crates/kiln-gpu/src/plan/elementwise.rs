//! Kernels that compute each element of the output from the same element of the inputs.

use super::strided::StridedViews;
use super::{Operand, elements};
use kiln_kernels as kernels;
use kiln_tensor::gpu::{Plan, PlanError, word};
use kiln_tensor::{Compare, DType, Element, Map, Zip};

pub fn fill(value: f64, out: Operand) -> Plan {
    let word = if out.dtype == DType::U32 { u32::from_f64(value) } else { word(value) };
    Plan::of(elements(&kernels::FILL, &StridedViews::new(&[out.layout]), &[word]))
}

pub fn copy([x]: [Operand; 1], out: Operand) -> Plan {
    let op = match (x.dtype, out.dtype) {
        (DType::F32, DType::U32) => "TO_U32",
        (DType::U32, DType::F32) => "TO_F32",
        _ => "BITS",
    };
    let pass = elements(&kernels::COPY, &StridedViews::new(&[out.layout, x.layout]), &[]);
    Plan::of(pass.variant([("OP", op)]))
}

pub fn accumulate([x]: [Operand; 1], out: Operand) -> Plan {
    Plan::of(elements(&kernels::ACCUMULATE, &StridedViews::new(&[out.layout, x.layout]), &[]))
}

pub fn map(f: Map, [x]: [Operand; 1], out: Operand) -> Result<Plan, PlanError> {
    let (op, numbers) = match f {
        Map::Neg => ("NEG", [0.0; 2]),
        Map::Abs => ("ABS", [0.0; 2]),
        Map::Sign => ("SIGN", [0.0; 2]),
        Map::Exp => ("EXP", [0.0; 2]),
        Map::Expm1 => ("EXPM1", [0.0; 2]),
        Map::Ln => ("LN", [0.0; 2]),
        Map::Ln1p => ("LN1P", [0.0; 2]),
        Map::Sqrt => ("SQRT", [0.0; 2]),
        Map::Rsqrt => ("RSQRT", [0.0; 2]),
        Map::Recip => ("RECIP", [0.0; 2]),
        Map::Square => ("SQUARE", [0.0; 2]),
        Map::Sin => ("SIN", [0.0; 2]),
        Map::Cos => ("COS", [0.0; 2]),
        Map::Tanh => ("TANH", [0.0; 2]),
        Map::Erf => ("ERF", [0.0; 2]),
        Map::Floor => ("FLOOR", [0.0; 2]),
        Map::Sigmoid => ("SIGMOID", [0.0; 2]),
        Map::Softplus => ("SOFTPLUS", [0.0; 2]),
        Map::Relu => ("RELU", [0.0; 2]),
        Map::LeakyRelu(slope) => ("LEAKY_RELU", [slope, 0.0]),
        Map::Elu(alpha) => ("ELU", [alpha, 0.0]),
        Map::Silu => ("SILU", [0.0; 2]),
        Map::Gelu => ("GELU", [0.0; 2]),
        Map::AddScalar(c) => ("ADD_SCALAR", [c, 0.0]),
        Map::MulScalar(c) => ("MUL_SCALAR", [c, 0.0]),
        Map::PowScalar(p) if p == p.trunc() && p.abs() <= 32.0 => ("POW_INTEGER", [p, 0.0]),
        Map::PowScalar(p) => ("POW_SCALAR", [p, 0.0]),
        Map::Clamp(low, high) => ("CLAMP", [low, high]),
        _ => return Err(PlanError::Unsupported(format!("there is no shader for {f:?}"))),
    };
    let pass = elements(&kernels::MAP, &StridedViews::new(&[out.layout, x.layout]), &numbers.map(word));
    Ok(Plan::of(pass.variant([("OP", op)])))
}

pub fn zip(f: Zip, [a, b]: [Operand; 2], out: Operand) -> Result<Plan, PlanError> {
    let (op, number) = match f {
        Zip::Add => ("ADD", 0.0),
        Zip::Sub => ("SUB", 0.0),
        Zip::Mul => ("MUL", 0.0),
        Zip::Div => ("DIV", 0.0),
        Zip::Pow => ("POW", 0.0),
        Zip::Atan2 => ("ATAN2", 0.0),
        Zip::Max => ("MAX", 0.0),
        Zip::Min => ("MIN", 0.0),
        Zip::TanhGrad => ("TANH_GRAD", 0.0),
        Zip::SigmoidGrad => ("SIGMOID_GRAD", 0.0),
        Zip::SoftplusGrad => ("SOFTPLUS_GRAD", 0.0),
        Zip::ReluGrad => ("RELU_GRAD", 0.0),
        Zip::LeakyReluGrad(slope) => ("LEAKY_RELU_GRAD", slope),
        Zip::EluGrad(alpha) => ("ELU_GRAD", alpha),
        Zip::SiluGrad => ("SILU_GRAD", 0.0),
        Zip::GeluGrad => ("GELU_GRAD", 0.0),
        _ => return Err(PlanError::Unsupported(format!("there is no shader for {f:?}"))),
    };
    let views = StridedViews::new(&[out.layout, a.layout, b.layout]);
    Ok(Plan::of(elements(&kernels::ZIP, &views, &[word(number)]).variant([("OP", op)])))
}

pub fn compare(f: Compare, [a, b]: [Operand; 2], out: Operand) -> Plan {
    let op = match f {
        Compare::Eq => "EQ",
        Compare::Ne => "NE",
        Compare::Lt => "LT",
        Compare::Le => "LE",
        Compare::Gt => "GT",
        Compare::Ge => "GE",
    };
    let of_type = if a.dtype == DType::U32 { "U32" } else { "F32" };
    let pass = elements(&kernels::COMPARE, &StridedViews::new(&[out.layout, a.layout, b.layout]), &[]);
    Plan::of(pass.variant([("OP", op), ("TYPE", of_type)]))
}

pub fn select([mask, a, b]: [Operand; 3], out: Operand) -> Plan {
    Plan::of(elements(
        &kernels::SELECT,
        &StridedViews::new(&[out.layout, mask.layout, a.layout, b.layout]),
        &[],
    ))
}
