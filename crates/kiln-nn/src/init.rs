//! Start values of parameters. Every number is a function of the key and of its place in the tensor.
//!
//! With the gain of PyTorch's `leaky_relu` of slope `a`, `gain² = 2 / (1 + a²)`:
//!
//! | function | distribution | paper |
//! |---|---|---|
//! | [`kaiming_uniform`] | `U(±gain·√(3 / fan_in))` | He et al., "Delving deep into rectifiers", 2015 |
//! | [`kaiming_normal`] | `N(0, gain² / fan_in)` | the same |
//! | [`xavier_uniform`] | `U(±gain·√(6 / (fan_in + fan_out)))` | Glorot and Bengio, 2010 |
//! | [`xavier_normal`] | `N(0, gain²·2 / (fan_in + fan_out))` | the same |
//! | [`dcgan`] | `N(0, 0.02²)` for convolutions | Radford et al., 2015 |

use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::{Stateful, named_parameters};
use kiln_grad::{Dims, Tensor};
use kiln_tensor::random::Key;
use std::collections::HashSet;

/// Normal numbers of the given mean and standard deviation.
pub fn normal(key: Key, dims: impl Into<Dims>, mean: f64, std: f64, options: &TensorOptions) -> Tensor {
    Tensor::normal(key, dims, options.dtype, &options.device) * std + mean
}

/// Uniform numbers in `[−bound, bound)`.
pub fn uniform(key: Key, dims: impl Into<Dims>, bound: f64, options: &TensorOptions) -> Tensor {
    Tensor::uniform(key, dims, options.dtype, &options.device) * (2.0 * bound) - bound
}

/// `(fan_in, fan_out)` of a weight as PyTorch counts them: `dims[1]` and `dims[0]`, each times the cells
/// of a window. (For a transposed convolution, whose weight is `[in, out/groups, kh, kw]`, fan_in is
/// therefore `out/groups·kh·kw`.)
///
/// # Panics
/// When the weight has fewer than two axes.
#[track_caller]
pub fn fans(dims: &Dims) -> (usize, usize) {
    assert!(dims.rank() >= 2, "fans: a weight {dims} has no fan-in; wanted two or more axes");
    let window: usize = dims[2..].iter().product();
    (dims[1] * window, dims[0] * window)
}

/// He's uniform numbers for a leaky ReLU of slope `a`. PyTorch starts linear and convolution layers with
/// `a = √5`, which is `U(±1/√fan_in)`.
///
/// # Panics
/// When `dims` has fewer than two axes.
#[track_caller]
pub fn kaiming_uniform(key: Key, dims: impl Into<Dims>, a: f64, options: &TensorOptions) -> Tensor {
    let dims = dims.into();
    let (fan_in, _) = fans(&dims);
    uniform(key, dims, leaky_gain(a) * (3.0 / at_least_one(fan_in)).sqrt(), options)
}

/// He's normal numbers for a leaky ReLU of slope `a`.
///
/// # Panics
/// When `dims` has fewer than two axes.
#[track_caller]
pub fn kaiming_normal(key: Key, dims: impl Into<Dims>, a: f64, options: &TensorOptions) -> Tensor {
    let dims = dims.into();
    let (fan_in, _) = fans(&dims);
    normal(key, dims, 0.0, leaky_gain(a) / at_least_one(fan_in).sqrt(), options)
}

/// Glorot's uniform numbers; `gain` is 1 for a linear layer.
///
/// # Panics
/// When `dims` has fewer than two axes.
#[track_caller]
pub fn xavier_uniform(key: Key, dims: impl Into<Dims>, gain: f64, options: &TensorOptions) -> Tensor {
    let dims = dims.into();
    let (fan_in, fan_out) = fans(&dims);
    uniform(key, dims, gain * (6.0 / at_least_one(fan_in + fan_out)).sqrt(), options)
}

/// Glorot's normal numbers; `gain` is 1 for a linear layer.
///
/// # Panics
/// When `dims` has fewer than two axes.
#[track_caller]
pub fn xavier_normal(key: Key, dims: impl Into<Dims>, gain: f64, options: &TensorOptions) -> Tensor {
    let dims = dims.into();
    let (fan_in, fan_out) = fans(&dims);
    normal(key, dims, 0.0, gain * (2.0 / at_least_one(fan_in + fan_out)).sqrt(), options)
}

/// PyTorch's start of a bias: `U(±1/√fan_in)` with the fan-in of the layer's weight.
///
/// # Panics
/// When the weight has fewer than two axes.
#[track_caller]
pub fn bias(key: Key, length: usize, weight: &Dims, options: &TensorOptions) -> Tensor {
    let (fan_in, _) = fans(weight);
    uniform(key, [length], 1.0 / at_least_one(fan_in).sqrt(), options)
}

/// Starts a network as DCGAN does: weights of convolutions `N(0, 0.02²)`, scales of norm layers
/// `N(1, 0.02²)` and their shifts 0; other parameters stay as they are.
///
/// A weight with four axes belongs to a convolution, one with a single axis to a norm layer, and a bias to
/// the layer of the weight beside it. Each parameter draws from `key` by its full name, so that a layer
/// more shifts no other.
pub fn dcgan(module: &mut (impl Stateful + ?Sized), key: Key) {
    const STD: f64 = 0.02;
    let params = named_parameters(module);
    let is_weight = |name: &str| matches!(last_of(name), "weight" | "weight_orig");
    let norms: HashSet<&str> = params
        .iter()
        .filter(|(name, param)| is_weight(name) && param.dims().rank() == 1)
        .map(|(name, _)| layer_of(name))
        .collect();
    for (name, param) in &params {
        let rank = param.dims().rank();
        let is_bias = name == "bias" || name.ends_with(".bias");
        if is_weight(name) && rank == 4 {
            redraw(param, key.purpose(name), 0.0, STD);
        } else if is_weight(name) && rank == 1 {
            redraw(param, key.purpose(name), 1.0, STD);
        } else if is_bias && norms.contains(layer_of(name)) {
            param.set(param.tensor().zeros_like().into_array());
        }
    }
}

