//! What a run was asked to do.

use std::collections::BTreeMap;
use std::path::Path;

use kiln_data::did_you_mean;
use kiln_metrics::MEASURES;
use kiln_nn::StepOptions;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::{KeepCheckpoints, TrainError, read_regular, write_atomic};

/// Everything that decides what a run does, besides its data: the content of `config.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The recipe it came from.
    pub recipe: String,
    /// The data spec, such as `builtin:glyphs`.
    pub data: String,
    /// Number of steps.
    pub steps: u64,
    /// Number of samples in a step.
    pub batch_size: usize,
    /// Number of micro-batches a batch is split into, computed one after the other to save memory; see
    /// [`StepOptions::micro_batches`].
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub micro_batches: usize,
    /// Seed of everything random.
    #[serde(default)]
    pub seed: u64,
    /// Interval in steps at which the metrics are read and logged. A count and not a time, so that what is
    /// written doesn't depend on the machine.
    #[serde(default = "default_log_every")]
    pub log_every: u64,
    /// Interval of the sheets of pictures, in steps; there is one also at the start, at the end, wherever the training
    /// is stopped, and by time until the first is due.
    pub sheet_every: u64,
    /// Interval of the checkpoints, in steps; there is one also at the start, at the end, and wherever the training is
    /// stopped.
    pub checkpoint_every: u64,
    /// Longest time between two checkpoints, in minutes.
    #[serde(default = "default_checkpoint_minutes")]
    pub checkpoint_minutes: f64,
    /// Checkpoints that are kept besides the two latest and the best.
    #[serde(default, skip_serializing_if = "is_last")]
    pub keep_checkpoints: KeepCheckpoints,
    /// Interval of the measurements on the test set, in steps; there is one at the end too. An epoch if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
    /// Measures that are taken whenever the test set is measured, such as `digits`; see [`kiln_metrics::MEASURES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// Random changes of images before each use, such as `flip,crop=4`; none if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub augment: String,
    /// When pixels are drawn to be black or white, with their grey values as probabilities: `each-epoch` or `once`; never if
    /// empty. Those held out are drawn once, by a fixed seed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub binarise: String,
    /// Number of a class that is left out of training; none if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_out: Option<u32>,
    /// The height and width that images are read at; those of the data, or 64 for a folder, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_size: Option<usize>,
    /// Way in which images of other proportions become square: `fit` or `crop`; `fit` if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resize: String,
    /// Number of channels: 1 to read images as grey, 3 as colours, 4 as colours with opacity; as they are if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Colour behind transparent pixels and around images: `black`, `white` or `#rrggbb`; black if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub background: String,
    /// Whether image files that can't be read are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_broken: bool,
    /// Folders of runs whose trained models this one uses, by what it uses them for.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub uses: Table,
    /// Settings of the model, which the loop doesn't look into.
    #[serde(default)]
    pub model: Table,
    /// Settings of its optimisers, which the loop doesn't look into but for their schedules.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub optimizer: Table,
}

/// The settings that have no default.
const REQUIRED: [&str; 4] = ["recipe", "data", "steps", "batch_size"];

/// Ten sheets a run.
fn sheet_every(steps: u64) -> u64 {
    (steps / 10).max(1)
}

/// A checkpoint with every other sheet.
fn checkpoint_every(steps: u64) -> u64 {
    (steps / 5).max(1)
}

fn default_log_every() -> u64 {
    10
}

fn default_checkpoint_minutes() -> f64 {
    10.0
}

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

fn is_last(keep: &KeepCheckpoints) -> bool {
    *keep == KeepCheckpoints::Last
}

/// The settings that don't decide what a step does. (What the data is, whatever it is called, is compared
/// with what a checkpoint was trained on.)
const MAY_CHANGE: [&str; 9] = [
    "data",
    "steps",
    "log_every",
    "sheet_every",
    "checkpoint_every",
    "checkpoint_minutes",
    "keep_checkpoints",
    "evaluate_every",
    "measures",
];

impl RunConfig {
    /// The names of all settings.
    pub const KEYS: [&str; 24] = [
        "recipe",
        "data",
        "steps",
        "batch_size",
        "micro_batches",
        "seed",
        "log_every",
        "sheet_every",
        "checkpoint_every",
        "checkpoint_minutes",
        "keep_checkpoints",
        "evaluate_every",
        "measures",
        "augment",
        "binarise",
        "leave_out",
        "image_size",
        "resize",
        "channels",
        "background",
        "skip_broken",
        "uses",
        "model",
        "optimizer",
    ];

