//! Equations of [`Tensor::einsum`](crate::Tensor::einsum), read.

use kiln_tensor::Dims;

/// Letters of the axes of each operand and of the result; `None` if the equation doesn't fit.
pub(crate) fn read(equation: &str, dims: &[&Dims]) -> Option<(Vec<Vec<char>>, Vec<char>)> {
    let (inputs, output) = equation.split_once("->").map_or((equation, None), |(ins, out)| (ins, Some(out)));
    let texts: Vec<&str> = inputs.split(',').collect();
    if texts.len() != dims.len() {
        return None;
    }
    // Number of axes that `...` stands for, which are named from the last.
    let mut most = 0;
    let mut inputs = Vec::new();
    for (text, dims) in texts.iter().zip(dims) {
        let count = if text.contains("...") { (dims.rank() + 3).checked_sub(text.len())? } else { 0 };
        most = most.max(count);
        let letters = expanded(text, count)?;
        inputs.push((letters.len() == dims.rank()).then_some(letters)?);
    }
    let letters: Vec<char> = inputs.concat();
    let output = match output {
        Some(output) => expanded(output, most)?,
        None => {
            let once = |c: &&char| !is_of_ellipsis(c) && letters.iter().filter(|d| d == c).count() == 1;
            let mut once: Vec<char> = letters.iter().filter(once).copied().collect();
            once.sort_unstable();
            [expanded("...", most)?, once].concat()
        }
    };
    let lengths = || inputs.iter().zip(dims).flat_map(|(letters, dims)| letters.iter().zip(dims.iter()));
    let agree = lengths().all(|(c, length)| {
        let mut others = lengths().filter(|(d, _)| *d == c).map(|(_, other)| other);
        others.all(|other| other == length || is_of_ellipsis(c) && (*other == 1 || *length == 1))
    });
    let known = |c: &char| letters.contains(c) && output.iter().filter(|d| *d == c).count() == 1;
    (agree && output.iter().all(known)).then_some((inputs, output))
}

/// Letters of a text, in which `...` stands for so many axes.
fn expanded(text: &str, count: usize) -> Option<Vec<char>> {
    let of_ellipsis: String = (0..count).rev().filter_map(|k| char::from_u32(ELLIPSIS + k as u32)).collect();
    let letters = text.replacen("...", &of_ellipsis, 1);
    letters.chars().all(|c| c.is_ascii_alphabetic() || is_of_ellipsis(&c)).then(|| letters.chars().collect())
}

/// First of the characters that name axes for which `...` stands; they are of Unicode's private use.
const ELLIPSIS: u32 = 0xe000;

/// Whether a letter names an axis for which `...` stands.
pub(crate) fn is_of_ellipsis(c: &char) -> bool {
    *c as u32 >= ELLIPSIS
}
