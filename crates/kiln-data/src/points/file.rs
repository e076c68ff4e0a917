//! Points from a table of numbers.

use std::path::Path;

use crate::file::{content, name_of};
use crate::{DataError, Dataset, Parts};

/// The largest file that is read, in bytes: 1 GiB.
pub const MAX_BYTES: u64 = 1 << 30;

/// Faults of a table of points.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointsError {
    /// The file has more than [`MAX_BYTES`].
    #[error("it has more than the {MAX_BYTES} bytes that are read; shorten it")]
    FileSize,
    /// It is no UTF-8.
    #[error("it is not UTF-8 text; save it as a table of numbers, such as CSV")]
    Encoding,
    /// A cell that is no finite number.
    #[error(
        "line {line} has {cell:?} where a number should be; write numbers such as -0.5, or remove the line"
    )]
    Number {
        /// The line, from 1.
        line: usize,
        /// Its text.
        cell: String,
    },
    /// A line of another length.
    #[error("line {line} has {found} numbers, but the first has {wanted}; give each point as many")]
    Coordinates {
        /// The line, from 1.
        line: usize,
        /// Number of numbers it has.
        found: usize,
        /// Number it should have.
        wanted: usize,
    },
    /// No line of numbers.
    #[error("it holds no numbers; write a point on each line, with commas between its coordinates")]
    Empty,
}

/// Opens a table of numbers: a point a line, its coordinates with commas, semicolons, tabs or spaces between them. A
/// first line without a number is a heading; blank lines, and those that begin with `#`, are skipped.
///
/// # Errors
/// When the file can't be read or is no such table.
pub fn open(path: &Path) -> Result<Parts, DataError> {
    let refuse = |problem| DataError::Points { path: path.to_owned(), problem };
    let bytes = content(path, MAX_BYTES)?.ok_or_else(|| refuse(PointsError::FileSize))?;
    let (coordinates, values) = parse(&bytes).map_err(refuse)?;
    Ok(Parts::new(Dataset::of_points(name_of(path), coordinates, values)?, None))
}

/// The number of coordinates and those of all points, N×D.
///
/// # Errors
/// When the bytes are no table of numbers.
pub fn parse(bytes: &[u8]) -> Result<(usize, Vec<f32>), PointsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PointsError::Encoding)?;
    let (mut coordinates, mut values, mut is_first) = (None, Vec::new(), true);
    for (at, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        let line_of = line.trim();
        if line_of.is_empty() || line_of.starts_with('#') {
            continue;
        }
        let separator = [',', ';', '\t'].into_iter().find(|separator| line_of.contains(*separator));
        let cells: Vec<&str> = match separator {
            Some(separator) => line_of.split(separator).map(str::trim).collect(),
            None => line_of.split_whitespace().collect(),
        };
        let number = |cell: &&str| cell.parse::<f32>().ok().filter(|value| value.is_finite());
        let heading = is_first && cells.iter().all(|cell| number(cell).is_none());
        is_first = false;
        if heading {
            continue;
        }
        let wanted = *coordinates.get_or_insert(cells.len());
        if cells.len() != wanted {
            return Err(PointsError::Coordinates { line: at + 1, found: cells.len(), wanted });
        }
        for cell in &cells {
            let wrong = || PointsError::Number { line: at + 1, cell: (*cell).to_owned() };
            values.push(number(cell).ok_or_else(wrong)?);
        }
    }
    coordinates.map(|coordinates| (coordinates, values)).ok_or(PointsError::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_with_any_separator() {
        for text in [
            "x,y\n1,-2.5\n3e2,4\n",
            "\u{FEFF}1;-2.5\r\n\r\n300;4",
            "# made by hand\n1\t-2.5\n300\t4\n",
            "  1  -2.5\n300 4",
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap(), (2, vec![1.0, -2.5, 300.0, 4.0]), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_says_where() {
        for (text, says) in [
            (&b"1,2\n3,x\n"[..], "line 2 has \"x\" where a number should be"),
            (b"x,y\n1,2\na,b\n", "line 3 has \"a\" where a number should be"),
            (b"1,inf\n", "line 1 has \"inf\" where a number should be"),
            (b"1,2\n3\n", "line 2 has 1 numbers, but the first has 2"),
            (b"x y\n", "it holds no numbers"),
            (b"", "it holds no numbers"),
            (b"\xFF\xFE", "it is not UTF-8 text"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
        let error = open(Path::new("/no/such.csv")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read /no/such.csv: "), "{error}");
    }
}
