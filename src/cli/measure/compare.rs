//! `kiln compare`: runs beside each other.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::json::JsonArgs;
use crate::cli::options::number::{MAX_SEED, whole};
use crate::cli::options::words;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::runs::{self, RunRecord, best, differing};
use crate::cli::support::table::Table;
use crate::cli::support::trained::Trained;
use crate::cli::support::{blind, extension, output};
use clap::Args;
use kiln::metrics::better;
use kiln::report::curves;
use kiln::train::{History, Series, write_output};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Number of settings that have columns of their own; of further ones the names are listed.
const SETTINGS: usize = 6;

/// Compare runs by their metrics: a table, and their curves in one picture
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Two runs of one recipe", "kiln compare vae-1 vae-2"),
    ("Which is better? A sheet that doesn't say whose images are whose", "kiln compare vae-1 vae-2 --blind judge"),
    ("Runs of two recipes, with the curves in a file of another name", "kiln compare runs/vae-1 runs/dcgan-1 --out curves.png"),
]))]
pub struct CompareArgs {
    /// Folders of the runs, two or more, or their names in the folder runs
    #[arg(required = true, num_args = 2.., add = words::runs())]
    runs: Vec<PathBuf>,
    /// PNG file with the curves to write
    #[arg(long, value_name = "FILE", default_value = "compare.png", help_heading = "Output")]
    out: PathBuf,
    /// Folder to write a blind comparison to instead: sheet.png, with an image of each run in each row in a random order, and
    /// answers.json, which says what is whose
    #[arg(long, value_name = "DIR", conflicts_with = "json", help_heading = "Output")]
    blind: Option<PathBuf>,
    /// Number of rows of the blind comparison, from 1 to 256
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 256>, requires = "blind", help_heading = "Output")]
    rows: u64,
    /// Seed of noise and order of the blind comparison
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_SEED>, requires = "blind", help_heading = "Output")]
    seed: u64,
    #[command(flatten)]
    json: JsonArgs,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for CompareArgs {
    /// Prints a table of runs, and draws their metrics in one picture.
    fn run(&self) -> Result<ExitCode, CommandError> {
        if let Some(folder) = &self.blind {
            let names: Vec<String> = self.runs.iter().map(|run| run.display().to_string()).collect();
            let mut models = Trained::open_all(&self.runs, &self.compute)?;
            blind::write(folder, &names, &mut models, self.rows as usize, self.seed)?;
            output::print(&format!("sheet.png and answers.json in {}\n", folder.display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        extension::check(&self.out, "png")?;
        let read = |run: &PathBuf| RunRecord::read(runs::open(run)?, run.display().to_string());
        let rows: Vec<RunRecord> = self.runs.iter().map(read).collect::<Result<_, _>>()?;
        let labelled: Vec<(&str, &History)> =
            rows.iter().map(|row| (row.name.as_str(), &row.history)).collect();
        write_output(&self.out, &curves::png(&labelled)?)?;
        if self.json.json {
            output::print_json(&described(&rows))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::print(&format!("{}\ncurves in {}\n", text(&rows), self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A column of figures: of the test set the best value where one way is better, else the last.
#[derive(PartialEq)]
struct FigureColumn {
    test: bool,
    name: String,
}

impl FigureColumn {
    /// The columns that at least one run has, those of training first, by their names.
    fn all(rows: &[RunRecord]) -> Vec<FigureColumn> {
        let mut all: Vec<FigureColumn> = Vec::new();
        for test in [false, true] {
            let series =
                rows.iter().flat_map(|row| if test { &row.history.test } else { &row.history.train });
            let mut names: Vec<&String> = series.map(|series| &series.name).collect();
            names.sort_unstable();
            names.dedup();
            all.extend(names.into_iter().map(|name| FigureColumn { test, name: name.clone() }));
        }
        all
    }

    fn series<'r>(&self, row: &'r RunRecord) -> Option<&'r Series> {
        let all = if self.test { &row.history.test } else { &row.history.train };
        all.iter().find(|series| series.name == self.name)
    }

    /// The value of a run, with its step.
    fn point(&self, row: &RunRecord) -> Option<(u64, f64)> {
        let series = self.series(row)?;
        if self.test { best(series).or(series.points.last().copied()) } else { series.points.last().copied() }
    }

    fn header(&self) -> String {
        match (self.test, better(&self.name)) {
            (false, _) => self.name.clone(),
            (true, Some(_)) => format!("best test {}", self.name),
            (true, None) => format!("last test {}", self.name),
        }
    }
}

/// The runs under each other: the settings in which they differ, then their figures.
pub fn text(rows: &[RunRecord]) -> String {
    let columns = FigureColumn::all(rows);
    let configs: Vec<_> = rows.iter().map(|row| &row.config).collect();
    let settings = differing(&configs);
    let (shown, further) = settings.split_at(settings.len().min(SETTINGS));
    let header = ["run", "recipe"].map(str::to_owned).into_iter();
    let header = header.chain(shown.iter().map(|(name, _)| name.clone()));
    let header = header.chain(["last step", "seconds"].map(str::to_owned));
    let mut table = Table::new(2, header.chain(columns.iter().map(FigureColumn::header)));
    for (i, row) in rows.iter().enumerate() {
        let cells = [row.name.clone(), row.config.recipe.clone()].into_iter();
        let cells = cells.chain(shown.iter().map(|(_, values)| values[i].clone()));
        let cells = cells.chain([row.history.last_step.to_string(), format!("{:.1}", row.history.seconds)]);
        let figure = |column: &FigureColumn| {
            column.point(row).map_or("–".to_owned(), |(_, value)| format!("{value:.4}"))
        };
        table.add(cells.chain(columns.iter().map(figure)));
    }
    let mut text = table.text();
    if settings.is_empty() && configs.windows(2).all(|pair| pair[0].recipe == pair[1].recipe) {
        text += "all settings are the same\n";
    }
    if !further.is_empty() {
        let names: Vec<&str> = further.iter().map(|(name, _)| name.as_str()).collect();
        text += &format!("other settings that differ: {}\n", names.join(", "));
    }
    text
}

/// The runs as JSON.
pub fn described(rows: &[RunRecord]) -> Value {
    let configs: Vec<_> = rows.iter().map(|row| &row.config).collect();
    let settings = differing(&configs);
    let of = |(i, row): (usize, &RunRecord)| {
        let columns = FigureColumn::all(std::slice::from_ref(row));
        let part = |test: bool, with_best: bool| -> Value {
            let of = columns.iter().filter(|column| column.test == test);
            let of = of.filter(|column| !with_best || better(&column.name).is_some());
            let value = |column: &FigureColumn| {
                let last = column.series(row).and_then(|series| series.points.last().copied());
                if with_best { column.point(row) } else { last }
            };
            let entry =
                |column: &FigureColumn| (column.name.clone(), json!(value(column).map(|point| point.1)));
            Value::Object(of.map(entry).collect())
        };
        let differs = settings.iter().map(|(name, values)| (name.clone(), json!(values[i]))).collect();
        json!({
            "run": row.name, "recipe": row.config.recipe, "steps": row.history.last_step,
            "seconds": row.history.seconds, "differs": Value::Object(differs), "last": part(false, false),
            "last_test": part(true, false), "best_test": part(true, true),
        })
    };
    rows.iter().enumerate().map(of).collect()
}
