//! Recipes by their names.

use super::error::CommandError;
use super::nearest::nearest;
use kiln::models::{RECIPES, Recipe};

/// The recipe of this name.
pub fn find(name: &str) -> Result<&'static Recipe, CommandError> {
    let found = RECIPES.iter().find(|recipe| recipe.name == name);
    found.ok_or_else(|| {
        let hint = nearest(name, RECIPES.iter().map(|recipe| recipe.name));
        CommandError::usage(format!("there is no recipe {name:?}; {hint}"))
    })
}

/// A recipe as a table, and the line that says what it is.
pub fn parse(recipe: &Recipe) -> Result<(String, toml::Table), CommandError> {
    let broken =
        |problem: &str| CommandError::other(format!("the recipe {} is broken: {problem}", recipe.name));
    let mut table: toml::Table =
        recipe.text.parse().map_err(|error: toml::de::Error| broken(error.message()))?;
    match table.remove("about") {
        Some(toml::Value::String(about)) => Ok((about, table)),
        _ => Err(broken("it has no line `about`")),
    }
}
