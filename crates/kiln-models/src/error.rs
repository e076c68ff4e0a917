//! Why a model can't be built.

use kiln_nn::optim::SettingError;

/// Settings that make no sense, by themselves or with the data, in one sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Settings that can't be read.
    #[error("{problem}")]
    Unreadable {
        /// What is wrong, and where.
        problem: String,
    },
    /// A setting whose value makes no sense.
    #[error("`{name}` is {value}; it must be {wanted}")]
    Setting {
        /// Dotted name of the setting.
        name: String,
        /// Its value.
        value: String,
        /// What it must be.
        wanted: String,
    },
    /// A setting that makes no sense beside another.
    #[error("`{name}` is {value}, but {reason}; {instead}")]
    Conflict {
        /// Dotted name of the setting.
        name: String,
        /// Its value.
        value: String,
        /// Why it makes no sense.
        reason: String,
        /// What to do.
        instead: String,
    },
    /// Images of a size that the network can't take or make.
    #[error(
        "{network} takes images of {sizes} pixels, not {height}x{width}; choose a size with --image-size N"
    )]
    Size {
        /// The network.
        network: &'static str,
        /// The sizes it takes.
        sizes: &'static str,
        /// Height of the data.
        height: usize,
        /// Width of the data.
        width: usize,
    },
    /// Data without something that the model needs.
    #[error("this model needs {needs}, which the data has not; choose data such as {instead}")]
    Data {
        /// What is missing.
        needs: &'static str,
        /// Data that has it.
        instead: &'static str,
    },
}

impl ModelError {
    /// A setting beside which another makes no sense.
    pub(crate) fn conflict(name: &str, value: &str, reason: &str, instead: &str) -> ModelError {
        let [name, value, reason, instead] = [name, value, reason, instead].map(str::to_owned);
        ModelError::Conflict { name, value, reason, instead }
    }

    /// An optimiser's setting, under the name of its table.
    pub(crate) fn of_optimizer(table: &str, error: SettingError) -> ModelError {
        let SettingError { name, value, wanted } = error;
        ModelError::Unreadable { problem: format!("`{table}.{name}` is {value}; {wanted}") }
    }
}
