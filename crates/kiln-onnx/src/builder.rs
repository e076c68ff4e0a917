//! The graph that is being written.

use crate::dim::Dim;
use crate::proto::{
    DimensionProto, GraphProto, Length, NodeProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto,
};
use crate::trace::{ArrayId, TracedRun, identity};
use crate::traced_op::TracedOp;
use crate::value::{Elem, OnnxValue};
use crate::{OnnxError, Signature};
use kiln_tensor::{Array, DType};
use std::collections::{HashMap, HashSet};

/// The graph that is being written, and the tensors in it.
pub(crate) struct Builder<'a> {
    runs: &'a [TracedRun; 2],
    params: &'a [(String, Array)],
    /// Values that depend on the input, by the first run's array.
    values: HashMap<ArrayId, OnnxValue>,
    /// Constants that are needed, by the first run's array.
    constants: HashMap<ArrayId, OnnxValue>,
    pub scalars: HashMap<(u64, Elem), OnnxValue>,
    pub names: HashSet<String>,
    pub graph: GraphProto,
    /// The bytes of all constants.
    pub bytes: u64,
    /// The name of the first input, and of a vector that holds the batch size.
    pub batch: (String, Option<String>),
    /// Prefix of the names of the nodes being made.
    pub scope: String,
}

impl<'a> Builder<'a> {
    pub fn new(signature: &Signature, params: &'a [(String, Array)], runs: &'a [TracedRun; 2]) -> Self {
        let mut values = HashMap::new();
        let mut graph = GraphProto { name: signature.name.to_string(), ..Default::default() };
        let mut names = HashSet::from([signature.output.to_string()]);
        for (input, array) in signature.inputs.iter().zip(&runs[0].inputs) {
            let dims: Vec<Dim> =
                std::iter::once(Dim::Batch(1)).chain(input.dims.iter().map(|&n| Dim::Fixed(n))).collect();
            let value = OnnxValue::new(input.name.to_string(), dims, Elem::of(input.dtype()));
            graph.input.push(info(&value, input.about));
            names.insert(input.name.to_string());
            values.insert(identity(array), value);
        }
        let batch = (signature.inputs[0].name.to_string(), None);
        let (constants, scalars, scope) = Default::default();
        Builder { runs, params, values, constants, scalars, names, graph, bytes: 0, batch, scope }
    }

    /// Whether an op's result depends on the input.
    pub fn depends_on_input(&self, call: &TracedOp) -> bool {
        call.a.operands().any(|array| self.values.contains_key(&identity(array)))
    }

    /// Sets the op that the next nodes are made for.
    pub fn at(&mut self, call: &TracedOp) -> &mut Self {
        self.scope = call.a.site.scope.as_deref().map_or(String::new(), |scope| format!("{scope}."));
        self
    }

    /// Sets the value in the file of the first run's array.
    pub fn define(&mut self, array: &Array, value: OnnxValue) {
        self.values.insert(identity(array), value);
    }

    /// The value in the file of a tensor that an op uses; a constant is put in.
    pub fn value(&mut self, call: &TracedOp, [a, b]: [&Array; 2]) -> Result<OnnxValue, OnnxError> {
        if let Some(value) = self.values.get(&identity(a)).or_else(|| self.constants.get(&identity(a))) {
            return Ok(value.clone());
        }
        if self.runs[0].derived.contains(a) || self.runs[1].derived.contains(b) {
            return Err(OnnxError::Untraced { op: call.a.op, location: call.a.site.location });
        }
        let dims = call.dims([a, b])?;
        let held = self.without_batch(call, &dims, [a, b])?;
        let fixed = held.dims().iter().map(|&n| Dim::Fixed(n)).collect();
        let name = self.constant_name(a);
        let elem = Elem::of(a.dtype());
        self.initializer(&name, held.dims(), elem, bytes(&held)?)?;
        let value = OnnxValue { name, dims, held: fixed, elem };
        self.constants.insert(identity(a), value.clone());
        Ok(value)
    }

    /// Input `i` of an op.
    pub fn input(&mut self, call: &TracedOp, i: usize) -> Result<OnnxValue, OnnxError> {
        self.value(call, call.input(i))
    }

