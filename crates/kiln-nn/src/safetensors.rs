//! State as bytes in the [safetensors](https://huggingface.co/docs/safetensors) format, which PyTorch reads
//! and writes too.
//!
//! | state | in the file |
//! |---|---|
//! | parameters and buffers | tensors `F32`, `F64`, `U32` |
//! | counts | `I64` tensors without axes, as PyTorch's `num_batches_tracked` |
//! | numbers | entries of `__metadata__` whose keys begin with `number:`, in the shortest digits that give the bits |
//! | texts | entries of `__metadata__` whose keys begin with `text:` |
//!
//! The same state always gives the same bytes.

use crate::state::{StateDict, StateValue};
use kiln_grad::{Array, DType, Device, Dims};
use kiln_tensor::MAX_RANK;
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorInfo, TensorView};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Texts beside the tensors of a file, by name.
pub type Metadata = BTreeMap<String, String>;

const TEXT: &str = "text:";
const NUMBER: &str = "number:";
const METADATA: &str = "__metadata__";

/// Why state can't be written to or read from safetensors bytes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SafetensorsError {
    /// The bytes are damaged, cut off, or something else.
    #[error("this is not a valid safetensors file: {detail}")]
    Format {
        /// What is wrong with them.
        detail: String,
    },
    /// The tensor's elements are of a type kiln doesn't have.
    #[error(
        "the tensor {name} holds {dtype} elements of dims {dims:?}; wanted F32, F64 or U32 ones, or one I64 count; convert it first"
    )]
    UnsupportedDType {
        /// The tensor's name.
        name: String,
        /// The element type, in the format's words.
        dtype: String,
        /// The lengths of its axes.
        dims: Vec<usize>,
    },
    /// The tensor has too many or too long axes.
    #[error("the tensor {name} has the dims {dims:?}, which no tensor here can have")]
    UnsupportedDims {
        /// The tensor's name.
        name: String,
        /// The lengths of its axes.
        dims: Vec<usize>,
    },
    /// A count is negative in the file, or too large to be written.
    #[error("the count {name} is {value}, outside of 0 to 2⁶³ − 1")]
    Count {
        /// The count's name.
        name: String,
        /// Its value.
        value: i128,
    },
    /// The format keeps this name, or the beginning of this metadata key, for itself.
    #[error("the name {name} is reserved")]
    Reserved {
        /// The name.
        name: String,
    },
    /// The device failed.
    #[error(transparent)]
    Device(#[from] kiln_grad::Error),
}

impl From<SafeTensorError> for SafetensorsError {
    fn from(error: SafeTensorError) -> Self {
        SafetensorsError::Format { detail: error.to_string() }
    }
}

/// State and metadata as the bytes of a safetensors file.
///
/// # Errors
/// The failure of a device the tensors are on; a count over 2⁶³ − 1; a tensor named `__metadata__` or a key
/// of the metadata that begins with `text:` or `number:`.
pub fn to_bytes(state: &StateDict, metadata: &Metadata) -> Result<Vec<u8>, SafetensorsError> {
    let mut texts = metadata.clone();
    if let Some(key) = metadata.keys().find(|key| key.starts_with(TEXT) || key.starts_with(NUMBER)) {
        return Err(SafetensorsError::Reserved { name: key.clone() });
    }
    let mut entries = Vec::new();
    for (name, value) in state {
        if name == METADATA {
            return Err(SafetensorsError::Reserved { name: name.clone() });
        }
        match value {
            StateValue::Tensor(array) => entries.push(tensor_entry(name, array)?),
            StateValue::Count(count) => entries.push(count_entry(name, *count)?),
            StateValue::Number(number) => {
                texts.insert(format!("{NUMBER}{name}"), format!("{number:?}"));
            }
            StateValue::Text(text) => {
                texts.insert(format!("{TEXT}{name}"), text.clone());
            }
        }
    }
    // Elements of larger types first, so that all are aligned; the names are in order already.
    entries.sort_by_key(|entry| Reverse(entry.dtype));
    Ok(file(&entries, &texts))
}

