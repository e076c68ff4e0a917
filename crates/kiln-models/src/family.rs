//! The table of families, and what a family tells of itself.

use crate::FAMILIES;
use crate::error::ModelError;
use kiln_nn::{Ability, DataInfo, TensorOptions, Training};
use toml::Table;

/// Models that share one training step, which settings compose of networks, losses and regularisers.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Name of the family, as in `family = "adversarial"`.
    pub name: &'static str,
    /// What models of this family are or do, without a capital and a full stop.
    pub about: &'static str,
    /// Its recipes, each a file in its folder.
    pub recipes: &'static [Recipe],
    /// Settings of `[model]` that its recipes may leave out.
    pub optional: &'static [OptionalSetting],
    /// Settings that make a model of the family as small and quick as it goes, as `("model.latent", "4")`. Those
    /// that a recipe doesn't have are not for it.
    pub smallest: &'static [(&'static str, &'static str)],
    /// Ends of the names of parameters that some recipes give no gradient, with the reason.
    pub without_gradient: &'static [(&'static str, &'static str)],
    /// Reads the tables `[model]`, without its key `family`, and `[optimizer]` of a recipe.
    pub read: ReadSettings,
}

/// A setting that a recipe may leave out, as a person who writes one needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionalSetting {
    /// Full name, such as `model.critic_steps`.
    pub name: &'static str,
    /// The value that holds where it is left out, in TOML; empty if that is none.
    pub default: &'static str,
    /// What it is, and which values it has.
    pub about: &'static str,
}

impl OptionalSetting {
    /// A setting of this name, with its default in TOML.
    pub const fn new(name: &'static str, default: &'static str, about: &'static str) -> Self {
        OptionalSetting { name, default, about }
    }
}

/// Reads the tables `[model]`, without its key `family`, and `[optimizer]` of a recipe.
pub type ReadSettings = fn(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError>;

/// Settings that train a model, as a commented TOML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Name on the command line.
    pub name: &'static str,
    /// The file: a line `about`, what is expected of it as `expected`, the settings of the run, and the tables of
    /// the model.
    pub text: &'static str,
}

/// Number of samples in a step, and in how many equal parts they are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicroBatches {
    /// Number of samples in a step.
    pub batch_size: usize,
    /// Number of micro-batches they are split into.
    pub count: usize,
}

impl MicroBatches {
    /// Number of samples in the smallest micro-batch.
    pub fn smallest(self) -> usize {
        self.batch_size / self.count.max(1)
    }
}

/// The settings of a model, read and checked as far as they can be without data.
pub trait Settings: Send + Sync {
    /// Fails unless a model of these settings can be trained on such data in such batches.
    ///
    /// # Errors
    /// One sentence that says what to change.
    fn check(&self, data: &DataInfo, batch: MicroBatches) -> Result<(), ModelError>;

    /// The model with fresh parameters, for data that was [checked](Settings::check).
    ///
    /// # Errors
    /// When it can't be built for such data.
    fn build(
        &self,
        data: &DataInfo,
        seed: u64,
        options: &TensorOptions,
    ) -> Result<Box<dyn Training>, ModelError>;

    /// What the model can be used for.
    fn abilities(&self) -> &'static [Ability];

    /// What the model uses other trained models for: the keys of `[uses]` that it needs.
    fn uses(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The family of this name.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}

/// All recipes, family by family.
pub fn recipes() -> impl Iterator<Item = &'static Recipe> {
    FAMILIES.iter().flat_map(|family| family.recipes)
}

/// The recipe of this name.
pub fn recipe(name: &str) -> Option<&'static Recipe> {
    recipes().find(|recipe| recipe.name == name)
}

impl Recipe {
    /// Its settings as they are in the file.
    ///
    /// # Errors
    /// When the file isn't TOML, which a test rules out for those that come with kiln.
    pub fn table(&self) -> Result<Table, ModelError> {
        let broken = |error: toml::de::Error| ModelError::Unreadable {
            problem: format!("the recipe {} is broken: {}", self.name, error.message()),
        };
        self.text.parse().map_err(broken)
    }

    /// The settings of its model.
    ///
    /// # Errors
    /// As [`read`].
    pub fn settings(&self) -> Result<Box<dyn Settings>, ModelError> {
        let table = self.table()?;
        let part = |name: &str| table.get(name).and_then(toml::Value::as_table).cloned().unwrap_or_default();
        read(&part("model"), &part("optimizer"))
    }
}

/// Reads the tables `[model]` and `[optimizer]` of a recipe.
///
/// # Errors
/// When there is no such family, or a setting is unknown, missing or senseless.
pub fn read(model: &Table, optimizer: &Table) -> Result<Box<dyn Settings>, ModelError> {
    let mut model = model.clone();
    let unreadable = |problem: String| ModelError::Unreadable { problem };
    let name = match model.remove("family") {
        Some(toml::Value::String(name)) => name,
        _ => return Err(unreadable("`model.family` is missing, the family of models".to_owned())),
    };
    let Some(family) = family(&name) else {
        let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
        return Err(unreadable(format!(
            "there is no family {name:?} of models; there are {}",
            names.join(", ")
        )));
    };
    (family.read)(&model, optimizer)
}
