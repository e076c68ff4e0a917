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

/// 0, or NaN for a mean of squares that is infinite.
#[inline(always)]
fn overflow<T: Float>(mean: T) -> T {
    mean * T::zero()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, DType, Device};

    /// Gradients from 1.9e19 on have squares that `f32` doesn't hold. The moment would be infinite for ever, and divide every later
    /// step to nothing.
    #[test]
    fn a_square_that_overflows_is_seen_in_the_parameter() {
        let zeros = || Array::zeros([3], DType::F32, &Device::cpu());
        let gradient = Array::from_slice(&[1e-3_f32, 3e21, -3e21], [3], &Device::cpu());
        let seen = |p: Array| p.to_vec::<f32>().unwrap().iter().map(|x| x.is_nan()).collect::<Vec<_>>();
        let (lr, eps, weight_decay) = (1e-3, 1e-8, 0.0);
        let adam = Adam { lr, beta1: 0.9, beta2: 0.999, eps, weight_decay, decoupled: false, step: 1 };
        let [mut p, mut m, mut v] = [0; 3].map(|_| zeros());
        Array::update(adam, &[&gradient], &mut [&mut p, &mut m, &mut v]);
        assert_eq!(seen(p), [false, true, true]);
        let [mut p, mut s] = [0; 2].map(|_| zeros());
        Array::update(RmsProp { lr, alpha: 0.99, eps, weight_decay }, &[&gradient], &mut [&mut p, &mut s]);
        assert_eq!(seen(p), [false, true, true]);
    }
}
