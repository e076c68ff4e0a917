//! Padding: with a constant, with the image mirrored at its edge, or with its edge repeated.

use super::gather::index_for;
use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// `before` and `after` elements of `value` put around those of each of the last axes; `sides` is
    /// `[(before, after), ..]` for them, the very last axis last.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).pad(&[(1, 2)], 0.0).to_f64_vec()?, [0.0, 1.0, 2.0, 0.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there are more sides than axes, or a value other than 0 is to be put around integers.
    #[must_use]
    #[track_caller]
    pub fn pad(&self, sides: &[(usize, usize)], value: f64) -> Tensor {
        assert!(sides.len() <= self.rank(), "pad: {} sides for a tensor {}", sides.len(), self.dims());
        let lead = self.rank() - sides.len();
        let side = |axis: usize| if axis < lead { (0, 0) } else { sides[axis - lead] };
        let lengths = self.dims().iter().enumerate();
        let dims: Dims = lengths
            .map(|(axis, &length)| length.saturating_add(side(axis).0).saturating_add(side(axis).1))
            .collect();
        let places: Vec<(usize, isize)> = (0..self.rank()).map(|axis| (side(axis).0, 1)).collect();
        let padded = self.embed(dims, &places);
        if value == 0.0 {
            return padded;
        }
        assert_floats("pad", &[self]);
        // The border is a constant: `value` outside and 0 inside.
        let border = self.zeros_like().into_array().embed(value, dims, &places);
        padded + Tensor::from(border)
    }

    /// The elements along `axis` mirrored at both ends, which are not repeated: `c b [a b c] b a`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0, 3.0]).pad_reflect(0, 1, 1).to_f64_vec()?, [2.0, 1.0, 2.0, 3.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there are not more elements than either side takes.
    #[must_use]
    #[track_caller]
    pub fn pad_reflect(&self, axis: i32, before: usize, after: usize) -> Tensor {
        let length = self.dims()[resolve("pad_reflect", axis, self.rank())];
        assert!(
            before.max(after) < length,
            "pad_reflect: {} elements along axis {axis} can't be mirrored {before} and {after} deep",
            length
        );
        let last = length as isize - 1;
        self.pad_by(axis, before, after, |i| if i < 0 { -i } else { last - (i - last).abs() })
    }

    /// The first and last element along `axis` repeated: `a a [a b c] c c`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([1.0, 2.0]).pad_replicate(0, 1, 1).to_f64_vec()?, [1.0, 1.0, 2.0, 2.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there is no element to repeat.
    #[must_use]
    #[track_caller]
    pub fn pad_replicate(&self, axis: i32, before: usize, after: usize) -> Tensor {
        let length = self.dims()[resolve("pad_replicate", axis, self.rank())];
        assert!(length > 0, "pad_replicate: axis {axis} of {} has no edge to repeat", self.dims());
        self.pad_by(axis, before, after, |i| i.clamp(0, length as isize - 1))
    }

    /// Pads with the elements at the positions `source` names for those from `-before` on.
    #[track_caller]
    fn pad_by(&self, axis: i32, before: usize, after: usize, source: impl Fn(isize) -> isize) -> Tensor {
        let axis = resolve("pad", axis, self.rank());
        let end = (self.dims()[axis] + after) as isize;
        let sources: Vec<u32> = (-(before as isize)..end).map(|i| source(i) as u32).collect();
        self.index_select(axis as i32, &index_for(self, &sources, [sources.len()]))
    }
}

/// Domain, cases and refusals of `pad`.
pub fn definition() -> Definition {
    let constant = |label, dims: &'static [usize], sides: &'static [(usize, usize)], value: f64| {
        Case::new(label, [dims], move |x| x[0].pad(sides, value)).reference(move |x| {
            let lead = dims.len() - sides.len();
            let side = |axis: usize| if axis < lead { (0, 0) } else { sides[axis - lead] };
            let padded = (0..dims.len()).map(|axis| side(axis).0 + dims[axis] + side(axis).1);
            let places: Vec<_> = (0..dims.len()).map(|axis| (side(axis).0, 1)).collect();
            reference::embed(&x[0], padded.collect::<Dims>(), &places, value)
        })
    };
    let mirrored = |line: &[f64], before: usize, after: usize| -> Vec<f64> {
        let front = line[1..].iter().take(before).rev();
        let back = line.iter().rev().skip(1).take(after);
        front.chain(line).chain(back).copied().collect()
    };
    let cases = vec![
        constant("zeros", &[2, 3], &[(1, 0), (2, 1)], 0.0).linear(),
        constant("no side", &[3], &[], 0.0).linear(),
        constant("around nothing", &[2, 0], &[(1, 2)], 0.0).linear(),
        constant("a constant", &[2, 3], &[(1, 2)], 0.5),
        Case::new("reflect", [[2, 4]], |x| x[0].pad_reflect(1, 3, 2))
            .reference(move |x| x[0].along(1, |line| mirrored(line, 3, 2)))
            .linear(),
        Case::new("reflect an image", [[1, 1, 3, 3]], |x| x[0].pad_reflect(2, 1, 1).pad_reflect(3, 1, 1))
            .reference(move |x| {
                x[0].along(2, |line| mirrored(line, 1, 1)).along(3, |line| mirrored(line, 1, 1))
            })
            .linear(),
        Case::new("replicate", [[2, 3]], |x| x[0].pad_replicate(0, 2, 1))
            .reference(|x| x[0].along(0, |line| vec![line[0], line[0], line[0], line[1], line[1]]))
            .linear(),
    ];
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["pad", "2 sides", "[3]"], [[3]], |x| x[0].pad(&[(1, 1), (1, 1)], 0.0))
        .refuses(&["embed", "more elements than any memory holds"], [[3]], |x| {
            x[0].pad(&[(usize::MAX, 1)], 0.0)
        })
        .refuses(&["pad_reflect", "3 elements along axis 0", "3 and 0 deep"], [[3]], |x| {
            x[0].pad_reflect(0, 3, 0)
        })
        .refuses(&["pad_reflect", "no axis 1"], [[3]], |x| x[0].pad_reflect(1, 1, 1))
        .refuses(&["pad_replicate", "axis 0 of [0]", "no edge"], [[0]], |x| x[0].pad_replicate(0, 1, 1))
}
