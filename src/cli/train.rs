//! `kiln train`: a recipe, data, and a model, joined in a run.

use super::args::Train;
use super::device::Opened;
use super::failure::Failure;
use super::json_lines::JsonLines;
use super::progress::Progress;
use super::{environment, input, model, output, pictures, recipes, settings, threads};
use kiln::data::Source;
use kiln::models::ModelConfig;
use kiln::nn::{TensorOptions, Training};
use kiln::report::{ReportError, TensorBoard};
use kiln::train::{
    Checkpoint, Data, History, LockedRunDir, Observer, Outcome, Run, RunConfig, RunDir, TrainError,
    write_atomic,
};
use std::panic::resume_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

/// Where runs go unless told otherwise.
const RUNS: &str = "runs";

/// The exit status of a program that was stopped by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Trains a model by a recipe, or goes on with a run. Nothing is written before everything has been checked.
pub fn train(arguments: &Train) -> Result<ExitCode, Failure> {
    threads::limit(arguments.threads)?;
    let Prepared { mut run, mut model, dir, note } = match (&arguments.resume, &arguments.recipe) {
        (Some(root), _) => resume(root, arguments)?,
        (None, Some(recipe)) => start(recipe, arguments)?,
        (None, None) => return Err(Failure::usage("name a recipe, or a run with --resume")),
    };
    if let Some(time) = arguments.time_limit {
        run.limit_time(time);
    }
    if arguments.profile {
        run.profile();
    }
    let environment = environment::describe(run.data().options())?;
    write_atomic(&dir.environment(), environment.as_bytes())?;
    stop_on_interrupt(&run)?;
    if let Some(note) = note.filter(|_| !arguments.json && !arguments.quiet) {
        output::say(&note);
    }

    let (mut lines, mut progress) = (JsonLines::default(), Progress::new(&dir));
    let mut tensorboard = TensorBoard::create(&dir.tensorboard())?;
    let mut observers: Vec<&mut dyn Observer> = vec![&mut tensorboard];
    if arguments.json {
        observers.push(&mut lines);
    } else if !arguments.quiet {
        observers.push(&mut progress);
    }
    let outcome = run.train(&dir, &mut *model, &mut observers)?;
    drop(progress);
    pictures::write(&dir)?;
    if !arguments.json && !arguments.quiet {
        output::print(&ending(&dir, outcome))?;
    }
    Ok(if outcome == Outcome::Asked { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// Everything a training needs.
struct Prepared {
    run: Run,
    model: Box<dyn Training>,
    dir: LockedRunDir,
    /// What a person should know about the device.
    note: Option<String>,
}

fn start(recipe: &str, arguments: &Train) -> Result<Prepared, Failure> {
    let mut settings = settings::of_recipe(recipes::find(recipe)?)?;
    change(&mut settings, arguments)?;
    let (config, model) = settings;
    // Loading a GPU's drivers takes as long as making the data.
    let (opened, source) = thread::scope(|scope| {
        let opened = scope.spawn(|| arguments.on.open());
        let source = read(&config, &model);
        (opened.join().unwrap_or_else(|panic| resume_unwind(panic)), source)
    });
    let Opened { options, note } = opened?;
    let (run, training) = assemble(config, &model, source?, arguments.epochs, &options)?;
    let dir = match &arguments.out {
        Some(root) => RunDir::create(root, run.config())?,
        None => RunDir::create_in(Path::new(RUNS), run.config())?,
    };
    Ok(Prepared { run, model: training, dir: dir.lock()?, note })
}

fn resume(root: &Path, arguments: &Train) -> Result<Prepared, Failure> {
    let dir = RunDir::open(root)?.lock()?;
    let (before, settings) = model::of_run(&dir)?;
    // A run goes on where it was, or its bits would not be those of one that was not stopped.
    let Opened { options, note } = arguments.on.or(environment::device(&dir)).open()?;
    let path = dir.checkpoint_steps()?.last().map(|step| dir.checkpoint(*step));
    let checkpoint = path.as_ref().map(|path| Checkpoint::read(path, &options)).transpose()?;
    let done = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.step);
    if checkpoint.is_none() {
        // To begin anew would drop the metrics.
        let steps = History::read(&dir.metrics()).map_err(ReportError::from)?.last_step;
        if steps > 0 {
            return Err(TrainError::NothingToGoOnFrom { path: root.to_owned(), steps }.into());
        }
    }
    let mut settings = (before.clone(), settings);
    change(&mut settings, arguments)?;
    let (config, model) = settings;
    before.check_continued(&config, done)?;
    let source = read(&config, &model)?;
    let (mut run, mut training) = assemble(config, &model, source, arguments.epochs, &options)?;
    before.check_continued(run.config(), done)?;
    if run.config().steps <= done {
        return Err(TrainError::Finished { path: root.to_owned(), steps: done }.into());
    }
    // A run that has done no step begins anew: what it begins with may depend on what was changed.
    if let (Some(checkpoint), Some(path)) = (&checkpoint, &path)
        && done > 0
    {
        run.restore(checkpoint, &mut *training, path)?;
    }
    if *run.config() != before {
        run.config().write(&dir.config())?;
    }
    Ok(Prepared { run, model: training, dir, note })
}

/// Settings with what the arguments change.
fn change(settings: &mut (RunConfig, ModelConfig), arguments: &Train) -> Result<(), Failure> {
    settings::change(settings, &arguments.set)?;
    let config = &mut settings.0;
    if let Some(data) = &arguments.data {
        config.data.clone_from(data);
    }
    if let Some(resize) = &arguments.reading.resize {
        config.resize.clone_from(resize);
    }
    if let Some(augment) = &arguments.augment {
        config.augment.clone_from(augment);
    }
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    config.image_size = arguments.reading.image_size.map(size).or(config.image_size);
    config.channels = arguments.reading.channels.map(size).or(config.channels);
    config.batch_size = arguments.batch_size.map_or(config.batch_size, size);
    config.seed = arguments.seed.unwrap_or(config.seed);
    config.steps = arguments.steps.unwrap_or(config.steps);
    config.validate()?;
    Ok(())
}

/// The data of these settings.
fn read(config: &RunConfig, model: &ModelConfig) -> Result<Source, Failure> {
    model.check_batch(config.batch_size, config.accumulate)?;
    input::load(&input::Input::of(config))
}

/// The run and the model of these settings, at their beginning.
fn assemble(
    mut config: RunConfig,
    model: &ModelConfig,
    source: Source,
    epochs: Option<u64>,
    options: &TensorOptions,
) -> Result<(Run, Box<dyn Training>), Failure> {
    let shape = model.image_shape(source.train.shape())?;
    let mut data = Data::new(source, shape, options.clone())?;
    if !config.augment.is_empty() {
        data = data.augmented(input::augment(&config.augment)?);
    }
    if let Some(epochs) = epochs {
        let per_epoch = (data.train().len() / config.batch_size).max(1) as u64;
        config.steps = epochs.saturating_mul(per_epoch);
    }
    let run = Run::new(config, data)?;
    let training = model.build(shape, run.config().seed, options)?;
    Ok((run, training))
}

/// The first Ctrl-C asks the run to stop, the second ends the program.
fn stop_on_interrupt(run: &Run) -> Result<(), Failure> {
    let stop = run.stop();
    let handler = move || {
        if stop.is_asked() {
            std::process::exit(INTERRUPTED.into());
        }
        stop.ask();
        output::say("finishing the step and saving; Ctrl-C again ends at once");
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::other(format!("Ctrl-C can't be watched for: {error}; run kiln elsewhere")))
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