/// A tensor on its way into a file.
struct Entry<'a> {
    name: &'a str,
    dtype: Dtype,
    dims: Vec<usize>,
    data: Vec<u8>,
}

fn tensor_entry<'a>(name: &'a str, array: &Array) -> Result<Entry<'a>, SafetensorsError> {
    let (dtype, data) = match array.dtype() {
        DType::F32 => (Dtype::F32, array.to_vec::<f32>()?.into_iter().flat_map(f32::to_le_bytes).collect()),
        DType::F64 => (Dtype::F64, array.to_vec::<f64>()?.into_iter().flat_map(f64::to_le_bytes).collect()),
        DType::U32 => (Dtype::U32, array.to_vec::<u32>()?.into_iter().flat_map(u32::to_le_bytes).collect()),
        other => {
            return Err(SafetensorsError::UnsupportedDType {
                name: name.to_string(),
                dtype: other.to_string(),
                dims: array.dims().to_vec(),
            });
        }
    };
    Ok(Entry { name, dtype, dims: array.dims().to_vec(), data })
}

fn count_entry(name: &str, count: u64) -> Result<Entry<'_>, SafetensorsError> {
    let value = i64::try_from(count)
        .map_err(|_| SafetensorsError::Count { name: name.to_string(), value: count.into() })?;
    Ok(Entry { name, dtype: Dtype::I64, dims: Vec::new(), data: value.to_le_bytes().to_vec() })
}

/// The file itself: the header's length, the header in JSON padded to a multiple of 8 bytes, the elements.
///
/// The crate's own writer isn't used because it puts metadata in an order that differs from run to run.
fn file(entries: &[Entry], texts: &Metadata) -> Vec<u8> {
    let mut header = BTreeMap::new();
    if !texts.is_empty() {
        header.insert(METADATA, json!(texts));
    }
    let mut end = 0;
    for entry in entries {
        let start = end;
        end += entry.data.len();
        let info = TensorInfo { dtype: entry.dtype, shape: entry.dims.clone(), data_offsets: (start, end) };
        header.insert(entry.name, json!(info));
    }
    let mut header = json!(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    entries.iter().for_each(|entry| bytes.extend(&entry.data));
    bytes
}

/// State and metadata from the bytes of a safetensors file, the tensors on `device`.
///
/// # Errors
/// When the bytes are no such file, or a tensor can't be held here: its name and type are said. Half
/// precision isn't converted, so that nothing is widened unasked.
pub fn from_bytes(bytes: &[u8], device: &Device) -> Result<(StateDict, Metadata), SafetensorsError> {
    let header = header(bytes)?;
    let mut state = StateDict::new();
    let mut metadata = Metadata::new();
    for (key, text) in header.metadata().iter().flatten() {
        let (name, value) = if let Some(name) = key.strip_prefix(TEXT) {
            (name, StateValue::Text(text.clone()))
        } else if let Some(name) = key.strip_prefix(NUMBER) {
            let number = text
                .parse()
                .map_err(|_| SafetensorsError::Format { detail: format!("the number {name} is {text:?}") })?;
            (name, StateValue::Number(number))
        } else {
            metadata.insert(key.clone(), text.clone());
            continue;
        };
        if state.insert(name.to_string(), value).is_some() {
            return Err(SafetensorsError::Format { detail: format!("{name} is both a number and a text") });
        }
    }
    for (name, view) in SafeTensors::deserialize(bytes)?.tensors() {
        let value = read(&name, &view, device)?;
        if state.insert(name.clone(), value).is_some() {
            return Err(SafetensorsError::Format { detail: format!("{name} is both a tensor and a text") });
        }
    }
    Ok((state, metadata))
}

/// How other files begin that are taken for this one, and what they are.
const OTHERS: [(&[u8], &str); 8] = [
    (b"version https://git-lfs", "it is a Git LFS pointer; get the file itself with `git lfs pull`"),
    (
        b"PK\x03\x04",
        "it is a zip archive, as torch.save writes; save the tensors with safetensors.torch.save_file",
    ),
    (b"\x80\x02\x8A", PICKLE),
    (b"\x80\x02}", PICKLE),
    (b"\x80\x04\x95", PICKLE),
    (b"\x80\x05\x95", PICKLE),
    (b"<!", "it is a web page; download the file itself"),
    (b"<html", "it is a web page; download the file itself"),
];

const PICKLE: &str =
    "it is a Python pickle, as torch.save wrote; save the tensors with safetensors.torch.save_file";

/// The header, with the cause where there is none.
fn header(bytes: &[u8]) -> Result<safetensors::tensor::Metadata, SafetensorsError> {
    let format = |detail: String| SafetensorsError::Format { detail };
    let read = SafeTensors::read_metadata(bytes);
    if let Some(name) = twice(bytes) {
        return Err(format(format!("it has two tensors of the name {name}; write it again")));
    }
    match read {
        Ok((_, header)) => Ok(header),
        // The first bytes of these could be those of a header's length.
        Err(error) => Err(match OTHERS.iter().find(|(start, _)| bytes.starts_with(start)) {
            Some((_, cause)) => format((*cause).to_owned()),
            None => error.into(),
        }),
    }
}

/// The first name that a header has twice. A map of its tensors would keep one of them without a word.
fn twice(bytes: &[u8]) -> Option<String> {
    struct Names(Option<String>);

    impl<'de> Deserialize<'de> for Names {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Names(None))
        }
    }

    impl<'de> Visitor<'de> for Names {
        type Value = Names;

        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("tensors by name")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
            let (mut seen, mut twice) = (BTreeSet::new(), None);
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                if seen.contains(&name) {
                    twice.get_or_insert(name);
                } else {
                    seen.insert(name);
                }
            }
            Ok(Names(twice))
        }
    }

    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    serde_json::from_slice::<Names>(header).ok()?.0
}

