//! `kiln eval`: how good a trained model is.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::number::{MAX_SEED, SeedList, whole};
use crate::cli::options::run::{CheckpointChoice, RunArgs};
use crate::cli::options::truncation::TruncationArgs;
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::DataRequest;
use crate::cli::support::error::CommandError;
use crate::cli::support::table::Table;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, output, pictures};
use clap::Args;
use kiln::grad::Tensor;
use kiln::metrics::{
    FeatureNet, FigureValue, MEASURES, Measure, MeasureCtx, MeasureError, better, measure, nearest_images,
};
use kiln::nn::{Batch, Better, Exhibit, Images, PixelRange, TensorOptions};
use kiln::tensor::random::Key;
use kiln::train::{
    CheckpointEvaluation, Data, EvaluatedFigure, RunEvaluation, TrainError, evaluate, evaluate_batches, png,
    write_output,
};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Measure a trained model: on images that were held out of training, and what it makes
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("All that can be measured of a model, at its best and its last checkpoint", "kiln eval runs/dcgan-1 --count 640"),
    ("Digits that are digits at every checkpoint, with the spread of five seeds", "kiln eval runs/dcgan-1 --all-checkpoints --seeds 0-4 --measures digits"),
    ("By the features and classes of a classifier of one's own", "kiln eval runs/dcgan-1 --features runs/features-mnist-1"),
    ("Does it remember? Made images beside the training images nearest to them", "kiln eval runs/dcgan-1 --nearest nearest.png"),
    ("The log likelihood of 100 images, by 5000 draws for each", "kiln eval runs/vae-1 --measures likelihood --count 100 --draws 5000"),
]))]
pub struct EvalArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Measure every checkpoint there is [default: the best, if one is known, and the latest]
    #[arg(long, conflicts_with = "step", help_heading = "Model")]
    all_checkpoints: bool,
    /// Data to measure on, as for `kiln train --data` [default: the data of the run]
    #[arg(long, value_name = "DATA", help_heading = "Images")]
    data: Option<String>,
    /// Folder of pictures to measure on one by one, each at its own size, instead of data
    #[arg(long, value_name = "DIR", conflicts_with = "data", help_heading = "Images")]
    pictures: Option<PathBuf>,
    /// Number of images to make and measure, and of held-out ones to estimate the likelihood of
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = whole::<1, 100_000>, help_heading = "Images")]
    count: u64,
    /// Number of codes drawn of each image whose likelihood is estimated; published figures take 5000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = whole::<1, 100_000>, help_heading = "Images")]
    draws: u64,
    /// Seed of the noise; the same seed gives the same figures
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_SEED>, help_heading = "Images")]
    seed: u64,
    /// Several seeds of the noise, such as 0-4 or 1,5,9: figures are then means, with their standard deviation
    #[arg(long, value_name = "LIST", conflicts_with = "seed", help_heading = "Images")]
    seeds: Option<SeedList>,
    /// Run of a classifier, such as features-mnist, by whose features and classes images are compared [default: a network that
    /// comes with kiln]
    #[arg(long, value_name = "RUN", add = words::runs(), conflicts_with = "pictures", help_heading = "Images")]
    features: Option<PathBuf>,
    /// Measures to take, with commas between them: digits, classes, modes, distances, memorised, cas, likelihood, latents, anomaly
    /// [default: all that fit the model]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = measure_name, help_heading = "Images")]
    measures: Vec<String>,
    #[command(flatten)]
    truncation: TruncationArgs,
    /// PNG file to write instead: eight made images, each with the seven training images nearest to it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all_checkpoints", "pictures", "seeds", "measures"], help_heading = "Output")]
    nearest: Option<PathBuf>,
    #[command(flatten)]
    json: JsonArgs,
    #[command(flatten)]
    compute: ComputeArgs,
}

/// Rows and columns of the sheet of nearest images.
const NEAREST: [usize; 2] = [8, 8];

