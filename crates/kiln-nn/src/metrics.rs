//! Named numbers that a step reports.

use kiln_grad::{Array, Error, Tensor};

/// Named numbers, each a tensor of one element, which stay on their device until they are [read](Metrics::read).
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<(String, Tensor)>);

impl Metrics {
    /// No numbers yet.
    pub fn new() -> Self {
        Metrics::default()
    }

    /// With one more number: a tensor of one element, cut off from its graph.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: &Tensor) -> Self {
        self.0.push((name.into(), value.detach()));
        self
    }

    /// These and then those.
    #[must_use]
    pub fn and(mut self, others: Metrics) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Each number times `factor`.
    #[must_use]
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Metrics(self.0.into_iter().map(|(name, value)| (name, value * factor)).collect())
    }

    /// Each name behind a prefix.
    #[must_use]
    pub(crate) fn prefixed(self, prefix: &str) -> Self {
        Metrics(self.0.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect())
    }

    /// Sums of numbers of one name; a new name is added at the end.
    #[must_use]
    pub(crate) fn plus(mut self, others: Metrics) -> Self {
        for (name, value) in others.0 {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum = &*sum + value,
                None => self.0.push((name, value)),
            }
        }
        self
    }

    /// The numbers, in the order in which they were added. A device is waited for once.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn read(&self) -> Result<Vec<(String, f64)>, Error> {
        let arrays: Vec<&Array> = self.0.iter().map(|(_, value)| value.array()).collect();
        let values = Array::items(&arrays)?;
        Ok(self.0.iter().map(|(name, _)| name.clone()).zip(values).collect())
    }
}
