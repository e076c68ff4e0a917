//! Optimisers by their settings.

use super::{Adam, AdamW, Optimizer, RmsProp, Schedule, Scheduled, Sgd};
use crate::param::Param;
use serde::Deserialize;

/// Settings of an optimiser, as in a recipe's table `[optimizer]`:
///
/// ```toml
/// kind = "adam"         # adam, adamw, sgd or rmsprop
/// lr = 2e-4             # learning rate
/// betas = [0.5, 0.999]  # of adam and adamw: decay of the mean gradient, and of the mean square [0.9, 0.999]
/// eps = 1e-8            # of all but sgd: keeps the division finite
/// momentum = 0.9        # of sgd
/// nesterov = true       # of sgd with momentum
/// alpha = 0.99          # of rmsprop: decay of the mean square
/// weight_decay = 1e-2   # strength of the pull towards 0
/// schedule = "cosine"   # constant, linear or cosine
/// warmup = 500          # number of steps over which the rate rises at the start
/// clip_norm = 1.0       # largest norm of a step's gradients
/// ```
///
/// All but `kind` and `lr` may be left out.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerSettings {
    kind: Kind,
    lr: f64,
    betas: Option<[f64; 2]>,
    eps: Option<f64>,
    momentum: Option<f64>,
    nesterov: Option<bool>,
    alpha: Option<f64>,
    weight_decay: Option<f64>,
    #[serde(default)]
    schedule: Schedule,
    #[serde(default)]
    warmup: u64,
    clip_norm: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Adam,
    #[serde(rename = "adamw")]
    AdamW,
    Sgd,
    #[serde(rename = "rmsprop")]
    RmsProp,
}

/// A setting of an optimiser that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value}; {wanted}")]
pub struct SettingError {
    /// Name of the setting.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What to write instead.
    pub wanted: &'static str,
}

impl OptimizerSettings {
    /// Adam with this rate and these decays.
    pub fn adam(lr: f64, betas: [f64; 2]) -> Self {
        OptimizerSettings {
            kind: Kind::Adam,
            lr,
            betas: Some(betas),
            eps: None,
            momentum: None,
            nesterov: None,
            alpha: None,
            weight_decay: None,
            schedule: Schedule::Constant,
            warmup: 0,
            clip_norm: None,
        }
    }

    /// Whether the learning rate depends on the number of steps of the whole training.
    pub fn depends_on_steps(&self) -> bool {
        self.schedule.depends_on_steps()
    }