/// Reads the name of a measure.
fn measure_name(text: &str) -> Result<String, String> {
    let names: Vec<&str> = MEASURES.iter().map(|entry| entry.name).collect();
    let known = names.contains(&text).then(|| text.to_owned());
    known.ok_or_else(|| format!("it must be one of {}", names.join(", ")))
}

impl CommandArgs for EvalArgs {
    /// Prints the figures: means over held-out images, and those of the measures that fit the model.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let mut trained = Trained::open(&self.model, &self.compute)?;
        self.truncation.apply(&mut trained)?;
        if let Some(file) = &self.nearest {
            return self.write_nearest(&mut trained, file);
        }
        let steps = self.steps(&trained)?;
        let seeds = self.seeds.as_ref().map_or_else(|| vec![self.seed], |list| list.0.clone());
        let data = match &self.pictures {
            Some(_) => None,
            None => Some(self.data(&trained)?),
        };
        let net = self.features.as_deref().map(feature_net).transpose()?;
        let names = MEASURES.iter().map(|entry| entry.name);
        let wanted = names.filter(|name| self.measures.is_empty() || self.measures.iter().any(|w| w == name));
        let mut measures: Vec<Box<dyn Measure>> = wanted.filter_map(measure).collect();
        let mut all = RunEvaluation { seeds: seeds.clone(), ..RunEvaluation::default() };
        for step in steps {
            trained.go_to(step)?;
            let mut of_seeds = Vec::new();
            for seed in &seeds {
                let figures = match (&self.pictures, &data) {
                    (Some(folder), _) => self.on_pictures(&mut trained, folder, *seed)?,
                    (None, Some(data)) => {
                        let cx = self.measure_ctx(data, net.as_ref(), self.count, *seed);
                        self.on_data(&mut trained, data, *seed, &cx, &mut measures, &mut all.notes)?
                    }
                    (None, None) => Vec::new(),
                };
                of_seeds.push(figures);
            }
            let best = trained.best == Some(step);
            all.checkpoints.push(CheckpointEvaluation { step, best, figures: over_seeds(&of_seeds) });
        }
        if all.checkpoints.iter().all(|checkpoint| checkpoint.figures.is_empty()) {
            let why =
                if all.notes.is_empty() { String::new() } else { format!(" ({})", all.notes.join("; ")) };
            return Err(CommandError::other(format!(
                "there is nothing to measure of a {}{why}; look at its sheets, or sample it",
                trained.config.recipe
            )));
        }
        // The page of the run shows what was measured of the whole model on its own data.
        if self.data.is_none() && self.pictures.is_none() && self.truncation.trunc.is_none() {
            // The figures are worth being seen where the folder can't be written.
            if let Err(error) = all.write(&trained.dir.evaluation()) {
                output::say(&format!("the page of the run will not show these figures: {error}"));
            }
        }
        if self.json.json {
            output::print_json(&described(&all))?;
        } else {
            output::print(&text(&trained.config.recipe, &all))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl EvalArgs {
    /// The steps of the checkpoints to measure, in ascending order.
    fn steps(&self, trained: &Trained) -> Result<Vec<u64>, CommandError> {
        let have = trained.dir.checkpoint_steps()?;
        if self.all_checkpoints {
            return Ok(have);
        }
        let best = trained.best.filter(|best| self.model.step.is_none() && have.contains(best));
        let mut steps: Vec<u64> = best.into_iter().chain([trained.step]).collect();
        steps.sort_unstable();
        steps.dedup();
        Ok(steps)
    }

    /// The data to measure on, as the model takes it.
    fn data(&self, trained: &Trained) -> Result<Data, CommandError> {
        let wanted = DataRequest::of_or(&trained.config, self.data.as_deref());
        Ok(Data::new(wanted.open_for(&trained.data)?, trained.options.clone())?)
    }

    /// What measures look at besides the model.
    fn measure_ctx<'a>(
        &self,
        data: &'a Data,
        net: Option<&'a Arc<FeatureNet>>,
        count: u64,
        seed: u64,
    ) -> MeasureCtx<'a> {
        let (train, test) = (Some(&**data.train()), data.test().map(|set| &**set));
        let (draws, key) = (self.draws as usize, Key::new(seed).purpose("measure"));
        MeasureCtx { train, test, net, count: count as usize, draws, key }
    }

