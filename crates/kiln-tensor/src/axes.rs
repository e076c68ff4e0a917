//! Axes of strided views that are gone through together, as few of them as possible.

/// An axis of some views of the same dims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StridedAxis<S> {
    /// Length of the axis.
    pub len: usize,
    /// Distance between neighbours, in elements, in each view.
    pub strides: S,
}

/// Strides of an axis: one, or one for each of several views.
pub trait Strides: Copy {
    /// Whether each stride is `count` times the inner one.
    fn is_multiple(&self, inner: &Self, count: isize) -> bool;
}

impl Strides for isize {
    fn is_multiple(&self, inner: &Self, count: isize) -> bool {
        *self == inner * count
    }
}

impl<const N: usize> Strides for [isize; N] {
    fn is_multiple(&self, inner: &Self, count: isize) -> bool {
        self.iter().zip(inner).all(|(outer, inner)| outer.is_multiple(inner, count))
    }
}

/// The axes of more than one element, where neighbours that step evenly in every view are one axis. Outermost first.
pub fn merged<S: Strides>(axes: impl IntoIterator<Item = StridedAxis<S>>) -> Vec<StridedAxis<S>> {
    let mut merged: Vec<StridedAxis<S>> = Vec::new();
    for axis in axes.into_iter().filter(|axis| axis.len != 1) {
        match merged.last_mut() {
            Some(last) if last.strides.is_multiple(&axis.strides, axis.len as isize) => {
                *last = StridedAxis { len: last.len * axis.len, ..axis };
            }
            _ => merged.push(axis),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged_axes<S: Strides>(axes: impl IntoIterator<Item = (usize, S)>) -> Vec<(usize, S)> {
        let axes = axes.into_iter().map(|(len, strides)| StridedAxis { len, strides });
        merged(axes).into_iter().map(|axis| (axis.len, axis.strides)).collect()
    }

    #[test]
    fn axes_that_step_evenly_are_one() {
        assert_eq!(merged_axes([(2, 12), (3, 4), (4, 1)]), [(24, 1)]);
        assert_eq!(merged_axes([(2, 12), (1, 77), (4, 3)]), [(8, 3)]);
        assert_eq!(merged_axes([(2, -3), (3, -1)]), [(6, -1)]);
        assert_eq!(merged_axes([(3, 4), (2, 12), (4, 1)]), [(3, 4), (2, 12), (4, 1)]);
    }

    #[test]
    fn axes_are_one_only_if_they_step_evenly_in_every_view() {
        assert_eq!(merged_axes([(2, [12, 3]), (3, [4, 1]), (4, [1, 0])]), [(6, [4, 1]), (4, [1, 0])]);
    }
}
