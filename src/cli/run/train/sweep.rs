//! `kiln train --sweep`: a run for each combination of some settings' values, one after the other.

use super::interrupt::Interrupt;
use super::{INTERRUPTED, TrainArgs, prepare};
use crate::cli::measure::compare;
use crate::cli::support::error::CommandError;
use crate::cli::support::output;
use crate::cli::support::runs::{RUNS, RunRecord};
use crate::cli::support::settings::RunSettings;
use kiln::train::{Outcome, RunDir};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// The most runs of a sweep.
const MOST: usize = 1000;

/// Trains all combinations and prints a table of them. All settings are read before the first run begins; a run that
/// fails is named at the end, and ends none of the others.
pub fn run(args: &TrainArgs) -> Result<ExitCode, CommandError> {
    let axes: Vec<SweptSetting> =
        args.sweep.iter().map(|text| SweptSetting::read(text)).collect::<Result<_, _>>()?;
    let combinations = combinations(&axes)?;
    let start = args.start()?;
    let all: Vec<RunSettings> =
        combinations.iter().map(|changes| args.settings(&start, changes)).collect::<Result<_, _>>()?;
    let (mut records, mut failures, mut stopped) = (Vec::new(), Vec::new(), false);
    let interrupt = Interrupt::watch()?;
    for (number, (settings, changes)) in all.into_iter().zip(&combinations).enumerate() {
        let changes = changes.join(", ");
        if args.shows_text() {
            output::say(&format!("run {} of {}: {changes}", number + 1, combinations.len()));
        }
        match one(args, settings, &start.notes, &interrupt) {
            Ok((record, outcome)) => {
                records.push(record);
                stopped = outcome == Outcome::Asked;
            }
            Err(error) if records.is_empty() && failures.is_empty() && error.status == 2 => {
                return Err(error);
            }
            Err(error) => failures.push(format!("{changes} failed: {}", error.message)),
        }
        if stopped || interrupt.is_asked() {
            stopped = true;
            break;
        }
    }
    if args.json {
        let runs = compare::described(&records);
        output::print_json_line(&json!({ "event": "sweep", "runs": runs, "failures": failures }))?;
    } else if args.shows_text() && !records.is_empty() {
        output::print(&format!("\n{}", compare::text(&records)))?;
    }
    if stopped && args.shows_text() {
        let left = combinations.len() - records.len() - failures.len();
        output::say(&format!(
            "the sweep was stopped, and {left} runs were not begun; `kiln train --resume RUN` goes on with one"
        ));
    }
    match &failures[..] {
        [] if stopped => Ok(ExitCode::from(INTERRUPTED)),
        [] => Ok(ExitCode::SUCCESS),
        failures => Err(CommandError::other(failures.join("; "))),
    }
}

/// Trains one of the runs, in a folder of the folder that is asked for.
fn one(
    args: &TrainArgs,
    settings: RunSettings,
    notes: &[String],
    interrupt: &Interrupt,
) -> Result<(RunRecord, Outcome), CommandError> {
    let mut prepared = prepare::start(settings, args)?;
    prepared.notes.splice(0..0, notes.iter().cloned());
    let parent = args.out.as_deref().unwrap_or(Path::new(RUNS));
    let dir = RunDir::create_in(parent, prepared.run.config())?.lock()?;
    let outcome = args.train(prepared, &dir, interrupt)?;
    Ok((RunRecord::read(RunDir::clone(&dir), dir.root().display().to_string())?, outcome))
}

/// A setting with the values that it takes in turn.
#[derive(Debug, PartialEq)]
struct SweptSetting {
    name: String,
    values: Vec<String>,
}

impl SweptSetting {
    /// Reads `lr=1e-4,3e-4` or `seed=0..4`.
    fn read(text: &str) -> Result<SweptSetting, CommandError> {
        let wrong = || {
            CommandError::usage(format!(
                "--sweep takes KEY=VALUES, such as lr=1e-4,3e-4 or seed=0..4, not {text:?}"
            ))
        };
        let (name, words) = text.split_once('=').ok_or_else(wrong)?;
        let values = match range(words) {
            Some(values) if values.len() <= MOST => values,
            Some(_) => return Err(too_many()),
            None => split(words),
        };
        if name.trim().is_empty() || values.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        let mut seen: Vec<&String> = Vec::new();
        for value in &values {
            if seen.contains(&value) {
                return Err(CommandError::usage(format!("--sweep {text} has {value} twice; leave one out")));
            }
            seen.push(value);
        }
        Ok(SweptSetting { name: name.trim().to_owned(), values })
    }
}

fn too_many() -> CommandError {
    CommandError::usage(format!("a sweep has at most {MOST} runs; take fewer values"))
}

/// The whole numbers of a range, `0..4` without its end or `0..=4` with it.
fn range(text: &str) -> Option<Vec<String>> {
    let (from, to) = text.trim().split_once("..")?;
    let from: u64 = from.parse().ok()?;
    let end = match to.strip_prefix('=') {
        Some(last) => last.parse::<u64>().ok()?.checked_add(1)?,
        None => to.parse().ok()?,
    };
    // One more than there may be shows that they are too many.
    Some((from..end).take(MOST + 1).map(|number| number.to_string()).collect())
}

/// The values between commas, but for those within brackets or quotes.
fn split(text: &str) -> Vec<String> {
    let (mut values, mut depth, mut quoted) = (vec![String::new()], 0, false);
    for letter in text.chars() {
        match letter {
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth -= 1,
            '"' => quoted = !quoted,
            _ => {}
        }
        match values.last_mut() {
            Some(value) if letter != ',' || depth > 0 || quoted => value.push(letter),
            _ => values.push(String::new()),
        }
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

/// The changes of each run, `key=value`; the last setting changes fastest.
fn combinations(axes: &[SweptSetting]) -> Result<Vec<Vec<String>>, CommandError> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for SweptSetting { name, values } in axes {
        if all.len() * values.len() > MOST {
            return Err(too_many());
        }
        let with = |changes: &Vec<String>| {
            let changes = changes.clone();
            let one = move |value: &String| [&changes[..], &[format!("{name}={value}")]].concat();
            values.iter().map(one).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_lists_or_ranges() {
        let values = |text: &str| SweptSetting::read(text).unwrap().values;
        assert_eq!(values("lr=1e-4, 3e-4"), ["1e-4", "3e-4"]);
        assert_eq!(values("seed=0..3"), ["0", "1", "2"]);
        assert_eq!(values("seed=2..=3"), ["2", "3"]);
        assert_eq!(values("betas=[0.5, 0.9],[0.0,0.99]"), ["[0.5, 0.9]", "[0.0,0.99]"]);
        for wrong in ["lr", "=1", "lr=", "lr=1,,2", "seed=3..3", "lr=1,1"] {
            let error = SweptSetting::read(wrong).unwrap_err();
            assert!(error.status == 2 && error.message.starts_with("--sweep"), "{wrong}: {}", error.message);
        }
        assert!(SweptSetting::read("seed=0..1001").unwrap_err().message.contains("at most 1000 runs"));
    }

    #[test]
    fn all_combinations_are_runs() {
        let axes = ["a=1,2", "b=0..3"].map(|text| SweptSetting::read(text).unwrap());
        let all = combinations(&axes).unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!(
            (&all[0][..], &all[1][..]),
            (&["a=1".to_owned(), "b=0".to_owned()][..], &["a=1".to_owned(), "b=1".to_owned()][..])
        );
        let wide = SweptSetting::read("seed=0..1000").unwrap();
        assert!(combinations(&[wide, SweptSetting::read("a=1,2").unwrap()]).is_err());
    }
}
