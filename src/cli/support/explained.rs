//! All settings that a recipe has or could have, each with its value and an explanation.

use super::error::CommandError;
use super::recipe;
use super::settings::get;
use kiln::models::{self, FAMILIES, OptionalSetting, Recipe};
use std::fmt::Write;
use toml::{Table, Value};

/// A setting of a recipe.
pub struct ExplainedSetting {
    /// Full name, as `optimizer.lr`.
    pub name: String,
    /// Its value; what holds where the recipe leaves it out, if that is a value.
    pub value: Option<Value>,
    /// Whether the recipe says it.
    pub said: bool,
    pub about: String,
}

/// Settings of all recipes that they may leave out or don't explain. Those of a family stand in its entry of the table of
/// families.
const OF_ALL: &[OptionalSetting] = &[
    OptionalSetting::new("data", "", "data to train on, such as builtin:glyphs or folder:DIR"),
    OptionalSetting::new("steps", "", "number of steps"),
    OptionalSetting::new("batch_size", "", "number of images in a step"),
    OptionalSetting::new(
        "micro_batches",
        "1",
        "number of micro-batches a batch is split into, to save memory",
    ),
    OptionalSetting::new("seed", "0", "seed of everything random"),
    OptionalSetting::new("log_every", "10", "interval of the metrics, in steps"),
    OptionalSetting::new("sheet_every", "", "interval of the sheets, in steps"),
    OptionalSetting::new("checkpoint_every", "", "interval of the checkpoints, in steps"),
    OptionalSetting::new("checkpoint_minutes", "10.0", "longest time between two checkpoints"),
    OptionalSetting::new(
        "keep_checkpoints",
        "\"last\"",
        "checkpoints kept besides the two latest and the best: last (none), \"every N\" steps, or all",
    ),
    OptionalSetting::new(
        "evaluate_every",
        "",
        "interval of the measurements on the test set, in steps [default: an epoch]",
    ),
    OptionalSetting::new("measures", "[]", "measures taken with the test set, such as [\"digits\"]"),
    OptionalSetting::new(
        "augment",
        "\"\"",
        "random changes of images: a list of flip, crop=PIXELS, affine and colour",
    ),
    OptionalSetting::new(
        "binarise",
        "",
        "when pixels are drawn black or white by their grey: \"each-epoch\" or \"once\"; held out ones are drawn once",
    ),
    OptionalSetting::new("leave_out", "", "number of a class that is left out of training"),
    OptionalSetting::new("image_size", "", "height and width of the images [default: the size of the data]"),
    OptionalSetting::new(
        "resize",
        "\"fit\"",
        "way to make an image square: fit adds bars, crop takes the middle",
    ),
    OptionalSetting::new(
        "channels",
        "",
        "1 for grey, 3 for RGB, 4 for RGB and opacity [default: as the data has them]",
    ),
    OptionalSetting::new(
        "background",
        "\"black\"",
        "colour behind transparent pixels: black, white or \"#rrggbb\"",
    ),
    OptionalSetting::new("skip_broken", "false", "whether image files that can't be decoded are left out"),
    OptionalSetting::new(
        "uses.start",
        "",
        "folder of a run like this one, whose parameters the training starts with",
    ),
    OptionalSetting::new(
        "optimizer.betas",
        "[0.9, 0.999]",
        "adam, adamw: decays of the mean gradient and of the mean square",
    ),
    OptionalSetting::new("optimizer.eps", "1e-8", "all but sgd: number that keeps the division finite"),
    OptionalSetting::new("optimizer.momentum", "0.0", "sgd: decay of the step's direction"),
    OptionalSetting::new("optimizer.nesterov", "false", "sgd with momentum: whether it looks ahead"),
    OptionalSetting::new("optimizer.alpha", "0.99", "rmsprop: decay of the mean square"),
    OptionalSetting::new(
        "optimizer.weight_decay",
        "",
        "strength of the pull towards 0 [default: 0.01 for adamw, else 0]",
    ),
    OptionalSetting::new(
        "optimizer.schedule",
        "\"constant\"",
        "course of the learning rate: constant, linear or cosine",
    ),
    OptionalSetting::new("optimizer.warmup", "0", "number of steps over which the learning rate rises"),
    OptionalSetting::new(
        "optimizer.clip_norm",
        "",
        "largest norm of a network's gradient [default: no bound]",
    ),
];

