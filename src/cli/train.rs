//! `kiln train`: a recipe, data, and a model, joined in a run.

use super::args::Train;
use super::failure::Failure;
use super::progress::Progress;
use super::{output, recipes, settings};
use kiln::data::DataSpec;
use kiln::nn::Place;
use kiln::train::{Data, Run, RunDir};
use std::path::Path;

/// Procedural data are drawn from this seed in every run, so that the seed of a run changes how it is
/// trained, not what on.
const DATA_SEED: u64 = 0;

/// Where runs go unless told otherwise.
const RUNS: &str = "runs";

/// Trains a model by a recipe. Nothing is written before everything has been checked.
pub fn train(arguments: &Train) -> Result<(), Failure> {
    let recipe = recipes::find(&arguments.recipe)?;
    let (mut config, model) = settings::resolve(recipe, &arguments.set)?;
    if let Some(data) = &arguments.data {
        config.data.clone_from(data);
    }
    if let Some(batch_size) = arguments.batch_size {
        config.batch_size = usize::try_from(batch_size).unwrap_or(usize::MAX);
    }
    config.seed = arguments.seed.unwrap_or(config.seed);
    config.steps = arguments.steps.unwrap_or(config.steps);
    config.validate()?;
    if let Some(threads) = arguments.threads {
        use_threads(threads as usize)?;
    }

    let source = config.data.parse::<DataSpec>()?.load(DATA_SEED)?;
    let shape = model.image_shape(source.train.shape())?;
    let place = Place::cpu_f32();
    let data = Data::new(source, shape, place.clone())?;
    if let Some(epochs) = arguments.epochs {
        let per_epoch = (data.train().len() / config.batch_size).max(1) as u64;
        config.steps = epochs.saturating_mul(per_epoch);
    }
    let mut run = Run::new(config, data)?;
    let mut training = model.build(shape, run.config().seed, &place)?;

    let dir = match &arguments.out {
        Some(root) => RunDir::create(root, run.config())?,
        None => RunDir::create_in(Path::new(RUNS), run.config())?,
    };
    run.train(&dir, &mut *training, &mut Progress::new(&dir))?;
    output::print(&format!(
        "sheets       {}\ncheckpoints  {}\nsample with  kiln sample {} --count 64 --out grid.png\n",
        dir.sheets().display(),
        dir.checkpoints().display(),
        dir.root().display()
    ))
}

/// Computes with so many threads from now on.
fn use_threads(threads: usize) -> Result<(), Failure> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|error| {
        Failure::other(format!("{threads} threads can't be started: {error}; use fewer with --threads"))
    })
}
