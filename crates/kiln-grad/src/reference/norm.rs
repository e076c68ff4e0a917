//! Normalisation, however the elements fall into groups.

use super::values::{Values, each_index};
use std::collections::HashMap;

/// `(x − mean) / √(var + eps)` with mean and variance of all elements whose index has the same `group`.
pub fn normalize(x: &Values, eps: f64, group: impl Fn(&[usize]) -> usize) -> Values {
    let mut groups: HashMap<usize, Vec<f64>> = HashMap::new();
    each_index(x.dims, |i| groups.entry(group(i)).or_default().push(x.at(i)));
    Values::build(x.dims, |i| {
        let all = &groups[&group(i)];
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let var = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        (x.at(i) - mean) / (var + eps).sqrt()
    })
}

/// `x · weight + bias` for channels along axis 1.
pub fn affine(x: &Values, weight: &Values, bias: &Values) -> Values {
    Values::build(x.dims, |i| x.at(i) * weight.at(&[i[1]]) + bias.at(&[i[1]]))
}