/// All settings of a recipe: those it says in the order of its file, then those it leaves out.
pub fn settings(recipe: &Recipe) -> Result<Vec<ExplainedSetting>, CommandError> {
    let table = recipe::settings(recipe)?;
    let family = get(&table, "model.family").and_then(Value::as_str).unwrap_or_default();
    let mut all = said(recipe.text, &table);
    let of_family = models::family(family).map_or(&[][..], |family| family.optional);
    for OptionalSetting { name, default, about } in OF_ALL.iter().chain(of_family) {
        match all.iter_mut().find(|setting| setting.name == *name) {
            Some(setting) if setting.about.is_empty() => setting.about = (*about).to_owned(),
            Some(_) => {}
            None => {
                let value = format!("value = {default}").parse::<Table>().ok();
                let value = value.and_then(|mut table| table.remove("value"));
                let (name, about) = ((*name).to_owned(), (*about).to_owned());
                all.push(ExplainedSetting { name, value, said: false, about });
            }
        }
    }
    Ok(all)
}

/// The settings in a recipe's text, with the comments behind them.
fn said(text: &str, settings: &Table) -> Vec<ExplainedSetting> {
    let (mut prefix, mut all) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = table_of(line) {
            prefix = format!("{name}.");
        } else if let Some((key, rest)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let name = format!("{prefix}{}", key.trim());
            let about = rest.rsplit_once(" # ").map_or("", |(_, about)| about.trim()).to_owned();
            if let Some(value) = get(settings, &name).filter(|_| name != "model.family") {
                all.push(ExplainedSetting { name, value: Some(value.clone()), said: true, about });
            }
        }
    }
    all
}

/// The table that a line begins, if it does.
fn table_of(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.split(']').next()
}

/// A recipe's text with the settings that it leaves out, as comments where they would stand.
pub fn recipe_text(recipe: &Recipe) -> Result<String, CommandError> {
    let mut left_out: Vec<ExplainedSetting> =
        settings(recipe)?.into_iter().filter(|setting| !setting.said).collect();
    let mut text = String::new();
    for (number, block) in blocks(recipe.text).into_iter().enumerate() {
        text += if number > 0 { "\n" } else { "" };
        text += block;
        text.push('\n');
        let table = table_of(block).unwrap_or_default();
        add_comments(&mut text, &mut left_out, table);
    }
    while let Some((table, _)) = left_out.first().and_then(|setting| setting.name.rsplit_once('.')) {
        let table = table.to_owned();
        let _ = write!(text, "\n# [{table}]\n");
        add_comments(&mut text, &mut left_out, &table);
    }
    Ok(text)
}

/// The text before the first table, and each table with its header. Blank lines between them are dropped.
fn blocks(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.match_indices("\n[").map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| text[*start..end].trim_end()).collect()
}

/// Adds the settings of a table as comments, and takes them off the list.
fn add_comments(text: &mut String, left_out: &mut Vec<ExplainedSetting>, table: &str) {
    let place = |name: &str| {
        name.rsplit_once('.')
            .map_or(("".to_owned(), name.to_owned()), |(table, key)| (table.to_owned(), key.to_owned()))
    };
    let (own, rest) =
        std::mem::take(left_out).into_iter().partition(|setting| place(&setting.name).0 == table);
    *left_out = rest;
    let own: Vec<ExplainedSetting> = own;
    for setting in own {
        let value = setting.value.as_ref().map_or_else(|| "…".to_owned(), Value::to_string);
        let key = format!("# {} = {value}", place(&setting.name).1);
        let _ = writeln!(text, "{key:<25} # {}", setting.about);
    }
}

