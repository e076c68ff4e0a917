//! Optimisers and running averages: one pass for each parameter.

use super::{LANES, pass, word};
use crate::gpu::{Pass, Plan, Slot, Source};
use crate::meta::Meta;

/// The plan of a kernel with an input and `outs.len() / ins.len()` outputs for each parameter, whose uniform is
/// the number of elements and then these numbers.
pub fn plan(
    source: &'static Source,
    constants: &[(&'static str, &'static str)],
    numbers: &[f64],
    ins: &[Meta],
    outs: &[Meta],
) -> Plan {
    let each = outs.len() / ins.len();
    let step = |(i, parameter): (usize, &Meta)| {
        let count = parameter.dims.numel();
        let words = [count as u32].into_iter().chain(numbers.iter().map(|n| word(*n))).collect();
        let writes: Vec<Slot> = (i * each..(i + 1) * each).map(Slot::Out).collect();
        Pass { constants: constants.to_vec(), ..pass(source, words, &[Slot::In(i)], &writes, (count, LANES)) }
    };
    Plan { scratch: vec![], passes: ins.iter().enumerate().map(step).collect() }
}
