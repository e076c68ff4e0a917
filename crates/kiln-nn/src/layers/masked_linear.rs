//! A linear map of vectors in which some inputs don't reach some outputs.

use super::{start, visit_weights};
use crate::module::{Ctx, Module};
use crate::options::TensorOptions;
use crate::param::Param;
use crate::state::{StateVisitor, Stateful};
use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// `y = x·(weight⊙mask)ᵀ + bias`, from `[n, inputs]` to `[n, outputs]`: the layer that autoregressive networks are made of
/// (MADE: Germain et al., 2015).
#[derive(Debug)]
pub struct MaskedLinear {
    /// `[outputs, inputs]`, where the mask is 0 without effect.
    pub weight: Param,
    /// `[outputs]`.
    pub bias: Param,
    /// `[outputs, inputs]`, 0 or 1; made anew of the architecture and no state.
    mask: Tensor,
}

impl MaskedLinear {
    /// A layer in which input `i` reaches output `o` where `reaches(o, i)`; weight and bias start in `U(±1/√inputs)`.
    #[track_caller]
    pub fn new(
        inputs: usize,
        outputs: usize,
        reaches: impl Fn(usize, usize) -> bool,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        let (weight, bias) = start(key, [outputs, inputs].into(), outputs, options);
        let mask: Vec<f64> =
            (0..outputs * inputs).map(|at| f64::from(u8::from(reaches(at / inputs, at % inputs)))).collect();
        let mask = Tensor::from_f64(&mask, [outputs, inputs], options.dtype, &options.device);
        MaskedLinear { weight, bias, mask }
    }
}

impl Stateful for MaskedLinear {
    fn visit(&mut self, v: &mut StateVisitor) {
        visit_weights(v, &self.weight, None, Some(&self.bias));
    }
}

impl Module for MaskedLinear {
    fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
        x.linear(&(self.weight.tensor() * &self.mask), &self.bias.tensor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    #[test]
    fn masked_inputs_reach_nothing_and_masked_weights_have_no_gradient() {
        let options = TensorOptions::cpu_f64();
        let layer = MaskedLinear::new(3, 3, |o, i| i < o, Key::new(1), &options);
        let x = Tensor::from([[0.3, -0.2, 0.9]]).tracked();
        let y = layer.forward(&x, &mut Ctx::eval());
        let weight = layer.weight.tensor();
        for output in 0..3 {
            let slope = grad(y.narrow(1, output, 1).sum(..), &[&x]).remove(0).to_f64_vec().unwrap();
            assert!(slope.iter().enumerate().all(|(i, slope)| (*slope != 0.0) == (i < output)), "{slope:?}");
        }
        let slopes = grad(y.sum(..), &[&weight]).remove(0).to_f64_vec().unwrap();
        let reached: Vec<bool> = slopes.iter().map(|slope| *slope != 0.0).collect();
        assert_eq!(reached, [false, false, false, true, false, false, true, true, false]);
    }
}