    /// Settings for so many steps of so many samples: ten sheets, and a checkpoint with every other; everything
    /// else as in a `config.toml` that leaves it out.
    pub fn new(recipe: impl Into<String>, steps: u64, batch_size: usize) -> RunConfig {
        RunConfig {
            recipe: recipe.into(),
            data: String::new(),
            steps,
            batch_size,
            micro_batches: 1,
            seed: 0,
            log_every: default_log_every(),
            sheet_every: sheet_every(steps),
            checkpoint_every: checkpoint_every(steps),
            checkpoint_minutes: default_checkpoint_minutes(),
            keep_checkpoints: KeepCheckpoints::default(),
            evaluate_every: None,
            measures: Vec::new(),
            augment: String::new(),
            binarise: String::new(),
            leave_out: None,
            image_size: None,
            resize: String::new(),
            channels: None,
            background: String::new(),
            skip_broken: false,
            uses: Table::new(),
            model: Table::new(),
            optimizer: Table::new(),
        }
    }

    /// All settings by their dotted names, such as `optimizer.lr`.
    pub fn flat(&self) -> BTreeMap<String, toml::Value> {
        fn add(all: &mut BTreeMap<String, toml::Value>, prefix: &str, table: Table) {
            for (name, value) in table {
                let name = format!("{prefix}{name}");
                match value {
                    Value::Table(table) => add(all, &format!("{name}."), table),
                    value => drop(all.insert(name, value)),
                }
            }
        }
        let mut all = BTreeMap::new();
        add(&mut all, "", Table::try_from(self).unwrap_or_default());
        all
    }

    /// How steps are computed.
    pub fn step_options(&self) -> StepOptions {
        StepOptions { micro_batches: self.micro_batches, ..StepOptions::default() }
    }

    /// Whether what a step does depends on how many steps there are in all: a learning rate has a schedule that leads
    /// to an end.
    fn depends_on_steps(&self) -> bool {
        let leads_to_an_end = |(name, value): (&String, &toml::Value)| {
            name.ends_with(".schedule") && value.as_str() != Some("constant")
        };
        self.flat().iter().filter(|(name, _)| name.starts_with("optimizer.")).any(leads_to_an_end)
    }

    /// Checks that a run with these settings can go on with others after `done` steps.
    ///
    /// # Errors
    /// [`TrainError::ResumeConflict`], for the first setting that would have made the steps done different.
    pub fn check_continued(&self, others: &RunConfig, done: u64) -> Result<(), TrainError> {
        let steps_matter = self.depends_on_steps();
        let [have, wanted] = [self, others].map(RunConfig::flat);
        for name in have.keys().chain(wanted.keys()) {
            let may_change = MAY_CHANGE.contains(&name.as_str()) && !(name == "steps" && steps_matter);
            let [was, wanted] = [&have, &wanted].map(|all| all.get(name));
            if done > 0 && !may_change && was != wanted {
                let [was, wanted] =
                    [was, wanted].map(|value| value.map_or("left out".to_owned(), |value| value.to_string()));
                return Err(TrainError::ResumeConflict { name: name.clone(), was, wanted, done });
            }
        }
        Ok(())
    }

    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// [`TrainError::Setting`], when a count is 0 or too large.
    pub fn validate(&self) -> Result<(), TrainError> {
        // A key of random numbers has 32 bits for the step.
        let most = u64::from(u32::MAX);
        let counts = [
            ("steps", self.steps),
            ("batch_size", self.batch_size as u64),
            ("log_every", self.log_every),
            ("sheet_every", self.sheet_every),
            ("checkpoint_every", self.checkpoint_every),
            ("evaluate_every", self.evaluate_every.unwrap_or(1)),
            ("image_size", self.image_size.unwrap_or(1) as u64),
            ("micro_batches", self.micro_batches as u64),
        ];
        for (name, value) in counts {
            if !(1..=most).contains(&value) {
                let wanted = format!("a whole number from 1 to {most}");
                return Err(TrainError::Setting { name, value: value.to_string(), wanted });
            }
        }
        if !self.batch_size.is_multiple_of(self.micro_batches) {
            let wanted = format!("a divisor of the batch size, {}", self.batch_size);
            let value = self.micro_batches.to_string();
            return Err(TrainError::Setting { name: "micro_batches", value, wanted });
        }
        let minutes = self.checkpoint_minutes;
        if !(minutes.is_finite() && minutes > 0.0) {
            let (name, wanted) = ("checkpoint_minutes", "a number above 0".to_owned());
            return Err(TrainError::Setting { name, value: minutes.to_string(), wanted });
        }
        if let KeepCheckpoints::Every(steps) = self.keep_checkpoints
            && (steps == 0 || !steps.is_multiple_of(self.checkpoint_every))
        {
            let wanted =
                format!("last, all, or every and a multiple of checkpoint_every, {}", self.checkpoint_every);
            let value = self.keep_checkpoints.to_string();
            return Err(TrainError::Setting { name: "keep_checkpoints", value, wanted });
        }
        if let Some(name) =
            self.measures.iter().find(|name| !MEASURES.iter().any(|known| known.name == name.as_str()))
        {
            let known: Vec<&str> = MEASURES.iter().map(|known| known.name).collect();
            let wanted = format!("a list of {}", known.join(", "));
            return Err(TrainError::Setting { name: "measures", value: name.clone(), wanted });
        }
        if i64::try_from(self.seed).is_err() {
            // TOML's integers end there.
            let wanted = format!("a whole number from 0 to {}", i64::MAX);
            return Err(TrainError::Setting { name: "seed", value: self.seed.to_string(), wanted });
        }
        Ok(())
    }

