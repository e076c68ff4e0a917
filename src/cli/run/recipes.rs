//! `kiln recipes`: what can be trained.

use crate::cli::help::examples;
use crate::cli::options::json::JsonArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::{output, recipe};
use clap::Args;
use kiln::models::{Recipe, recipes};
use serde_json::{Value, json};
use std::process::ExitCode;

/// List the recipes: the models that can be trained
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Which models can be trained", "kiln recipes"),
    ("All settings of all recipes, for a program", "kiln recipes --json"),
]))]
pub struct RecipesArgs {
    #[command(flatten)]
    json: JsonArgs,
}

impl CommandArgs for RecipesArgs {
    /// Prints all recipes; as JSON with all their settings.
    fn run(&self) -> Result<ExitCode, CommandError> {
        if self.json.json {
            let all: Vec<Value> = recipes().map(described).collect::<Result<_, _>>()?;
            output::print_json(&Value::Array(all))?;
            return Ok(ExitCode::SUCCESS);
        }
        let width = recipes().map(|recipe| recipe.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for recipe in recipes() {
            let about = recipe::about(recipe)?;
            text += &format!("{:width$}  {about}\n", recipe.name);
        }
        text += "\nTrain one with `kiln train NAME`; --set KEY=VALUE changes a setting.\n";
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn described(recipe: &Recipe) -> Result<Value, CommandError> {
    let about = recipe::about(recipe)?;
    let settings = recipe::settings(recipe)?;
    Ok(json!({ "name": recipe.name, "about": about, "settings": settings }))
}