    /// An index whose constants are held with length 1 along all axes but one, where they are the same along
    /// these.
    pub fn line(
        &mut self,
        call: &TracedOp,
        [a, b]: [&Array; 2],
        axis: usize,
    ) -> Result<OnnxValue, OnnxError> {
        let lines = [a, b].map(|array| {
            let others = (0..array.rank()).filter(|&i| i != axis);
            others.fold(array.clone(), |x, i| x.slice(i, 0, x.dims()[i].min(1), 1))
        });
        let constant = !self.values.contains_key(&identity(a));
        let same = |line: &Array, array: &Array| {
            Ok::<_, OnnxError>(bytes(&line.broadcast_to(*array.dims()))? == bytes(array)?)
        };
        if constant && same(&lines[0], a)? && same(&lines[1], b)? {
            let value = self.value(call, [&lines[0], &lines[1]])?;
            return Ok(OnnxValue { dims: call.dims([a, b])?, ..value });
        }
        self.value(call, [a, b])
    }

    /// The parameter `w` where the array is `wᵀ`.
    pub fn transposed_parameter(
        &mut self,
        call: &TracedOp,
        arrays: [&Array; 2],
    ) -> Result<Option<OnnxValue>, OnnxError> {
        let [w, other] = arrays.map(|array| array.transpose(0, 1));
        let known = w.is_same(&other) && self.params.iter().any(|(_, param)| param.is_same(&w));
        if known { self.value(call, [&w, &other]).map(Some) } else { Ok(None) }
    }

    /// A constant with length 1 along the axes of the batch, along which it must be constant.
    fn without_batch(&self, call: &TracedOp, dims: &[Dim], arrays: [&Array; 2]) -> Result<Array, OnnxError> {
        let [a, b] = arrays;
        if a.is_same(b) {
            return Ok(a.clone());
        }
        let batch = dims.iter().enumerate().filter(|(_, dim)| dim.is_batch());
        let first = |array: &Array| batch.clone().fold(array.clone(), |x, (axis, _)| x.slice(axis, 0, 1, 1));
        let one = first(a);
        for array in arrays {
            if bytes(&one.broadcast_to(*array.dims()))? != bytes(array)? {
                return Err(call.batch(
                    "it uses constants that differ from sample to sample or from run to run, such as random \
                     numbers; make them an input of the network",
                ));
            }
        }
        Ok(one)
    }

    /// The parameter that an array is, or one like it that is a view of a parameter, or any.
    fn constant_name(&mut self, array: &Array) -> String {
        let exact = self.params.iter().find(|(_, param)| param.is_same(array));
        let view = || self.params.iter().find(|(_, param)| param.storage().same(array.storage()));
        match exact.or_else(view) {
            Some((name, _)) => self.unique(&name.clone()),
            None => self.unique(&format!("{}constant", self.scope)),
        }
    }

    /// The graph, whose result is that of the network.
    pub fn finish(mut self, signature: &Signature) -> Result<GraphProto, OnnxError> {
        let result = self.values.get(&identity(&self.runs[0].output)).cloned().ok_or(OnnxError::Constant)?;
        self.scope.clear();
        let result = self.full(result)?;
        // Masks are numbers outside of the file.
        let result = if result.elem == Elem::Bool { self.cast(result, Elem::I64) } else { result };
        let output = OnnxValue { name: signature.output.to_string(), ..result.clone() };
        // The result may be what goes into other nodes, or an input.
        let name = self.unique("Identity");
        let (input, output_names) = (vec![result.name], vec![output.name.clone()]);
        let op_type = "Identity".to_string();
        self.graph.node.push(NodeProto { input, output: output_names, name, op_type, attribute: vec![] });
        self.graph.output.push(info(&output, signature.output_about));
        Ok(self.graph)
    }
}

fn info(value: &OnnxValue, about: &str) -> ValueInfoProto {
    let length = |dim: &Dim| match dim {
        Dim::Fixed(n) => Length::Value(*n as i64),
        Dim::Batch(1) => Length::Param("batch".to_string()),
        Dim::Batch(factor) => Length::Param(format!("{factor}*batch")),
    };
    let dim = value.dims.iter().map(|dim| DimensionProto { value: Some(length(dim)) }).collect();
    let shape = Some(TensorShapeProto { dim });
    let tensor_type = Some(TensorTypeProto { elem_type: Some(value.elem.code()), shape });
    let r#type = Some(TypeProto { tensor_type });
    ValueInfoProto { name: value.name.clone(), r#type, doc_string: about.to_string() }
}

/// An array's elements as they are in the file.
fn bytes(array: &Array) -> Result<Vec<u8>, OnnxError> {
    Ok(match array.dtype() {
        DType::F32 => array.to_vec::<f32>()?.into_iter().flat_map(f32::to_le_bytes).collect(),
        DType::F64 => array.to_vec::<f64>()?.into_iter().flat_map(f64::to_le_bytes).collect(),
        _ => array.to_vec::<u32>()?.into_iter().flat_map(|n| i64::from(n).to_le_bytes()).collect(),
    })
}
