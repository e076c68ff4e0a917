//! Writing nodes and their constants.

use crate::OnnxError;
use crate::builder::Builder;
use crate::dim::Dim;
use crate::proto::{AttributeProto, NodeProto, TensorProto};
use crate::value::{Elem, OnnxValue, broadcast_all};

impl Builder<'_> {
    /// A name that nothing else has.
    pub fn unique(&mut self, base: &str) -> String {
        let numbered = (1..).map(|i| format!("{base}_{i}"));
        let name = std::iter::once(base.to_string()).chain(numbered).find(|name| !self.names.contains(name));
        let name = name.expect("there is no end of numbers");
        self.names.insert(name.clone());
        name
    }

    pub fn initializer(
        &mut self,
        name: &str,
        dims: &[usize],
        elem: Elem,
        raw: Vec<u8>,
    ) -> Result<(), OnnxError> {
        self.bytes += raw.len() as u64;
        // Protobuf's messages end at 2 GiB; the rest of a model is small.
        if self.bytes > i32::MAX as u64 - (64 << 20) {
            return Err(OnnxError::TooLarge { bytes: self.bytes });
        }
        let dims = dims.iter().map(|&n| n as i64).collect();
        let data_type = Some(elem.code());
        self.graph.initializer.push(TensorProto { dims, data_type, name: name.to_string(), raw_data: raw });
        Ok(())
    }

    /// A number.
    pub fn scalar(&mut self, number: f64, elem: Elem) -> Result<OnnxValue, OnnxError> {
        if let Some(value) = self.scalars.get(&(number.to_bits(), elem)) {
            return Ok(value.clone());
        }
        let raw = match elem {
            Elem::F32 => (number as f32).to_le_bytes().to_vec(),
            Elem::F64 => number.to_le_bytes().to_vec(),
            Elem::I64 => (number as i64).to_le_bytes().to_vec(),
            Elem::Bool => vec![u8::from(number != 0.0)],
        };
        let name = self.unique(&format!("number_{number:?}"));
        self.initializer(&name, &[], elem, raw)?;
        let value = OnnxValue::new(name, Vec::new(), elem);
        self.scalars.insert((number.to_bits(), elem), value.clone());
        Ok(value)
    }

    /// A vector of whole numbers, such as axes.
    pub fn vector(&mut self, numbers: &[i64]) -> Result<OnnxValue, OnnxError> {
        let name = self.unique(&format!("{}numbers", self.scope));
        let raw = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        self.initializer(&name, &[numbers.len()], Elem::I64, raw)?;
        Ok(OnnxValue::new(name, vec![Dim::Fixed(numbers.len())], Elem::I64))
    }

    /// A node with `outputs` results.
    pub fn node(
        &mut self,
        op: &str,
        inputs: &[&OnnxValue],
        attribute: Vec<AttributeProto>,
        outputs: usize,
    ) -> Vec<String> {
        let name = self.unique(&format!("{}{op}", self.scope));
        let output: Vec<String> = (0..outputs)
            .map(|i| if i == 0 { name.clone() } else { self.unique(&format!("{name}_output_{i}")) })
            .collect();
        let input = inputs.iter().map(|value| value.name.clone()).collect();
        let node = NodeProto { input, output: output.clone(), name, op_type: op.to_string(), attribute };
        self.graph.node.push(node);
        output
    }

    /// A node whose result has these dims.
    pub fn emit(
        &mut self,
        op: &str,
        inputs: &[&OnnxValue],
        attributes: Vec<AttributeProto>,
        dims: Vec<Dim>,
        elem: Elem,
    ) -> OnnxValue {
        let name = self.node(op, inputs, attributes, 1).remove(0);
        OnnxValue::new(name, dims, elem)
    }

    /// A node that works element by element and broadcasts.
    pub fn elementwise(
        &mut self,
        op: &str,
        inputs: &[&OnnxValue],
        attributes: Vec<AttributeProto>,
        elem: Elem,
    ) -> OnnxValue {
        let (dims, held) = broadcast_all(inputs);
        let name = self.node(op, inputs, attributes, 1).remove(0);
        OnnxValue { name, dims, held, elem }
    }

    /// The value with other elements.
    pub fn cast(&mut self, x: OnnxValue, elem: Elem) -> OnnxValue {
        if x.elem == elem {
            return x;
        }
        let to = AttributeProto::int("to", i64::from(elem.code()));
        self.elementwise("Cast", &[&x], vec![to], elem)
    }

    /// The value with all repetitions.
    pub fn full(&mut self, x: OnnxValue) -> Result<OnnxValue, OnnxError> {
        if x.held == x.dims {
            return Ok(x);
        }
        // Where it is held with its length, 1 leaves it as it is.
        let rank = x.dims.len();
        let keep = |(i, &dim): (usize, &Dim)| if x.held_at(i, rank) == dim { Dim::Fixed(1) } else { dim };
        let wanted: Vec<Dim> = x.dims.iter().enumerate().map(keep).collect();
        let shape = self.shape(&wanted)?;
        Ok(self.emit("Expand", &[&x, &shape], vec![], x.dims.clone(), x.elem))
    }

    /// A vector with these lengths.
    fn shape(&mut self, dims: &[Dim]) -> Result<OnnxValue, OnnxError> {
        let mut parts: Vec<OnnxValue> = Vec::new();
        for run in dims.chunk_by(|a, b| !a.is_batch() && !b.is_batch()) {
            let part = match run[0] {
                Dim::Fixed(_) => {
                    let length = |dim: &Dim| if let Dim::Fixed(n) = dim { *n as i64 } else { 1 };
                    self.vector(&run.iter().map(length).collect::<Vec<_>>())?
                }
                Dim::Batch(factor) => self.batch_times(factor)?,
            };
            parts.push(part);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let parts: Vec<&OnnxValue> = parts.iter().collect();
        let axis = AttributeProto::int("axis", 0);
        Ok(self.emit("Concat", &parts, vec![axis], vec![Dim::Fixed(dims.len())], Elem::I64))
    }

    /// A vector of one number: this many times the batch size.
    fn batch_times(&mut self, factor: usize) -> Result<OnnxValue, OnnxError> {
        let one = vec![Dim::Fixed(1)];
        let name = match &self.batch.1 {
            Some(name) => name.clone(),
            None => {
                let input = OnnxValue::new(self.batch.0.clone(), Vec::new(), Elem::I64);
                let range = vec![AttributeProto::int("start", 0), AttributeProto::int("end", 1)];
                self.node("Shape", &[&input], range, 1).remove(0)
            }
        };
        self.batch.1 = Some(name.clone());
        let batch = OnnxValue::new(name, one.clone(), Elem::I64);
        if factor == 1 {
            return Ok(batch);
        }
        let factor = self.vector(&[factor as i64])?;
        Ok(self.emit("Mul", &[&batch, &factor], vec![], one, Elem::I64))
    }
}
