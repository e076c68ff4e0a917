//! The settings of a run, one table from the recipe to the run's folder: changed by the arguments, and read once.

use super::error::CommandError;
use super::runs;
use kiln::data::did_you_mean;
use kiln::models::{self, Settings};
use kiln::train::{RunConfig, RunDir, TrainError};
use toml::{Table, Value};

/// The keys that come from the recipe and can't be set.
const FIXED: [&str; 2] = ["recipe", "model.family"];

/// The tables of a run's settings; all else are values.
const TABLES: [&str; 3] = ["model", "optimizer", "uses"];

/// The settings of a run, and those of its model.
pub struct RunSettings {
    pub config: RunConfig,
    pub model: Box<dyn Settings>,
}

impl RunSettings {
    /// Reads a table.
    pub fn read(table: &Table) -> Result<RunSettings, String> {
        let config = RunConfig::of_table(table.clone())?;
        let model = models::read(&config.model, &config.optimizer).map_err(|error| error.to_string())?;
        Ok(RunSettings { config, model })
    }

    /// Reads the settings in a run's folder.
    pub fn of_run(dir: &RunDir) -> Result<RunSettings, CommandError> {
        let config = RunConfig::read(&dir.config())?;
        runs::check_own(&config, dir.root())?;
        let model = models::read(&config.model, &config.optimizer)
            .map_err(|error| TrainError::Config { path: dir.config(), problem: error.to_string() })?;
        Ok(RunSettings { config, model })
    }
}

/// Makes changes of the form `key=value`. A key is dotted, as `optimizer.lr`; its tables may be left out where the rest
/// is the end of one key alone. Says the full names of what was changed, each once: a second change of one would override
/// the first.
pub fn change(table: &mut Table, changes: &[String]) -> Result<Vec<String>, CommandError> {
    let mut changed = Vec::new();
    for change in changes {
        let Some((key, text)) = change.split_once('=') else {
            return Err(CommandError::usage(format!(
                "--set takes KEY=VALUE, such as steps=500, not {change:?}"
            )));
        };
        let (key, text) = (key.trim(), text.trim());
        let full = resolve(table, key, text)?;
        if FIXED.contains(&full.as_str()) {
            return Err(CommandError::usage(format!("{key} can't be set; name another recipe instead")));
        }
        let value = value(key, text, get(table, &full))?;
        set(table, &full, value);
        if changed.contains(&full) {
            return Err(CommandError::usage(format!("{full} is set twice; leave one of the two out")));
        }
        changed.push(full);
    }
    Ok(changed)
}

/// Whether any recipe has a setting of this name, or the end of it.
pub fn is_setting(name: &str) -> bool {
    super::explained::all().iter().any(|(full, _)| full == name || full.ends_with(&format!(".{name}")))
}

