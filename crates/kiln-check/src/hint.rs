//! What the pattern of wrong entries in a gradient suggests.

use crate::report::Entry;
use kiln_grad::Dims;
use std::fmt;

/// A guess at what is wrong with a backward rule, from the pattern of its wrong entries.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Hint {
    /// Something panicked, most likely the backward rule.
    Panicked,
    /// The gradient holds infinities or NaN where the function is smooth.
    NotFinite,
    /// The gradient is zero everywhere, and shouldn't be.
    Zero,
    /// All wrong entries lie at the end of an axis.
    Tail {
        /// The axis.
        axis: usize,
        /// The first index along it that is wrong.
        from: usize,
        /// The axis's length.
        length: usize,
    },
    /// All wrong entries lie at the start of an axis.
    Head {
        /// The axis.
        axis: usize,
        /// The first index along it that is right.
        to: usize,
        /// The axis's length.
        length: usize,
    },
    /// The wrong entries are what they should be times a number.
    Ratio {
        /// The number.
        ratio: f64,
        /// Whether the ratio, or one over it, is the product of some of the lengths involved.
        is_length: bool,
    },
    /// The gradient is right with two axes exchanged.
    Transposed {
        /// The axes.
        axes: [usize; 2],
    },
    /// The gradient is right in reverse order along an axis.
    Reversed {
        /// The axis.
        axis: usize,
    },
    /// The gradient is that of another input.
    Swapped {
        /// The other input.
        with: usize,
    },
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Hint::Panicked => {
                write!(f, "the backward rule panics; does its result have the input's dims and type?")
            }
            Hint::NotFinite => {
                write!(f, "not finite: a division by zero, or an infinity times zero, in the rule")
            }
            Hint::Zero => write!(
                f,
                "zero where it should not be: the graph is severed (a value computed outside of \
                 differentiable ops), or a need flag is read wrongly"
            ),
            Hint::Tail { axis, from, length } if from + 1 == *length => {
                write!(f, "only the last index of axis {axis} is wrong: a remainder that is left out")
            }
            Hint::Tail { axis, from, length } => {
                write!(
                    f,
                    "only the end of axis {axis} is wrong, from {from} of {length}: a remainder that is left out"
                )
            }
            Hint::Head { axis, to, length } => {
                write!(
                    f,
                    "only the start of axis {axis} is wrong, up to {to} of {length}: an offset or padding"
                )
            }
            Hint::Ratio { ratio, .. } if (ratio + 1.0).abs() < 1e-6 => write!(f, "ratio -1: the sign"),
            Hint::Ratio { ratio, is_length: true } => {
                write!(f, "constant ratio {ratio:.6}: a broadcast axis that isn't summed, or a missing 1/N")
            }
            Hint::Ratio { ratio, .. } => write!(f, "constant ratio {ratio:.6}: a wrong factor"),
            Hint::Transposed { axes: [a, b] } => write!(f, "transposed: axes {a} and {b} are exchanged"),
            Hint::Reversed { axis } => write!(f, "reversed along axis {axis}: a flipped window"),
            Hint::Swapped { with } => {
                write!(f, "this is the gradient for input {with}: the inputs are swapped")
            }
        }
    }
}

/// A gradient, entry by entry.
pub(crate) struct Gradient {
    pub dims: Dims,
    pub entries: Vec<Entry>,
}

/// The first pattern that fits, the most telling tried first. `others` are the gradients of as many
/// elements; `outputs` is the number of the function's elements.
pub(crate) fn guess(wrong: &Gradient, others: &[Gradient], outputs: usize) -> Option<Hint> {
    let entries = &wrong.entries;
    if entries.iter().any(|e| !e.analytic.is_finite()) {
        return Some(Hint::NotFinite);
    }
    if !entries.iter().any(Entry::is_wrong) {
        return None;
    }
    if entries.iter().all(|e| e.analytic == 0.0) {
        return Some(Hint::Zero);
    }
    let ratio = || ratio(wrong, outputs);
    let swapped = || swapped(entries, others);
    tail_or_head(wrong).or_else(ratio).or_else(swapped).or_else(|| rearranged(wrong))
}

