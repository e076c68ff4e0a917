//! From a kernel's call to shaders, numbers and workgroups. Nothing here needs a GPU.

mod conv;
mod elementwise;
mod fused;
mod gather;
mod matmul;
mod pool;
mod random;
mod reduce;
mod strided;

use kiln_kernels as kernels;
use kiln_tensor::gpu::{Binding, Pass, Plan, PlanError, Shader, WORKGROUP};
use kiln_tensor::{DType, Kernel, Layout, Meta, View};
use strided::StridedViews;

/// A tensor of a call: where its elements lie, and what they are.
#[derive(Clone, Copy, Debug)]
struct Operand<'a> {
    layout: &'a Layout,
    dtype: DType,
}

impl<'a> Operand<'a> {
    fn new(view: &View<'a>) -> Self {
        Operand { layout: view.layout, dtype: view.storage.dtype() }
    }

    fn meta(&self) -> Meta {
        Meta { dims: *self.layout.dims(), dtype: self.dtype }
    }

    fn numel(&self) -> usize {
        self.layout.numel()
    }
}

/// The plan of a kernel's call, which has been checked.
///
/// # Errors
/// [`PlanError`] when there are no shaders for it, or a view has too many elements.
pub fn plan(kernel: &Kernel, ins: &[View], outs: &[View]) -> Result<Plan, PlanError> {
    let ins: Vec<Operand> = ins.iter().map(Operand::new).collect();
    let outs: Vec<Operand> = outs.iter().map(Operand::new).collect();
    let need = ins.iter().chain(&outs).map(|t| t.numel() as u64).max().unwrap_or(0);
    // Positions are computed with signs now and then.
    let have = i32::MAX as u64;
    if need > have {
        return Err(PlanError::TooLarge { need, have });
    }
    if let Kernel::Fused(kernel) = kernel {
        return fused::plan(&**kernel, &ins, &outs);
    }
    let [out] = outs[..] else { unreachable!("the kernel's check allows one output") };
    if out.numel() == 0 {
        return Ok(Plan::default());
    }
    Ok(match kernel {
        Kernel::Fill(value) => elementwise::fill(*value, out),
        Kernel::Copy => elementwise::copy(inputs(&ins), out),
        Kernel::Accumulate => elementwise::accumulate(inputs(&ins), out),
        Kernel::Map(f) => elementwise::map(*f, inputs(&ins), out)?,
        Kernel::Zip(f) => elementwise::zip(*f, inputs(&ins), out)?,
        Kernel::Compare(f) => elementwise::compare(*f, inputs(&ins), out),
        Kernel::Select => elementwise::select(inputs(&ins), out),
        Kernel::Matmul => matmul::plan(inputs(&ins), out)?,
        Kernel::Conv(g) => conv::forward(g, inputs(&ins), out)?,
        Kernel::ConvTranspose(g) => conv::transpose(g, inputs(&ins), out)?,
        Kernel::ConvWeight(g) => conv::weight(g, inputs(&ins), out)?,
        Kernel::AvgPool(g) => pool::plan(&kernels::AVG_POOL, g, inputs(&ins), out),
        Kernel::AvgPoolAdjoint(g) => pool::adjoint(g, inputs(&ins), out),
        Kernel::MaxPoolIndex(g) => pool::plan(&kernels::MAX_POOL_INDEX, g, inputs(&ins), out),
        Kernel::Reduce(f) => reduce::plan(*f, inputs(&ins), out),
        Kernel::ArgMax { axis } => reduce::argmax(*axis, inputs(&ins), out),
        Kernel::Gather { axis } => gather::gather(*axis, inputs(&ins), out),
        Kernel::ScatterAdd { axis } => gather::scatter_add(*axis, inputs(&ins), out),
        Kernel::Random { key, distribution } => random::plan(*key, *distribution, out),
        Kernel::Fused(_) => unreachable!("it has been planned"),
    })
}

/// The inputs of a call, which are as many as the kernel's check allows.
fn inputs<'a, const N: usize>(ins: &[Operand<'a>]) -> [Operand<'a>; N] {
    ins.try_into().expect("the kernel's check allows no other number of inputs")
}

/// A pass from the first inputs to the output.
fn pass(shader: &'static Shader, inputs: usize, words: Vec<u32>, workgroups: usize) -> Pass {
    let reads: Vec<Binding> = (0..inputs).map(Binding::In).collect();
    Pass::new(shader, words, &reads, &[Binding::Out(0)], workgroups)
}

/// A pass with a thread for each element of the views, of which the first is the output.
fn elements(shader: &'static Shader, views: &StridedViews, own: &[u32]) -> Pass {
    let words = [views.words(), own.to_vec()].concat();
    pass(shader, views.views - 1, words, views.count().div_ceil(WORKGROUP))
}
