//! Lines of cells under each other.

use super::output;
use std::fmt::Write;

/// A table of texts: names to the left of their columns, numbers to the right of theirs.
pub struct Table {
    names: usize,
    lines: Vec<Vec<String>>,
}

impl Table {
    /// A table with this header, whose first so many columns are names.
    pub fn new(names: usize, header: impl IntoIterator<Item = impl Into<String>>) -> Table {
        let mut table = Table { names, lines: Vec::new() };
        table.add(header);
        table
    }

    /// Adds a line with a cell for each column. Names may come from files, and are shown so that they do nothing and fit.
    pub fn add(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.lines.push(cells.into_iter().map(|cell| output::name(&cell.into())).collect());
    }

    /// The lines, each with its end.
    pub fn text(&self) -> String {
        let columns = self.lines.iter().map(Vec::len).max().unwrap_or(0);
        let wide = |line: &Vec<String>, i: usize| line.get(i).map_or(0, |cell| cell.chars().count());
        let widths: Vec<usize> =
            (0..columns).map(|i| self.lines.iter().map(|line| wide(line, i)).max().unwrap_or(0)).collect();
        let mut text = String::new();
        for line in &self.lines {
            for (i, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let _ = if i < self.names {
                    write!(text, "{cell:<width$}  ")
                } else {
                    write!(text, "{cell:>width$}  ")
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_to_the_left_and_numbers_to_the_right() {
        let mut table = Table::new(1, ["run", "loss"]);
        table.add(["vae-10", "1"]);
        assert_eq!(table.text(), "run     loss\nvae-10     1\n");
    }
}
