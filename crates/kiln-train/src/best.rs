//! The best model so far.

use kiln_nn::{Better, StateVisitor, Stateful};

/// The step after which the model measured best by its [goal](kiln_nn::Goal). It is part of a run's state, so that a
/// resumed run knows it too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// Step after which it was measured, or 0 if nothing was measured yet.
    pub step: u64,
    /// The value then; NaN if nothing was measured yet.
    pub value: f64,
}

impl Default for Best {
    fn default() -> Self {
        Best { step: 0, value: f64::NAN }
    }
}

impl Best {
    /// Whether it was measured after this step.
    pub(crate) fn is_after(&self, step: u64) -> bool {
        self.step == step && self.value.is_finite()
    }

    /// Takes note of a measurement, and says whether it is the best so far.
    pub(crate) fn take(&mut self, step: u64, value: f64, better: Better) -> bool {
        let better = self.value.is_nan() || better.of(value, self.value);
        if better {
            *self = Best { step, value };
        }
        better
    }
}

impl Stateful for Best {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.count("step", &mut self.step);
        v.number("value", &mut self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::Device;
    use kiln_nn::safetensors::{Metadata, from_bytes, to_bytes};

    #[test]
    fn better_is_less_or_more() {
        for (better, values, best) in
            [(Better::Less, [3.0, 1.0, 2.0], 1), (Better::More, [-3.0, -1.0, -2.0], 1)]
        {
            let mut kept = Best::default();
            let taken: Vec<bool> = (0..3).map(|i| kept.take(i, values[i as usize], better)).collect();
            assert_eq!((taken, kept.step), (vec![true, true, false], best));
        }
    }

    #[test]
    fn any_value_can_be_saved() {
        for value in [0.25, -0.25, 0.0, f64::INFINITY, f64::MIN] {
            let mut best = Best { step: 3, value };
            let bytes = to_bytes(&kiln_nn::save(&mut best), &Metadata::new()).unwrap();
            let (state, _) = from_bytes(&bytes, &Device::cpu()).unwrap();
            let mut loaded = Best::default();
            kiln_nn::load(&mut loaded, &state).unwrap();
            assert_eq!(loaded, best);
        }
    }
}
