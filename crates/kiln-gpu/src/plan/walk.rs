//! How several views of the same dims are walked through together.

use kiln_tensor::Layout;

/// The most views a walk goes through.
const VIEWS: usize = 4;
/// The most axes a walk has.
const AXES: usize = 8;

/// An axis: its length, and the distance between neighbours in each view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub length: usize,
    pub steps: [isize; VIEWS],
}

/// The axes of up to four views, outermost first: `Walk` of `kernels/walk.wgsl`.
#[derive(Clone, Debug)]
pub struct Walk {
    pub views: usize,
    pub offsets: [usize; VIEWS],
    pub axes: Vec<Axis>,
}

impl Walk {
    /// A walk through all elements of views with the same dims, with as few axes as possible.
    pub fn new(layouts: &[&Layout]) -> Self {
        let mut walk = Walk::apart(layouts);
        walk.axes = merged(walk.axes);
        walk
    }

    /// The same with an axis for each of the views'.
    pub fn apart(layouts: &[&Layout]) -> Self {
        let mut offsets = [0; VIEWS];
        layouts.iter().zip(&mut offsets).for_each(|(layout, offset)| *offset = layout.offset());
        let axis = |i| {
            let mut steps = [0; VIEWS];
            layouts.iter().zip(&mut steps).for_each(|(layout, step)| *step = layout.strides()[i]);
            Axis { length: layouts[0].dims()[i], steps }
        };
        let axes = (0..layouts[0].dims().rank()).map(axis).collect();
        Walk { views: layouts.len(), offsets, axes }
    }

    /// How many elements there are.
    pub fn count(&self) -> usize {
        self.axes.iter().map(|axis| axis.length).product()
    }

    /// The words of the uniform.
    pub fn words(&self) -> Vec<u32> {
        assert!(self.axes.len() <= AXES, "a tensor has no more axes");
        let mut words = vec![self.count() as u32, self.axes.len() as u32, 0, 0];
        words.extend(self.offsets.map(|offset| offset as u32));
        words.extend((0..AXES).map(|i| self.axes.get(i).map_or(1, |axis| axis.length as u32)));
        for i in 0..AXES {
            let steps = self.axes.get(i).map_or([0; VIEWS], |axis| axis.steps);
            // Backwards steps wrap around, as the shader's additions do.
            words.extend(steps.map(|step| step as u32));
        }
        words
    }
}

/// The axes of more than one element, neighbours that step evenly in every view as one.
pub fn merged(axes: Vec<Axis>) -> Vec<Axis> {
    let mut merged: Vec<Axis> = Vec::new();
    for axis in axes.into_iter().filter(|axis| axis.length != 1) {
        let even = |last: &&mut Axis| {
            last.steps.iter().zip(axis.steps).all(|(outer, inner)| *outer == inner * axis.length as isize)
        };
        match merged.last_mut().filter(even) {
            Some(last) => *last = Axis { length: last.length * axis.length, ..axis },
            None => merged.push(axis),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_step_evenly_are_one() {
        let dense = Layout::contiguous([2, 3, 4]);
        assert_eq!(Walk::new(&[&dense, &dense]).axes.len(), 1);
        let turned = Layout::contiguous([3, 2, 4]).permute(&[1, 0, 2]);
        assert_eq!(Walk::new(&[&dense, &turned]).axes.len(), 3);
        let rows = Layout::contiguous([2, 3, 1]).broadcast(dense.dims());
        let walk = Walk::new(&[&dense, &rows]);
        assert_eq!(walk.axes.iter().map(|a| (a.length, a.steps[1])).collect::<Vec<_>>(), [(6, 1), (4, 0)]);
        assert_eq!((walk.count(), walk.words().len()), (24, 48));
    }
}
