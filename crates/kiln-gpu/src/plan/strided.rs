//! Views of the same dims that a kernel goes through together: the uniform of `kernels/strided.wgsl`.

use kiln_tensor::Layout;
use kiln_tensor::axes::{StridedAxis, merged};

/// Most views of a kernel.
const VIEWS: usize = 4;
/// Most axes of a view.
const AXES: usize = 8;

/// An axis of up to four views.
pub type ViewAxis = StridedAxis<[isize; VIEWS]>;

/// Up to four views of the same dims: `Strided` of `kernels/strided.wgsl`.
#[derive(Clone, Debug)]
pub struct StridedViews {
    /// Number of views.
    pub views: usize,
    /// Offset of the first element in each view.
    pub offsets: [usize; VIEWS],
    /// Axes, outermost first.
    pub axes: Vec<ViewAxis>,
}

impl StridedViews {
    /// All elements of views with the same dims, with as few axes as possible.
    pub fn new(layouts: &[&Layout]) -> Self {
        StridedViews::unmerged(layouts).merged()
    }

    /// All elements of views with the same dims, with an axis for each of the views'.
    pub fn unmerged(layouts: &[&Layout]) -> Self {
        let mut offsets = [0; VIEWS];
        layouts.iter().zip(&mut offsets).for_each(|(layout, offset)| *offset = layout.offset());
        let axis = |i| {
            let mut strides = [0; VIEWS];
            layouts.iter().zip(&mut strides).for_each(|(layout, stride)| *stride = layout.strides()[i]);
            StridedAxis { len: layouts[0].dims()[i], strides }
        };
        let axes = (0..layouts[0].dims().rank()).map(axis).collect();
        StridedViews { views: layouts.len(), offsets, axes }
    }

    /// The same elements with as few axes as possible.
    #[must_use]
    pub fn merged(self) -> Self {
        StridedViews { axes: merged(self.axes), ..self }
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        count(&self.axes)
    }

    /// Words of the uniform.
    pub fn words(&self) -> Vec<u32> {
        assert!(self.axes.len() <= AXES, "a tensor has no more axes");
        let mut words = vec![self.count() as u32, self.axes.len() as u32, 0, 0];
        words.extend(self.offsets.map(|offset| offset as u32));
        words.extend((0..AXES).map(|i| self.axes.get(i).map_or(1, |axis| axis.len as u32)));
        for i in 0..AXES {
            let strides = self.axes.get(i).map_or([0; VIEWS], |axis| axis.strides);
            // Negative strides wrap around, as the shader's additions do.
            words.extend(strides.map(|stride| stride as u32));
        }
        words
    }
}

/// Number of elements along some axes.
pub fn count(axes: &[ViewAxis]) -> usize {
    axes.iter().map(|axis| axis.len).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_has_the_count_and_then_offsets_lengths_and_strides() {
        let dense = Layout::contiguous([2, 3, 4]);
        assert_eq!(StridedViews::new(&[&dense, &dense]).axes.len(), 1);
        let rows = Layout::contiguous([2, 3, 1]).broadcast(dense.dims());
        let views = StridedViews::new(&[&dense, &rows]);
        let words = views.words();
        assert_eq!((views.count(), words.len()), (24, 48));
        assert_eq!(words[..10], [24, 2, 0, 0, 0, 0, 0, 0, 6, 4]);
        assert_eq!(words[16..24], [4, 1, 0, 0, 1, 0, 0, 0]);
    }
}