    /// Reads a `config.toml`.
    ///
    /// # Errors
    /// When it can't be read, isn't TOML, or has settings that are unknown, missing or senseless.
    pub fn read(path: &Path) -> Result<RunConfig, TrainError> {
        let bytes = read_regular(path).map_err(TrainError::read(path))?;
        RunConfig::from_bytes(&bytes, path)
    }

    /// Reads the bytes of a `config.toml`; `path` is for messages.
    ///
    /// # Errors
    /// When they aren't TOML, or have settings that are unknown, missing or senseless.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<RunConfig, TrainError> {
        let invalid = |problem: String| TrainError::Config { path: path.to_owned(), problem };
        let text = str::from_utf8(bytes).map_err(|error| invalid(error.to_string()))?;
        let table = parse_table(text).map_err(invalid)?;
        if ["schedule", "warmup", "accumulate"].iter().any(|key| table.contains_key(*key)) {
            return Err(TrainError::OldRun { path: path.to_owned() });
        }
        let config = RunConfig::of_table(table).map_err(invalid)?;
        config.validate().map_err(|error| invalid(error.to_string()))?;
        Ok(config)
    }

    /// Settings from a table. What is left out is as [`new`](RunConfig::new) has it.
    ///
    /// # Errors
    /// Names a setting that is unknown or missing, or whose value is of another type, in a sentence.
    pub fn of_table(mut table: Table) -> Result<RunConfig, String> {
        if let Some(name) = table.keys().find(|name| !RunConfig::KEYS.contains(&name.as_str())) {
            return Err(format!("there is no setting `{name}`; {}", did_you_mean(name, RunConfig::KEYS)));
        }
        if let Some(name) = REQUIRED.iter().find(|name| !table.contains_key(**name)) {
            return Err(format!("the setting `{name}` is missing"));
        }
        if let Some(steps) = table["steps"].as_integer() {
            let steps = steps.unsigned_abs();
            for (name, every) in
                [("sheet_every", sheet_every(steps)), ("checkpoint_every", checkpoint_every(steps))]
            {
                table.entry(name).or_insert(Value::Integer(every as i64));
            }
        }
        serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
            let path = error.path().to_string();
            format!("`{path}`: {}", error.into_inner().message().trim_end())
        })
    }

    /// Writes it as TOML.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let text = toml::to_string(self)
            .map_err(|error| TrainError::Config { path: path.to_owned(), problem: error.to_string() })?;
        write_atomic(path, text.as_bytes())
    }
}

