//! Kernels that change parameters in place: the steps of optimisers, and running averages. A call takes any number of
//! parameters; each kernel is a file with its rule for an element.

mod adam;
mod lerp;
mod rmsprop;
mod sgd;

pub use adam::Adam;
pub use lerp::Lerp;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use super::{TASK, run_tasks};
use crate::Meta;
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled};
use crate::dtype::Float;
use crate::error::{Result, ShapeError};
use crate::gpu::{Binding, Pass, Plan, Shader, ShaderConstant, WORKGROUP, word};

/// Checks a call with one input and `N` outputs, all alike, for each parameter; the outputs of a parameter
/// lie side by side.
fn check<const N: usize>(name: &'static str, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
    let alike = |(input, outs): (&Meta, &[Meta])| outs.iter().all(|out| out == input);
    let floats = ins.iter().all(|meta| meta.dtype.is_float() && meta.dtype == ins[0].dtype);
    if outs.len() == N * ins.len() && !ins.is_empty() && floats && ins.iter().zip(outs.chunks(N)).all(alike) {
        return Ok(());
    }
    let list = |metas: &[Meta]| metas.iter().map(Meta::to_string).collect::<Vec<_>>().join(", ");
    let text = format!(
        "got inputs ({}) and outputs ({}); wanted {N} outputs like each input, of one float type",
        list(ins),
        list(outs)
    );
    Err(ShapeError::new(name, text))
}

/// Runs `step` on pieces of the outputs and the input of each parameter, all of them in one parallel loop, so
/// that small parameters cost no threads of their own. The pieces of one call have one length. `step` should be
/// `#[inline(always)] move`, to be compiled for the instruction set.
fn each<T: Float, const N: usize>(
    ins: &[View],
    outs: &mut [ViewMut],
    step: impl Fn([&mut [T]; N], &[T]) + Copy + Sync + Send,
) -> Result<()> {
    let mut tasks = Vec::new();
    let mut elements = 0;
    for (input, outs) in ins.iter().zip(outs.chunks_mut(N)) {
        let pieces = input.slice::<T>()?.chunks(TASK);
        elements += input.layout.numel();
        let mut outs = outs.iter_mut().map(|out| Ok(out.slice_mut::<T>()?.chunks_mut(TASK)));
        let mut outs = outs.by_ref().collect::<Result<Vec<_>>>()?;
        for piece in pieces {
            let outs = outs.iter_mut().map(|out| out.next().expect("outputs are as long as the input"));
            let outs: Vec<&mut [T]> = outs.collect();
            let outs: [&mut [T]; N] = outs.try_into().expect("a parameter has so many outputs");
            tasks.push((outs, piece));
        }
    }
    let isa = Isa::chosen()?;
    run_tasks(tasks, elements, |(outs, input)| {
        compiled(
            isa,
            #[inline(always)]
            move || step(outs, input),
        );
    });
    Ok(())
}

/// The GPU's plan: a pass for each parameter, whose uniform is the number of elements and then these numbers.
fn plan(
    shader: &'static Shader,
    constants: &[ShaderConstant],
    numbers: &[f64],
    ins: &[Meta],
    outs: &[Meta],
) -> Plan {
    let of_each = outs.len() / ins.len();
    let step = |(i, parameter): (usize, &Meta)| {
        let count = parameter.dims.numel();
        let words = [count as u32].into_iter().chain(numbers.iter().map(|n| word(*n))).collect();
        let writes: Vec<Binding> = (i * of_each..(i + 1) * of_each).map(Binding::Out).collect();
        Pass::new(shader, words, &[Binding::In(i)], &writes, count.div_ceil(WORKGROUP)).variant(constants)
    };
    Plan { scratch: vec![], passes: ins.iter().enumerate().map(step).collect() }
}
