//! One op, as it ran for each of the two batch sizes.

use crate::OnnxError;
use crate::dim::Dim;
use kiln_grad::graph::Note;
use kiln_tensor::Array;

/// The notes of one op from both runs.
#[derive(Clone, Copy)]
pub(crate) struct TracedOp<'a> {
    pub a: &'a Note,
    pub b: &'a Note,
}

impl TracedOp<'_> {
    /// Input `i` in both runs.
    pub fn input(&self, i: usize) -> [&Array; 2] {
        [&self.a.inputs[i], &self.b.inputs[i]]
    }

    /// The dims of the result.
    pub fn output_dims(&self) -> Result<Vec<Dim>, OnnxError> {
        self.dims([&self.a.output, &self.b.output])
    }

    /// The dims of a tensor that looks like this in the two runs.
    pub fn dims(&self, [a, b]: [&Array; 2]) -> Result<Vec<Dim>, OnnxError> {
        Dim::all(a.dims(), b.dims()).ok_or_else(|| {
            self.batch(format!(
                "a tensor is {} or {}, which is no multiple of the batch size along each axis",
                a.dims(),
                b.dims()
            ))
        })
    }

    /// The error that there is no such thing in ONNX.
    pub fn unsupported(&self, reason: impl Into<String>) -> OnnxError {
        let (op, location) = (self.a.op, self.a.site.location);
        OnnxError::Unsupported { op, location, reason: reason.into() }
    }

    /// The error that the op does something else for other batch sizes.
    pub fn batch(&self, reason: impl Into<String>) -> OnnxError {
        let (op, location) = (self.a.op, self.a.site.location);
        OnnxError::Batch { op, location, reason: reason.into() }
    }
}
