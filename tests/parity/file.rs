//! A golden file: what went into PyTorch's run, and what is to come out.

use kiln::grad::{DType, Device, Tensor};
use kiln::nn::{Metrics, Param, Slot, StateVisitor, Stateful};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The content of a file under `golden/`.
pub struct Golden(Value);

impl Golden {
    pub fn read(name: &str) -> Golden {
        let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        Golden(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}")))
    }

    pub fn get(&self, name: &str) -> &Value {
        &self.0[name]
    }

    pub fn config(&self, name: &str) -> &Value {
        &self.0["config"][name]
    }

    pub fn count(&self, name: &str) -> usize {
        self.config(name).as_u64().unwrap_or_else(|| panic!("config.{name} is not a count")) as usize
    }

    /// A setting that is read as a recipe's would be.
    pub fn setting<T: serde::de::DeserializeOwned>(&self, name: &str) -> T {
        let value = self.config(name);
        serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("config.{name}, {value}: {e}"))
    }

    /// What a step is fed: dims from the file, salts counted up from `base`.
    pub fn data(&self, name: &str, base: u64, step: usize, dtype: DType) -> Tensor {
        let spec = self.config(name);
        fill(spec, &dims(spec), base + step as u64, dtype)
    }

    /// Gives each parameter the values the file names for it.
    pub fn set_parameters(&self, prefix: &str, params: Vec<(String, Param)>, dtype: DType) {
        for (name, param) in params {
            let full = format!("{prefix}{name}");
            let spec = self.0["params"].as_array().unwrap().iter().find(|p| p["name"] == full.as_str());
            let spec = spec.unwrap_or_else(|| panic!("{full} is not in the file"));
            assert_eq!(dims(spec), param.dims().to_vec(), "{full}");
            param.set(fill(spec, &dims(spec), spec["salt"].as_u64().unwrap(), dtype).into_array());
        }
    }

    /// Gives each buffer whose name ends so the values the file names for it.
    pub fn set_buffers(&self, prefix: &str, end: &str, of: &mut dyn Stateful, dtype: DType) {
        of.visit(&mut StateVisitor::new(&mut |name, slot| {
            if let Slot::Buffer(buffer) = slot
                && name.ends_with(end)
            {
                let full = format!("{prefix}{name}");
                let spec = self.0["params"].as_array().unwrap().iter().find(|p| p["name"] == full.as_str());
                let spec = spec.unwrap_or_else(|| panic!("{full} is not in the file"));
                buffer.set(fill(spec, &dims(spec), spec["salt"].as_u64().unwrap(), dtype).into_array());
            }
        }));
    }

    /// Holds all lists of the file against the metrics of the same names.
    pub fn agree_in_metrics(&self, what: &str, have: &Series, tolerance: impl Fn(usize) -> f64) {
        for (name, want) in self.0["f64"].as_object().unwrap() {
            let have = have.0.get(name).unwrap_or_else(|| panic!("{what}: {name} is no metric"));
            agree(&format!("{what}, {name}"), have, &floats(want), &tolerance);
        }
    }

    /// Holds sum and sum of squares of each tensor against those of the file; names are its keys.
    pub fn agree_in_sums(&self, have: &BTreeMap<String, Vec<f64>>) {
        let want: &Map<String, Value> = self.0["final"].as_object().unwrap();
        assert_eq!(have.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>());
        let mut worst: f64 = 0.0;
        for (name, values) in have {
            let (sum, squares) = (values.iter().sum::<f64>(), values.iter().map(|v| v * v).sum::<f64>());
            let [want_sum, want_squares] = [0, 1].map(|i| want[name][i].as_f64().unwrap());
            let scale = (values.len() as f64 * want_squares).sqrt().max(1e-9);
            for (what, off) in [
                ("sum", (sum - want_sum).abs() / scale),
                ("squares", (squares - want_squares).abs() / want_squares.max(1e-9)),
            ] {
                worst = worst.max(off);
                assert!(off <= 1e-8, "{what} of {name}: [{sum}, {squares}] instead of {}", want[name]);
            }
        }
        println!("sums at the end: largest difference {worst:.1e}");
    }
}

/// The integer hash all data comes from, exact in both programs.
pub fn hash(i: u32, salt: u32) -> f64 {
    let mut x = i.wrapping_add(salt.wrapping_mul(0x9E37_79B9));
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    f64::from(x ^ (x >> 16)) / 2_147_483_648.0 - 1.0
}

fn fill(spec: &Value, dims: &[usize], salt: u64, dtype: DType) -> Tensor {
    let (scale, shift) = (spec["scale"].as_f64().unwrap(), spec["shift"].as_f64().unwrap_or(0.0));
    let numel = dims.iter().product::<usize>() as u32;
    let values: Vec<f64> = (0..numel).map(|i| shift + scale * hash(i, salt as u32)).collect();
    Tensor::from_slice(&values, dims, &Device::cpu()).to_dtype(dtype)
}

fn dims(spec: &Value) -> Vec<usize> {
    spec["dims"].as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as usize).collect()
}

pub fn floats(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Fails where the two differ by more than `tolerance(index)` times the larger of `|want|` and the list's unit, which
/// is 1, or its largest number where that is less; says the largest difference.
pub fn agree(what: &str, have: &[f64], want: &[f64], tolerance: impl Fn(usize) -> f64) {
    assert_eq!(have.len(), want.len(), "{what}");
    let unit = want.iter().fold(0.0, |most: f64, want| most.max(want.abs())).min(1.0);
    let mut worst: f64 = 0.0;
    for (i, (have, want)) in have.iter().zip(want).enumerate() {
        let off = (have - want).abs() / want.abs().max(unit).max(f64::MIN_POSITIVE);
        worst = worst.max(off);
        assert!(off <= tolerance(i), "{what} at {i}: {have} instead of {want}, off by {off:.1e}");
    }
    println!("{what}: largest difference {worst:.1e}");
}

/// The metrics of a run by name, each in the order of the steps that had it.
#[derive(Default)]
pub struct Series(BTreeMap<String, Vec<f64>>);

impl Series {
    pub fn push(&mut self, metrics: Metrics) {
        for (name, value) in metrics.read().unwrap() {
            self.0.entry(name).or_default().push(value);
        }
    }
}

/// The values of all state, with the parts renamed; optimisers left out.
pub fn values(model: &mut dyn Stateful, rename: &[(&str, &str)]) -> BTreeMap<String, Vec<f64>> {
    let mut all = BTreeMap::new();
    model.visit(&mut StateVisitor::new(&mut |name, slot| {
        let Some((from, to)) = rename.iter().find(|(from, _)| name.starts_with(from)) else { return };
        let values = match slot {
            Slot::Param(param) => param.tensor().to_f64_vec().unwrap(),
            Slot::Buffer(buffer) => buffer.tensor().to_f64_vec().unwrap(),
            Slot::Count(count) => vec![*count as f64],
            Slot::Number(number) => vec![*number],
            Slot::Text(_) => return,
        };
        all.insert(name.replacen(from, to, 1), values);
    }));
    all
}
