//! The convolution triad.

use super::matmul::constants;
use super::{Operand, pass, reduce};
use kiln_kernels::{CONV, CONV_EACH, CONV_TRANSPOSE, CONV_TRANSPOSE_EACH, CONV_WEIGHT, CONV_WEIGHT_EACH};
use kiln_tensor::gpu::tiling::Tiling;
use kiln_tensor::gpu::{Binding, Pass, Plan, PlanError, Shader, WORKGROUP};
use kiln_tensor::{ConvGeom, Layout};

/// Workgroups that the weight's derivative is split into.
const SPLITS: usize = 256;
/// Least depth of a split.
const SHORTEST: usize = 256;

/// Rows up to which a tile of a matrix would be so empty that elements are computed one by one.
const NARROW: usize = 4;
/// Most products that a thread then sums, one after the other.
const SHALLOW: usize = 256;
/// Most columns of such a weight's derivative.
const FEW_COLUMNS: usize = 32;

/// The three tensors of a convolution.
struct Triad<'a> {
    geometry: &'a ConvGeom,
    x: &'a Layout,
    w: &'a Layout,
    y: &'a Layout,
}

pub fn forward(g: &ConvGeom, [x, w]: [Operand; 2], y: Operand) -> Result<Plan, PlanError> {
    let triad = Triad { geometry: g, x: x.layout, w: w.layout, y: y.layout };
    if triad.out_channels() <= NARROW && triad.in_channels() * g.kernel_numel() <= SHALLOW {
        return Ok(Plan::of(triad.untiled(&CONV_EACH, y.numel().div_ceil(WORKGROUP))));
    }
    let tiling = Tiling::new(triad.out_channels(), triad.batch() * g.output_numel(), g.groups)?;
    Ok(Plan::of(triad.tiled(&CONV, tiling, [true, false], &[])))
}

pub fn transpose(g: &ConvGeom, [y, w]: [Operand; 2], x: Operand) -> Result<Plan, PlanError> {
    let triad = Triad { geometry: g, x: x.layout, w: w.layout, y: y.layout };
    if triad.in_channels() <= NARROW && triad.out_channels() * g.kernel_numel() <= SHALLOW {
        return Ok(Plan::of(triad.untiled(&CONV_TRANSPOSE_EACH, x.numel().div_ceil(WORKGROUP))));
    }
    let [rows, columns] = [0, 1].map(|i| g.input[i].div_ceil(g.stride[i]));
    let phases = g.stride[0] * g.stride[1];
    let tiling = Tiling::new(triad.in_channels(), triad.batch() * rows * columns, g.groups * phases)?;
    let tap_step = [0, 1].map(|i| g.stride[i] / gcd(g.stride[i], g.dilation[i]));
    Ok(Plan::of(triad.tiled(&CONV_TRANSPOSE, tiling, [false, false], &tap_step)))
}

pub fn weight(g: &ConvGeom, [x, y]: [Operand; 2], w: Operand) -> Result<Plan, PlanError> {
    let triad = Triad { geometry: g, x: x.layout, w: w.layout, y: y.layout };
    let (rows, columns) = (triad.out_channels(), triad.in_channels() * g.kernel_numel());
    if rows <= NARROW && columns <= FEW_COLUMNS {
        return Ok(Plan::of(triad.untiled(&CONV_WEIGHT_EACH, w.numel())));
    }
    let depth = triad.batch() * g.output_numel();
    let unsplit = Tiling::new(rows, columns, g.groups)?;
    let splits = (SPLITS / unsplit.workgroups.max(1)).clamp(1, depth.div_ceil(SHORTEST).max(1));
    let split_words = [depth.div_ceil(splits), splits, w.numel()];
    let tiling = Tiling::new(rows, columns, g.groups * splits)?;
    if splits == 1 {
        return Ok(Plan::of(triad.tiled(&CONV_WEIGHT, tiling, [true, true], &split_words)));
    }
    // Each split has a result of its own, and a reduction adds them in order.
    let dense = Layout::contiguous(*w.layout.dims());
    let first = Triad { w: &dense, ..triad }.tiled(&CONV_WEIGHT, tiling, [true, true], &split_words);
    let first = Pass { writes: vec![Binding::Scratch(0)], ..first };
    let mut plan = Plan { scratch: vec![splits * w.numel()], passes: vec![first] };
    reduce::sum_of_parts(splits, Binding::Scratch(0), w, &mut plan);
    Ok(plan)
}

impl Triad<'_> {
    fn batch(&self) -> usize {
        self.x.dims()[0]
    }

    /// Channels of x in a group.
    fn in_channels(&self) -> usize {
        self.w.dims()[1]
    }

    /// Channels of y in a group.
    fn out_channels(&self) -> usize {
        self.w.dims()[0] / self.geometry.groups
    }

    /// A pass that is no product of matrices.
    fn untiled(&self, shader: &'static Shader, workgroups: usize) -> Pass {
        pass(shader, 2, self.words(&[]), workgroups)
    }

    /// A pass that is one.
    fn tiled(&self, shader: &'static Shader, tiling: Tiling, depth_first: [bool; 2], own: &[usize]) -> Pass {
        pass(shader, 2, self.words(own), tiling.workgroups).variant(constants(tiling, depth_first))
    }

    /// `Params` of the shader, which all members of the triad share, and then what only this one has.
    fn words(&self, own: &[usize]) -> Vec<u32> {
        let g = self.geometry;
        let mut words = [tensor4(self.x), tensor4(self.w), tensor4(self.y), window(g)].concat();
        words.extend([self.batch(), g.groups, self.in_channels(), self.out_channels()].map(|n| n as u32));
        words.extend(own.iter().map(|n| *n as u32));
        words
    }
}

/// The words of a `Tensor4` of `kernels/window.wgsl`.
pub fn tensor4(layout: &Layout) -> Vec<u32> {
    let strides = layout.strides().iter().map(|stride| *stride as u32);
    strides.chain([layout.offset() as u32, 0, 0, 0]).collect()
}

/// The words of a `Window` of `kernels/window.wgsl`.
pub fn window(g: &ConvGeom) -> Vec<u32> {
    let pairs = [g.input, g.output, g.kernel, g.stride, g.padding, g.dilation];
    pairs.concat().into_iter().map(|n| n as u32).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
