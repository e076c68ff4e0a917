//! Patterns of wrong entries.

use super::Hint;
use crate::report::GradientEntry;
use kiln_grad::Dims;

/// A gradient, entry by entry.
pub struct Gradient {
    pub dims: Dims,
    pub entries: Vec<GradientEntry>,
}

/// The first pattern that fits, the most telling tried first. `others` are the gradients of as many
/// elements; `outputs` is the number of the function's elements.
pub fn guess(wrong: &Gradient, others: &[Gradient], outputs: usize) -> Option<Hint> {
    let entries = &wrong.entries;
    if entries.iter().any(|e| !e.analytic.is_finite()) {
        return Some(Hint::NotFinite);
    }
    if !entries.iter().any(GradientEntry::is_wrong) {
        return None;
    }
    if entries.iter().all(|e| e.analytic == 0.0) {
        return Some(Hint::Zero);
    }
    part(wrong)
        .or_else(|| mask(entries))
        .or_else(|| ratio(wrong, outputs))
        .or_else(|| swapped(entries, others))
        .or_else(|| transposed(wrong))
        .or_else(|| reversed(wrong))
        .or_else(|| shifted(wrong))
}

/// Zeros at the wrong places.
fn mask(entries: &[GradientEntry]) -> Option<Hint> {
    let (got, wanted) =
        (|e: &GradientEntry| e.analytic != 0.0, |e: &GradientEntry| e.numeric.abs() > e.bound);
    let total = entries.len();
    if entries.iter().all(|e| got(e) != wanted(e)) && entries.iter().any(got) {
        return Some(Hint::Inverted);
    }
    let wrong: Vec<&GradientEntry> = entries.iter().filter(|e| e.is_wrong()).collect();
    if wrong.iter().all(|e| !got(e)) {
        return Some(Hint::Missing { wrong: wrong.len(), total });
    }
    (wrong.len() < total && wrong.iter().all(|e| !wanted(e)))
        .then_some(Hint::Leaked { wrong: wrong.len(), total })
}

fn part(wrong: &Gradient) -> Option<Hint> {
    for (axis, &length) in wrong.dims.iter().enumerate() {
        let places = || wrong.entries.iter().filter(|e| e.is_wrong()).map(|e| e.index[axis]);
        let (first, last) = (places().min()?, places().max()?);
        if first == last && first > 0 && last + 1 < length {
            return Some(Hint::Only { axis, index: first });
        }
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

fn swapped(entries: &[GradientEntry], others: &[Gradient]) -> Option<Hint> {
    let same = |other: &&Gradient| entries.iter().zip(&other.entries).all(|(a, b)| close(a.analytic, b));
    let other = others.iter().find(same)?;
    Some(Hint::Swapped { with: other.entries.first()?.input })
}

/// Whether the numeric gradient is the analytic one read at other places.
fn fits(entries: &[GradientEntry], place: impl Fn(&[usize]) -> usize) -> bool {
    entries.iter().all(|target| close(entries[place(&target.index)].analytic, target))
}

/// The entry's memory was written as if two axes were exchanged.
fn transposed(wrong: &Gradient) -> Option<Hint> {
    let Gradient { dims, entries } = wrong;
    let pairs = (0..dims.rank()).flat_map(|a| (a + 1..dims.rank()).map(move |b| [a, b]));
    let fitting = |&[a, b]: &[usize; 2]| {
        let mut exchanged = *dims;
        exchanged.swap(a, b);
        let place = |index: &[usize]| {
            let mut index = index.to_vec();
            index.swap(a, b);
            ravel(&index, &exchanged)
        };
        dims[a] > 1 && dims[b] > 1 && fits(entries, place)
    };
    Some(Hint::Transposed { axes: pairs.into_iter().find(fitting)? })
}

/// Any set of axes, the small sets first.
fn reversed(wrong: &Gradient) -> Option<Hint> {
    let Gradient { dims, entries } = wrong;
    let long: Vec<usize> = (0..dims.rank()).filter(|&axis| dims[axis] > 1).collect();
    let subset =
        |bits: u32| long.iter().enumerate().filter(move |(k, _)| bits >> k & 1 == 1).map(|(_, a)| *a);
    let mut sets: Vec<Vec<usize>> = (1..1u32 << long.len()).map(|bits| subset(bits).collect()).collect();
    sets.sort_by_key(Vec::len);
    let fitting = |axes: &Vec<usize>| {
        let place = |index: &[usize]| {
            let mut index = index.to_vec();
            axes.iter().for_each(|&axis| index[axis] = dims[axis] - 1 - index[axis]);
            ravel(&index, dims)
        };
        fits(entries, place)
    };
    Some(Hint::Reversed { axes: sets.into_iter().find(fitting)? })
}

/// At least half of the entries have a partner, and all that have one are the same as it.
fn shifted(wrong: &Gradient) -> Option<Hint> {
    let Gradient { dims, entries } = wrong;
    for (axis, &length) in dims.iter().enumerate() {
        for distance in 1..=length / 2 {
            for by in [distance as isize, -(distance as isize)] {
                let same = |target: &GradientEntry| {
                    let mut index = target.index.clone();
                    let Some(from) = index[axis].checked_add_signed(by).filter(|&from| from < length) else {
                        return true;
                    };
                    index[axis] = from;
                    close(entries[ravel(&index, dims)].analytic, target)
                };
                if entries.iter().all(same) {
                    return Some(Hint::Shifted { axis, by });
                }
            }
        }
    }
    None
}

fn close(analytic: f64, entry: &GradientEntry) -> bool {
    (analytic - entry.numeric).abs() <= 10.0 * entry.bound + 1e-9 * entry.numeric.abs()
}

/// The index of the `place`-th element.
pub fn unravel(mut place: usize, dims: &Dims) -> Vec<usize> {
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
