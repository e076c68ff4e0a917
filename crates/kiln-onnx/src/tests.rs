//! Content of files, and refusals of what can't be exported.

use crate::proto::{GraphProto, Length, ModelProto};
use crate::{IR_VERSION, NetworkInput, OPSET, OnnxError, Signature, export};
use kiln_grad::{DType, Device, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply, scope};
use kiln_tensor::random::Key;
use kiln_tensor::{Array, Map};
use prost::Message;

fn exported(
    dims: &[usize],
    params: &[(String, Array)],
    f: impl Fn(&Tensor) -> Tensor,
) -> Result<Vec<u8>, OnnxError> {
    let inputs = [NetworkInput::floats("x", dims)];
    let device = Device::cpu();
    let signature = Signature::new("net", &inputs, "y", &device);
    export(&signature, params, |x| f(&x[0]))
}

fn graph(file: &[u8]) -> GraphProto {
    ModelProto::decode(file).unwrap().graph.unwrap()
}

fn error(dims: &[usize], f: impl Fn(&Tensor) -> Tensor) -> OnnxError {
    exported(dims, &[], f).expect_err("it can't be exported")
}

fn ops(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|node| node.op_type.as_str()).collect()
}

#[test]
fn parameters_keep_their_names_and_layouts() {
    let weight = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let bias = Tensor::from([0.5f32, 1.0, 1.5]);
    let params =
        [("fc.weight", &weight), ("fc.bias", &bias)].map(|(name, x)| (name.to_string(), x.array().clone()));
    let file = exported(&[2], &params, |x| {
        let _scope = scope("fc");
        // What doesn't depend on the input takes no node, and what isn't used is left out.
        let _ = x.exp();
        (x.matmul(&weight.transpose(0, 1)) + &bias) * (&bias * 2.0).exp()
    })
    .unwrap();
    let model = ModelProto::decode(&file[..]).unwrap();
    assert_eq!((model.ir_version, model.opset_import[0].version), (Some(IR_VERSION), Some(OPSET)));
    let graph = graph(&file);
    assert_eq!(ops(&graph), ["Gemm", "Add", "Mul", "Identity"]);
    assert_eq!(graph.node[0].name, "fc.Gemm");
    let initializers: Vec<_> = graph.initializer.iter().map(|t| (t.name.as_str(), &t.dims[..])).collect();
    assert_eq!(initializers, [("fc.weight", &[3, 2][..]), ("fc.bias", &[3]), ("fc.constant", &[3])]);
    let bytes: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0].into_iter().flat_map(f32::to_le_bytes).collect();
    assert_eq!(graph.initializer[0].raw_data, bytes);
    let dims = |info: &crate::proto::ValueInfoProto| -> Vec<Option<Length>> {
        let tensor = info.r#type.clone().unwrap().tensor_type.unwrap();
        tensor.shape.unwrap().dim.into_iter().map(|dim| dim.value).collect()
    };
    let batch = Some(Length::Param("batch".to_string()));
    assert_eq!(dims(&graph.input[0]), [batch.clone(), Some(Length::Value(2))]);
    assert_eq!(
        (graph.output[0].name.as_str(), dims(&graph.output[0])),
        ("y", vec![batch, Some(Length::Value(3))])
    );
}

#[test]
fn repetition_is_left_to_the_operators() {
    let file = exported(&[3, 1], &[], |x| {
        let n = x.dims()[0];
        x.broadcast_to([n, 3, 4]).relu() + Tensor::zeros([n, 1, 4], DType::F32, x.device())
    });
    assert_eq!(ops(&graph(&file.unwrap())), ["Relu", "Add", "Identity"]);
}

#[test]
fn a_name_is_given_once() {
    let [a, b] = [1.0f32, 2.0].map(|c| Tensor::from([c]));
    let params = [&a, &b].map(|t| ("x".to_string(), t.array().clone()));
    let file = exported(&[1], &params, |x| (x + &a).relu() + (x * &b).relu()).unwrap();
    let graph = graph(&file);
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    let mut names: Vec<&String> = graph.initializer.iter().map(|t| &t.name).chain(outputs).collect();
    names.push(&graph.input[0].name);
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
}

