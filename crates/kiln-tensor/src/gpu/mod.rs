//! GPU plans: how a kernel is computed by shaders, said without any GPU library.
//!
//! A backend with shaders carries a [`Plan`] out. The GPU backend plans the kernels of the closed vocabulary; a
//! [`FusedKernel`](crate::FusedKernel) brings its own plan, in its method `gpu`.

pub mod tiling;

pub use kiln_kernels::{Shader, ShaderConstant};

/// Threads of a workgroup: of those that compute an element each, and of those that sum together.
pub const WORKGROUP: usize = 256;

/// Dispatches that compute a kernel, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Sizes of the intermediate buffers, in words of four bytes.
    pub scratch: Vec<usize>,
    /// Dispatches in order; each sees what those before it wrote.
    pub passes: Vec<Pass>,
}

impl Plan {
    /// A plan of one pass.
    pub fn of(pass: Pass) -> Self {
        Plan { scratch: vec![], passes: vec![pass] }
    }
}

/// One dispatch of a shader.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The shader. It has one entry point, `main`; binding 0 of group 0 is its uniform, then come `reads` as
    /// `var<storage, read>`, then `writes` as `var<storage, read_write>`.
    pub shader: &'static Shader,
    /// Constants of the variant that runs.
    pub constants: Vec<ShaderConstant>,
    /// Words of the uniform, at most [`Pass::MAX_WORDS`].
    pub words: Vec<u32>,
    /// Buffers that are read.
    pub reads: Vec<Binding>,
    /// Buffers that are written, and may be read too.
    pub writes: Vec<Binding>,
    /// Number of workgroups. The grid is folded over x and y and may be larger: a workgroup's number is
    /// `workgroup_id.y * num_workgroups.x + workgroup_id.x`, and it must do nothing past the last one.
    pub workgroups: u64,
}

impl Pass {
    /// Most words that a uniform holds.
    pub const MAX_WORDS: usize = 128;

    /// A pass of a shader that has one variant.
    pub fn new(
        shader: &'static Shader,
        words: Vec<u32>,
        reads: &[Binding],
        writes: &[Binding],
        workgroups: usize,
    ) -> Self {
        let (reads, writes) = (reads.to_vec(), writes.to_vec());
        Pass { shader, constants: vec![], words, reads, writes, workgroups: workgroups as u64 }
    }

    /// The pass with the variant of its shader that has these constants.
    #[must_use]
    pub fn variant(self, constants: impl Into<Vec<ShaderConstant>>) -> Self {
        Pass { constants: constants.into(), ..self }
    }
}

/// A buffer that a pass is bound to. No buffer is bound twice in one pass: one that is read and written is one of
/// its `writes` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// An input of the kernel.
    In(usize),
    /// An output of the kernel.
    Out(usize),
    /// An intermediate buffer.
    Scratch(usize),
    /// Four words of the device that are 0 until a kernel finds an index out of range, and then hold the kernel's
    /// number, the index and the length of the axis. Only for `writes`.
    Fault,
}

/// Why a call has no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// There are no shaders for it.
    Unsupported(String),
    /// A view has more elements than can be counted.
    TooLarge {
        /// Elements of the view.
        need: u64,
        /// Most elements that a view may have.
        have: u64,
    },
}

/// The word of a float, as a uniform holds it.
pub fn word(value: f64) -> u32 {
    (value as f32).to_bits()
}

/// The constant of a shader that is a truth value.
pub fn flag(name: &'static str, value: bool) -> ShaderConstant {
    (name, if value { "true" } else { "false" })
}
