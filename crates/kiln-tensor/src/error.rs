//! Errors: mistakes of the caller, and failures from outside.

use crate::dtype::DType;
use std::fmt;

/// A mistake in the shapes, element types or options given to an operation: a bug of the caller.
///
/// Operators panic with this text; their `try_` forms return it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    op: &'static str,
    message: String,
}

impl ShapeError {
    /// An error of the operation `op`; `message` says what was given and what was wanted.
    pub fn new(op: &'static str, message: impl Into<String>) -> Self {
        ShapeError { op, message: message.into() }
    }

    /// The operation that was called wrongly.
    pub fn op(&self) -> &'static str {
        self.op
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.op, self.message)
    }
}

impl std::error::Error for ShapeError {}

/// A failure that comes from outside the program: devices, memory, data of the wrong kind.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no memory for a buffer.
    #[error("out of memory: a buffer of {bytes} bytes could not be had; use a smaller batch or model")]
    OutOfMemory {
        /// The size asked for.
        bytes: usize,
    },
    /// Elements of one type were asked of a tensor that holds another.
    #[error("the tensor holds {have}, not {want}; convert it with to_dtype({want}) first")]
    WrongDType {
        /// The type asked for.
        want: DType,
        /// The type held.
        have: DType,
    },
    /// A single number was asked of a tensor with more or fewer elements.
    #[error("item() needs a tensor of one element, and this one has {numel}")]
    NotScalar {
        /// Number of elements it has.
        numel: usize,
    },
    /// A backend can't run a kernel.
    #[error("the {backend} backend can't run `{kernel}`: {reason}")]
    Unsupported {
        /// The backend's name.
        backend: String,
        /// The kernel's name.
        kernel: &'static str,
        /// Reason.
        reason: String,
    },
    /// An index points past the end of the axis it indexes.
    #[error("{kernel}: the index {index} is out of range for an axis of length {len}")]
    IndexOutOfRange {
        /// The kernel's name.
        kernel: &'static str,
        /// The first index that is out of range.
        index: u32,
        /// The length of the axis.
        len: usize,
    },
    /// No GPU can be used.
    #[error("no GPU can be used: {detail}")]
    NoAdapter {
        /// The adapters found, and the remedy.
        detail: String,
    },
    /// A device can't hold or do as much as was asked for.
    #[error(
        "{what} takes {need}, and this device allows {have}; use a smaller batch or model, or `--device cpu`"
    )]
    LimitExceeded {
        /// The thing that is too large.
        what: String,
        /// The size it takes.
        need: u64,
        /// The device's limit.
        have: u64,
    },
    /// A device refuses a kernel's code.
    #[error("the device refuses the kernel `{kernel}`: {diagnostic}")]
    Shader {
        /// The kernel's name.
        kernel: String,
        /// Message of the shader compiler.
        diagnostic: String,
    },
    /// A device is gone, with all it held.
    #[error("the device was lost: {reason}; start again from the last checkpoint")]
    DeviceLost {
        /// Message of the driver.
        reason: String,
    },
    /// A device doesn't answer.
    #[error("the device didn't finish its work within {seconds} s; start again from the last checkpoint")]
    Timeout {
        /// Time that was waited, in seconds.
        seconds: u64,
    },
    /// A kernel was called with wrong shapes.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// The result of something that depends on the outside.
pub type Result<T, E = Error> = std::result::Result<T, E>;