fn tail_or_head(wrong: &Gradient) -> Option<Hint> {
    for (axis, &length) in wrong.dims.iter().enumerate() {
        let places = || wrong.entries.iter().filter(|e| e.is_wrong()).map(|e| e.index[axis]);
        let (first, last) = (places().min()?, places().max()?);
        if first >= length.div_ceil(2) && first > 0 {
            return Some(Hint::Tail { axis, from: first, length });
        }
        if last < length / 2 {
            return Some(Hint::Head { axis, to: last + 1, length });
        }
    }
    None
}

fn ratio(wrong: &Gradient, outputs: usize) -> Option<Hint> {
    let ratios: Vec<f64> =
        wrong.entries.iter().filter(|e| e.is_wrong()).map(|e| e.analytic / e.numeric).collect();
    let ratio = ratios.iter().sum::<f64>() / ratios.len() as f64;
    let constant = |r: &f64| (r - ratio).abs() <= 1e-6 * ratio.abs();
    if ratio == 0.0 || !ratios.iter().all(constant) {
        return None;
    }
    let numel = wrong.dims.numel();
    let candidates = wrong.dims.iter().copied().chain([numel, outputs, outputs / numel.max(1)]);
    let is_length =
        |n: usize| n > 1 && [ratio, 1.0 / ratio].iter().any(|r| (r - n as f64).abs() < 1e-5 * n as f64);
    let is_length = candidates.into_iter().any(is_length);
    Some(Hint::Ratio { ratio, is_length })
}

fn swapped(entries: &[Entry], others: &[Gradient]) -> Option<Hint> {
    let same = |other: &&Gradient| entries.iter().zip(&other.entries).all(|(a, b)| close(a.analytic, b));
    let other = others.iter().find(same)?;
    Some(Hint::Swapped { with: other.entries.first()?.input })
}

/// Looks for the numeric gradient in the analytic one, transposed or reversed.
fn rearranged(wrong: &Gradient) -> Option<Hint> {
    let Gradient { dims, entries } = wrong;
    let rank = dims.rank();
    // The entry that would be at place `j` if the memory had been written through `place`.
    let fits = |place: &dyn Fn(&[usize]) -> usize| {
        entries.iter().all(|target| close(entries[place(&target.index)].analytic, target))
    };
    for a in 0..rank {
        for b in a + 1..rank {
            let mut exchanged = *dims;
            exchanged.swap(a, b);
            let place = |index: &[usize]| {
                let mut index = index.to_vec();
                index.swap(a, b);
                ravel(&index, &exchanged)
            };
            if dims[a] > 1 && dims[b] > 1 && fits(&place) {
                return Some(Hint::Transposed { axes: [a, b] });
            }
        }
    }
    (0..rank).find_map(|axis| {
        let place = |index: &[usize]| {
            let mut index = index.to_vec();
            index[axis] = dims[axis] - 1 - index[axis];
            ravel(&index, dims)
        };
        (dims[axis] > 1 && fits(&place)).then_some(Hint::Reversed { axis })
    })
}

fn close(analytic: f64, entry: &Entry) -> bool {
    (analytic - entry.numeric).abs() <= 10.0 * entry.bound + 1e-9 * entry.numeric.abs()
}

/// The index of the `place`-th element.
pub(crate) fn unravel(mut place: usize, dims: &Dims) -> Vec<usize> {
    let mut index = vec![0; dims.rank()];
    for axis in (0..dims.rank()).rev() {
        index[axis] = place % dims[axis];
        place /= dims[axis];
    }
    index
}

/// The place of the element at `index`.
fn ravel(index: &[usize], dims: &Dims) -> usize {
    index.iter().zip(&**dims).fold(0, |place, (i, length)| place * length + i)
}