/// The layer's name in front of a parameter's.
fn layer_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(layer, _)| layer)
}

/// The parameter's name in its layer. One that is divided by its spectral norm is `weight_orig`.
fn last_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

fn redraw(param: &Param, key: Key, mean: f64, std: f64) {
    let options = TensorOptions::of(&param.tensor());
    param.set(normal(key, param.dims(), mean, std, &options).into_array());
}

fn leaky_gain(a: f64) -> f64 {
    (2.0 / (1.0 + a * a)).sqrt()
}

/// The number as a divisor: a weight without elements needs no bound, but also no infinite one.
fn at_least_one(fan: usize) -> f64 {
    fan.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{BatchNorm, Conv2d, ConvTranspose2d, Linear, Sequential};
    use crate::state::{StateValue, save};

    fn range_and_std(tensor: &Tensor) -> (f64, f64) {
        let values = tensor.to_f64_vec().unwrap();
        let largest = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        (largest, (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt())
    }

    /// Is `have` the given bound, as far as some thousand draws can say?
    #[track_caller]
    fn check_uniform(tensor: &Tensor, bound: f64) {
        let (largest, std) = range_and_std(tensor);
        assert!(largest <= bound && largest > 0.99 * bound, "{largest} for {bound}");
        assert!((std * 3f64.sqrt() / bound - 1.0).abs() < 0.03, "{std} for {bound}");
    }

    #[test]
    fn bounds_and_deviations() {
        let (key, options, dims) = (Key::new(5), TensorOptions::cpu_f64(), [40, 10, 3, 4]);
        // fan_in 120, fan_out 480.
        check_uniform(&kaiming_uniform(key, dims, 5f64.sqrt(), &options), 1.0 / 120f64.sqrt());
        check_uniform(&kaiming_uniform(key, dims, 0.0, &options), (6.0f64 / 120.0).sqrt());
        check_uniform(&xavier_uniform(key, dims, 2.0, &options), 2.0 * (6.0f64 / 600.0).sqrt());
        let deviations = [
            (kaiming_normal(key, dims, 0.2, &options), (2.0 / 1.04 / 120.0f64).sqrt()),
            (xavier_normal(key, dims, 1.0, &options), (2.0f64 / 600.0).sqrt()),
        ];
        for (tensor, std) in deviations {
            assert!((range_and_std(&tensor).1 / std - 1.0).abs() < 0.03);
        }
    }

    #[test]
    fn layers_start_as_in_pytorch() {
        let (key, options) = (Key::new(2), TensorOptions::cpu_f32());
        let linear = Linear::new(64, 50, key, &options);
        check_uniform(&linear.weight.tensor(), 0.125);
        assert!(range_and_std(&linear.bias.unwrap().tensor()).0 <= 0.125);
        // A transposed convolution counts its outputs: 9 · 4 · 4 = 12².
        check_uniform(&ConvTranspose2d::new(30, 9, 4, key, &options).weight.tensor(), 1.0 / 12.0);
        let grouped = Conv2d::new(32, 64, 2, key, &options).without_bias().groups(2);
        assert_eq!(grouped.weight.dims()[..], [64, 16, 2, 2]);
        assert!(grouped.bias.is_none());
        check_uniform(&grouped.weight.tensor(), 0.125);
    }

    fn network(extra: bool) -> Sequential {
        let (key, options) = (Key::new(1), TensorOptions::cpu_f32());
        let net = Sequential::new()
            .with(key, |key| Conv2d::new(3, 8, 4, key, &options))
            .add(BatchNorm::new(8, &options))
            .with(key, |key| Linear::new(4, 4, key, &options));
        if extra { net.with(key, |key| Linear::new(4, 4, key, &options)) } else { net }
    }

    #[test]
    fn dcgan_start() {
        let mut net = network(false);
        for (name, param) in named_parameters(&mut net) {
            if name == "1.bias" {
                param.set(param.tensor().ones_like().into_array());
            }
        }
        let before = save(&mut net);
        dcgan(&mut net, Key::new(9));
        let after = save(&mut net);
        let values = |dict: &crate::StateDict, name: &str| match &dict[name] {
            StateValue::Tensor(array) => array.to_f64_vec().unwrap(),
            other => panic!("{name} is {other:?}"),
        };
        let weight = Tensor::from_slice(&values(&after, "0.weight"), [384], &TensorOptions::cpu_f64().device);
        assert!((range_and_std(&weight).1 / 0.02 - 1.0).abs() < 0.1);
        let scale = values(&after, "1.weight");
        assert!(scale.iter().all(|s| (s - 1.0).abs() < 0.1) && scale.iter().any(|s| *s != 1.0));
        assert!(values(&after, "1.bias").iter().all(|b| *b == 0.0));
        for name in ["0.bias", "2.weight", "2.bias", "1.running_var"] {
            assert_eq!(values(&before, name), values(&after, name), "{name}");
        }
        // A layer more shifts nothing.
        let mut larger = network(true);
        dcgan(&mut larger, Key::new(9));
        let larger = save(&mut larger);
        for name in ["0.weight", "0.bias", "1.weight", "2.weight"] {
            assert_eq!(values(&after, name), values(&larger, name), "{name}");
        }
        assert_ne!(values(&larger, "2.weight"), values(&larger, "3.weight"));
    }
}
