//! Run and model of a training, from its settings to the point where it could begin. Nothing is written.

use super::TrainArgs;
use super::environment::Environment;
use crate::cli::options::device::OpenDevice;
use crate::cli::support::data::{self, DataRequest};
use crate::cli::support::error::CommandError;
use crate::cli::support::runs;
use crate::cli::support::settings::{self, RunSettings};
use kiln::data::{Parts, did_you_mean};
use kiln::models::MicroBatches;
use kiln::nn::{TensorOptions, Training};
use kiln::report::ReportError;
use kiln::train::{Checkpoint, Data, History, LockedRunDir, Run, RunConfig, START, TrainError, UsedModel};
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;
use toml::{Table, Value};

/// Run and model, and what was decided on the way.
pub struct PreparedRun {
    pub run: Run,
    pub model: Box<dyn Training>,
    /// Sentences to be shown at the start.
    pub notes: Vec<String>,
}

/// A run that begins, with these settings.
pub fn start(settings: RunSettings, args: &TrainArgs) -> Result<PreparedRun, CommandError> {
    // Loading a GPU's drivers takes as long as making the data.
    let (opened, parts) = thread::scope(|scope| {
        let opened = thread::Builder::new().spawn_scoped(scope, || args.compute.device.open());
        let parts = open(&settings.config, args);
        let opened = match opened {
            Ok(opened) => opened.join().unwrap_or_else(|panic| resume_unwind(panic)),
            // No thread can be started: one after the other.
            Err(_) => args.compute.device.open(),
        };
        (opened, parts)
    });
    let OpenDevice { options, note } = opened?;
    let mut prepared = assemble(settings, parts?, args.epochs, &options)?;
    prepared.run.begin_with_used(&mut *prepared.model)?;
    prepared.notes.splice(0..0, note);
    Ok(prepared)
}

/// A run that goes on after its last checkpoint, with its folder.
pub fn resume(root: &Path, args: &TrainArgs) -> Result<(PreparedRun, LockedRunDir), CommandError> {
    let dir = runs::open(root)?.lock()?;
    let root = dir.root().to_owned();
    let before = RunConfig::read(&dir.config())?;
    runs::check_own(&before, &root)?;
    // A run goes on where it was, or its bits would not be those of one that was not stopped.
    let begun_on = Environment::read(&dir).and_then(|before| before.device());
    let OpenDevice { options, note } = args.compute.device.or(begun_on).open()?;
    let path = dir.checkpoint_steps()?.last().map(|step| dir.checkpoint(*step));
    let checkpoint = path.as_ref().map(|path| Checkpoint::read(path, &options)).transpose()?;
    let done = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.step);
    if checkpoint.is_none() {
        // To begin anew would drop the metrics.
        let steps = History::read(&dir.metrics()).map_err(ReportError::from)?.last_step;
        if steps > 0 {
            return Err(TrainError::LostCheckpoints { path: root, steps }.into());
        }
    }
    let table = Table::try_from(&before).map_err(|error| CommandError::other(error.to_string()))?;
    let settings = changed(table, args, &args.set)?;
    before.check_continued(&settings.config, done)?;
    let parts = open(&settings.config, args)?;
    let mut prepared = assemble(settings, parts, args.epochs, &options)?;
    prepared.notes.splice(0..0, note);
    let PreparedRun { run, model, .. } = &mut prepared;
    before.check_continued(run.config(), done)?;
    if run.config().steps <= done {
        return Err(TrainError::Finished { path: root, steps: done }.into());
    }
    // A run that has done no step begins anew: what it begins with may depend on what was changed.
    match (&checkpoint, &path) {
        (Some(checkpoint), Some(path)) if done > 0 => run.restore(checkpoint, &mut **model, path)?,
        _ => run.begin_with_used(&mut **model)?,
    }
    if *run.config() != before {
        run.config().write(&dir.config())?;
    }
    Ok((prepared, dir))
}