/// The full name of a key.
fn resolve(table: &Table, key: &str, text: &str) -> Result<String, CommandError> {
    let mut places = vec![String::new()];
    // What a model uses has names of the user's own, which are given in full.
    ["model", "optimizer"].iter().for_each(|name| add_tables(&mut places, name, table.get(*name)));
    let candidates: Vec<String> = places
        .iter()
        .map(|place| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") })
        .collect();
    let has = |full: &&String| get(table, full).is_some_and(|value| !value.is_table());
    let mut found: Vec<&String> = candidates.iter().filter(has).collect();
    if found.is_empty() {
        // A setting that was left out is in no table; only trying tells whether it exists.
        let value = parse(text);
        found = candidates.iter().filter(|full| is_known(table, full, &value)).collect();
    }
    // The full name means itself, whatever else ends so.
    if let Some(exact) = found.iter().find(|full| ***full == key) {
        return Ok((*exact).clone());
    }
    match found[..] {
        [one] => Ok(one.clone()),
        [] => {
            let known = keys("", table);
            let known = known.iter().filter(|key| !FIXED.contains(&key.as_str()));
            let short = known.clone().filter_map(|key| Some(key.rsplit_once('.')?.1));
            let run = RunConfig::KEYS.iter().copied().filter(|key| !TABLES.contains(key) && *key != "recipe");
            let mut all: Vec<&str> = if key.contains('.') {
                known.map(String::as_str).collect()
            } else {
                run.chain(short).collect()
            };
            all.sort_unstable();
            all.dedup();
            Err(CommandError::usage(format!("there is no setting {key:?}; {}", did_you_mean(key, all))))
        }
        [first, ..] => {
            let all: Vec<&str> = found.iter().map(|full| full.as_str()).collect();
            let all = all.join(" and ");
            Err(CommandError::usage(format!("{key} stands in {all}; name one of them, as {first}={text}")))
        }
    }
}

/// The names of a table and of those in it.
fn add_tables(places: &mut Vec<String>, name: &str, value: Option<&Value>) {
    places.push(name.to_owned());
    for (inner, value) in value.and_then(Value::as_table).into_iter().flatten() {
        if value.is_table() {
            add_tables(places, &format!("{name}.{inner}"), Some(value));
        }
    }
}

/// Whether a table may have a key of this full name.
fn is_known(table: &Table, full: &str, value: &Value) -> bool {
    match full.split_once('.') {
        None => RunConfig::KEYS.contains(&full) && !TABLES.contains(&full),
        Some(("uses", name)) => !name.contains('.'),
        Some(_) => {
            let mut tried = table.clone();
            set(&mut tried, full, value.clone());
            let part = |name: &str| tried.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
            let error = models::read(&part("model"), &part("optimizer")).err().map(|error| error.to_string());
            // The key itself, or a table that it would stand in.
            let unknown = |name: &str, error: &str| error.contains(&format!("unknown field `{name}`"));
            let is_unknown = |error: String| {
                full.split('.').any(|name| unknown(name, &error)) || error.contains("there is a table `")
            };
            !error.is_some_and(is_unknown)
        }
    }
}

/// The full names of all values in a table.
fn keys(prefix: &str, table: &Table) -> Vec<String> {
    let of = |(name, value): (&String, &Value)| match value {
        Value::Table(table) => keys(&format!("{prefix}{name}."), table),
        _ => vec![format!("{prefix}{name}")],
    };
    table.iter().flat_map(of).collect()
}

/// The value of a dotted key.
pub fn get<'t>(table: &'t Table, full: &str) -> Option<&'t Value> {
    let mut names = full.split('.');
    let first = table.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// Puts a value in, and makes its tables where they are missing. Where a value stands in the way of a table, nothing is
/// done.
fn set(table: &mut Table, full: &str, value: Value) {
    match full.split_once('.') {
        None => drop(table.insert(full.to_owned(), value)),
        Some((name, rest)) => {
            let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            if let Some(inner) = inner.as_table_mut() {
                set(inner, rest, value);
            }
        }
    }
}

/// The value in `text`, of the type the setting has now.
fn value(name: &str, text: &str, now: Option<&Value>) -> Result<Value, CommandError> {
    let wants = |what: &str| CommandError::usage(format!("{name} takes {what}, not {text:?}"));
    let value = parse(text);
    match (now, value) {
        (Some(Value::String(_)), _) => Ok(Value::String(text.trim_matches('"').to_owned())),
        (_, Value::Float(number)) if !number.is_finite() => Err(wants("a finite number")),
        (Some(Value::Float(_)), Value::Integer(number)) => Ok(Value::Float(number as f64)),
        (Some(Value::Float(now)), value) if !value.is_float() => {
            Err(wants(&format!("a number such as {now}")))
        }
        (Some(Value::Integer(_)), Value::Integer(number)) if number < 0 => Err(wants("a number from 0")),
        (Some(Value::Integer(now)), value) if !value.is_integer() => {
            Err(wants(&format!("a whole number such as {now}")))
        }
        (Some(Value::Boolean(_)), value) if !value.is_bool() => Err(wants("true or false")),
        (Some(Value::Array(now)), value) if !value.is_array() => {
            Err(wants(&format!("a list such as {}", Value::Array(now.clone()))))
        }
        (_, value) => Ok(value),
    }
}