/// A TOML text as a table.
///
/// # Errors
/// When it is no TOML: what is wrong, and in which line.
pub fn parse_table(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: {}", error.message().trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> RunConfig {
        RunConfig {
            recipe: "toy".into(),
            data: "builtin:glyphs".into(),
            steps: 20,
            batch_size: 4,
            seed: 3,
            log_every: 5,
            sheet_every: 10,
            checkpoint_every: 10,
            evaluate_every: Some(7),
            micro_batches: 2,
            checkpoint_minutes: 5.0,
            keep_checkpoints: KeepCheckpoints::Every(20),
            measures: vec!["digits".into()],
            augment: "flip".into(),
            binarise: "once".into(),
            leave_out: Some(4),
            image_size: Some(32),
            resize: "crop".into(),
            channels: Some(1),
            background: "white".into(),
            skip_broken: true,
            uses: "start = 'runs/other-1'".parse().unwrap(),
            model: "[generator]\nwidth = 8".parse().unwrap(),
            optimizer: "lr = 1e-3\nschedule = 'constant'".parse().unwrap(),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        config().write(&path).unwrap();
        assert_eq!(RunConfig::read(&path).unwrap(), config());
    }

    #[test]
    fn what_is_left_out_is_what_new_gives() {
        let table = parse_table("recipe = 'a'\ndata = ''\nsteps = 20\nbatch_size = 4").unwrap();
        assert_eq!(RunConfig::of_table(table), Ok(RunConfig::new("a", 20, 4)));
    }

    #[test]
    fn what_is_wrong_with_settings_is_said_with_its_name() {
        let read = |change: &str| {
            let text = format!("recipe = 'a'\ndata = ''\nbatch_size = 4\n{change}");
            parse_table(&text).and_then(RunConfig::of_table).unwrap_err()
        };
        for (change, problem) in [
            ("stepz = 20", "there is no setting `stepz`; did you mean steps?"),
            ("seed = 1", "the setting `steps` is missing"),
            ("steps = 'many'", "`steps`: invalid type: string \"many\", expected u64"),
            ("steps = 20\nmeasures = [3]", "`measures[0]`: invalid type: integer `3`, expected a string"),
            ("steps = = 20", "line 4: "),
        ] {
            let error = read(change);
            assert!(error.starts_with(problem), "{change}: {error}");
        }
    }

    #[test]
    fn keys_are_those_that_are_written() {
        let mut written: Vec<String> = Table::try_from(config()).unwrap().into_iter().map(|p| p.0).collect();
        let mut keys = RunConfig::KEYS.to_vec();
        written.sort_unstable();
        keys.sort_unstable();
        assert_eq!(written, keys);
    }

    #[test]
    fn senseless_counts_are_refused() {
        for change in [
            |c: &mut RunConfig| c.steps = 0,
            |c: &mut RunConfig| c.batch_size = 0,
            |c: &mut RunConfig| c.evaluate_every = Some(0),
            |c: &mut RunConfig| c.steps = u64::MAX,
            |c: &mut RunConfig| c.seed = u64::MAX,
            |c: &mut RunConfig| c.micro_batches = 0,
        ] {
            let mut bad = config();
            change(&mut bad);
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains("it must be a whole number"), "{error}");
        }
        let parts = RunConfig { micro_batches: 3, ..config() }.validate().unwrap_err().to_string();
        assert_eq!(parts, "`micro_batches` is 3; it must be a divisor of the batch size, 4");
        assert!(RunConfig { checkpoint_minutes: f64::NAN, ..config() }.validate().is_err());
        // Checkpoints are written every 10 steps.
        let keep = RunConfig { keep_checkpoints: KeepCheckpoints::Every(15), ..config() };
        let error = keep.validate().unwrap_err().to_string();
        assert!(
            error.starts_with("`keep_checkpoints` is every 15; it must be last, all, or every"),
            "{error}"
        );
    }

    #[test]
    fn runs_of_earlier_versions_are_refused_with_what_to_do() {
        let text =
            b"recipe = 'vae'\ndata = 'a'\nsteps = 1\nbatch_size = 1\nsheet_every = 1\ncheckpoint_every = 1\n\
                     schedule = 'constant'\nwarmup = 0\n[model]\nfamily = 'vae'\nlr = 1e-3";
        let error = RunConfig::from_bytes(text, Path::new("runs/vae-1/config.toml")).unwrap_err().to_string();
        assert!(
            error.starts_with("runs/vae-1/config.toml was written by an earlier version of kiln"),
            "{error}"
        );
    }

    #[test]
    fn the_past_can_not_be_changed() {
        let keep_checkpoints = KeepCheckpoints::All;
        let more = RunConfig { steps: 99, log_every: 1, data: "moved".into(), keep_checkpoints, ..config() };
        config().check_continued(&more, 10).unwrap();
        let (mut lr, mut width) = (config(), config());
        lr.optimizer["lr"] = Value::Float(2e-3);
        width.model["generator"]["width"] = Value::Integer(9);
        for (other, name) in [
            (RunConfig { seed: 4, ..config() }, "seed"),
            (RunConfig { batch_size: 5, ..config() }, "batch_size"),
            (lr, "optimizer.lr"),
            (width, "model.generator.width"),
        ] {
            config().check_continued(&other, 0).unwrap();
            let error = config().check_continued(&other, 10).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{name}` is ")) && error.contains("10 steps"), "{error}");
        }
        let mut down = config();
        down.optimizer["schedule"] = Value::String("cosine".into());
        let longer = RunConfig { steps: 99, ..down.clone() };
        let error = down.check_continued(&longer, 10).unwrap_err().to_string();
        assert!(error.starts_with("`steps` is 20 in the 10 steps that are done"), "{error}");
    }
}
