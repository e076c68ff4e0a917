//! Reading the tables of a recipe, and checks of settings that many families have. Names of settings are dotted, as
//! `model.latent`.

use crate::error::ModelError;
use kiln_nn::DataInfo;
use kiln_nn::optim::OptimizerSettings;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use toml::{Table, Value};

/// Settings from the table of this name. Every key must be one of `T`'s.
///
/// # Errors
/// When a key is unknown or missing, or a value of another type.
pub fn read<T: DeserializeOwned>(name: &str, table: &Table) -> Result<T, ModelError> {
    serde_path_to_error::deserialize(Value::Table(table.clone())).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => name.to_owned(),
            path => format!("{name}.{path}"),
        };
        let problem = error.into_inner();
        ModelError::Unreadable { problem: format!("`{path}`: {}", problem.message().trim_end()) }
    })
}

/// The optimisers of these networks: the keys of the table `[optimizer]`, changed for a network by its own table,
/// as `[optimizer.discriminator]`. A model of one network has no such tables.
///
/// # Errors
/// When a key is unknown or makes no sense, there is no such network, or a key is said anew for each network.
pub fn optimizers<const N: usize>(
    table: &Table,
    networks: [&str; N],
) -> Result<[OptimizerSettings; N], ModelError> {
    let unreadable = |problem: String| ModelError::Unreadable { problem };
    let (own, shared): (Table, Table) = table.clone().into_iter().partition(|(_, value)| value.is_table());
    if let Some(name) = own.keys().find(|name| N == 1 || !networks.contains(&name.as_str())) {
        let known = if N == 1 { "no networks of their own".to_owned() } else { networks.join(" and ") };
        return Err(unreadable(format!("there is a table `optimizer.{name}`; this model has {known}")));
    }
    let own = |network: &str| own.get(network).and_then(Value::as_table).cloned().unwrap_or_default();
    if let Some(name) =
        shared.keys().find(|key| networks.iter().all(|network| own(network).contains_key(*key)))
    {
        return Err(unreadable(format!("`optimizer.{name}` is said anew for each network; leave it out")));
    }
    let mut all = Vec::with_capacity(N);
    for network in networks {
        let mut table = shared.clone();
        table.extend(own(network));
        let name = if N == 1 { "optimizer".to_owned() } else { format!("optimizer.{network}") };
        let settings: OptimizerSettings = read(&name, &table)?;
        settings.check().map_err(|error| ModelError::of_optimizer(&name, error))?;
        all.push(settings);
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("one a network")))
}

/// Shape of the data's single images, `[channels, height, width]`.
///
/// # Errors
/// When the data has no images, or sequences of them.
pub fn image(data: &DataInfo) -> Result<[usize; 3], ModelError> {
    let instead = "builtin:glyphs or folder:DIR";
    match data.image {
        Some(_) if data.frames > 0 => Err(ModelError::Data { needs: "single images", instead }),
        Some(shape) => Ok(shape),
        None => Err(ModelError::Data { needs: "images", instead }),
    }
}

/// Fails unless the number is finite and above 0.
///
/// # Errors
/// Says what the setting must be.
pub fn positive(name: &str, value: f64) -> Result<(), ModelError> {
    check(value.is_finite() && value > 0.0, name, value, "a number above 0")
}

/// Fails unless the count is between 1 and a size that no network here comes near.
///
/// # Errors
/// Says what the setting must be.
pub fn count(name: &str, value: usize) -> Result<(), ModelError> {
    check((1..=65_536).contains(&value), name, value, "a whole number from 1 to 65536")
}

/// Fails unless the number is in `[0, 1)`.
///
/// # Errors
/// Says what the setting must be.
pub fn fraction(name: &str, value: f64) -> Result<(), ModelError> {
    check((0.0..1.0).contains(&value), name, value, "at least 0 and below 1")
}

/// Fails unless the number is finite and not below 0.
///
/// # Errors
/// Says what the setting must be.
pub fn not_negative(name: &str, value: f64) -> Result<(), ModelError> {
    check(value.is_finite() && value >= 0.0, name, value, "at least 0")
}

/// Fails unless a setting has a value that is wanted.
///
/// # Errors
/// Says what the setting must be.
pub fn check(ok: bool, name: &str, value: impl Display, wanted: &str) -> Result<(), ModelError> {
    let error =
        || ModelError::Setting { name: name.to_owned(), value: value.to_string(), wanted: wanted.to_owned() };
    if ok { Ok(()) } else { Err(error()) }
}
