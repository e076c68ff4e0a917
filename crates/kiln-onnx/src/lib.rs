//! Networks as [ONNX](https://onnx.ai) model files, for other programs to run.
//!
//! The network is run with two batch sizes; the ops on the [tape](kiln_grad::graph::tape) become the nodes of the
//! file, and lengths that differ between the two runs are those that depend on the batch. So the file takes
//! batches of any size. What doesn't depend on the input is folded into constants.
//!
//! ```
//! use kiln_grad::{Device, Tensor};
//! use kiln_onnx::{NetworkInput, Signature, export};
//!
//! let weight = Tensor::from([[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
//! let inputs = [NetworkInput::floats("z", [2])];
//! let device = Device::cpu();
//! let signature = Signature::new("generator", &inputs, "y", &device).about("a map of points");
//! let params = [("weight".to_string(), weight.array().clone())];
//! let file = export(&signature, &params, |x| x[0].matmul(&weight).tanh())?;
//! assert!(!file.is_empty());
//! # Ok::<(), kiln_onnx::OnnxError>(())
//! ```

mod builder;
mod convert;
mod dim;
mod error;
mod nodes;
mod proto;
#[cfg(test)]
mod tests;
mod trace;
mod traced_op;
mod value;

pub use error::OnnxError;

use builder::Builder;
use kiln_grad::Tensor;
use kiln_tensor::{Array, DType, Device, Dims};
use prost::Message;
use proto::{MetadataProto, ModelProto, OperatorSetIdProto};
use traced_op::TracedOp;

/// The version of ONNX's operators that files are written for: that of ONNX 1.12 (2022).
pub const OPSET: i64 = 17;

/// The version of the file format, that of the same release.
pub const IR_VERSION: i64 = 8;

/// Signature of a network: inputs, output and device.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// The name of the model.
    pub name: &'a str,
    /// The inputs; the first axis of each is the batch.
    pub inputs: &'a [NetworkInput<'a>],
    /// Name of the result.
    pub output: &'a str,
    /// The device the network is on.
    pub device: &'a Device,
    /// What the network does, for a reader of the file; nothing is written of an empty text.
    pub about: &'a str,
    /// What the result is, such as its range.
    pub output_about: &'a str,
    /// Keys and values about the network, for programs; the same keys are best the same in all files of a program.
    pub metadata: &'a [(&'a str, String)],
}

impl<'a> Signature<'a> {
    /// The signature of a network about which nothing more is said.
    pub fn new(name: &'a str, inputs: &'a [NetworkInput<'a>], output: &'a str, device: &'a Device) -> Self {
        Signature { name, inputs, output, device, about: "", output_about: "", metadata: &[] }
    }

    /// The same with what the network does.
    #[must_use]
    pub fn about(self, about: &'a str) -> Self {
        Signature { about, ..self }
    }

    /// The same with what the result is.
    #[must_use]
    pub fn output_about(self, output_about: &'a str) -> Self {
        Signature { output_about, ..self }
    }

    /// The same with keys and values about the network.
    #[must_use]
    pub fn metadata(self, metadata: &'a [(&'a str, String)]) -> Self {
        Signature { metadata, ..self }
    }
}

/// An input of a network.
#[derive(Clone, Copy, Debug)]
pub struct NetworkInput<'a> {
    /// Name of the input.
    pub name: &'a str,
    /// The dims of one sample, without the batch.
    pub dims: Dims,
    /// Type of its elements.
    pub elements: Elements,
    /// What it is, such as its range or distribution.
    pub about: &'a str,
}

/// The elements of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// `f32`.
    F32,
    /// `f64`, which few programs can run all operators with.
    F64,
    /// Numbers of things, such as classes, of which there are this many; `u32` in kiln, `int64` in the
    /// file.
    Numbers {
        /// Number of things.
        count: u32,
    },
}

impl<'a> NetworkInput<'a> {
    /// An input of `f32` numbers; `dims` are those of one sample.
    pub fn floats(name: &'a str, dims: impl Into<Dims>) -> Self {
        NetworkInput { name, dims: dims.into(), elements: Elements::F32, about: "" }
    }

    /// An input of numbers below `count`; `dims` are those of one sample.
    pub fn numbers(name: &'a str, dims: impl Into<Dims>, count: u32) -> Self {
        NetworkInput { name, dims: dims.into(), elements: Elements::Numbers { count }, about: "" }
    }

    /// The same with what it is.
    #[must_use]
    pub fn about(self, about: &'a str) -> Self {
        NetworkInput { about, ..self }
    }

    fn dtype(&self) -> DType {
        match self.elements {
            Elements::F32 => DType::F32,
            Elements::F64 => DType::F64,
            Elements::Numbers { .. } => DType::U32,
        }
    }
}

/// The network `f` as an ONNX model file.
///
/// `f` is called with tensors in the order of the signature's inputs, with two batch sizes and random
/// numbers, without recording. Constants that are one of `params` (the same array, not equal numbers) carry
/// its name.
///
/// # Errors
/// When an op has no counterpart in ONNX, the network can't be exported for any batch size, or the device
/// fails; says which op and where.
///
/// # Panics
/// Where `f` does.
pub fn export(
    signature: &Signature,
    params: &[(String, Array)],
    f: impl FnMut(&[Tensor]) -> Tensor,
) -> Result<Vec<u8>, OnnxError> {
    if signature.inputs.is_empty() {
        return Err(OnnxError::NoInput);
    }
    let runs = trace::trace(signature, f)?;
    let mut builder = Builder::new(signature, params, &runs);
    for ((a, b), needed) in runs[0].notes.iter().zip(&runs[1].notes).zip(runs[0].needed()) {
        let call = TracedOp { a, b };
        if needed && builder.depends_on_input(&call) {
            let value = convert::convert(builder.at(&call), &call)?;
            builder.define(&a.output, value);
        }
    }
    let graph = builder.finish(signature)?;
    let opset = OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) };
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: "kiln".to_string(),
        producer_version: env!("CARGO_PKG_VERSION").to_string(),
        doc_string: signature.about.to_string(),
        metadata_props: signature.metadata.iter().map(MetadataProto::of).collect(),
        graph: Some(graph),
        opset_import: vec![opset],
    };
    Ok(model.encode_to_vec())
}
