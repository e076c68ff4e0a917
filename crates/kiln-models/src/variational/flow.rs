//! The inverse autoregressive flow (Kingma et al., 2016): a draw of a Gaussian, changed by steps whose volume is known.

use kiln_grad::{Tensor, scope};
use kiln_nn::layers::{Activation, Linear, MaskedLinear};
use kiln_nn::{Ctx, Module, StateVisitor, Stateful, TensorOptions, stateful};
use kiln_tensor::random::Key;

/// What is added to the logits of gates, so that a fresh flow changes little: the forget bias of the paper.
const GATE: f64 = 2.0;

/// Steps one after the other, with the order of the latents turned round between them.
pub struct Flow {
    steps: Vec<FlowStep>,
}

/// `z ← σ(s)⊙z + (1 − σ(s))⊙m`, where `m` and `s` of a latent are functions of those before it and of the features of the
/// image: a masked network of one hidden layer (MADE: Germain et al., 2015).
struct FlowStep {
    input: MaskedLinear,
    context: Linear,
    shift: MaskedLinear,
    gate: MaskedLinear,
}

stateful!(FlowStep: input, context, shift, gate);

impl Stateful for Flow {
    fn visit(&mut self, v: &mut StateVisitor) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            v.part(&index.to_string(), step);
        }
    }
}

impl Flow {
    /// So many steps for codes of this length, whose hidden layers have so many units and look at features of this length.
    pub fn new(
        steps: usize,
        latent: usize,
        hidden: usize,
        features: usize,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        // Hidden unit `h` sees the latents up to this one.
        let degree = |h: usize| h % latent.saturating_sub(1).max(1);
        let step = |index: usize| {
            let key = key.purpose("flow").purpose(&index.to_string());
            let out = |name: &str| {
                MaskedLinear::new(hidden, latent, |o, h| degree(h) < o, key.purpose(name), options)
            };
            FlowStep {
                input: MaskedLinear::new(
                    latent,
                    hidden,
                    |h, i| i <= degree(h),
                    key.purpose("input"),
                    options,
                ),
                context: Linear::new(features, hidden, key.purpose("context"), options).without_bias(),
                shift: out("shift"),
                gate: out("gate"),
            }
        };
        Flow { steps: (0..steps).map(step).collect() }
    }

    /// What becomes of `z [n·draws, latent]` beside `features [n, ..]` of the image that each `draws` of them belong to, and of the
    /// log density of each latent, if that is wanted: those that come out add up to the log density of the code.
    pub fn forward(
        &self,
        z: Tensor,
        log_q: Option<Tensor>,
        features: &Tensor,
        cx: &mut Ctx,
    ) -> (Tensor, Option<Tensor>) {
        let _scope = scope("flow");
        let draws = z.dims()[0] / features.dims()[0];
        let (mut z, mut log_q) = (z, log_q);
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                (z, log_q) = (z.flip(1), log_q.map(|log_q| log_q.flip(1)));
            }
            let context = step.context.forward(features, cx);
            let context = if draws == 1 { context } else { context.repeat_interleave(draws, 0) };
            let h = Activation::Relu.apply(&(step.input.forward(&z, cx) + context));
            let (shift, gate) = (step.shift.forward(&h, cx), step.gate.forward(&h, cx) + GATE);
            let open = gate.sigmoid();
            z = &open * &z + (1.0 - &open) * shift;
            // The logarithm of the volume that a step makes of 1 is that of its gate.
            log_q = log_q.map(|log_q| log_q + (-gate).softplus());
        }
        (z, log_q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    fn flow(latent: usize, steps: usize) -> (Flow, Tensor) {
        let options = TensorOptions::cpu_f64();
        let features = Tensor::normal(Key::new(5), [1, 3], options.dtype, &options.device);
        (Flow::new(steps, latent, 12, 3, Key::new(2), &options), features)
    }

    /// ∂z'ᵢ/∂zⱼ is 0 for j > i, and not for j < i.
    #[test]
    fn a_step_is_autoregressive() {
        let (flow, features) = flow(5, 1);
        let z = Tensor::from([[0.3, -1.2, 0.8, 0.1, -0.4]]).tracked();
        let (after, _) = flow.forward(z.clone(), None, &features, &mut Ctx::eval());
        for i in 0..5 {
            let slope = grad(after.narrow(1, i, 1).sum(..), &[&z]).remove(0).to_f64_vec().unwrap();
            for (j, slope) in slope.into_iter().enumerate() {
                assert_eq!(slope != 0.0, j <= i, "∂z{i}/∂z{j} = {slope}");
            }
        }
    }

    /// The density of what comes out is that of what went in, less the logarithm of the Jacobian's determinant.
    #[test]
    fn the_density_follows_the_determinant_of_the_jacobian() {
        let (flow, features) = flow(3, 3);
        let z = Tensor::from([[0.3, -1.2, 0.8]]).tracked();
        let (after, log_q) = flow.forward(z.clone(), Some(z.zeros_like()), &features, &mut Ctx::eval());
        let rows: Vec<Vec<f64>> = (0..3)
            .map(|i| grad(after.narrow(1, i, 1).sum(..), &[&z]).remove(0).to_f64_vec().unwrap())
            .collect();
        let minor = |a: usize, b: usize| rows[1][a] * rows[2][b] - rows[1][b] * rows[2][a];
        let determinant = rows[0][0] * minor(1, 2) - rows[0][1] * minor(0, 2) + rows[0][2] * minor(0, 1);
        let have = log_q.unwrap().sum(..).item().unwrap();
        assert!((have + determinant.abs().ln()).abs() < 1e-12, "{have} {determinant}");
    }

    #[test]
    fn draws_of_an_image_see_its_features() {
        let (flow, one) = flow(4, 2);
        let options = TensorOptions::cpu_f64();
        let features = Tensor::concat(&[&one, &(&one * -1.0)], 0);
        let z = Tensor::normal(Key::new(7), [6, 4], options.dtype, &options.device);
        let (all, _) = flow.forward(z.clone(), None, &features, &mut Ctx::eval());
        let last = z.narrow(0, 3, 3);
        let (alone, _) = flow.forward(last, None, &(&one * -1.0), &mut Ctx::eval());
        assert_eq!(all.narrow(0, 3, 3).to_f64_vec().unwrap(), alone.to_f64_vec().unwrap());
    }
}
