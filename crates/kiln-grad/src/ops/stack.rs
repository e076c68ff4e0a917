//! Tensors of the same dims along a new axis.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::reference::Values;
use crate::tensor::Tensor;

impl Tensor {
    /// The tensors along a new axis before `axis`; −1 puts it last.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (a, b) = (Tensor::from([1.0, 2.0]), Tensor::from([3.0, 4.0]));
    /// assert_eq!(Tensor::stack(&[&a, &b], -1).to_f64_vec()?, [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there is none, or they differ in dims or element type.
    #[must_use]
    #[track_caller]
    pub fn stack(tensors: &[&Tensor], axis: i32) -> Tensor {
        assert!(!tensors.is_empty(), "stack: there is nothing to join");
        for pair in tensors.windows(2) {
            let [a, b] = [pair[0].dims(), pair[1].dims()];
            assert!(a == b, "stack: the dims are {a} and {b}; wanted the same for all");
            let [a, b] = [pair[0].dtype(), pair[1].dtype()];
            assert!(a == b, "stack: the elements are {a} and {b}; wanted the same for all");
        }
        let axis = resolve("stack", axis, tensors[0].rank() + 1) as i32;
        // A loop and not a closure, which would lose the place of the caller.
        let mut layers = Vec::new();
        for tensor in tensors {
            layers.push(tensor.unsqueeze(axis));
        }
        Tensor::concat(&layers.iter().collect::<Vec<_>>(), axis)
    }
}

/// Domain, cases and refusals of `stack`.
pub fn definition() -> Definition {
    let stack = |axis| move |x: &[Tensor]| Tensor::stack(&x.iter().collect::<Vec<_>>(), axis);
    let first = |x: &[Values]| Values::build([2, 2, 3], |i| x[i[0]].at(&i[1..]));
    let last = |x: &[Values]| Values::build([2, 3], |i| x[i[1]].at(&i[..1]));
    let cases = vec![
        Case::new("first", [[2, 3], [2, 3]], stack(0)).reference(first),
        Case::new("last", [[2], [2], [2]], stack(-1)).reference(last),
        Case::new("scalars", [[0; 0], [0; 0]], stack(0))
            .reference(|x| Values::from([x[0].data[0], x[1].data[0]])),
        Case::new("nothing", [[0], [0]], stack(0)).reference(|_| Values::zeros([2, 0])),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["stack", "[2] and [3]", "the same for all"], [[2], [3]], stack(0))
        .refuses(&["stack", "nothing to join"], [[0; 0]; 0], stack(0))
        .refuses(&["stack", "no axis 2"], [[2], [2]], stack(2))
}