/// The short names of all settings that any recipe could have, with what they are; for a shell that completes them.
pub fn all() -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for recipe in FAMILIES.iter().flat_map(|family| family.recipes) {
        for setting in settings(recipe).unwrap_or_default() {
            if !names.iter().any(|(name, _)| *name == setting.name) {
                names.push((setting.name, setting.about));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::settings::RunSettings;
    use super::*;
    use kiln::models::recipes;
    use kiln::train::RunConfig;

    /// Names that a table of a recipe could have, by asking for one that it can't.
    fn names(recipe: &Recipe, table: &str) -> Vec<String> {
        let settings = recipe::settings(recipe).unwrap();
        let mut tables = [settings["model"].clone(), settings["optimizer"].clone()];
        let (root, path) = table.split_once('.').unwrap_or((table, ""));
        let mut at = &mut tables[usize::from(root == "optimizer")];
        for name in path.split('.').filter(|name| !name.is_empty()) {
            let inner = at.as_table_mut().unwrap();
            at = inner.entry(name).or_insert_with(|| Value::Table(Table::new()));
        }
        at.as_table_mut().unwrap().insert("?".to_owned(), Value::Integer(1));
        let [model, optimizer] = tables.map(|value| value.as_table().cloned().unwrap());
        let message = models::read(&model, &optimizer).err().unwrap().to_string();
        let words = message.split_once("expected").unwrap().1;
        words.split('`').skip(1).step_by(2).map(|name| format!("{table}.{name}")).collect()
    }

    #[test]
    fn every_setting_of_every_recipe_is_explained() {
        for recipe in recipes() {
            let known = settings(recipe).unwrap();
            for setting in &known {
                let ExplainedSetting { name, about, .. } = setting;
                assert!(about.len() > 9, "{}: {name} is explained as {about:?}", recipe.name);
            }
            let is_known = |name: &str| known.iter().any(|setting| setting.name == name);
            for key in RunConfig::KEYS {
                let table = ["recipe", "model", "optimizer", "uses"].contains(&key);
                assert!(table || is_known(key), "{}: {key} isn't explained", recipe.name);
            }
            let inner = [
                "model.generator",
                "model.discriminator",
                "model.penalty",
                "model.augment",
                "model.code",
                "model.growth",
                "model.network",
                "model.degradation",
            ];
            let model = names(recipe, "model");
            let inner = inner.into_iter().filter(|table| model.iter().any(|name| name == table));
            let inner: Vec<String> = inner.flat_map(|table| names(recipe, table)).collect();
            for name in model.iter().chain(&inner).chain(&names(recipe, "optimizer")) {
                let table = known.iter().any(|setting| setting.name.starts_with(&format!("{name}.")));
                assert!(table || is_known(name), "{}: {name} isn't explained", recipe.name);
            }
        }
    }

    #[test]
    fn a_recipe_with_its_comments_is_the_recipe() {
        for recipe in recipes() {
            let text = recipe_text(recipe).unwrap();
            assert_eq!(text.parse::<Table>().unwrap(), recipe.table().unwrap(), "{}", recipe.name);
            assert!(text.contains("# clip_norm = …           # largest norm"), "{text}");
            // A comment that is made a setting is one.
            let said = text
                .replace("# micro_batches = 1", "micro_batches = 2")
                .replace("# warmup = 0", "warmup = 5");
            let mut table: Table = said.parse().unwrap();
            ["about", "expected"].iter().for_each(|key| drop(table.remove(*key)));
            table.insert("recipe".to_owned(), Value::String("own".to_owned()));
            let RunSettings { config, .. } = RunSettings::read(&table).unwrap();
            assert_eq!(config.micro_batches, 2);
            assert_eq!(config.optimizer["warmup"], Value::Integer(5));
        }
    }
}
