//! `kiln recipes`: what can be trained.

use super::failure::Failure;
use super::nearest::nearest;
use super::{output, settings};
use kiln::models::{RECIPES, Recipe};
use serde_json::{Value, json};

/// The recipe of this name.
pub fn find(name: &str) -> Result<&'static Recipe, Failure> {
    let found = RECIPES.iter().find(|recipe| recipe.name == name);
    found.ok_or_else(|| {
        let hint = nearest(name, RECIPES.iter().map(|recipe| recipe.name));
        Failure::usage(format!("there is no recipe {name:?}; {hint}"))
    })
}

/// A recipe as a table, and the line that says what it is.
pub fn parse(recipe: &Recipe) -> Result<(String, toml::Table), Failure> {
    let broken = |problem: &str| Failure::other(format!("the recipe {} is broken: {problem}", recipe.name));
    let mut table: toml::Table =
        recipe.text.parse().map_err(|error: toml::de::Error| broken(error.message()))?;
    match table.remove("about") {
        Some(toml::Value::String(about)) => Ok((about, table)),
        _ => Err(broken("it has no line `about`")),
    }
}

fn described(recipe: &Recipe) -> Result<Value, Failure> {
    let (about, _) = parse(recipe)?;
    let (settings, _) = settings::of_recipe(recipe)?;
    Ok(json!({ "name": recipe.name, "about": about, "settings": settings }))
}

/// Prints all recipes; as JSON with all their settings.
pub fn list(as_json: bool) -> Result<(), Failure> {
    if as_json {
        let all: Vec<Value> = RECIPES.iter().map(described).collect::<Result<_, _>>()?;
        return output::print_json(&Value::Array(all));
    }
    let width = RECIPES.iter().map(|recipe| recipe.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for recipe in RECIPES {
        let (about, _) = parse(recipe)?;
        text += &format!("{:width$}  {about}\n", recipe.name);
    }
    text += "\nTrain one with `kiln train NAME`; --set KEY=VALUE changes a setting.\n";
    output::print(&text)
}
