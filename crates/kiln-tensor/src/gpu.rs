//! What a GPU is to run, told without any GPU library: a kernel's shaders, their numbers and buffers.
//!
//! A backend with shaders carries these out; a [`FusedKernel`](crate::FusedKernel) describes itself with
//! them in its method `gpu`.

pub use kiln_kernels::{Setting, Source};

/// How a GPU computes a kernel: dispatches one after the other.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The sizes of the intermediate buffers, in words of four bytes.
    pub scratch: Vec<usize>,
    /// What is dispatched, in order; each pass sees what those before it wrote.
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
    pub source: &'static Source,
    /// Which of its variants.
    pub constants: Vec<(&'static str, &'static str)>,
    /// The uniform's words, at most [`Pass::MAX_WORDS`].
    pub words: Vec<u32>,
    /// Buffers that are read.
    pub reads: Vec<Slot>,
    /// Buffers that are written, and may be read too.
    pub writes: Vec<Slot>,
    /// How many workgroups run. The grid is folded over x and y and may be larger: the shader's number is
    /// `group.y * grid.x + group.x`, and it must do nothing past the last one.
    pub workgroups: u64,
}

impl Pass {
    /// The most words a uniform holds.
    pub const MAX_WORDS: usize = 128;
}

/// A buffer of a pass. No buffer can be read and written by one pass but as one of its `writes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// An input of the kernel.
    In(usize),
    /// An output of the kernel.
    Out(usize),
    /// An intermediate buffer.
    Scratch(usize),
    /// Four words of the device that are 0 until a kernel finds an index out of range, and then hold 1, the
    /// index and the length of the axis. Only for `writes`.
    Fault,
}
