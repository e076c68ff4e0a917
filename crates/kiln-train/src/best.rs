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
        let mut bits = self.value.to_bits();
        v.count("value", &mut bits);
        self.value = f64::from_bits(bits);
    }
}
