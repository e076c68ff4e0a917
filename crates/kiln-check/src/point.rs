//! A function at a point, and its reverse-mode derivative there.

use crate::norm::norm;
use kiln_grad::{DType, Dims, GradError, Sweep, Tensor};
use kiln_tensor::Device;

/// A function of several tensors as the checks see it: the result, and for each tensor the one that the
/// result was computed from. That is the tensor itself, or a parameter that its values were put into.
pub type CheckedFn<'a> = &'a dyn Fn(&[Tensor]) -> (Tensor, Vec<Tensor>);

/// A function at a point.
pub struct EvalPoint<'a> {
    pub f: CheckedFn<'a>,
    /// Contiguous and untracked.
    pub inputs: Vec<Tensor>,
    /// The elements of the inputs.
    pub values: Vec<Vec<f64>>,
    /// The dims of the result.
    pub out: Dims,
    /// The elements of the result.
    pub y: Vec<f64>,
}

impl<'a> EvalPoint<'a> {
    pub fn new(f: CheckedFn<'a>, inputs: &[Tensor]) -> Self {
        for (i, input) in inputs.iter().enumerate() {
            assert!(
                input.dtype() == DType::F64,
                "input {i} is {}; gradients are checked in f64",
                input.meta()
            );
        }
        let values: Vec<Vec<f64>> = inputs.iter().map(elements).collect();
        let inputs: Vec<Tensor> =
            inputs.iter().zip(&values).map(|(x, values)| tensor(values, *x.dims(), x.device())).collect();
        let (y, leaves) = f(&inputs);
        assert!(
            leaves.len() == inputs.len(),
            "the function has {} leaves for {} inputs",
            leaves.len(),
            inputs.len()
        );
        assert!(y.dtype() == DType::F64, "the result is {}; gradients are checked in f64", y.meta());
        EvalPoint { f, inputs, values, out: *y.dims(), y: elements(&y) }
    }

    /// The function's elements with input `i` replaced.
    pub fn value_at(&self, i: usize, elements_of_i: &[f64]) -> Vec<f64> {
        let mut inputs = self.inputs.clone();
        inputs[i] = tensor(elements_of_i, *inputs[i].dims(), inputs[i].device());
        elements(&(self.f)(&inputs).0)
    }

    /// The function's elements a step away along `u`, a direction for each of some inputs.
    pub fn value_along(&self, u: &[(usize, &[f64])], step: f64) -> Vec<f64> {
        let mut inputs = self.inputs.clone();
        for &(i, u) in u {
            let moved: Vec<f64> = self.values[i].iter().zip(u).map(|(x, u)| x + step * u).collect();
            inputs[i] = tensor(&moved, *inputs[i].dims(), inputs[i].device());
        }
        elements(&(self.f)(&inputs).0)
    }

    /// A cotangent of the result.
    pub fn cotangent(&self, v: &[f64]) -> Tensor {
        let device = self.inputs.first().map_or_else(Device::cpu, |x| x.device().clone());
        tensor(v, self.out, &device)
    }

    /// Error that rounding can make in a gradient of `⟨v, f(x)⟩` even where large parts of it cancel, for
    /// inputs of order one.
    pub fn grain(&self, v: &[f64]) -> f64 {
        8.0 * f64::EPSILON * norm(v) * norm(&self.y)
    }

    /// The gradients of `⟨v, f(x)⟩` for all inputs, by an unrecorded sweep.
    pub fn gradients(&self, v: &[f64]) -> Vec<Vec<f64>> {
        let (y, leaves) = self.tracked();
        let gradients = pull(y, &self.cotangent(v), &leaves.iter().collect::<Vec<_>>(), false);
        gradients.iter().map(elements).collect()
    }

    /// The function of tracked inputs, and its leaves.
    pub fn tracked(&self) -> (Tensor, Vec<Tensor>) {
        (self.f)(&self.inputs.iter().map(Tensor::tracked).collect::<Vec<_>>())
    }
}

/// The vector-Jacobian products `vᵀ·∂y/∂x` for all of `xs`, differentiable again if `recording`: zeros for those
/// that `y` isn't connected to. Whether that is right, the difference quotients tell.
///
/// # Panics
/// When `v` doesn't fit `y` or one of `xs` isn't tracked.
pub fn pull(y: Tensor, v: &Tensor, xs: &[&Tensor], recording: bool) -> Vec<Tensor> {
    let mut reached: Vec<usize> = (0..xs.len()).collect();
    let mut gradients: Vec<Tensor> = xs.iter().map(|x| x.zeros_like()).collect();
    while !reached.is_empty() {
        let wanted: Vec<&Tensor> = reached.iter().map(|&i| xs[i]).collect();
        match Sweep::new(y.clone(), v.clone(), &wanted, recording) {
            Ok(sweep) => {
                for (&i, gradient) in reached.iter().zip(sweep.finish(&wanted)) {
                    gradients[i] = gradient;
                }
                break;
            }
            Err(GradError::NoPath { index, .. }) => {
                reached.remove(index);
            }
            Err(GradError::ResultNotTracked | GradError::ResultDetached { .. }) => break,
            Err(error) => panic!("{error}"),
        }
    }
    gradients
}

/// A tensor of the given elements.
pub fn tensor(elements: &[f64], dims: Dims, device: &Device) -> Tensor {
    Tensor::from_slice(elements, dims, device)
}

/// The elements of a tensor.
pub fn elements(x: &Tensor) -> Vec<f64> {
    x.to_vec().unwrap_or_else(|error| panic!("the elements can't be read: {error}"))
}
