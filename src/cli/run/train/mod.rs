//! `kiln train`: a recipe, data, and a model, joined in a run.

mod environment;
mod json_lines;
mod progress;

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::device::OpenDevice;
use crate::cli::options::image::ImageArgs;
use crate::cli::options::number::{MAX_COUNT, MAX_SEED, duration, whole};
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::{self, DataRequest};
use crate::cli::support::error::CommandError;
use crate::cli::support::settings::{self, RunSettings};
use crate::cli::support::{output, recipe, run_pictures};
use clap::Args;
use environment::Environment;
use json_lines::JsonLines;
use kiln::data::{Parts, did_you_mean};
use kiln::models::MicroBatches;
use kiln::nn::{TensorOptions, Training};
use kiln::report::{ReportError, TensorBoard};
use kiln::train::{
    Checkpoint, Data, History, LockedRunDir, Observer, Outcome, Run, RunConfig, RunDir, START, TrainError,
    UsedModel, write_atomic,
};
use progress::TerminalProgress;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use toml::{Table, Value};

/// Train a model by a recipe, or go on with a run that was stopped
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("A variational autoencoder on built-in digits, in half a minute", "kiln train vae"),
    ("A GAN on a folder of photos, with other settings than the recipe's", "kiln train dcgan-64 photos --batch-size 8 --set lr=1e-4 --out runs/photos"),
    ("A run that was stopped, or one that is to go on for longer", "kiln train --resume runs/vae-1 --steps 6000"),
]))]
pub struct TrainArgs {
    /// Recipe, which `kiln recipes` lists; or a TOML file like one; or the folder of a run, whose settings are taken for a
    /// new one; or a folder of images
    #[arg(required_unless_present = "resume")]
    recipe: Option<String>,
    /// Data, as for --data; a folder needs no `folder:`
    #[arg(value_name = "DATA", conflicts_with_all = ["data", "resume"])]
    data_word: Option<String>,
    /// Go on with the run in this folder from its last checkpoint, to the same bits as if it had not been stopped
    #[arg(long, value_name = "RUN", conflicts_with_all = ["recipe", "out"], help_heading = "Training")]
    resume: Option<PathBuf>,
    /// Number of steps; with --resume, those already done included [default: the recipe's]
    #[arg(long, value_name = "N", value_parser = whole::<1, MAX_COUNT>, help_heading = "Training")]
    steps: Option<u64>,
    /// Number of passes over the data, instead of --steps
    #[arg(long, value_name = "N", conflicts_with = "steps", value_parser = whole::<1, MAX_COUNT>, help_heading = "Training")]
    epochs: Option<u64>,
    /// Number of images in a step [default: the recipe's]
    #[arg(long, value_name = "N", value_parser = whole::<1, MAX_COUNT>, help_heading = "Training")]
    batch_size: Option<u64>,
    /// Seed of everything random; the same seed gives the same results [default: 0]
    #[arg(long, value_name = "S", value_parser = whole::<0, MAX_SEED>, help_heading = "Training")]
    seed: Option<u64>,
    /// Time after which to stop, such as 90s, 30m or 2h, with a checkpoint to go on from
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Training")]
    time_limit: Option<Duration>,
    /// Setting of the recipe to change, such as lr=1e-4 or model.generator.width=64; may be repeated (`kiln recipes show
    /// NAME` explains all)
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Training")]
    set: Vec<String>,
    #[arg(long, value_name = "DATA", help_heading = "Data", help = data::help())]
    data: Option<String>,
    #[command(flatten)]
    images: ImageArgs,
    /// Random changes of each image before each use: a list of flip, crop=PIXELS, affine and colour, such
    /// as flip,crop=4; or none [default: none]
    #[arg(long, value_name = "LIST", help_heading = "Data")]
    augment: Option<String>,
    /// Folder of the run, which must not exist or be empty [default: runs/RECIPE-N, with the first N that is free]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Measure the time of every kernel; the table is printed at the end and written to profile.json
    #[arg(long, help_heading = "Output")]
    profile: bool,
    /// Print nothing but errors
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    quiet: bool,
    /// Print each event as a line of JSON instead of text
    #[arg(long, help_heading = "Output")]
    json: bool,
    #[command(flatten)]
    compute: ComputeArgs,
}

/// The folder of runs that are given no folder of their own.
const RUNS: &str = "runs";

/// The exit status of a program that was stopped by Ctrl-C.
const INTERRUPTED: u8 = 130;

