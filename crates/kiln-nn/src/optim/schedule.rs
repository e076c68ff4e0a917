//! How the learning rate changes over a training.

/// The course of the learning rate, as a factor of the one an optimiser was made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Always 1.
    #[default]
    Constant,
    /// From 1 straight down towards 0, which the step after the last would reach.
    Linear,
    /// From 1 down towards 0 by half a cosine (Loshchilov and Hutter, 2016).
    Cosine,
}

impl Schedule {
    /// The factor in `[0, 1]` at `step`, from 0, of `steps`. Over the first `warmup` steps it rises straight to
    /// 1; the way down begins after them, and what comes after the last step has its 0.
    pub fn factor(self, step: u64, steps: u64, warmup: u64) -> f64 {
        if step < warmup {
            return (step + 1) as f64 / warmup as f64;
        }
        let way = ((step - warmup) as f64 / steps.saturating_sub(warmup).max(1) as f64).min(1.0);
        match self {
            Schedule::Constant => 1.0,
            Schedule::Linear => 1.0 - way,
            Schedule::Cosine => 0.5 + 0.5 * (std::f64::consts::PI * way).cos(),
        }
    }

    /// Whether the factor of a step depends on how many steps there are in all.
    pub fn depends_on_steps(self) -> bool {
        self != Schedule::Constant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors() {
        let course = |schedule: Schedule, warmup| [0, 1, 2, 3].map(|step| schedule.factor(step, 4, warmup));
        assert_eq!(course(Schedule::Constant, 0), [1.0; 4]);
        assert_eq!(course(Schedule::Constant, 2), [0.5, 1.0, 1.0, 1.0]);
        assert_eq!(course(Schedule::Linear, 0), [1.0, 0.75, 0.5, 0.25]);
        assert_eq!(course(Schedule::Linear, 2), [0.5, 1.0, 1.0, 0.5]);
        let cosine = course(Schedule::Cosine, 0);
        let half = std::f64::consts::FRAC_1_SQRT_2 / 2.0;
        for (have, want) in cosine.iter().zip([1.0, 0.5 + half, 0.5, 0.5 - half]) {
            assert!((have - want).abs() < 1e-15, "{cosine:?}");
        }
        assert_eq!(Schedule::Linear.factor(7, 4, 9), 8.0 / 9.0);
        for schedule in [Schedule::Linear, Schedule::Cosine] {
            assert!([4, 5, 8, 100].iter().all(|step| schedule.factor(*step, 4, 0) < 1e-16));
        }
    }
}