/// A text as TOML, or as a string where it is none.
fn parse(text: &str) -> Value {
    let parsed: Option<Table> = format!("value = {text}").parse().ok();
    let value = parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::recipe;
    use super::*;

    fn changed(name: &str, changes: &[&str]) -> Result<Table, CommandError> {
        let changes: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
        let mut table = recipe::settings(recipe::find(name)?)?;
        change(&mut table, &changes)?;
        Ok(table)
    }

    #[test]
    fn all_recipes_are_valid() {
        for recipe in models::recipes() {
            let RunSettings { config, .. } = RunSettings::read(&recipe::settings(recipe).unwrap()).unwrap();
            config.validate().unwrap();
            assert_eq!(config.recipe, recipe.name);
            // What is written to the run's folder is what was read.
            let written: Table = Table::try_from(&config).unwrap();
            assert_eq!(RunSettings::read(&written).unwrap().config, config);
        }
    }

    #[test]
    fn keys_are_found_by_their_ends() {
        let table = changed(
            "dcgan",
            &["steps=7", "lr = 1", "generator.width=3", "evaluate_every=2", "clip_norm=0.5"],
        );
        let table = table.unwrap();
        for (key, value) in [
            ("steps", Value::Integer(7)),
            ("optimizer.lr", Value::Float(1.0)),
            ("model.generator.width", Value::Integer(3)),
            ("evaluate_every", Value::Integer(2)),
            ("optimizer.clip_norm", Value::Float(0.5)),
        ] {
            assert_eq!(get(&table, key), Some(&value), "{key}");
        }
        let table =
            changed("dcgan", &["critic_steps=5", "optimizer.discriminator.lr=4e-4", "uses.start=runs/a"])
                .unwrap();
        assert_eq!(get(&table, "model.critic_steps"), Some(&Value::Integer(5)));
        assert_eq!(get(&table, "optimizer.discriminator.lr"), Some(&Value::Float(4e-4)));
        assert_eq!(get(&table, "uses.start"), Some(&Value::String("runs/a".to_owned())));
        RunSettings::read(&table).unwrap();
    }

    #[test]
    fn mistakes_say_what_was_meant() {
        for (change, message) in [
            ("lr", "--set takes KEY=VALUE, such as steps=500, not \"lr\""),
            ("stepz=3", "there is no setting \"stepz\"; did you mean steps?"),
            ("latnet=3", "there is no setting \"latnet\"; did you mean latent?"),
            ("model.latnet=3", "there is no setting \"model.latnet\"; did you mean model.latent?"),
            ("model.steps=3", "there is no setting \"model.steps\";"),
            (
                "width=3",
                "width stands in model.discriminator.width and model.generator.width; name one of them, as",
            ),
            ("steps=abc", "steps takes a whole number such as 6000, not \"abc\""),
            ("steps=1.5", "steps takes a whole number such as 6000, not \"1.5\""),
            ("latent=-1", "latent takes a number from 0, not \"-1\""),
            ("lr=nan", "lr takes a finite number, not \"nan\""),
            ("lr=fast", "lr takes a number such as 0.001, not \"fast\""),
            ("betas=0.5", "betas takes a list such as [0.0, 0.99], not \"0.5\""),
            ("family=gan", "family can't be set; name another recipe instead"),
            ("recipe=gan", "recipe can't be set; name another recipe instead"),
            ("=", "there is no setting \"\"; "),
            ("model=3", "there is no setting \"model\"; "),
            ("optimizer.critic.lr=3", "there is no setting \"optimizer.critic.lr\"; "),
        ] {
            let error = changed("dcgan", &[change]).unwrap_err();
            assert!(error.message.starts_with(message), "{change}: {}", error.message);
            assert_eq!(error.status, 2);
        }
    }
}
