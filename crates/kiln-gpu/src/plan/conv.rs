//! The convolution triad.

use super::matmul::Tiling;
use super::{LANES, Operand, Refusal, pass, reduce};
use kiln_kernels::{CONV, CONV_EACH, CONV_TRANSPOSE, CONV_TRANSPOSE_EACH, CONV_WEIGHT, CONV_WEIGHT_EACH};
use kiln_tensor::gpu::{Pass, Plan, Slot, Source};
use kiln_tensor::{ConvGeom, Layout};

/// Workgroups that the weight's derivative is cut into.
const PARTS: usize = 256;
/// The least depth of a part.
const SHORTEST: usize = 256;

/// Rows up to which a tile of a matrix would be so empty that elements are computed one by one.
const NARROW: usize = 4;
/// The most products that a thread then sums, one after the other.
const SHALLOW: usize = 256;
/// The most columns of such a weight's derivative.
const FEW_COLUMNS: usize = 32;

/// The three tensors of a convolution.
struct Triad<'a> {
    geometry: &'a ConvGeom,
    x: &'a Layout,
    w: &'a Layout,
    y: &'a Layout,
}

/// How the depth of the weight's derivative is cut: the depth of a part, the number of parts, and the
/// distance between their results.
#[derive(Clone, Copy, Default)]
struct Cut {
    part: usize,
    parts: usize,
    step: usize,
}

pub fn forward(g: &ConvGeom, x: Operand, w: Operand, y: Operand) -> Result<Plan, Refusal> {
    let triad = Triad { geometry: g, x: x.layout, w: w.layout, y: y.layout };
    if triad.filters() <= NARROW && triad.channels() * g.kernel_numel() <= SHALLOW {
        return Ok(Plan::of(triad.untiled(&CONV_EACH, y.numel().div_ceil(LANES))));
    }
    let tiling = Tiling::new(triad.filters(), triad.batch() * g.output_numel(), g.groups)?;
    Ok(Plan::of(triad.pass(&CONV, tiling, [true, false], Cut::default())))
}

pub fn transpose(g: &ConvGeom, y: Operand, w: Operand, x: Operand) -> Result<Plan, Refusal> {
    let triad = Triad { geometry: g, x: x.layout, w: w.layout, y: y.layout };
    if triad.channels() <= NARROW && triad.filters() * g.kernel_numel() <= SHALLOW {
        return Ok(Plan::of(triad.untiled(&CONV_TRANSPOSE_EACH, x.numel().div_ceil(LANES))));
    }
    let [rows, columns] = [0, 1].map(|i| g.input[i].div_ceil(g.stride[i]));
    let jobs = g.groups * g.stride[0] * g.stride[1];
    let tiling = Tiling::new(triad.channels(), triad.batch() * rows * columns, jobs)?;
    Ok(Plan::of(triad.pass(&CONV_TRANSPOSE, tiling, [false, false], Cut::default())))
}

pub fn weight(g: &ConvGeom, x: Operand, y: Operand, w: Operand) -> Result<Plan, Refusal> {
    let triad = Triad { geometry: g, x: x.layout, w: w.layout, y: y.layout };
    let (rows, columns) = (triad.filters(), triad.channels() * g.kernel_numel());
    if rows <= NARROW && columns <= FEW_COLUMNS {
        return Ok(Plan::of(triad.untiled(&CONV_WEIGHT_EACH, w.numel())));
    }
    let depth = triad.batch() * g.output_numel();
    let whole = Tiling::new(rows, columns, g.groups)?;
    let parts = (PARTS / whole.workgroups.max(1)).clamp(1, depth.div_ceil(SHORTEST).max(1));
    let part = depth.div_ceil(parts);
    let cut = Cut { part, parts, step: w.numel() };
    let tiling = Tiling::new(rows, columns, g.groups * parts)?;
    if parts == 1 {
        return Ok(Plan::of(triad.pass(&CONV_WEIGHT, tiling, [true, true], cut)));
    }
    // Each part has a result of its own, and a reduction adds them in order.
    let dense = Layout::contiguous(*w.layout.dims());
    let first = Triad { w: &dense, ..triad }.pass(&CONV_WEIGHT, tiling, [true, true], cut);
    let first = Pass { writes: vec![Slot::Scratch(0)], ..first };
    let mut plan = Plan { scratch: vec![parts * w.numel()], passes: vec![first] };
    reduce::sum_of_parts(parts, Slot::Scratch(0), w, &mut plan);
    Ok(plan)
}

impl Triad<'_> {
    fn batch(&self) -> usize {
        self.x.dims()[0]
    }

    fn channels(&self) -> usize {
        self.w.dims()[1]
    }

    fn filters(&self) -> usize {
        self.w.dims()[0] / self.geometry.groups
    }

    /// A pass that is no product of matrices.
    fn untiled(&self, source: &'static Source, workgroups: usize) -> Pass {
        pass(source, 2, self.words(Cut::default()), workgroups)
    }

    fn pass(&self, source: &'static Source, tiling: Tiling, orders: [bool; 2], cut: Cut) -> Pass {
        Pass { constants: tiling.constants(orders), ..pass(source, 2, self.words(cut), tiling.workgroups) }
    }

    /// `Params` of `kernels/triad.wgsl`.
    fn words(&self, cut: Cut) -> Vec<u32> {
        let g = self.geometry;
        let tap_step = [0, 1].map(|i| g.stride[i] / gcd(g.stride[i], g.dilation[i]));
        let mut words = [image(self.x), image(self.w), image(self.y), window(g)].concat();
        words.extend([self.batch(), g.groups, self.channels(), self.filters()].map(|n| n as u32));
        words.extend(tap_step.iter().chain(&[cut.part, cut.parts, cut.step]).map(|n| *n as u32));
        words
    }
}

/// The words of an `Image` of `kernels/window.wgsl`.
pub fn image(layout: &Layout) -> Vec<u32> {
    let steps = layout.strides().iter().map(|step| *step as u32);
    steps.chain([layout.offset() as u32, 0, 0, 0]).collect()
}

/// The words of a `Window` of `kernels/window.wgsl`.
pub fn window(g: &ConvGeom) -> Vec<u32> {
    let pairs = [g.input, g.output, g.kernel, g.stride, g.padding, g.dilation];
    pairs.concat().into_iter().map(|n| n as u32).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
