//! Elements at other places, and the matrix product.

use super::values::{Values, each_index};
use kiln_tensor::Dims;

/// Axis `i` of the result is axis `axes[i]` of `x`.
pub fn permute(x: &Values, axes: &[usize]) -> Values {
    let dims: Dims = axes.iter().map(|&axis| x.dims[axis]).collect();
    Values::build(dims, |i| {
        let mut place = vec![0; axes.len()];
        for (&axis, &at) in axes.iter().zip(i) {
            place[axis] = at;
        }
        x.at(&place)
    })
}

/// The parts one after the other along `axis`.
pub fn concat(parts: &[Values], axis: usize) -> Values {
    let total = parts.iter().map(|part| part.dims[axis]).sum();
    Values::build(parts[0].dims.with(axis, total), |i| {
        let mut place = i.to_vec();
        for part in parts {
            if place[axis] < part.dims[axis] {
                return part.at(&place);
            }
            place[axis] -= part.dims[axis];
        }
        unreachable!("the lengths add up to the total")
    })
}

/// `value` everywhere, but `x` from `start` on, `step` apart, along each axis.
pub fn embed(x: &Values, dims: impl Into<Dims>, places: &[(usize, isize)], value: f64) -> Values {
    let mut y = Values::build(dims, |_| value);
    each_index(x.dims, |i| {
        let to =
            i.iter().zip(places).map(|(&i, &(start, step))| (start as isize + i as isize * step) as usize);
        *y.at_mut(&to.collect::<Vec<_>>()) = x.at(i);
    });
    y
}

/// `y[.., i, ..] = x[.., index[.., i, ..], ..]` along `axis`.
pub fn gather(x: &Values, axis: usize, index: &Values) -> Values {
    Values::build(index.dims, |i| {
        let mut from = i.to_vec();
        from[axis] = index.at(i) as usize;
        x.at(&from)
    })
}

/// Zeros with `length` along `axis`, and `y[.., index[.., i, ..], ..] += x[.., i, ..]`.
pub fn scatter_add(x: &Values, axis: usize, index: &Values, length: usize) -> Values {
    let mut y = Values::zeros(x.dims.with(axis, length));
    each_index(x.dims, |i| {
        let mut to = i.to_vec();
        to[axis] = index.at(i) as usize;
        *y.at_mut(&to) += x.at(i);
    });
    y
}

/// `y[.., m, n] = Σ a[.., m, k] b[.., k, n]`; leading axes broadcast.
pub fn matmul(a: &Values, b: &Values) -> Values {
    let (lead_a, [rows, inner]) = a.dims.split_last_chunk().expect("a matrix has two axes");
    let (lead_b, [_, columns]) = b.dims.split_last_chunk().expect("a matrix has two axes");
    let lead = Dims::new(lead_a).broadcast(&Dims::new(lead_b)).expect("the dims of a reference broadcast");
    Values::build(lead.iter().copied().chain([*rows, *columns]).collect::<Dims>(), |i| {
        let (lead, [row, column]) = i.split_last_chunk().expect("a matrix has two axes");
        let at = |m: usize, n: usize| lead.iter().copied().chain([m, n]).collect::<Vec<_>>();
        (0..*inner).map(|k| a.stretched(&at(*row, k)) * b.stretched(&at(k, *column))).sum()
    })
}
