//! Arrays as text, as NumPy and PyTorch print them.

use super::Array;
use crate::error::Result;
use std::fmt::{self, Write};

/// Number of elements up to which an array is shown whole.
const WHOLE: usize = 1000;
/// Elements at either end of an axis that are shown of a larger array.
const EDGE: usize = 3;
/// Characters of a line.
const WIDTH: usize = 80;
/// Digits behind the point.
const PRECISION: usize = 4;

impl fmt::Display for Array {
    /// The elements row by row, then their type and dims:
    ///
    /// ```
    /// # use kiln_tensor::{Array, Device};
    /// let x = Array::from_slice(&[0.5_f32, -1.0, 0.25, 2.0], [2, 2], &Device::cpu());
    /// assert_eq!(x.to_string(), "[[ 0.5000, -1.0000],\n [ 0.2500,  2.0000]] f32[2, 2]");
    /// ```
    ///
    /// Of an array with more than 1000 elements the first and the last three along each axis are shown, and no others are
    /// brought to the host. Numbers have four digits behind the point, or as many as the format says (`{x:.2}`), and an
    /// exponent if they differ a thousandfold or are very large or small. If the device failed, its error takes the
    /// place of the elements.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match Summary::of(self, f.precision()) {
            Ok(summary) => write!(f, "{} {}", summary.text(), self.meta()),
            Err(error) => write!(f, "({error}) {}", self.meta()),
        }
    }
}

impl fmt::Debug for Array {
    /// As [`Display`](fmt::Display) has it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Elements that are shown, as text of one width.
struct Summary {
    cells: Vec<String>,
    /// Elements shown along each axis, and whether some in the middle are left out.
    axes: Vec<(usize, bool)>,
}

impl Summary {
    fn of(array: &Array, precision: Option<usize>) -> Result<Summary> {
        let is_cut = |length: usize| array.numel() > WHOLE && length > 2 * EDGE;
        let lengths = array.dims().iter();
        let axes: Vec<(usize, bool)> =
            lengths.map(|&length| (if is_cut(length) { 2 * EDGE } else { length }, is_cut(length))).collect();
        let values = ends(array, &axes, 0).to_f64_vec()?;
        let style = Style::of(&values, array.dtype().is_float(), precision);
        let cells: Vec<String> = values.iter().map(|&value| style.text(value)).collect();
        let width = cells.iter().map(String::len).max().unwrap_or(0);
        Ok(Summary { cells: cells.into_iter().map(|cell| format!("{cell:>width$}")).collect(), axes })
    }

    fn text(&self) -> String {
        let mut out = String::new();
        if self.cells.is_empty() {
            out.push_str("[]")
        } else {
            self.write(&mut out, 0, &self.cells)
        }
        out
    }

