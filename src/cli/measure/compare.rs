//! `kiln compare`: runs beside each other.

use crate::cli::help::examples;
use crate::cli::options::json::JsonArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::{extension, output};
use clap::Args;
use kiln::report::{ReportError, curves};
use kiln::train::{History, RunConfig, RunDir, Series, write_output};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare runs by their metrics: a table, and their curves in one picture
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("Two runs of one recipe", "kiln compare runs/vae-1 runs/vae-2"),
    ("Runs of two recipes, with the curves in a file of another name", "kiln compare runs/vae-1 runs/dcgan-1 --out curves.png"),
]))]
pub struct CompareArgs {
    /// Folders of the runs, two or more
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// PNG file with the curves to write
    #[arg(long, value_name = "FILE", default_value = "compare.png", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    json: JsonArgs,
}

impl CommandArgs for CompareArgs {
    /// Prints a table of runs, and draws their metrics in one picture.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "png")?;
        let mut rows = Vec::new();
        for root in &self.runs {
            let dir = RunDir::open(root)?;
            let config = RunConfig::read(&dir.config())?;
            let history = History::read(&dir.metrics()).map_err(ReportError::from)?;
            rows.push(ComparedRun { name: root.display().to_string(), recipe: config.recipe, history });
        }
        let labelled: Vec<(&str, &History)> =
            rows.iter().map(|row| (row.name.as_str(), &row.history)).collect();
        write_output(&self.out, &curves::png(&labelled)?)?;
        if self.json.json {
            output::print_json(&rows.iter().map(described).collect())?;
            return Ok(ExitCode::SUCCESS);
        }
        output::print(&format!("{}\ncurves in {}\n", table(&rows), self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A run, as the table shows it.
struct ComparedRun {
    name: String,
    recipe: String,
    history: History,
}

/// The columns that at least one run has: the last value of each training metric, the best of each test's.
fn columns(rows: &[ComparedRun]) -> Vec<(bool, String)> {
    let names = |test: bool| -> BTreeSet<String> {
        let series = rows.iter().flat_map(|row| if test { &row.history.test } else { &row.history.train });
        series.map(|series| series.name.clone()).collect()
    };
    let of = |test: bool| names(test).into_iter().map(move |name| (test, name));
    of(false).chain(of(true)).collect()
}

fn value(row: &ComparedRun, (test, name): &(bool, String)) -> Option<f64> {
    let all = if *test { &row.history.test } else { &row.history.train };
    let series = all.iter().find(|series| series.name == *name)?;
    if *test { least(series) } else { series.points.last().map(|(_, value)| *value) }
}

/// Less is better for what a test measures first, and most others; the column says which it is.
fn least(series: &Series) -> Option<f64> {
    series.points.iter().map(|(_, value)| *value).reduce(f64::min)
}

fn table(rows: &[ComparedRun]) -> String {
    let columns = columns(rows);
    let mut cells: Vec<Vec<String>> = vec![["run", "recipe", "steps", "seconds"].map(str::to_owned).into()];
    cells[0].extend(columns.iter().map(|(test, name)| {
        let name = output::name(name);
        if *test { format!("least test {name}") } else { name }
    }));
    for row in rows {
        let mut line = vec![
            output::name(&row.name),
            output::name(&row.recipe),
            row.history.last_step.to_string(),
            format!("{:.1}", row.history.seconds),
        ];
        line.extend(
            columns
                .iter()
                .map(|column| value(row, column).map_or("–".to_owned(), |value| format!("{value:.4}"))),
        );
        cells.push(line);
    }
    let widths: Vec<usize> = (0..cells[0].len())
        .map(|i| cells.iter().map(|line| line[i].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in &cells {
        for (i, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Names to the left, numbers to the right.
            let _ = if i < 2 { write!(text, "{cell:<width$}  ") } else { write!(text, "{cell:>width$}  ") };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn described(row: &ComparedRun) -> Value {
    let columns = columns(std::slice::from_ref(row));
    let part = |wanted: bool| -> Value {
        let of = columns.iter().filter(|(test, _)| *test == wanted);
        Value::Object(of.map(|column| (column.1.clone(), json!(value(row, column)))).collect())
    };
    json!({
        "run": row.name, "recipe": row.recipe, "steps": row.history.last_step,
        "seconds": row.history.seconds, "last": part(false), "least_test": part(true),
    })
}
