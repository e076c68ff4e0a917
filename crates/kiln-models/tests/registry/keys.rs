//! No dead options: every key of a model or an optimiser changes the bits of a training, or is refused.

use crate::small::{Small, all, bits, parse};
use toml::{Table, Value};

/// Number of steps in which any setting must have shown itself; an interval is shorter.
const STEPS: u64 = 6;

/// Dotted names of all values in a table.
fn keys(prefix: &str, table: &Table) -> Vec<String> {
    let of = |(name, value): (&String, &Value)| match value {
        Value::Table(table) => keys(&format!("{prefix}.{name}"), table),
        _ => vec![format!("{prefix}.{name}")],
    };
    table.iter().flat_map(of).collect()
}

/// Words in backquotes behind `expected` in a message of serde's.
fn expected(message: &str) -> Vec<String> {
    let words = message.split_once("expected").map_or("", |(_, words)| words);
    words.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Other values that a setting could have, those of its own kind first.
fn others(small: &Small, key: &str) -> Vec<Value> {
    let mut values: Vec<Value> = match small.get(key) {
        Some(Value::Integer(count)) => vec![(count + 1).into(), (count * 2).into()],
        Some(Value::Float(number)) => vec![(number * 0.5).into(), (number + 0.5).into()],
        Some(Value::Boolean(yes)) => vec![(!yes).into()],
        Some(Value::Array(_)) => vec![parse("[0.25, 0.5]"), parse("[10.0, 20.0]")],
        // A word that is none makes the settings say which words there are.
        None | Some(_) => ["2", "0.02", "true", "[0.25, 0.5]"].map(parse).into(),
    };
    let mut asked = small.clone();
    asked.set(key, parse("'?'"));
    if let Err(error) = asked.settings() {
        values.extend(expected(&error.to_string()).into_iter().map(Value::String));
    }
    let now = small.get(key).cloned();
    values.retain(|value| Some(value) != now.as_ref());
    values
}

/// The state after some steps, and the metrics on the way.
fn outcome(small: &Small) -> impl PartialEq + use<> {
    let mut model = small.build(1);
    let metrics: Vec<(String, u64)> = small
        .train(&mut *model, 0..STEPS)
        .concat()
        .into_iter()
        .map(|(name, v)| (name, v.to_bits()))
        .collect();
    (metrics, bits(&mut *model))
}

/// Every key that the settings of a recipe could have: those it has, and those that its tables name when they are asked
/// for one that is unknown.
fn all_keys(small: &Small) -> Vec<String> {
    let part = |name: &str| small.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
    let mut names = [keys("model", &part("model")), keys("optimizer", &part("optimizer"))].concat();
    let mut tables: Vec<String> =
        names.iter().filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned())).collect();
    tables.sort_unstable();
    tables.dedup();
    for table in tables {
        let mut asked = small.clone();
        asked.set(&format!("{table}.?"), parse("1"));
        let message = asked.settings().err().expect("an unknown key is refused").to_string();
        assert!(message.contains("unknown field"), "{}: {table}: {message}", small.recipe.name);
        names.extend(expected(&message).into_iter().map(|name| format!("{table}.{name}")));
    }
    names.sort_unstable();
    names.dedup();
    // A table is no value; its keys are tried one by one.
    names.retain(|name| !small.get(name).is_some_and(Value::is_table) && !name.ends_with(".family"));
    names
}

#[test]
fn every_key_changes_something_or_is_refused() {
    let (mut changes, mut refusals) = (0, 0);
    for small in all() {
        let base = outcome(&small);
        for key in all_keys(&small) {
            let (mut tried, mut has_one_value) = (false, false);
            for value in others(&small, &key) {
                let mut other = small.clone();
                other.set(&key, value.clone());
                match other.settings() {
                    Err(error) => {
                        let message = error.to_string();
                        assert!(
                            !message.is_empty() && !message.contains('\n'),
                            "{key} = {value}: {message:?}"
                        );
                        let now = small.get(&key).map(ToString::to_string).unwrap_or_default();
                        has_one_value |= message.ends_with(&format!("in images of this size: {now}"));
                    }
                    Ok(_) => {
                        let same = outcome(&other) == base;
                        // What is written out may be what holds without it.
                        let said = small.get(&key).is_none() && same;
                        if !said {
                            assert!(!same, "{}: {key} = {value} changes nothing", small.recipe.name);
                            tried = true;
                            break;
                        }
                    }
                }
            }
            if tried {
                changes += 1
            } else {
                refusals += 1
            }
            // A word may have no other that goes with the rest; a number always has.
            let number = small.get(&key).is_some_and(|value| value.is_integer() || value.is_float());
            assert!(
                tried || !number || has_one_value,
                "{}: no other value of {key} is accepted",
                small.recipe.name
            );
        }
    }
    println!("{changes} keys change something, {refusals} are refused");
    assert!(changes > 100, "{changes}");
}