    /// Writes the cells at one place of the axes before `axis`.
    fn write(&self, out: &mut String, axis: usize, cells: &[String]) {
        let Some(&(length, cut)) = self.axes.get(axis) else { return out.push_str(&cells[0]) };
        let (indent, is_row) = (" ".repeat(axis + 1), axis + 1 == self.axes.len());
        // A row goes on in the next line where it's too long.
        let a_line = (WIDTH.saturating_sub(indent.len()) / (cells[0].len() + 2)).max(1);
        let new_lines = "\n".repeat(if is_row { 1 } else { self.axes.len() - axis - 1 });
        out.push('[');
        let mut items = 0;
        for (i, cells) in cells.chunks(cells.len() / length).enumerate() {
            let omitted = cut && i == EDGE;
            for is_cell in if omitted { &[false, true][..] } else { &[true] } {
                if items > 0 {
                    out.push(',');
                    if is_row && items % a_line > 0 {
                        out.push(' ');
                    } else {
                        let _ = write!(out, "{new_lines}{indent}");
                    }
                }
                items += 1;
                if *is_cell { self.write(out, axis + 1, cells) } else { out.push_str("...") }
            }
        }
        out.push(']');
    }
}

/// The elements that are shown of an array, whose axes before `axis` are cut already.
fn ends(array: &Array, axes: &[(usize, bool)], axis: usize) -> Array {
    match axes.get(axis) {
        None => array.clone(),
        Some((_, false)) => ends(array, axes, axis + 1),
        Some((_, true)) => {
            let last = array.dims()[axis] - EDGE;
            let [first, last] =
                [0, last].map(|start| ends(&array.slice(axis, start, EDGE, 1), axes, axis + 1));
            Array::concat(&[&first, &last], axis)
        }
    }
}

/// How numbers are written: all in one way, so that they can be compared.
#[derive(Clone, Copy)]
enum Style {
    /// Integers.
    Whole,
    /// With digits behind the point.
    Fixed(usize),
    /// With digits behind the point, and an exponent.
    Scientific(usize),
}

impl Style {
    fn of(values: &[f64], is_float: bool, precision: Option<usize>) -> Style {
        if !is_float {
            return Style::Whole;
        }
        let sizes = values.iter().map(|value| value.abs()).filter(|size| *size > 0.0 && size.is_finite());
        let (least, largest) = sizes.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), x| (a.min(x), b.max(x)));
        let digits = precision.unwrap_or(PRECISION);
        let is_whole = values.iter().all(|value| !value.is_finite() || value.fract() == 0.0);
        if largest >= 1e8 || least < 1e-4 || (!is_whole && largest > 1e3 * least) {
            Style::Scientific(digits)
        } else if is_whole && precision.is_none() {
            Style::Fixed(1)
        } else {
            Style::Fixed(digits)
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Style::Whole => format!("{value}"),
            Style::Fixed(digits) => format!("{value:.digits$}"),
            Style::Scientific(digits) => format!("{value:.digits$e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DType, Device, Map};

    fn array(values: &[f64], dims: &[usize]) -> Array {
        Array::from_slice(values, dims, &Device::cpu())
    }

    #[test]
    fn numbers_of_an_array_have_one_form() {
        let text = |values: &[f64]| array(values, &[values.len()]).to_string();
        assert_eq!(array(&[2.5], &[]).to_string(), "2.5000 f64[]");
        assert_eq!(text(&[1.0, -20.0]), "[  1.0, -20.0] f64[2]");
        assert_eq!(text(&[1.0, 20_000.0]), "[    1.0, 20000.0] f64[2]");
        assert_eq!(text(&[0.5, 2000.0]), "[5.0000e-1,  2.0000e3] f64[2]");
        assert_eq!(text(&[3e-5, 0.0]), "[3.0000e-5,  0.0000e0] f64[2]");
        assert_eq!(text(&[f64::NAN, 0.5, f64::NEG_INFINITY]), "[   NaN, 0.5000,   -inf] f64[3]");
        assert_eq!(text(&[]), "[] f64[0]");
        assert_eq!(format!("{:.2}", array(&[1.0, 0.125], &[2])), "[1.00, 0.12] f64[2]");
        let integers = Array::from_slice(&[7_u32, 4_000_000_000], [2], &Device::cpu());
        assert_eq!(integers.to_string(), "[         7, 4000000000] u32[2]");
    }

    #[test]
    fn axes_are_nested() {
        let x = array(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[2, 2, 2]);
        assert_eq!(
            x.to_string(),
            "[[[1.0, 2.0],\n  [3.0, 4.0]],\n\n [[5.0, 6.0],\n  [7.0, 8.0]]] f64[2, 2, 2]"
        );
        assert_eq!(
            format!("{:?}", x.slice(2, 1, 1, 1)),
            "[[[2.0],\n  [4.0]],\n\n [[6.0],\n  [8.0]]] f64[2, 2, 1]"
        );
        assert_eq!(Array::zeros([3, 0], DType::F32, &Device::cpu()).to_string(), "[] f32[3, 0]");
    }

    #[test]
    fn a_large_array_shows_its_ends() {
        let numbers: Vec<f64> = (0..2000).map(f64::from).collect();
        assert_eq!(
            array(&numbers, &[2000]).to_string(),
            "[   0.0,    1.0,    2.0, ..., 1997.0, 1998.0, 1999.0] f64[2000]"
        );
        let text = array(&numbers, &[500, 4]).transpose(0, 1).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "[[   0.0,    4.0,    8.0, ..., 1988.0, 1992.0, 1996.0],");
        assert_eq!(lines[3], " [   3.0,    7.0,   11.0, ..., 1991.0, 1995.0, 1999.0]] f64[4, 500]");
        let text = array(&numbers, &[40, 50]).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[3]), (7, " ...,"));
        assert_eq!(lines[4], " [1850.0, 1851.0, 1852.0, ..., 1897.0, 1898.0, 1899.0],");
    }

    /// What is shown of a repeated number takes no memory of its size.
    #[test]
    fn what_is_not_shown_is_not_read() {
        let x = array(&[0.5], &[1]).broadcast_to([1 << 20, 1 << 20]);
        assert_eq!(x.to_string().matches("0.5000").count(), 36);
    }

    #[test]
    fn long_rows_are_broken() {
        let text = array(&[0.5; 30], &[30]).map(Map::Neg).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() == 4 && lines.iter().all(|line| line.len() <= WIDTH + 10), "{text}");
        assert!(lines[1].starts_with(" -0.5000, ") && lines[0].ends_with("-0.5000,"), "{text}");
    }
}
