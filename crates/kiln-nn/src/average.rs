//! Averages of a network's state over training steps.

use crate::param::{Param, update_together};
use crate::state::{Slot, StateDict, StateValue, StateVisitor, Stateful, load, save};
use kiln_grad::Array;
use kiln_tensor::fused::Lerp;

/// Starts an average: makes the state of `average` equal to that of `network`.
///
/// # Panics
/// When the two are not of one architecture.
#[track_caller]
pub fn start_average(average: &mut (impl Stateful + ?Sized), network: &mut (impl Stateful + ?Sized)) {
    if let Err(error) = load(average, &copied(network)) {
        panic!("start_average: {error}");
    }
}

/// Moves the exponential moving average one step: each parameter of `average` becomes
/// `decay · average + (1 − decay) · network`; all other state is copied.
///
/// The running statistics of the network are not those of the averaged weights, whose activations swing less.
/// Before the average is used, one forward pass with [`Ctx::calibrate`](crate::Ctx::calibrate) makes them right.
///
/// # Panics
/// When the two are not of one architecture.
#[track_caller]
pub fn update_average(
    average: &mut (impl Stateful + ?Sized),
    network: &mut (impl Stateful + ?Sized),
    decay: f64,
) {
    let current = save(network);
    let of = |name: &str| {
        current.get(name).unwrap_or_else(|| panic!("update_average: there is no {name} to average"))
    };
    let (mut params, mut arrays) = (Vec::<Param>::new(), Vec::new());
    average.visit(&mut StateVisitor::new(&mut |name, slot| match (slot, of(name)) {
        (Slot::Param(param), StateValue::Tensor(array)) => {
            // One that stands in two places is the same twice.
            if !params.iter().any(|known| known.same(param)) {
                params.push(param.clone());
                arrays.push(array);
            }
        }
        (Slot::Buffer(buffer), StateValue::Tensor(array)) => buffer.set(array.clone()),
        (Slot::Count(count), StateValue::Count(value)) => *count = *value,
        (Slot::Number(number), StateValue::Number(value)) => *number = *value,
        (Slot::Text(text), StateValue::Text(value)) => text.clone_from(value),
        _ => panic!("update_average: {name} is another kind of state in the network"),
    }));
    if !params.is_empty() {
        let params: Vec<&Param> = params.iter().collect();
        let rule = Lerp { weight: 1.0 - decay };
        update_together(&params, &[], |means| Array::update(rule, &arrays, means));
    }
}

/// The state of a network in storage of its own, so that changing one in place copies nothing.
fn copied(network: &mut (impl Stateful + ?Sized)) -> StateDict {
    let mut state = save(network);
    for value in state.values_mut() {
        if let StateValue::Tensor(array) = value {
            *array = array.copy();
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::BatchNorm;
    use crate::{Ctx, Module, TensorOptions, named_parameters};
    use kiln_grad::Tensor;
    use kiln_tensor::random::Key;

    #[test]
    fn parameters_are_averaged_and_the_rest_is_copied() {
        let options = TensorOptions::cpu_f64();
        let [mut network, mut average] = [0, 1].map(|_| BatchNorm::new(2, &options));
        start_average(&mut average, &mut network);
        let weight = named_parameters(&mut network).remove(0).1;
        weight.set(Tensor::from([3.0, 5.0]).into_array());
        let x = Tensor::normal(Key::new(1), [8, 2], options.dtype, &options.device);
        let _ = network.forward(&x, &mut Ctx::train(Key::new(0)));
        update_average(&mut average, &mut network, 0.75);
        let averaged = named_parameters(&mut average).remove(0).1.tensor();
        assert_eq!(averaged.to_f64_vec().unwrap(), [1.5, 2.0]);
        let means = [&network, &average].map(|n| n.running_mean().tensor().to_f64_vec().unwrap());
        assert_eq!(means[0], means[1]);
        let count = |n: &mut BatchNorm| format!("{:?}", save(n).get("num_batches_tracked"));
        assert_eq!(count(&mut average), count(&mut network));
        // The network's own weight has not moved.
        assert_eq!(weight.tensor().to_f64_vec().unwrap(), [3.0, 5.0]);
    }
}