/// A tensor as a file lists it, which may be of a type that can't be held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its element type, such as `F16`.
    pub dtype: String,
    /// The lengths of its axes.
    pub dims: Vec<usize>,
}

/// What is in a file, by name, and its metadata; no tensor is read.
///
/// # Errors
/// When the bytes are no such file.
pub fn list(bytes: &[u8]) -> Result<(Vec<Listed>, Metadata), SafetensorsError> {
    let header = header(bytes)?;
    let metadata =
        header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
    let listed = |(name, view): (String, TensorView)| Listed {
        name,
        dtype: view.dtype().to_string(),
        dims: view.shape().to_vec(),
    };
    let mut all: Vec<Listed> = SafeTensors::deserialize(bytes)?.tensors().into_iter().map(listed).collect();
    all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok((all, metadata))
}

/// One tensor or count of a file, whose bytes are as many as dims and type take.
fn read(name: &str, view: &TensorView, device: &Device) -> Result<StateValue, SafetensorsError> {
    let (shape, data) = (view.shape(), view.data());
    // Lengths beside a 0 can be absurd without taking a byte, and would overflow strides.
    let cells = shape.iter().try_fold(1usize, |product, &length| product.checked_mul(length.max(1)));
    if shape.len() > MAX_RANK || cells.is_none_or(|cells| cells > isize::MAX as usize / 8) {
        return Err(SafetensorsError::UnsupportedDims { name: name.to_string(), dims: shape.to_vec() });
    }
    let dims = Dims::new(shape);
    let array = match view.dtype() {
        Dtype::F32 => Array::from_slice(&words(data, f32::from_le_bytes), dims, device),
        Dtype::F64 => Array::from_slice(&words(data, f64::from_le_bytes), dims, device),
        Dtype::U32 => Array::from_slice(&words(data, u32::from_le_bytes), dims, device),
        Dtype::I64 if shape.is_empty() => return count(name, words(data, i64::from_le_bytes)[0]),
        other => {
            return Err(SafetensorsError::UnsupportedDType {
                name: name.to_string(),
                dtype: other.to_string(),
                dims: shape.to_vec(),
            });
        }
    };
    Ok(StateValue::Tensor(array))
}

