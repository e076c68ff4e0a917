//! Kernels that compute each element of the output from the same element of the inputs.

use super::{Operand, Refusal, each, word};
use crate::plan::walk::Walk;
use kiln_kernels as kernels;
use kiln_tensor::gpu::{Pass, Plan};
use kiln_tensor::{Compare, DType, Element, Map, Zip};

pub fn fill(value: f64, out: Operand) -> Plan {
    let word = if out.dtype == DType::U32 { u32::from_f64(value) } else { word(value) };
    Plan::of(each(&kernels::FILL, &Walk::new(&[out.layout]), &[word]))
}

pub fn copy(x: Operand, out: Operand) -> Plan {
    let op = match (x.dtype, out.dtype) {
        (DType::F32, DType::U32) => "TO_U32",
        (DType::U32, DType::F32) => "TO_F32",
        _ => "BITS",
    };
    let pass = each(&kernels::COPY, &Walk::new(&[out.layout, x.layout]), &[]);
    Plan::of(Pass { constants: vec![("OP", op)], ..pass })
}

pub fn accumulate(x: Operand, out: Operand) -> Plan {
    Plan::of(each(&kernels::ACCUMULATE, &Walk::new(&[out.layout, x.layout]), &[]))
}

pub fn map(f: Map, x: Operand, out: Operand) -> Result<Plan, Refusal> {
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
        _ => return Err(Refusal::Unsupported(format!("there is no shader for {f:?}"))),
    };
    let pass = each(&kernels::MAP, &Walk::new(&[out.layout, x.layout]), &numbers.map(word));
    Ok(Plan::of(Pass { constants: vec![("OP", op)], ..pass }))
}

pub fn zip(f: Zip, a: Operand, b: Operand, out: Operand) -> Result<Plan, Refusal> {
    let (op, number) = match f {
        Zip::Add => ("ADD", 0.0),
        Zip::Sub => ("SUB", 0.0),
        Zip::Mul => ("MUL", 0.0),
        Zip::Div => ("DIV", 0.0),
        Zip::Pow => ("POW", 0.0),
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
        _ => return Err(Refusal::Unsupported(format!("there is no shader for {f:?}"))),
    };
    let walk = Walk::new(&[out.layout, a.layout, b.layout]);
    Ok(Plan::of(Pass { constants: vec![("OP", op)], ..each(&kernels::ZIP, &walk, &[word(number)]) }))
}

pub fn compare(f: Compare, a: Operand, b: Operand, out: Operand) -> Plan {
    let op = match f {
        Compare::Eq => "EQ",
        Compare::Ne => "NE",
        Compare::Lt => "LT",
        Compare::Le => "LE",
        Compare::Gt => "GT",
        Compare::Ge => "GE",
    };
    let elements = if a.dtype == DType::U32 { "U32" } else { "F32" };
    let pass = each(&kernels::COMPARE, &Walk::new(&[out.layout, a.layout, b.layout]), &[]);
    Plan::of(Pass { constants: vec![("OP", op), ("TYPE", elements)], ..pass })
}

pub fn select(mask: Operand, a: Operand, b: Operand, out: Operand) -> Plan {
    Plan::of(each(&kernels::SELECT, &Walk::new(&[out.layout, mask.layout, a.layout, b.layout]), &[]))
}