    /// Writes made images beside the training images that they are nearest to.
    fn write_nearest(&self, trained: &mut Trained, file: &Path) -> Result<ExitCode, CommandError> {
        extension::check(file, "png")?;
        trained.generator()?;
        let data = self.data(trained)?;
        let [rows, columns] = NEAREST;
        let net = self.features.as_deref().map(feature_net).transpose()?;
        let cx = self.measure_ctx(&data, net.as_ref(), rows as u64, self.seed);
        let found = nearest_images(&mut *trained.model, &cx, columns - 1).map_err(failed)?;
        let found =
            found.ok_or_else(|| CommandError::other("there are no training images to compare with"))?;
        let mut cells = Vec::new();
        let made = found.made.iter().flat_map(|part| (0..part.len()).map(|at| part.unit().narrow(0, at, 1)));
        for (made, near) in made.zip(&found.nearest) {
            cells.push(made);
            let numbers: Vec<u32> = near.iter().map(|near| near.index as u32).collect();
            cells.push(kiln::data::batch(data.train(), &numbers, &trained.options)?.images().unit());
        }
        let all = Images::new(Tensor::concat(&cells.iter().collect::<Vec<_>>(), 0), PixelRange::Unit);
        let caption = format!("made images, and {}", found.note);
        write_output(file, &png(&Exhibit::grid(&all, columns, &caption))?)?;
        output::print(&format!(
            "{rows} made images of step {}, each with {} in {}\n",
            trained.step,
            found.note,
            file.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Means over images held out, and what the measures find; their notes are added to those that are known.
    fn on_data(
        &self,
        trained: &mut Trained,
        data: &Data,
        seed: u64,
        cx: &MeasureCtx,
        measures: &mut [Box<dyn Measure>],
        notes: &mut Vec<String>,
    ) -> Result<Vec<SeedFigure>, CommandError> {
        let mut note = |note: String| {
            if !notes.contains(&note) {
                notes.push(note);
            }
        };
        let means = evaluate(&mut *trained.model, data, trained.config.batch_size, seed, trained.step)?;
        if let (Some(set), true) = (data.test(), means.is_some()) {
            note(format!("means over {} images held out of training", set.len()));
        }
        let mean = |(name, value)| SeedFigure { name, value, interval: None, floor: None };
        let mut figures: Vec<SeedFigure> = means.unwrap_or_default().into_iter().map(mean).collect();
        for measure in measures {
            let taken = measure.take(&mut *trained.model, cx).map_err(failed)?.unwrap_or_default();
            figures.extend(taken.figures.into_iter().map(SeedFigure::from));
            taken.notes.into_iter().for_each(&mut note);
        }
        Ok(figures)
    }

    /// Means over pictures, each measured by itself at its own size.
    fn on_pictures(
        &self,
        trained: &mut Trained,
        folder: &Path,
        seed: u64,
    ) -> Result<Vec<SeedFigure>, CommandError> {
        let files = pictures::files(folder)?;
        let (options, step) = (trained.options.clone(), trained.step);
        let [channels, ..] = trained.data.image.unwrap_or([3, 0, 0]);
        trained.translator()?;
        let batch = |file: &PathBuf| -> Result<Batch, CommandError> {
            Ok(Batch::of_images(pictures::images(&pictures::read(file, channels)?, 1, &options)))
        };
        let means = evaluate_batches(&mut *trained.model, files.iter().map(batch), seed, step)?;
        let mean = |(name, value)| SeedFigure { name, value, interval: None, floor: None };
        Ok(means.unwrap_or_default().into_iter().map(mean).collect())
    }
}

/// The classifier of a run, at its best checkpoint if one is known: on the CPU, in single precision, so that figures don't
/// depend on where models are measured.
fn feature_net(run: &Path) -> Result<Arc<FeatureNet>, CommandError> {
    let args = |step| RunArgs { run: run.to_owned(), step };
    let options = TensorOptions::cpu_f32();
    let mut trained = Trained::read(&args(None), &options)?;
    if trained.best.is_some() {
        trained = Trained::read(&args(Some(CheckpointChoice::Best)), &options)?;
    }
    trained.classifier()?;
    let name = trained.config.recipe.clone();
    let net = FeatureNet::of_classifier(name, trained.model).map_err(failed)?;
    Ok(Arc::new(net.expect("it was seen to be a classifier")))
}

fn failed(error: MeasureError) -> CommandError {
    TrainError::from(error).into()
}

/// A figure with one seed.
struct SeedFigure {
    name: String,
    value: f64,
    interval: Option<[f64; 2]>,
    floor: Option<f64>,
}

impl From<FigureValue> for SeedFigure {
    fn from(figure: FigureValue) -> Self {
        let FigureValue { name, value, interval, floor } = figure;
        SeedFigure { name: name.to_owned(), value, interval, floor }
    }
}

/// The figures of a checkpoint over all seeds.
fn over_seeds(of_seeds: &[Vec<SeedFigure>]) -> Vec<EvaluatedFigure> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let figure = |first: &SeedFigure| {
        let name = first.name.clone();
        let all: Vec<&SeedFigure> = of_seeds.iter().flatten().filter(|figure| figure.name == name).collect();
        let values: Vec<f64> = all.iter().map(|figure| figure.value).collect();
        let floors: Option<Vec<f64>> = all.iter().map(|figure| figure.floor).collect();
        let value = mean(&values);
        let squares: f64 = values.iter().map(|one| (one - value) * (one - value)).sum();
        let several = values.len() > 1;
        EvaluatedFigure {
            name,
            value,
            deviation: several.then(|| (squares / (values.len() - 1) as f64).sqrt()),
            interval: first.interval.filter(|_| !several),
            floor: floors.map(|floors| mean(&floors)),
        }
    };
    of_seeds.first().into_iter().flatten().map(figure).collect()
}

/// The figures as JSON: those of the latest checkpoint by their names, and all that is known of all checkpoints.
fn described(all: &RunEvaluation) -> Value {
    let last = all.checkpoints.last().cloned().unwrap_or_default();
    let figures: Map<String, Value> =
        last.figures.into_iter().map(|figure| (figure.name, json!(figure.value))).collect();
    json!({
        "step": last.step, "figures": figures, "seeds": all.seeds, "checkpoints": all.checkpoints,
        "notes": all.notes,
    })
}

/// The figures of each checkpoint under each other.
fn text(recipe: &str, all: &RunEvaluation) -> String {
    let mut text = String::new();
    for checkpoint in &all.checkpoints {
        let best = if checkpoint.best { ", its best" } else { "" };
        text += &format!("{recipe} after step {}{best}\n", checkpoint.step);
        let spread = if all.seeds.len() > 1 { "deviation" } else { "95 % interval" };
        let mut table = Table::new(1, ["figure", "value", spread, "real images", "better"]);
        for EvaluatedFigure { name, value, deviation, interval, floor } in &checkpoint.figures {
            let spread = match (deviation, interval) {
                (Some(deviation), _) => format!("± {deviation:.4}"),
                (None, Some([low, high])) => format!("{low:.4} to {high:.4}"),
                (None, None) => String::new(),
            };
            let floor = floor.map_or_else(String::new, |floor| format!("{floor:.4}"));
            let better = match better(name) {
                Some(Better::Less) => "less",
                Some(Better::More) => "more",
                None => "",
            };
            table.add([name.clone(), format!("{value:.4}"), spread, floor, better.to_owned()]);
        }
        text += &table.text();
    }
    if all.seeds.len() > 1 {
        text += &format!("means over {} seeds of the noise\n", all.seeds.len());
    }
    for note in &all.notes {
        text += note;
        text.push('\n');
    }
    text
}
