//! Pooling.

use super::conv::{image, window};
use super::{LANES, Operand, pass};
use kiln_kernels::AVG_POOL_ADJOINT;
use kiln_tensor::ConvGeom;
use kiln_tensor::gpu::{Plan, Source};

/// From images to one cell for each window.
pub fn plan(source: &'static Source, g: &ConvGeom, x: Operand, y: Operand) -> Plan {
    of(source, g, [x, y], y)
}

pub fn adjoint(g: &ConvGeom, y: Operand, x: Operand) -> Plan {
    of(&AVG_POOL_ADJOINT, g, [x, y], x)
}

fn of(source: &'static Source, g: &ConvGeom, [x, y]: [Operand; 2], out: Operand) -> Plan {
    let own = [x.layout.dims()[1] as u32, out.numel() as u32];
    let words = [image(x.layout), image(y.layout), window(g), own.to_vec()].concat();
    Plan::of(pass(source, 1, words, out.numel().div_ceil(LANES)))
}