impl CommandArgs for TrainArgs {
    /// Trains a model by a recipe, or goes on with a run. Nothing is written before everything has been checked.
    fn run(&self) -> Result<ExitCode, CommandError> {
        self.compute.threads.start()?;
        let PreparedRun { mut run, mut model, dir, note } = match (&self.resume, &self.recipe) {
            (Some(root), _) => resume(root, self)?,
            (None, Some(recipe)) => start(recipe, self)?,
            (None, None) => return Err(CommandError::usage("name a recipe, or a run with --resume")),
        };
        if let Some(time) = self.time_limit {
            run.limit_time(time);
        }
        if self.profile {
            run.profile();
        }
        let changed = record_environment(&run, &dir)?;
        stop_on_interrupt(&run)?;
        for note in
            note.iter().chain(&changed).chain(run.data().notes()).filter(|_| !self.json && !self.quiet)
        {
            output::say(note);
        }

        let (mut lines, mut progress) = (JsonLines::default(), TerminalProgress::new(&dir));
        let mut tensorboard = TensorBoard::create(&dir.tensorboard())?;
        let mut observers: Vec<&mut dyn Observer> = vec![&mut tensorboard];
        if self.json {
            observers.push(&mut lines);
        } else if !self.quiet {
            observers.push(&mut progress);
        }
        let outcome = run.train(&dir, &mut *model, &mut observers)?;
        drop(progress);
        run_pictures::write(&dir)?;
        if !self.json && !self.quiet {
            output::print(&ending(&dir, outcome))?;
        }
        Ok(if outcome == Outcome::Asked { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
    }
}

/// Everything a training needs.
struct PreparedRun {
    run: Run,
    model: Box<dyn Training>,
    dir: LockedRunDir,
    /// A line to be shown about how the device was chosen.
    note: Option<String>,
}

fn start(word: &str, args: &TrainArgs) -> Result<PreparedRun, CommandError> {
    let settings = changed(recipe::of_word(word)?, args)?;
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
    let (run, mut training) = assemble(settings, parts?, args.epochs, &options)?;
    run.begin_with_used(&mut *training)?;
    let dir = match &args.out {
        Some(root) => RunDir::create(root, run.config())?,
        None => RunDir::create_in(Path::new(RUNS), run.config())?,
    };
    Ok(PreparedRun { run, model: training, dir: dir.lock()?, note })
}

fn resume(root: &Path, args: &TrainArgs) -> Result<PreparedRun, CommandError> {
    let dir = RunDir::open(root)?.lock()?;
    let before = RunConfig::read(&dir.config())?;
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
            return Err(TrainError::LostCheckpoints { path: root.to_owned(), steps }.into());
        }
    }
    let table = Table::try_from(&before).map_err(|error| CommandError::other(error.to_string()))?;
    let settings = changed(table, args)?;
    before.check_continued(&settings.config, done)?;
    let parts = open(&settings.config, args)?;
    let (mut run, mut training) = assemble(settings, parts, args.epochs, &options)?;
    before.check_continued(run.config(), done)?;
    if run.config().steps <= done {
        return Err(TrainError::Finished { path: root.to_owned(), steps: done }.into());
    }
    // A run that has done no step begins anew: what it begins with may depend on what was changed.
    match (&checkpoint, &path) {
        (Some(checkpoint), Some(path)) if done > 0 => run.restore(checkpoint, &mut *training, path)?,
        _ => run.begin_with_used(&mut *training)?,
    }
    if *run.config() != before {
        run.config().write(&dir.config())?;
    }
    Ok(PreparedRun { run, model: training, dir, note })
}

/// Settings with what the arguments change, read.
fn changed(mut table: Table, args: &TrainArgs) -> Result<RunSettings, CommandError> {
    settings::change(&mut table, &args.set)?;
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            table.insert(key.to_owned(), value);
        }
    };
    let count = |value: Option<u64>| value.map(|value| Value::Integer(value as i64));
    let text = |value: &Option<String>| value.clone().map(Value::String);
    put(
        "data",
        args.data.as_deref().or(args.data_word.as_deref()).map(|words| Value::String(data::spec(words))),
    );
    put("resize", text(&args.images.resize));
    put("augment", text(&args.augment));
    put("image_size", count(args.images.image_size));
    put("channels", count(args.images.channels));
    put("background", text(&args.images.background));
    put("skip_broken", args.images.skip_broken.then_some(Value::Boolean(true)));
    put("batch_size", count(args.batch_size));
    put("seed", count(args.seed));
    put("steps", count(args.steps));
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
) -> Result<(Run, Box<dyn Training>), CommandError> {
    let RunSettings { mut config, model } = settings;
    let mut data = Data::new(parts, options.clone())?;
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
    Ok((run, training))
}

/// Writes what the run is computed on; a sentence about what is otherwise than in the steps that are done and decides
/// bits.
fn record_environment(run: &Run, dir: &RunDir) -> Result<Option<String>, CommandError> {
    let mut environment = Environment::now(run.data().options())?;
    let mut changed = None;
    if let Some(before) = Environment::read(dir) {
        changed = environment.changed(&before).filter(|_| run.step() > 0);
        environment = environment.after(&before);
    }
    write_atomic(&dir.environment(), environment.to_json()?.as_bytes())?;
    Ok(changed)
}

/// The first Ctrl-C asks the run to stop, the second ends the program.
fn stop_on_interrupt(run: &Run) -> Result<(), CommandError> {
    let stop = run.stop();
    let handler = move || {
        if stop.is_asked() {
            std::process::exit(INTERRUPTED.into());
        }
        stop.ask();
        output::say("finishing the step and saving; Ctrl-C again ends at once");
    };
    ctrlc::set_handler(handler).map_err(|error| {
        CommandError::other(format!("Ctrl-C can't be watched for: {error}; run kiln elsewhere"))
    })
}

fn ending(dir: &RunDir, outcome: Outcome) -> String {
    let root = dir.root().display();
    let first = match outcome {
        Outcome::Finished => String::new(),
        Outcome::Asked | Outcome::TimeUp => format!("go on with   kiln train --resume {root}\n"),
    };
    format!(
        "{first}sheets       {}\ncurves       {}\nanimation    {}\ncheckpoints  {}\n\
         sample with  kiln sample {root} --count 64 --out grid.png\n",
        dir.sheets().display(),
        dir.curves().display(),
        dir.animation().display(),
        dir.checkpoints().display(),
    )
}
