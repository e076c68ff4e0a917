//! From a kernel's call to shaders, numbers and workgroups. Nothing here needs a GPU.

mod conv;
mod elementwise;
mod fused;
mod gather;
mod matmul;
mod pool;
mod random;
mod reduce;
mod softmax;
mod walk;

use kiln_kernels as kernels;
use kiln_tensor::gpu::{Pass, Plan, Slot, Source};
use kiln_tensor::{DType, Kernel, Layout, Meta, View};
use walk::Walk;

/// Threads of a workgroup that take one element each.
const LANES: usize = 256;

/// Why a call can't be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are no shaders for it.
    Unsupported(String),
    /// A view has more elements than can be counted.
    TooLarge {
        /// How many it has.
        need: u64,
        /// How many it may have.
        have: u64,
    },
}

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

/// How a kernel is computed.
///
/// # Errors
/// When it can't be.
pub fn plan(kernel: &Kernel, ins: &[View], outs: &[View]) -> Result<Plan, Refusal> {
    let ins: Vec<Operand> = ins.iter().map(Operand::new).collect();
    let outs: Vec<Operand> = outs.iter().map(Operand::new).collect();
    let need = ins.iter().chain(&outs).map(|t| t.numel() as u64).max().unwrap_or(0);
    // Positions are computed with signs now and then.
    let have = i32::MAX as u64;
    if need > have {
        return Err(Refusal::TooLarge { need, have });
    }
    if let Kernel::Fused(kernel) = kernel {
        return fused::plan(&**kernel, &ins, &outs);
    }
    let [out] = outs[..] else { unreachable!("the kernel's check allows one output") };
    if out.numel() == 0 {
        return Ok(Plan::default());
    }
    Ok(match (kernel, &ins[..]) {
        (Kernel::Fill(value), []) => elementwise::fill(*value, out),
        (Kernel::Copy, [x]) => elementwise::copy(*x, out),
        (Kernel::Accumulate, [x]) => elementwise::accumulate(*x, out),
        (Kernel::Map(f), [x]) => elementwise::map(*f, *x, out)?,
        (Kernel::Zip(f), [a, b]) => elementwise::zip(*f, *a, *b, out)?,
        (Kernel::Compare(f), [a, b]) => elementwise::compare(*f, *a, *b, out),
        (Kernel::Select, [mask, a, b]) => elementwise::select(*mask, *a, *b, out),
        (Kernel::Matmul, [a, b]) => matmul::plan(*a, *b, out)?,
        (Kernel::Linear(f), [a, b, bias]) => matmul::linear(*f, [*a, *b, *bias], out)?,
        (Kernel::Conv(g), [x, w]) => conv::forward(g, *x, *w, out)?,
        (Kernel::ConvTranspose(g), [y, w]) => conv::transpose(g, *y, *w, out)?,
        (Kernel::ConvWeight(g), [x, y]) => conv::weight(g, *x, *y, out)?,
        (Kernel::AvgPool(g), [x]) => pool::plan(&kernels::AVG_POOL, g, *x, out),
        (Kernel::AvgPoolAdjoint(g), [y]) => pool::adjoint(g, *y, out),
        (Kernel::MaxPoolIndex(g), [x]) => pool::plan(&kernels::MAX_POOL_INDEX, g, *x, out),
        (Kernel::Reduce(f), [x]) => reduce::plan(*f, *x, out),
        (Kernel::ArgMax { axis }, [x]) => reduce::argmax(*axis, *x, out),
        (Kernel::Softmax { log }, [x]) => softmax::plan(*log, *x, out),
        (Kernel::Gather { axis }, [x, index]) => gather::gather(*axis, *x, *index, out),
        (Kernel::ScatterAdd { axis }, [v, index]) => gather::scatter_add(*axis, *v, *index, out),
        (Kernel::Random { key, distribution }, []) => random::plan(*key, *distribution, out),
        _ => return Err(Refusal::Unsupported("it has no shader".to_string())),
    })
}

/// A pass from all inputs to the first output.
fn pass(source: &'static Source, inputs: usize, words: Vec<u32>, workgroups: usize) -> Pass {
    Pass {
        source,
        constants: vec![],
        words,
        reads: (0..inputs).map(Slot::In).collect(),
        writes: vec![Slot::Out(0)],
        workgroups: workgroups as u64,
    }
}

/// A pass in which each thread computes one element of a walk.
fn each(source: &'static Source, walk: &Walk, own: &[u32]) -> Pass {
    let words = [walk.words(), own.to_vec()].concat();
    pass(source, walk.views - 1, words, walk.count().div_ceil(LANES))
}

/// The word of a float.
fn word(value: f64) -> u32 {
    (value as f32).to_bits()
}
