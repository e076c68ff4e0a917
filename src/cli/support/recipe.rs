//! Where the settings of a new run come from: a recipe, a file of one's own, or a run that is to be cloned.

use super::data::{self, DataRequest};
use super::error::CommandError;
use super::runs;
use crate::cli::options::image::ImageArgs;
use kiln::data::did_you_mean;
use kiln::models::{Recipe, recipes};
use kiln::train::{RunDir, TrainError, parse_table};
use std::path::Path;
use toml::{Table, Value};

/// The recipes that images of one's own are trained by where none is named, by the side of their images: the first whose
/// side is not less than that of the files, or else the last.
const FOR_IMAGES: [(u64, &str); 3] = [(28, "dcgan"), (32, "dcgan-32"), (64, "dcgan-64")];

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

/// What a word on the command line stands for.
pub struct StartSettings {
    pub table: Table,
    /// What was decided, a sentence each.
    pub notes: Vec<String>,
    /// Whether the word named the data.
    pub has_data: bool,
}

/// The settings that a word on the command line stands for: the name of a recipe, a TOML file, a run, or a folder of
/// images, which are then the data.
pub fn of_word(word: &str, images: &ImageArgs) -> Result<StartSettings, CommandError> {
    let run = runs::find(Path::new(word));
    let spec = data::spec(word);
    let is_run = run.join("config.toml").exists();
    if kiln::models::recipe(word).is_none() && !is_run && spec.starts_with("folder:") {
        return of_images(spec, images);
    }
    Ok(StartSettings { table: named_by(word, &run)?, notes: Vec::new(), has_data: false })
}

/// The recipe for a folder of images: at the size of their files where there is a recipe of that size.
fn of_images(spec: String, images: &ImageArgs) -> Result<StartSettings, CommandError> {
    let (size, why) = match images.image_size {
        Some(size) => (size, "as --image-size says".to_owned()),
        None => {
            let parts = DataRequest::new(&spec, images).open()?;
            let [_, height, width] = parts.info().image.unwrap_or_default();
            let side = height.max(width) as u64;
            let note = parts.notes.iter().find_map(|note| note.strip_prefix("images are "));
            let of = note.map_or_else(|| format!("{width}×{height}"), str::to_owned);
            (side, format!("for images of {of}"))
        }
    };
    let fitting = FOR_IMAGES.iter().find(|(side, _)| *side >= size);
    let (side, name) = fitting.unwrap_or(&FOR_IMAGES[FOR_IMAGES.len() - 1]);
    let mut table = settings(find(name)?)?;
    table.insert("data".to_owned(), Value::String(spec));
    // A size that was asked for is asked for, also where no recipe has it.
    let side = images.image_size.unwrap_or(*side);
    table.insert("image_size".to_owned(), Value::Integer(side as i64));
    let notes = vec![format!(
        "training {name} at {side}×{side} pixels, {why}; --image-size 28, 32 or 64 takes another size, and `kiln recipes` \
         lists other models"
    )];
    Ok(StartSettings { table, notes, has_data: true })
}

/// The settings of a recipe, a TOML file or a run; `path` is where the word leads.
fn named_by(word: &str, path: &Path) -> Result<Table, CommandError> {
    let recipe = kiln::models::recipe(word);
    if Path::new(word).exists()
        && let Some(recipe) = recipe
    {
        let kind = if path.is_dir() { "a folder" } else { "a file" };
        return Err(CommandError::usage(format!(
            "{word} is both a recipe and {kind} here; write ./{word} for {kind}, or call kiln elsewhere for the recipe {}",
            recipe.name
        )));
    }
    if recipe.is_none() && path.is_dir() {
        return of_file(&RunDir::open(path)?.config());
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
    let invalid = |problem| TrainError::Config { path: path.to_owned(), problem };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(named(parse_table(&text).map_err(invalid)?, &name))
}
