//! `kiln compare`: runs beside each other.

use super::args::Compare;
use super::failure::Failure;
use super::{grid, model, output};
use kiln::report::{ReportError, curves};
use kiln::train::{History, RunDir, Series, write_atomic};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What is known of a run.
struct Row {
    name: String,
    recipe: String,
    history: History,
}

/// Prints a table of runs, and draws their metrics in one picture.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    grid::check_name(&arguments.out, "png")?;
    let mut rows = Vec::new();
    for root in &arguments.runs {
        let dir = RunDir::open(root)?;
        let (config, _) = model::of_run(&dir)?;
        let history = History::read(&dir.metrics()).map_err(ReportError::from)?;
        rows.push(Row { name: root.display().to_string(), recipe: config.recipe, history });
    }
    let labelled: Vec<(&str, &History)> = rows.iter().map(|row| (row.name.as_str(), &row.history)).collect();
    write_atomic(&arguments.out, &curves::png(&labelled)?)?;
    if arguments.json {
        return output::print_json(&rows.iter().map(described).collect());
    }
    output::print(&format!("{}\ncurves in {}\n", table(&rows), arguments.out.display()))
}

/// The columns that at least one run has: the last value of each training metric, the best of each test's.
fn columns(rows: &[Row]) -> Vec<(bool, String)> {
    let names = |test: bool| -> BTreeSet<String> {
        let series = rows.iter().flat_map(|row| if test { &row.history.test } else { &row.history.train });
        series.map(|series| series.name.clone()).collect()
    };
    let of = |test: bool| names(test).into_iter().map(move |name| (test, name));
    of(false).chain(of(true)).collect()
}

fn value(row: &Row, (test, name): &(bool, String)) -> Option<f64> {
    let all = if *test { &row.history.test } else { &row.history.train };
    let series = all.iter().find(|series| series.name == *name)?;
    if *test { least(series) } else { series.points.last().map(|(_, value)| *value) }
}

/// Less is better for what a test measures first, and most others; the column says which it is.
fn least(series: &Series) -> Option<f64> {
    series.points.iter().map(|(_, value)| *value).reduce(f64::min)
}

fn table(rows: &[Row]) -> String {
    let columns = columns(rows);
    let mut cells: Vec<Vec<String>> = vec![["run", "recipe", "steps", "seconds"].map(str::to_owned).into()];
    cells[0].extend(
        columns.iter().map(|(test, name)| if *test { format!("least test {name}") } else { name.clone() }),
    );
    for row in rows {
        let mut line = vec![
            row.name.clone(),
            row.recipe.clone(),
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

fn described(row: &Row) -> Value {
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
