//! The golden file, and the hash its inputs come from.

use kiln_grad::{Device, Dims, Tensor};
use serde_json::Value;

/// The hash that all inputs come from; see `tests/golden/README.md`.
pub fn hash(dims: Dims, salt: u32, scale: f64, shift: f64) -> Tensor {
    let value = |i: u32| {
        let mut x = i.wrapping_add(salt.wrapping_mul(0x9E37_79B9));
        x ^= x >> 16;
        x = x.wrapping_mul(0x85EB_CA6B);
        x ^= x >> 13;
        x = x.wrapping_mul(0xC2B2_AE35);
        x ^= x >> 16;
        shift + scale * (f64::from(x) / 2_f64.powi(31) - 1.0)
    };
    let values: Vec<f64> = (0..dims.numel() as u32).map(value).collect();
    Tensor::from_slice(&values, dims, &Device::cpu())
}

/// The tensor a record `{"dims", "salt", "scale", "shift"}` describes.
pub fn hash_fill(record: &Value) -> Tensor {
    let number = |key: &str, default: f64| record.get(key).map_or(default, |n| n.as_f64().unwrap());
    let salt = integer(&record["salt"]) as u32;
    hash(dims(&record["dims"]), salt, number("scale", 1.0), number("shift", 0.0))
}

/// The file.
pub fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/ops.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The elements of a JSON list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// A JSON string.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A JSON whole number.
pub fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

/// A JSON list of numbers.
pub fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap()).collect()
}

/// A JSON list of lengths.
pub fn dims(value: &Value) -> Dims {
    list(value).iter().map(|length| integer(length) as usize).collect()
}
