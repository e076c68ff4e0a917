//! `kiln train`: a recipe, data, and a model, joined in a run.

mod dry_run;
mod environment;
mod interrupt;
mod json_lines;
mod model_size;
mod prepare;
mod progress;
mod sparkline;
mod sweep;

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::image::ImageArgs;
use crate::cli::options::number::{MAX_COUNT, MAX_SEED, duration, whole};
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data;
use crate::cli::support::error::CommandError;
use crate::cli::support::recipe::{self, StartSettings};
use crate::cli::support::runs::RUNS;
use crate::cli::support::settings::RunSettings;
use crate::cli::support::{output, run_pictures};
use clap::Args;
use environment::Environment;
use interrupt::Interrupt;
use json_lines::JsonLines;
use kiln::models;
use kiln::nn::Ability;
use kiln::report::TensorBoard;
use kiln::train::{LockedRunDir, Observer, Outcome, Run, RunConfig, RunDir, write_atomic};
use model_size::ModelSize;
use prepare::PreparedRun;
use progress::TerminalProgress;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Train a model by a recipe, or go on with a run that was stopped
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("A variational autoencoder on built-in digits, in half a minute", "kiln train vae"),
    ("A GAN on a folder of photos, with other settings than the recipe's", "kiln train dcgan-64 photos --batch-size 8 --set lr=1e-4 --out runs/photos"),
    ("A run that was stopped, or one that is to go on for longer", "kiln train --resume runs/vae-1 --steps 6000"),
    ("What a training would take, without one", "kiln train ./photos --dry-run"),
    ("Four runs and a table of them", "kiln train vae --steps 300 --sweep lr=1e-4,3e-4 --sweep seed=0..2"),
]))]
pub struct TrainArgs {
    /// Recipe, which `kiln recipes` lists; or a TOML file like one; or a run, whose settings are taken for a new one; or a
    /// folder of images
    #[arg(required_unless_present = "resume", add = words::starts())]
    recipe: Option<String>,
    /// Data, as for --data; a folder needs no `folder:`
    #[arg(value_name = "DATA", conflicts_with_all = ["data", "resume"], add = words::data())]
    data_word: Option<String>,
    /// Go on with this run from its last checkpoint, to the same bits as if it had not been stopped
    #[arg(long, value_name = "RUN", conflicts_with_all = ["recipe", "out"], add = words::runs(), help_heading = "Training")]
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
    #[arg(long, value_name = "KEY=VALUE", add = words::settings(), help_heading = "Training")]
    set: Vec<String>,
    /// Setting with several values, a run for each, such as lr=1e-4,3e-4 or seed=0..4 (0, 1, 2 and 3); repeated, a run for
    /// each combination
    #[arg(long, value_name = "KEY=VALUES", conflicts_with_all = ["resume", "dry_run"], add = words::settings(),
        help_heading = "Training")]
    sweep: Vec<String>,
    /// Train nothing: do a few steps, and say parameters, memory and the time of a step; no file is written
    #[arg(long, conflicts_with_all = ["resume", "out", "profile", "quiet"], help_heading = "Training")]
    dry_run: bool,
    #[arg(long, value_name = "DATA", add = words::data(), help_heading = "Data", help = data::help())]
    data: Option<String>,
    #[command(flatten)]
    images: ImageArgs,
    /// Random changes of each image before each use: a list of flip, crop=PIXELS, affine and colour, such
    /// as flip,crop=4; or none [default: none]
    #[arg(long, value_name = "LIST", help_heading = "Data")]
    augment: Option<String>,
    /// Folder of the run, which must not exist or be empty; of a sweep, the folder of its runs [default: runs/RECIPE-N, with
    /// the first N that is free]
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

/// The exit status of a program that was stopped by Ctrl-C.
const INTERRUPTED: u8 = 130;

