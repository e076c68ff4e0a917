//! Runs: by the path or the name of their folder, and what there is to know of each at a glance.

use super::error::CommandError;
use kiln::data::did_you_mean;
use kiln::metrics::better;
use kiln::nn::{Better, StateValue};
use kiln::report::ReportError;
use kiln::train::{Checkpoint, History, RunConfig, RunDir, Series, TrainError};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use toml::Value;

/// The folder of runs that are given no folder of their own.
pub const RUNS: &str = "runs";

/// The folder of a run: of this path, or where that is none, of this name in the folder of runs.
pub fn find(run: &Path) -> PathBuf {
    let mut parts = run.components();
    let is_name = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    let named = Path::new(RUNS).join(run);
    let is_run = |path: &Path| RunDir::open(path).is_ok();
    if is_name && !is_run(run) && is_run(&named) { named } else { run.to_owned() }
}

/// Opens a run by its path or its name.
pub fn open(run: &Path) -> Result<RunDir, CommandError> {
    RunDir::open(&find(run)).map_err(|error| {
        let names = names(Path::new(RUNS)).unwrap_or_default();
        match error {
            TrainError::NotARun { path } if !names.is_empty() => {
                let hint = did_you_mean(&path.to_string_lossy(), names.iter().map(String::as_str));
                CommandError::other(format!(
                    "{} is not the folder of a run, nor the name of one in {RUNS}; {hint}",
                    path.display()
                ))
            }
            error => error.into(),
        }
    })
}

/// The names of the runs in a folder, in their order, numbers by their values.
pub fn names(folder: &Path) -> Result<Vec<String>, CommandError> {
    let read = |reason| TrainError::Read { path: folder.to_owned(), reason };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        if RunDir::open(&entry.path()).is_ok() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_by_key(|name| {
        let (stem, number) = name.rsplit_once('-').unwrap_or((name, ""));
        (stem.to_owned(), number.parse::<u64>().unwrap_or(0), name.clone())
    });
    Ok(names)
}

/// The step of the best checkpoint, which each checkpoint knows.
pub fn best_step(checkpoint: &Checkpoint) -> Option<u64> {
    match checkpoint.state.get("best.step") {
        Some(StateValue::Count(step)) if *step > 0 => Some(*step),
        _ => None,
    }
}

/// Fails for a run of a program of its own, whose model kiln doesn't know.
pub fn check_own(config: &RunConfig, root: &Path) -> Result<(), CommandError> {
    if config.model.contains_key("family") {
        return Ok(());
    }
    let root = root.display();
    Err(CommandError::other(format!(
        "{root} was trained by a program of its own, and only that knows its model; go on with it there, as \
         examples/train_your_own.rs does (`kiln info`, `compare`, `report` and `watch` show it)"
    )))
}

/// A run with its settings and metrics.
pub struct RunRecord {
    /// Path or name, as it is shown.
    pub name: String,
    pub dir: RunDir,
    pub config: RunConfig,
    pub history: History,
}

/// A figure of a run: its name, its best value with the step of it, and its last value.
pub struct RunFigure {
    pub name: String,
    pub best: Option<(u64, f64)>,
    pub last: f64,
}

impl RunRecord {
    /// Reads the record of a run, which is shown by this name.
    pub fn read(dir: RunDir, name: String) -> Result<RunRecord, CommandError> {
        let config = RunConfig::read(&dir.config())?;
        let history = History::read(&dir.metrics()).map_err(ReportError::from)?;
        Ok(RunRecord { name, dir, config, history })
    }

    /// The figure that tells most of a run: the first of the test set's that is better one way, or else the first that
    /// training reports.
    pub fn figure(&self) -> Option<RunFigure> {
        let measured = self.history.test.iter().find(|series| better(&series.name).is_some());
        let series = measured.or(self.history.train.first())?;
        let last = series.points.last()?.1;
        let best = measured.and_then(best);
        Some(RunFigure { name: series.name.clone(), best, last })
    }

    /// What the run does now, or how far it is: `training`, `finished` or `stopped at 40 of 500`.
    pub fn status(&self) -> Result<String, CommandError> {
        let saved = self.dir.checkpoint_steps()?.last().copied();
        let steps = self.config.steps;
        Ok(match saved {
            _ if self.dir.is_locked() => format!("training, {} of {steps}", self.history.last_step),
            Some(saved) if saved >= steps => format!("finished, {steps}"),
            Some(saved) => format!("stopped, {saved} of {steps}"),
            None => format!("not begun, 0 of {steps}"),
        })
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        bytes(self.dir.root())
    }
}

/// The best point of a figure that is better one way; the first of equal ones.
pub fn best(series: &Series) -> Option<(u64, f64)> {
    let way: Better = better(&series.name)?;
    series.points.iter().copied().reduce(|best, point| if way.of(point.1, best.1) { point } else { best })
}

/// Bytes of all files in a folder. Links aren't followed.
pub fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// The settings that are not the same in all runs, by their dotted names, with the value of each run; nothing where it is
/// left out.
pub fn differing(configs: &[&RunConfig]) -> Vec<(String, Vec<String>)> {
    let tables: Vec<BTreeMap<String, Value>> = configs.iter().map(|config| config.flat()).collect();
    let mut names: Vec<&String> = Vec::new();
    for name in tables.iter().flat_map(BTreeMap::keys) {
        if name != "recipe" && !names.contains(&name) {
            names.push(name);
        }
    }
    let of = |table: &BTreeMap<String, Value>, name: &str| match table.get(name) {
        None => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let row = |name: &String| (name.clone(), tables.iter().map(|table| of(table, name)).collect::<Vec<_>>());
    names.into_iter().map(row).filter(|(_, values)| values.iter().any(|value| *value != values[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_point_knows_which_way_is_better() {
        let series = |name: &str| Series { name: name.into(), points: vec![(1, 2.0), (2, 3.0), (3, 2.0)] };
        assert_eq!(best(&series("neg_elbo")), Some((1, 2.0)));
        assert_eq!(best(&series("psnr")), Some((2, 3.0)));
        assert_eq!(best(&series("kl")), None);
    }

    #[test]
    fn settings_that_differ_are_named() {
        let [mut a, mut b] = [RunConfig::new("a", 10, 4), RunConfig::new("b", 10, 4)];
        assert!(differing(&[&a, &b]).is_empty());
        a.optimizer.insert("lr".into(), 0.5.into());
        b.seed = 3;
        let rows = differing(&[&a, &b]);
        assert_eq!(rows.len(), 2);
        assert!(rows.contains(&("optimizer.lr".into(), vec!["0.5".into(), "–".into()])), "{rows:?}");
        assert!(rows.contains(&("seed".into(), vec!["0".into(), "3".into()])), "{rows:?}");
    }
}
