//! `kiln recipes`: what can be trained.

use crate::cli::help::examples;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::settings::get;
use crate::cli::support::{explained, output, recipe};
use clap::{Args, Subcommand};
use kiln::models::{FAMILIES, Family, Recipe, recipes};
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
    #[command(subcommand)]
    command: Option<RecipesCommand>,
}

#[derive(Debug, Subcommand)]
enum RecipesCommand {
    /// Print a recipe as a TOML file, with all settings explained, those it leaves out too
    #[command(after_help = examples(&[
        ("A recipe of your own, to be changed and trained", "kiln recipes show dcgan"),
    ]))]
    Show {
        /// Name of the recipe
        #[arg(add = words::recipes())]
        name: String,
    },
}

impl CommandArgs for RecipesArgs {
    /// Prints all recipes; as JSON with all their settings.
    fn run(&self) -> Result<ExitCode, CommandError> {
        if let Some(RecipesCommand::Show { name }) = &self.command {
            output::print(&explained::recipe_text(recipe::find(name)?)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.json.json {
            let all = FAMILIES
                .iter()
                .flat_map(|family| family.recipes.iter().map(move |recipe| described(family, recipe)));
            let all: Vec<Value> = all.collect::<Result<_, _>>()?;
            output::print_json(&Value::Array(all))?;
            return Ok(ExitCode::SUCCESS);
        }
        let width = recipes().map(|recipe| recipe.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for recipe in recipes() {
            let about = recipe::about(recipe)?;
            text += &format!("{:width$}  {about}\n", recipe.name);
        }
        text += "\nTrain one with `kiln train NAME`; `kiln recipes show NAME` explains its settings, --set KEY=VALUE changes one.\n";
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A recipe for a program: its settings, all settings it could have with an explanation, what they can be changed to make it
/// small and quick, and what its model can do.
fn described(family: &Family, recipe: &Recipe) -> Result<Value, CommandError> {
    let settings = recipe::settings(recipe)?;
    let smallest = family.smallest.iter().filter(|(key, _)| get(&settings, key).is_some());
    let smallest: Vec<String> = smallest.map(|(key, value)| format!("{key}={value}")).collect();
    let abilities = recipe.settings()?.abilities().iter().map(|ability| ability.to_string());
    let known = explained::settings(recipe)?.into_iter();
    let known = known.map(|setting| {
        json!({ "name": setting.name, "value": setting.value, "said": setting.said, "about": setting.about })
    });
    Ok(json!({
        "name": recipe.name, "family": family.name, "about": recipe::about(recipe)?,
        "abilities": abilities.collect::<Vec<_>>(), "smallest": smallest, "settings": settings,
        "explained": known.collect::<Vec<_>>(),
    }))
}
