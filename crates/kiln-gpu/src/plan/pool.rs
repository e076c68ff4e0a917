//! Pooling.

use super::conv::{tensor4, window};
use super::{Operand, pass};
use kiln_kernels::AVG_POOL_ADJOINT;
use kiln_tensor::ConvGeom;
use kiln_tensor::gpu::{Plan, Shader, WORKGROUP};

/// From images to an element for each window.
pub fn plan(shader: &'static Shader, g: &ConvGeom, [x]: [Operand; 1], y: Operand) -> Plan {
    pooling(shader, g, [x, y], y)
}

pub fn adjoint(g: &ConvGeom, [y]: [Operand; 1], x: Operand) -> Plan {
    pooling(&AVG_POOL_ADJOINT, g, [x, y], x)
}

fn pooling(shader: &'static Shader, g: &ConvGeom, [x, y]: [Operand; 2], out: Operand) -> Plan {
    let own = [x.layout.dims()[1] as u32, out.numel() as u32];
    let words = [tensor4(x.layout), tensor4(y.layout), window(g), own.to_vec()].concat();
    Plan::of(pass(shader, 1, words, out.numel().div_ceil(WORKGROUP)))
}