fn words<T, const N: usize>(data: &[u8], word: impl Fn([u8; N]) -> T) -> Vec<T> {
    data.as_chunks().0.iter().map(|&bytes| word(bytes)).collect()
}

fn count(name: &str, value: i64) -> Result<StateValue, SafetensorsError> {
    let count = u64::try_from(value)
        .map_err(|_| SafetensorsError::Count { name: name.to_string(), value: value.into() })?;
    Ok(StateValue::Count(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state() -> StateDict {
        let device = Device::cpu();
        let matrix = Array::from_slice(&[1.0f32, -2.0, 3.5, f32::NAN, 0.0, 1e-40], [2, 3], &device);
        StateDict::from([
            ("a.transposed".to_string(), StateValue::Tensor(matrix.transpose(0, 1))),
            ("a.weight".to_string(), StateValue::Tensor(matrix)),
            ("double".to_string(), StateValue::Tensor(Array::from_slice(&[0.1f64], [], &device))),
            ("empty".to_string(), StateValue::Tensor(Array::zeros([0, 4], DType::F32, &device))),
            ("labels".to_string(), StateValue::Tensor(Array::from_slice(&[3u32, u32::MAX], [2], &device))),
            ("name".to_string(), StateValue::Text("a \"quoted\"\nτext".to_string())),
            ("steps".to_string(), StateValue::Count(12)),
            ("third".to_string(), StateValue::Number(-1.0 / 3.0)),
            ("unset".to_string(), StateValue::Number(f64::INFINITY)),
        ])
    }

    /// Bits and all, so that NaN equals itself.
    fn bits(state: &StateDict) -> Vec<(String, String)> {
        let show = |value: &StateValue| match value {
            StateValue::Tensor(array) => {
                let values = array.to_f64_vec().unwrap();
                format!("{} {:?}", array.meta(), values.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
            }
            other => format!("{other:?}"),
        };
        state.iter().map(|(name, value)| (name.clone(), show(value))).collect()
    }

    fn metadata() -> Metadata {
        Metadata::from(
            [("format", "pt"), ("run", "7"), ("seed", "1")].map(|(k, v)| (k.to_string(), v.to_string())),
        )
    }

    #[test]
    fn round_trip() {
        let bytes = to_bytes(&state(), &metadata()).unwrap();
        let (back, texts) = from_bytes(&bytes, &Device::cpu()).unwrap();
        assert_eq!(bits(&back), bits(&state()));
        assert_eq!(texts, metadata());
        assert_eq!(to_bytes(&back, &texts).unwrap(), bytes);
        // An empty state is a file, too.
        let nothing = to_bytes(&StateDict::new(), &Metadata::new()).unwrap();
        assert!(from_bytes(&nothing, &Device::cpu()).unwrap().0.is_empty());
    }

    #[test]
    fn what_can_not_be_written() {
        let one = |name: &str, value| StateDict::from([(name.to_string(), value)]);
        let error = to_bytes(&one("n", StateValue::Count(u64::MAX)), &Metadata::new()).unwrap_err();
        assert!(matches!(error, SafetensorsError::Count { .. }), "{error}");
        let error = to_bytes(&one("__metadata__", StateValue::Count(1)), &Metadata::new()).unwrap_err();
        assert_eq!(error, SafetensorsError::Reserved { name: "__metadata__".to_string() });
        let key = Metadata::from([("text:x".to_string(), String::new())]);
        assert!(matches!(to_bytes(&StateDict::new(), &key), Err(SafetensorsError::Reserved { .. })));
    }

    /// A file with one tensor.
    fn file_with(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!(
            r#"{{"layer.x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{}]}}}}"#,
            data.len()
        );
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn what_can_not_be_read() {
        let read = |dtype, shape, data: &[u8]| from_bytes(&file_with(dtype, shape, data), &Device::cpu());
        for (dtype, shape, length) in
            [("F16", "[2]", 4), ("BF16", "[]", 2), ("I64", "[1]", 8), ("I32", "[]", 4), ("BOOL", "[3]", 3)]
        {
            let error = read(dtype, shape, &vec![0; length]).unwrap_err().to_string();
            assert!(error.contains("layer.x") && error.contains(dtype), "{error}");
        }
        let error = read("I64", "[]", &(-3i64).to_le_bytes()).unwrap_err();
        assert_eq!(error, SafetensorsError::Count { name: "layer.x".to_string(), value: -3 });
        let too_much: [(&str, &[u8]); 3] = [
            ("[1,1,1,1,1,1,1,1,1]", &[0; 4]),
            ("[0,9223372036854775807,9223372036854775807]", &[]),
            ("[9223372036854775807,0]", &[]),
        ];
        for (shape, data) in too_much {
            let error = read("F32", shape, data).unwrap_err();
            assert!(matches!(error, SafetensorsError::UnsupportedDims { .. }), "{shape}: {error}");
        }
        assert!(matches!(read("F32", "[2]", &[0; 4]), Err(SafetensorsError::Format { .. })));
        assert!(matches!(from_bytes(b"", &Device::cpu()), Err(SafetensorsError::Format { .. })));
        let clash = r#"{"__metadata__":{"text:x":"a"},"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
        let bytes = [&(clash.len() as u64).to_le_bytes(), clash.as_bytes(), &[0; 4]].concat();
        assert!(matches!(from_bytes(&bytes, &Device::cpu()), Err(SafetensorsError::Format { .. })));
    }

    #[test]
    fn what_else_it_is_is_said() {
        let padded = |start: &[u8]| [start, &[0; 96]].concat();
        let one = r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
        let two = r#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#;
        let none = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
        let twice = |first: &str, second: &str, length: usize| {
            let header = format!(r#"{{"k":{first},"k":{second}}}"#);
            [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; length]].concat()
        };
        for (bytes, says) in [
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a".to_vec(),
                "it is a Git LFS pointer",
            ),
            (padded(b"PK\x03\x04"), "it is a zip archive, as torch.save writes"),
            (padded(b"\x80\x02}"), "it is a Python pickle, as torch.save wrote"),
            (padded(b"<!DOCTYPE html>"), "it is a web page"),
            (twice(one, two, 8), "it has two tensors of the name k"),
            // Of these, one would be left out without a word.
            (twice(none, one, 4), "it has two tensors of the name k"),
        ] {
            for error in [from_bytes(&bytes, &Device::cpu()).unwrap_err(), list(&bytes).unwrap_err()] {
                let error = error.to_string();
                assert!(
                    error.starts_with(&format!("this is not a valid safetensors file: {says}")),
                    "{error}"
                );
            }
        }
        // A header may be as long as its first byte says, whatever else begins so.
        for name in 0..200 {
            let state = StateDict::from([("x".repeat(name), StateValue::Count(1))]);
            assert!(list(&to_bytes(&state, &Metadata::new()).unwrap()).is_ok(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(from_bytes(&bytes, &Device::cpu()).is_err());
        }

        #[test]
        fn damaged_files_do_no_harm(
            places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
            keep in any::<bool>(),
        ) {
            let mut bytes = to_bytes(&state(), &metadata()).unwrap();
            for (place, byte) in places {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if !keep {
                bytes.truncate(cut.index(bytes.len()));
            }
            // Damage to elements alone can't be seen; then all names are there.
            if let Ok((state, _)) = from_bytes(&bytes, &Device::cpu()) {
                prop_assert!(state.len() <= self::state().len());
            }
        }

        #[test]
        fn headers_with_damaged_numbers(shape in prop::collection::vec(any::<u64>(), 0..10), end in any::<u64>()) {
            let header = format!(r#"{{"x":{{"dtype":"F32","shape":{shape:?},"data_offsets":[0,{end}]}}}}"#);
            let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 16]].concat();
            let _ = from_bytes(&bytes, &Device::cpu());
        }
    }
}