#[test]
fn what_has_no_counterpart_is_named() {
    let line = line!() + 1;
    let error = error(&[2, 3], |x| x.scatter_add(2, &Tensor::zeros(*x.dims(), DType::U32, x.device()), 4));
    let OnnxError::Unsupported { op, location, .. } = &error else { panic!("{error}") };
    assert_eq!((*op, location.file(), location.line()), ("scatter_add", file!(), line));
    assert!(
        error.to_string().starts_with(&format!("`scatter_add` at {location} can't be exported: ")),
        "{error}"
    );
}

/// The identity, but it doesn't say so.
#[derive(Debug)]
struct Silent;

impl Op for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).map(Map::AddScalar(1.0))
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v.clone())]
    }
}

#[test]
fn ops_that_do_not_describe_themselves_are_named() {
    let error = error(&[2], |x| apply(Silent, [x]));
    assert!(matches!(error, OnnxError::Undescribed { op: "silent", .. }), "{error}");
    // Where the result doesn't depend on the input, it is no matter.
    let constant = Tensor::from([1.0f32, 2.0]);
    assert!(exported(&[2], &[], |x| x + apply(Silent, [&constant])).is_ok());
}

#[test]
fn what_the_batch_decides_is_refused() {
    let batch = |error: OnnxError| assert!(matches!(error, OnnxError::Batch { .. }), "{error}");
    // The number of samples goes into the values.
    batch(error(&[2], |x| x / x.dims()[0] as f64));
    // It decides what is run.
    batch(error(&[2], |x| if x.dims()[0] == 5 { x.exp() } else { x.sin() }));
    batch(error(&[2], |x| (0..x.dims()[0]).fold(x.clone(), |y, _| y.exp())));
    // Each sample has a constant of its own.
    batch(error(&[2], |x| x + Tensor::normal(Key::new(1), *x.dims(), DType::F32, x.device())));
    batch(error(&[2], |x| x.dropout(0.5, Key::new(1))));
    // A length that is no multiple.
    batch(error(&[2], |x| Tensor::concat(&[x, &Tensor::zeros([1, 2], DType::F32, x.device())], 0)));
    batch(error(&[2], |x| x.flip(0)));
}

/// Numbers that find a way around the ops must not become constants.
#[test]
fn work_on_arrays_is_noticed() {
    let error_of = |f: fn(&Tensor) -> Tensor| error(&[2], f);
    let around = error_of(|x| x + Tensor::from(x.array().map(Map::Exp)));
    assert!(matches!(around, OnnxError::Untraced { op: "add", .. }), "{around}");
    let view = error_of(|x| x + Tensor::from(x.array().slice(0, 0, 1, 1)));
    assert!(matches!(view, OnnxError::Untraced { op: "add", .. }), "{view}");
    let host = error_of(|x| x + Tensor::from([x.to_vec::<f32>().unwrap()[0]]));
    assert!(matches!(host, OnnxError::Batch { op: "add", .. }), "{host}");
    assert_eq!(error_of(|_| Tensor::from([1.0f32])), OnnxError::Constant);
    assert_eq!(error_of(|x| x.array().map(Map::Exp).into()), OnnxError::Constant);
}

#[test]
fn a_network_needs_an_input() {
    let device = Device::cpu();
    let signature = Signature::new("net", &[], "y", &device);
    assert_eq!(export(&signature, &[], |_| Tensor::from([1.0f32])), Err(OnnxError::NoInput));
}

#[test]
fn a_file_says_what_the_network_is_and_what_goes_in_and_out() {
    let device = Device::cpu();
    let inputs = [NetworkInput::floats("x", [2]).about("numbers in [0, 1]")];
    let metadata = [("step", "12".to_string())];
    let signature = Signature::new("net", &inputs, "y", &device).about("a doubling").output_about("twice x");
    let file = export(&signature.metadata(&metadata), &[], |x| &x[0] * 2.0).unwrap();
    let model = ModelProto::decode(&file[..]).unwrap();
    assert_eq!(model.doc_string, "a doubling");
    let props = &model.metadata_props;
    assert_eq!((props.len(), props[0].key.as_str(), props[0].value.as_str()), (1, "step", "12"));
    let graph = model.graph.unwrap();
    assert_eq!((&*graph.input[0].doc_string, &*graph.output[0].doc_string), ("numbers in [0, 1]", "twice x"));
}