impl CommandArgs for TrainArgs {
    /// Trains a model by a recipe, or goes on with a run. Nothing is written before everything has been checked.
    fn run(&self) -> Result<ExitCode, CommandError> {
        self.compute.threads.start()?;
        if !self.sweep.is_empty() {
            return sweep::run(self);
        }
        let (prepared, dir) = match &self.resume {
            Some(root) => prepare::resume(root, self)?,
            None => {
                let start = self.start()?;
                let mut prepared = prepare::start(self.settings(&start, &[])?, self)?;
                prepared.notes.splice(0..0, start.notes);
                if self.dry_run {
                    return dry_run::run(prepared, self.time_limit, self.json);
                }
                let dir = match &self.out {
                    Some(root) => RunDir::create(root, prepared.run.config())?,
                    None => RunDir::create_in(Path::new(RUNS), prepared.run.config())?,
                };
                (prepared, dir.lock()?)
            }
        };
        let made = made_with(prepared.run.config(), &dir);
        let outcome = self.train(prepared, &dir, &Interrupt::watch()?)?;
        if self.shows_text() {
            output::print(&(ending(&dir, outcome) + &made))?;
        }
        Ok(if outcome == Outcome::Asked { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
    }
}

impl TrainArgs {
    /// What a new run starts from.
    fn start(&self) -> Result<StartSettings, CommandError> {
        let word = self.recipe.as_deref().unwrap_or_default();
        let start = recipe::of_word(word, &self.images)?;
        if let (Some(data), true) = (self.data.as_ref().or(self.data_word.as_ref()), start.has_data) {
            return Err(CommandError::usage(format!(
                "{word} is the data already, and {data} would be other data; name a recipe, which `kiln recipes` lists, or \
                 leave one of the two out"
            )));
        }
        Ok(start)
    }

    /// The settings of a new run, with further changes as of `--set`.
    fn settings(&self, start: &StartSettings, changes: &[String]) -> Result<RunSettings, CommandError> {
        prepare::changed(start.table.clone(), self, &[&self.set[..], changes].concat())
    }

    /// Whether progress is shown as text.
    fn shows_text(&self) -> bool {
        !self.json && !self.quiet
    }

    /// Trains in this folder until all steps are done or there is a reason to stop.
    fn train(
        &self,
        prepared: PreparedRun,
        dir: &LockedRunDir,
        interrupt: &Interrupt,
    ) -> Result<Outcome, CommandError> {
        let PreparedRun { mut run, mut model, notes } = prepared;
        if let Some(time) = self.time_limit {
            run.limit_time(time);
        }
        if self.profile {
            run.profile();
        }
        let changed = record_environment(&run, dir)?;
        interrupt.stops(&run);
        let size = ModelSize::of(&mut *model);
        let warning = size.warning();
        for note in notes.iter().chain(&changed).chain(&warning).filter(|_| self.shows_text()) {
            output::say(note);
        }
        let (mut lines, mut progress) = (JsonLines::new(size, notes), TerminalProgress::new(dir, size));
        let mut tensorboard = TensorBoard::create(&dir.tensorboard())?;
        let mut observers: Vec<&mut dyn Observer> = vec![&mut tensorboard];
        if self.json {
            observers.push(&mut lines);
        } else if !self.quiet {
            observers.push(&mut progress);
        }
        let outcome = run.train(dir, &mut *model, &mut observers)?;
        drop(progress);
        run_pictures::write(dir)?;
        Ok(outcome)
    }
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

fn ending(dir: &RunDir, outcome: Outcome) -> String {
    let root = dir.root().display();
    let first = match outcome {
        Outcome::Finished => String::new(),
        Outcome::Asked | Outcome::TimeUp => format!("go on with   kiln train --resume {root}\n"),
    };
    format!(
        "{first}sheets       {}\ncurves       {}\nanimation    {}\ncheckpoints  {}\n",
        dir.sheets().display(),
        dir.curves().display(),
        dir.animation().display(),
        dir.checkpoints().display(),
    )
}

/// A line about how the trained model is used.
fn made_with(config: &RunConfig, dir: &RunDir) -> String {
    let root = dir.root().display();
    let settings = models::read(&config.model, &config.optimizer);
    match settings.map(|settings| settings.abilities()) {
        Ok(all) if all.contains(&Ability::Generate) => {
            format!("sample with  kiln sample {root} --count 64 --out grid.png\n")
        }
        Ok(all) if all.contains(&Ability::Translate) => {
            format!("use it with  kiln translate {root} --input DIR --out DIR\n")
        }
        Ok(all) if all.contains(&Ability::Classify) => {
            format!("measure by it with  kiln eval RUN --features {root}\n")
        }
        _ => String::new(),
    }
}
