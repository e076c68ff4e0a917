//! The settings of a run: a recipe's, or a run's, with what the arguments change.

use super::error::CommandError;
use super::{model, nearest::nearest, recipe};
use kiln::models::{ModelConfig, Recipe};
use kiln::train::RunConfig;
use toml::{Table, Value};

/// The keys that come from the recipe's name and can't be set.
const FIXED: [&str; 2] = ["recipe", "family"];

/// The settings of a recipe, all of them spelled out.
pub fn of_recipe(recipe: &Recipe) -> Result<(RunConfig, ModelConfig), CommandError> {
    let (_, mut table) = recipe::parse(recipe)?;
    table.insert("recipe".to_owned(), Value::String(recipe.name.to_owned()));
    let broken = |problem| CommandError::other(format!("the recipe {} is broken: {problem}", recipe.name));
    let (mut run, model) = read(&table).map_err(broken)?;
    run.model = model::to_table(&model)?;
    Ok((run, model))
}

/// Makes changes of the form `key=value`, where the key is a setting of the run or the model.
pub fn change(settings: &mut (RunConfig, ModelConfig), changes: &[String]) -> Result<(), CommandError> {
    let mut table = Table::try_from(&settings.0).map_err(|error| CommandError::other(error.to_string()))?;
    for change in changes {
        apply(&mut table, change)?;
    }
    let invalid =
        |problem| CommandError::usage(format!("the settings are not valid: {problem}; change --set"));
    *settings = read(&table).map_err(invalid)?;
    settings.0.model = model::to_table(&settings.1)?;
    Ok(())
}

fn read(table: &Table) -> Result<(RunConfig, ModelConfig), String> {
    let run: RunConfig =
        table.clone().try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let model = model::from_table(&run.model)?;
    Ok((run, model))
}

fn apply(table: &mut Table, change: &str) -> Result<(), CommandError> {
    let Some((key, text)) = change.split_once('=') else {
        return Err(CommandError::usage(format!("--set takes KEY=VALUE, such as steps=500, not {change:?}")));
    };
    let (key, text) = (key.trim(), text.trim());
    let of_model = key.strip_prefix("model.");
    let name = of_model.unwrap_or(key);
    if FIXED.contains(&name) {
        return Err(CommandError::usage(format!("{key} can't be set; name another recipe instead")));
    }
    if of_model.is_none() && RunConfig::KEYS.contains(&name) && name != "model" {
        let value = value(name, text, table.get(name))?;
        table.insert(name.to_owned(), value);
        return Ok(());
    }
    let unknown = |names: &Table| {
        let run = RunConfig::KEYS.iter().copied().filter(|key| of_model.is_none() && *key != "model");
        let all = names.keys().map(String::as_str).chain(run).filter(|key| !FIXED.contains(key));
        CommandError::usage(format!("there is no setting {key:?}; {}", nearest(name, all)))
    };
    let Some(Value::Table(model)) = table.get_mut("model") else { return Err(unknown(&Table::new())) };
    let known = model.contains_key(name);
    let value = value(name, text, model.get(name))?;
    let before = model.clone();
    model.insert(name.to_owned(), value);
    // A setting that may be left out is not among those written, so only trying tells whether it exists.
    match model::from_table(model) {
        Err(problem) if !known && problem.contains("unknown field") => Err(unknown(&before)),
        Err(problem) => Err(CommandError::usage(format!("--set {key}={text} is not valid: {problem}"))),
        Ok(_) => Ok(()),
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
    use super::*;

    fn vae(changes: &[&str]) -> Result<(RunConfig, ModelConfig), CommandError> {
        let changes: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
        let mut settings = of_recipe(recipe::find("vae")?)?;
        change(&mut settings, &changes)?;
        Ok(settings)
    }

    #[test]
    fn all_recipes_are_valid_and_spelled_out() {
        for recipe in kiln::models::RECIPES {
            let (run, model) = of_recipe(recipe).unwrap();
            run.validate().unwrap();
            assert_eq!(run.recipe, recipe.name);
            assert_eq!(model::from_table(&run.model).unwrap(), model);
        }
    }

    #[test]
    fn bare_and_dotted_keys_change_run_and_model() {
        let (run, _) = vae(&["steps=7", "lr = 1", "model.latent=3", "evaluate_every=2"]).unwrap();
        assert_eq!((run.steps, run.evaluate_every), (7, Some(2)));
        assert_eq!(run.model["lr"].as_float(), Some(1.0));
        assert_eq!(run.model["latent"].as_integer(), Some(3));
    }

    #[test]
    fn mistakes_say_what_was_meant() {
        for (change, message) in [
            ("lr", "--set takes KEY=VALUE, such as steps=500, not \"lr\""),
            ("stepz=3", "there is no setting \"stepz\"; did you mean steps?"),
            ("latnet=3", "there is no setting \"latnet\"; did you mean latent?"),
            ("model.steps=3", "there is no setting \"model.steps\"; there are hidden, kl_weight, latent, lr"),
            ("steps=abc", "steps takes a whole number such as 3000, not \"abc\""),
            ("steps=1.5", "steps takes a whole number such as 3000, not \"1.5\""),
            ("latent=-1", "latent takes a number from 0, not \"-1\""),
            ("lr=nan", "lr takes a finite number, not \"nan\""),
            ("lr=fast", "lr takes a number such as 0.001, not \"fast\""),
            ("family=gan", "family can't be set; name another recipe instead"),
            ("=", "there is no setting \"\"; there are hidden"),
            ("model=3", "there is no setting \"model\"; there are hidden"),
        ] {
            let failure = vae(&[change]).unwrap_err();
            assert!(failure.message.starts_with(message), "{change}: {}", failure.message);
            assert_eq!(failure.status, 2);
        }
    }
}
