//! Errors of networks that can't be exported.

use std::panic::Location;

/// Reason why a network can't be exported.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// An op has no counterpart, or is used in a way that has none.
    #[error("`{op}` at {location} can't be exported: {reason}")]
    Unsupported {
        /// The op.
        op: &'static str,
        /// Line that called it.
        location: &'static Location<'static>,
        /// Reason, and remedy.
        reason: String,
    },
    /// An op doesn't say what it does.
    #[error(
        "`{op}` at {location} can't be exported: it doesn't say what it does; implement `Op::describe` for it"
    )]
    Undescribed {
        /// The op.
        op: &'static str,
        /// Line that called it.
        location: &'static Location<'static>,
    },
    /// The network does different things for batches of different sizes.
    #[error("`{op}` at {location} can't be exported for any batch size: {reason}")]
    Batch {
        /// The op.
        op: &'static str,
        /// Line that called it.
        location: &'static Location<'static>,
        /// Part that depends on the batch, and how.
        reason: String,
    },
    /// An op uses numbers that were computed from the input, but not by ops.
    #[error(
        "`{op}` at {location} can't be exported: it uses numbers that were computed from the input by work on \
         arrays; compute them by methods of Tensor"
    )]
    Untraced {
        /// The op.
        op: &'static str,
        /// Line that called it.
        location: &'static Location<'static>,
    },
    /// The result is the same for every input.
    #[error(
        "the network's result doesn't depend on its input, or not by ops alone; there is nothing to export"
    )]
    Constant,
    /// A file can't hold the model.
    #[error(
        "the model's constants take {bytes} bytes, and an ONNX file holds less than 2 GiB; use a smaller model"
    )]
    TooLarge {
        /// The size of all constants.
        bytes: u64,
    },
    /// The network can't be called without an input.
    #[error("a network without inputs can't be exported; name at least one")]
    NoInput,
    /// The device failed while the network ran.
    #[error(transparent)]
    Device(#[from] kiln_tensor::Error),
}
