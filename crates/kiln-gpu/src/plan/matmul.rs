//! Products of matrices.

use super::strided::StridedViews;
use super::{Operand, pass};
use kiln_kernels::MATMUL;
use kiln_tensor::gpu::tiling::Tiling;
use kiln_tensor::gpu::{Plan, PlanError, ShaderConstant, flag};

pub fn plan([a, b]: [Operand; 2], out: Operand) -> Result<Plan, PlanError> {
    let last = out.layout.dims().rank() - 1;
    let (rows, columns) = (out.layout.dims()[last - 1], out.layout.dims()[last]);
    let depth = a.layout.dims()[last];
    let mut batch = StridedViews::unmerged(&[out.layout, a.layout, b.layout]);
    batch.axes.truncate(last - 1);
    let batch = batch.merged();
    let [out_strides, a_strides, b_strides] =
        [out, a, b].map(|t| [t.layout.strides()[last - 1], t.layout.strides()[last]]);
    let sizes = [rows, columns, depth].map(|n| n as u32);
    let strides = [a_strides, b_strides, out_strides].concat().into_iter().map(|stride| stride as u32);
    let words = batch.words().into_iter().chain(sizes).chain(strides).collect();
    let tiling = Tiling::new(rows, columns, batch.count())?;
    let depth_first = [a_strides[1].abs() <= a_strides[0].abs(), b_strides[0].abs() < b_strides[1].abs()];
    Ok(Plan::of(pass(&MATMUL, 2, words, tiling.workgroups).variant(constants(tiling, depth_first))))
}

/// Constants of a product: its tile, and whether the left and the right matrix are loaded along the depth.
pub fn constants(tiling: Tiling, [left, right]: [bool; 2]) -> Vec<ShaderConstant> {
    let mut constants = tiling.constants();
    constants.extend([flag("LEFT_DEPTH_FIRST", left), flag("RIGHT_DEPTH_FIRST", right)]);
    constants
}
