//! A summary as a table.

use std::fmt;

use super::{DataSummary, ImagesSummary, PartSummary, ValuesSummary};

impl fmt::Display for DataSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<(&str, &PartSummary)> =
            [("train", Some(&self.train)), ("held out", self.test.as_ref())]
                .into_iter()
                .filter_map(|(name, part)| Some((name, part?)))
                .collect();
        writeln!(f, "{}\n", self.name)?;
        let mut values =
            Table::new(&["part", "of", "number", "shape", "channel", "min", "max", "mean", "std"]);
        for (name, part) in &parts {
            let images = if part.frames > 0 { "frames" } else { "images" };
            let sets = [(images, part.images.as_ref()), ("targets", part.targets.as_ref())];
            for (of, set) in sets.into_iter().chain([("second set", part.unpaired.as_ref())]) {
                if let Some(set) = set {
                    add_images(&mut values, name, of, set);
                }
            }
            for (at, coordinate) in part.coordinates.iter().enumerate() {
                let (number, name) = if at == 0 { (part.len.to_string(), *name) } else { Default::default() };
                let of = if at == 0 { "points" } else { "" };
                let mut row = vec![name.to_owned(), of.to_owned(), number, String::new(), at.to_string()];
                row.extend(cells(coordinate));
                values.rows.push(row);
            }
        }
        if values.rows.len() > 1 {
            values.fmt(f)?;
        }
        for (name, part) in &parts {
            if part.frames > 0 {
                writeln!(f, "{name}: {} sequences of {} frames", part.len, part.frames)?;
            }
            if let Some([tokens, longest]) = part.tokens {
                writeln!(
                    f,
                    "{name}: {} texts of {tokens} different tokens, up to {longest} in one",
                    part.len
                )?;
            }
        }
        for (name, part) in &parts {
            if let (Some(captions), Some(images)) = (part.captions, &part.images) {
                writeln!(f, "{name}: {captions} of {} images have a caption", images.len)?;
            }
            if let Some(foreground) = part.foreground {
                writeln!(
                    f,
                    "{name}: masks, with {:.1} % of the pixels in the foreground",
                    100.0 * foreground
                )?;
            }
        }
        if self.train.classes.is_empty() {
            return writeln!(f, "no labels");
        }
        writeln!(f)?;
        let mut heads = vec!["class", "name"];
        parts.iter().for_each(|(name, _)| heads.extend([*name, "share"]));
        let mut classes = Table::new(&heads);
        for (number, class) in self.train.classes.iter().enumerate() {
            let mut row = vec![number.to_string(), class.name.clone()];
            for (_, part) in &parts {
                let len = part.classes.get(number).map_or(0, |class| class.len);
                let share = 100.0 * len as f64 / part.len as f64;
                row.extend([len.to_string(), format!("{share:.1} %")]);
            }
            classes.rows.push(row);
        }
        classes.fmt(f)
    }
}

/// A row for each channel; what all share is said in the first.
fn add_images(table: &mut Table, part: &str, of: &str, images: &ImagesSummary) {
    let [channels, height, width] = images.shape;
    let names: &[&str] = match channels {
        1 => &["grey"],
        3 => &["red", "green", "blue"],
        4 => &["red", "green", "blue", "opacity"],
        _ => &[],
    };
    for (at, values) in images.channels.iter().enumerate() {
        let shape = format!("{channels}×{height}×{width}");
        let shared = [part.to_owned(), of.to_owned(), images.len.to_string(), shape];
        let mut row = if at == 0 { shared.to_vec() } else { vec![String::new(); shared.len()] };
        row.push(names.get(at).map_or_else(|| at.to_string(), |&name| name.to_owned()));
        row.extend(cells(values));
        table.rows.push(row);
    }
}

fn cells(values: &ValuesSummary) -> [String; 4] {
    [values.min, values.max, values.mean, values.std].map(|value| format!("{value:.4}"))
}

/// Rows of cells, the first of them the heads.
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(heads: &[&str]) -> Table {
        Table { rows: vec![heads.iter().map(|&head| head.to_owned()).collect()] }
    }
}

/// Columns as wide as they need to be; those of numbers are flush right.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chars = |cell: &String| cell.chars().count();
        let column = |at: usize| self.rows.iter().map(move |row| &row[at]);
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns).map(|at| column(at).map(chars).max().unwrap_or(0)).collect();
        let is_number = |cell: &String| cell.starts_with(|first: char| first.is_ascii_digit());
        let right: Vec<bool> = (0..columns)
            .map(|at| column(at).skip(1).all(|cell| cell.is_empty() || is_number(cell)))
            .collect();
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(at, cell)| {
                let space = " ".repeat(widths[at] - chars(cell));
                if right[at] { space + cell } else { cell.clone() + &space }
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dataset, Parts};

    #[test]
    fn a_table_lines_up() {
        let set =
            |name, channels, len| Dataset::new(name, [channels, 1, 2], vec![51; 2 * channels * len]).unwrap();
        let names = ["cat", "Öl"].map(str::to_owned).to_vec();
        let train = set("pets", 1, 12)
            .with_labels([vec![0; 9], vec![1; 3]].concat(), 2)
            .and_then(|set| set.with_class_names(names))
            .and_then(|pets| pets.with_targets(set("targets", 3, 12)))
            .and_then(|set| set.with_captions(vec!["x".into(); 12]))
            .and_then(|set| set.with_masks(vec![1; 24], 2))
            .unwrap();
        let test = set("test", 1, 2).with_labels(vec![0, 1], 2).unwrap();
        let text = DataSummary::of(&Parts::new(train, Some(test))).unwrap().to_string();
        let expected = "\
pets

part      of       number  shape  channel     min     max    mean     std
train     images       12  1×1×2  grey     0.2000  0.2000  0.2000  0.0000
train     targets      12  3×1×2  red      0.2000  0.2000  0.2000  0.0000
                                  green    0.2000  0.2000  0.2000  0.0000
                                  blue     0.2000  0.2000  0.2000  0.0000
held out  images        2  1×1×2  grey     0.2000  0.2000  0.2000  0.0000
train: 12 texts of 1 different tokens, up to 1 in one
train: 12 of 12 images have a caption
train: masks, with 100.0 % of the pixels in the foreground

class  name  train   share  held out   share
    0  cat       9  75.0 %         1  50.0 %
    1  Öl        3  25.0 %         1  50.0 %
";
        assert_eq!(text, expected, "{text}");
        let plain = DataSummary::of(&Parts::new(set("plain", 2, 1), None)).unwrap().to_string();
        assert!(plain.ends_with("no labels\n") && plain.contains(" 1  0.2000"), "{plain}");
    }
}
