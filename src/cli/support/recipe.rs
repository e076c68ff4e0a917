//! Where the settings of a new run come from: a recipe, a file of one's own, or a run that is to be cloned.

use super::error::CommandError;
use kiln::data::did_you_mean;
use kiln::models::{Recipe, recipes};
use kiln::train::{RunDir, TrainError};
use std::path::Path;
use toml::{Table, Value};

/// The recipe that images of one's own are trained by, where none is named.
const FOR_IMAGES: &str = "dcgan-64";

/// The keys of a recipe that describe it and set nothing.
const DESCRIPTION: [&str; 2] = ["about", "expected"];

/// The recipe of this name.
pub fn find(name: &str) -> Result<&'static Recipe, CommandError> {
    kiln::models::recipe(name).ok_or_else(|| {
        let hint = did_you_mean(name, recipes().map(|recipe| recipe.name));
        CommandError::usage(format!("there is no recipe {name:?}; {hint}"))
    })
}

/// The line that says what a recipe is.
pub fn about(recipe: &Recipe) -> Result<String, CommandError> {
    let table = recipe.table()?;
    Ok(table.get("about").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// The settings of a recipe as they stand in its file, with its name.
pub fn settings(recipe: &Recipe) -> Result<Table, CommandError> {
    Ok(named(recipe.table()?, recipe.name))
}

/// Settings without what describes them, with the name of the recipe, unless they have one.
fn named(mut table: Table, name: &str) -> Table {
    DESCRIPTION.iter().for_each(|key| drop(table.remove(*key)));
    table.entry("recipe").or_insert_with(|| Value::String(name.to_owned()));
    table
}

/// The settings that a word on the command line stands for: the name of a recipe, a TOML file, the folder of a run, or
/// a folder of images, which are then the data.
pub fn of_word(word: &str) -> Result<Table, CommandError> {
    let path = Path::new(word);
    let recipe = kiln::models::recipe(word);
    if path.exists()
        && let Some(recipe) = recipe
    {
        let kind = if path.is_dir() { "a folder" } else { "a file" };
        return Err(CommandError::usage(format!(
            "{word} is both a recipe and {kind} here; write ./{word} for {kind}, or call kiln elsewhere for the recipe {}",
            recipe.name
        )));
    }
    if path.is_dir() {
        if path.join("config.toml").exists() {
            let config = RunDir::open(path)?.config();
            return of_file(&config);
        }
        let mut table = settings(find(FOR_IMAGES)?)?;
        table.insert("data".to_owned(), Value::String(format!("folder:{word}")));
        return Ok(table);
    }
    if recipe.is_none() && path.extension().is_some_and(|end| end == "toml") {
        return of_file(path);
    }
    settings(find(word)?)
}

/// The settings in a file.
fn of_file(path: &Path) -> Result<Table, CommandError> {
    let read = |reason| TrainError::Read { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(read)?;
    let invalid = |error: toml::de::Error| TrainError::Config {
        path: path.to_owned(),
        problem: error.message().trim_end().to_owned(),
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(named(text.parse().map_err(invalid)?, &name))
}