    /// Fails unless every setting that is given makes sense for this kind.
    ///
    /// # Errors
    /// The first setting that makes none.
    pub fn check(&self) -> Result<(), SettingError> {
        let fails = |name, value: String, wanted| Err(SettingError { name, value, wanted });
        let positive = "it must be a number above 0";
        for (name, value) in [("lr", Some(self.lr)), ("eps", self.eps), ("clip_norm", self.clip_norm)] {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                return fails(name, value.to_string(), positive);
            }
        }
        let fraction = "it must be at least 0 and below 1";
        let betas = self.betas.into_iter().flatten().map(|beta| ("betas", beta));
        let others = [("momentum", self.momentum), ("alpha", self.alpha)];
        let others = others.into_iter().filter_map(|(name, value)| Some((name, value?)));
        if let Some((name, value)) = betas.chain(others).find(|(_, value)| !(0.0..1.0).contains(value)) {
            return fails(name, value.to_string(), fraction);
        }
        if let Some(decay) = self.weight_decay.filter(|decay| !(decay.is_finite() && *decay >= 0.0)) {
            return fails("weight_decay", decay.to_string(), "it must be a number from 0 on");
        }
        if u32::try_from(self.warmup).is_err() {
            return fails(
                "warmup",
                self.warmup.to_string(),
                "it must be a whole number from 0 to 4294967295",
            );
        }
        let adam = matches!(self.kind, Kind::Adam | Kind::AdamW);
        let sgd = self.kind == Kind::Sgd;
        let rmsprop = self.kind == Kind::RmsProp;
        for (name, given, fits, wanted) in [
            ("betas", self.betas.is_some(), adam, "only adam and adamw have it, so leave it out"),
            ("eps", self.eps.is_some(), !sgd, "sgd has none, so leave it out"),
            ("momentum", self.momentum.is_some(), sgd, "only sgd has it, so leave it out"),
            ("nesterov", self.nesterov.is_some(), sgd, "only sgd has it, so leave it out"),
            ("alpha", self.alpha.is_some(), rmsprop, "only rmsprop has it, so leave it out"),
        ] {
            if given && !fits {
                return fails(name, "given".to_owned(), wanted);
            }
        }
        if self.nesterov == Some(true) && self.momentum.unwrap_or(0.0) == 0.0 {
            return fails("nesterov", "true".to_owned(), "it looks ahead by the momentum, so give one");
        }
        Ok(())
    }

    /// The optimiser of these parameters.
    ///
    /// # Panics
    /// When a setting [makes no sense](OptimizerSettings::check), or a parameter is given twice.
    #[track_caller]
    pub fn build(&self, params: Vec<(String, Param)>) -> Box<dyn Optimizer> {
        if let Err(error) = self.check() {
            panic!("OptimizerSettings: {error}");
        }
        let OptimizerSettings { lr, .. } = *self;
        let optimizer: Box<dyn Optimizer> = match self.kind {
            Kind::Adam => {
                let [beta1, beta2] = self.betas.unwrap_or([0.9, 0.999]);
                let adam = Adam::new(params, lr).betas(beta1, beta2).eps(self.eps.unwrap_or(1e-8));
                Box::new(adam.weight_decay(self.weight_decay.unwrap_or(0.0)))
            }
            Kind::AdamW => {
                let [beta1, beta2] = self.betas.unwrap_or([0.9, 0.999]);
                let adam = AdamW::new(params, lr).betas(beta1, beta2).eps(self.eps.unwrap_or(1e-8));
                Box::new(adam.weight_decay(self.weight_decay.unwrap_or(0.01)))
            }
            Kind::Sgd => {
                let sgd = Sgd::new(params, lr).momentum(self.momentum.unwrap_or(0.0));
                let sgd = sgd.weight_decay(self.weight_decay.unwrap_or(0.0));
                Box::new(if self.nesterov == Some(true) { sgd.nesterov() } else { sgd })
            }
            Kind::RmsProp => {
                let rmsprop = RmsProp::new(params, lr).alpha(self.alpha.unwrap_or(0.99));
                let rmsprop = rmsprop.eps(self.eps.unwrap_or(1e-8));
                Box::new(rmsprop.weight_decay(self.weight_decay.unwrap_or(0.0)))
            }
        };
        let scheduled = Scheduled::new(optimizer).schedule(self.schedule, self.warmup);
        Box::new(match self.clip_norm {
            Some(norm) => scheduled.bounded(norm),
            None => scheduled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::Tensor;

    fn read(json: &str) -> OptimizerSettings {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn each_kind_is_made_with_its_settings() {
        for json in [
            r#"{"kind": "adam", "lr": 0.1, "betas": [0.0, 0.9], "eps": 1e-6, "weight_decay": 0.1}"#,
            r#"{"kind": "adamw", "lr": 0.1, "warmup": 3}"#,
            r#"{"kind": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": true, "clip_norm": 2.0}"#,
            r#"{"kind": "rmsprop", "lr": 0.1, "alpha": 0.5, "schedule": "cosine"}"#,
        ] {
            let settings = read(json);
            let param = Param::new([1.0]);
            let mut optimizer = settings.build(vec![("p".to_owned(), param.clone())]);
            assert_eq!((optimizer.lr(), optimizer.clip_norm()), (0.1, settings.clip_norm));
            optimizer.step(vec![Tensor::from([1.0])]);
            assert!(param.tensor().to_f64_vec().unwrap()[0] < 1.0, "{json}");
        }
        assert!(
            (read(r#"{"kind": "sgd", "lr": 1, "warmup": 4}"#).build(Vec::new()).lr_factor(0, 9) - 0.25).abs()
                < 1e-12
        );
    }

    #[test]
    fn settings_without_sense_are_refused_by_name() {
        for (json, message) in [
            (r#"{"kind": "adam", "lr": 0}"#, "`lr` is 0; it must be a number above 0"),
            (
                r#"{"kind": "adam", "lr": 1, "betas": [0.5, 1]}"#,
                "`betas` is 1; it must be at least 0 and below 1",
            ),
            (
                r#"{"kind": "sgd", "lr": 1, "betas": [0.5, 0.9]}"#,
                "`betas` is given; only adam and adamw have it",
            ),
            (r#"{"kind": "adam", "lr": 1, "momentum": 0.9}"#, "`momentum` is given; only sgd has it"),
            (
                r#"{"kind": "sgd", "lr": 1, "nesterov": true}"#,
                "`nesterov` is true; it looks ahead by the momentum",
            ),
            (
                r#"{"kind": "sgd", "lr": 1, "weight_decay": -1}"#,
                "`weight_decay` is -1; it must be a number from 0",
            ),
            (r#"{"kind": "adam", "lr": 1, "clip_norm": 0}"#, "`clip_norm` is 0; it must be a number above 0"),
        ] {
            let error = read(json).check().unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        assert!(
            serde_json::from_str::<OptimizerSettings>(r#"{"kind": "adam", "lr": 1, "beta": 1}"#).is_err()
        );
    }
}
