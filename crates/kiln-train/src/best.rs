//! The best model so far.

use kiln_nn::{StateVisitor, Stateful};

/// The step after which the test set was measured best. It is part of a run's state, so that a resumed run
/// knows it too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// After which step, or 0 if nothing was measured yet.
    pub step: u64,
    /// The value then; less is better.
    pub value: f64,
}

impl Default for Best {
    fn default() -> Self {
        Best { step: 0, value: f64::INFINITY }
    }
}

impl Best {
    /// Whether it was measured after this step.
    pub(crate) fn is_after(&self, step: u64) -> bool {
        self.step == step && self.value.is_finite()
    }

    /// Takes note of a measurement, and says whether it is the best so far.
    pub(crate) fn take(&mut self, step: u64, value: f64) -> bool {
        let better = value < self.value;
        if better {
            *self = Best { step, value };
        }
        better
    }
}

impl Stateful for Best {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.count("step", &mut self.step);
        // A count has 63 bits in a file, so the sign goes beside the others.
        let mut bits = self.value.abs().to_bits();
        let mut negative = u64::from(self.value.is_sign_negative());
        v.count("value", &mut bits);
        v.count("negative", &mut negative);
        let size = f64::from_bits(bits);
        self.value = if negative == 0 { size } else { -size };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::Device;
    use kiln_nn::safetensors::{Metadata, from_bytes, to_bytes};

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