/// Settings with what the arguments change, read. A setting that is said twice is refused: one of the two would be
/// overridden in silence.
pub fn changed(mut table: Table, args: &TrainArgs, set: &[String]) -> Result<RunSettings, CommandError> {
    let set = settings::change(&mut table, set)?;
    let twice = |option: &str, key: &str| {
        CommandError::usage(format!("{option} and --set {key}=… say the same setting; leave one of them out"))
    };
    let count = |value: Option<u64>| value.map(|value| Value::Integer(value as i64));
    let text = |value: &Option<String>| value.clone().map(Value::String);
    let images = &args.images;
    let data = args.data.as_deref().or(args.data_word.as_deref());
    for (option, key, value) in [
        ("--data", "data", data.map(|words| Value::String(data::spec(words)))),
        ("--resize", "resize", text(&images.resize)),
        ("--augment", "augment", text(&args.augment)),
        ("--image-size", "image_size", count(images.image_size)),
        ("--channels", "channels", count(images.channels)),
        ("--background", "background", text(&images.background)),
        ("--skip-broken", "skip_broken", images.skip_broken.then_some(Value::Boolean(true))),
        ("--batch-size", "batch_size", count(args.batch_size)),
        ("--seed", "seed", count(args.seed)),
        ("--steps", "steps", count(args.steps)),
    ] {
        let Some(value) = value else { continue };
        if set.iter().any(|name| name == key) {
            return Err(twice(option, key));
        }
        table.insert(key.to_owned(), value);
    }
    if args.epochs.is_some() && set.iter().any(|name| name == "steps") {
        return Err(twice("--epochs", "steps"));
    }
    // Runs that are used may be called by their names too.
    for (_, used) in table.get_mut("uses").and_then(Value::as_table_mut).into_iter().flatten() {
        if let Value::String(path) = used {
            *path = runs::find(Path::new(path)).to_string_lossy().into_owned();
        }
    }
    let invalid = |problem| CommandError::usage(format!("the settings are not valid: {problem}"));
    let settings = RunSettings::read(&table).map_err(invalid)?;
    settings.config.validate()?;
    Ok(settings)
}

/// The data of these settings.
fn open(config: &RunConfig, args: &TrainArgs) -> Result<Parts, CommandError> {
    let is_folder = |word: &String| Path::new(word).is_dir();
    let of_run =
        args.data.is_none() && args.data_word.is_none() && args.recipe.as_ref().is_none_or(is_folder);
    DataRequest { cache: args.images.cache, of_run, ..DataRequest::of(config) }.open()
}

/// The run and the model of these settings, at their beginning.
fn assemble(
    settings: RunSettings,
    parts: Parts,
    epochs: Option<u64>,
    options: &TensorOptions,
) -> Result<PreparedRun, CommandError> {
    let RunSettings { mut config, model } = settings;
    let mut data = Data::new(parts, options.clone())?;
    let mut notes = data.notes().to_vec();
    notes.extend(fit_batch(&mut config, data.len()));
    let batch = MicroBatches { batch_size: config.batch_size, count: config.micro_batches };
    model.check(data.info(), batch)?;
    if !config.augment.is_empty() {
        data = data.augmented(data::augment(&config.augment)?)?;
    }
    if let Some(epochs) = epochs {
        let per_epoch = (data.train().len() / config.batch_size).max(1) as u64;
        config.steps = epochs.saturating_mul(per_epoch);
    }
    let training = model.build(data.info(), config.seed, options)?;
    let known = [model.uses(), &[START]].concat();
    if let Some(name) = config.uses.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(CommandError::usage(format!(
            "there is nothing that this model uses as {name:?}; {}",
            did_you_mean(name, known)
        )));
    }
    let used = UsedModel::open_all(&config, options)?;
    let mut run = Run::new(config, data)?;
    run.uses(used);
    Ok(PreparedRun { run, model: training, notes })
}

/// Makes a batch that is larger than the set as large as the set, and says so.
fn fit_batch(config: &mut RunConfig, images: usize) -> Option<String> {
    let wanted = config.batch_size;
    // A set of one image is one fixed batch.
    if wanted <= images || images == 1 || images < config.micro_batches {
        return None;
    }
    config.batch_size = images - images % config.micro_batches;
    let batch = config.batch_size;
    Some(format!("a step has {batch} images instead of {wanted}, as there are {images} to train on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_no_larger_than_the_set() {
        for (wanted, parts, images, batch) in [
            (64, 1, 100, 64),
            (64, 1, 64, 64),
            (64, 1, 27, 27),
            (64, 4, 27, 24),
            (64, 32, 27, 64),
            (64, 1, 1, 64),
        ] {
            let mut config = RunConfig::new("toy", 10, wanted);
            config.micro_batches = parts;
            let note = fit_batch(&mut config, images);
            assert_eq!((config.batch_size, note.is_some()), (batch, batch != wanted));
        }
    }
}
