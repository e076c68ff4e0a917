//! Tensors one after the other along an axis.

use crate::axes::resolve;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, or_panic, run, same_floats};
use crate::portable::Portable;
use crate::reference;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Meta, ShapeError};
use std::panic::Location;

#[derive(Debug)]
struct Concat {
    axis: usize,
}

impl Op for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        if ins[0].dtype.is_float() {
            same_floats("concat", ins)?;
        }
        let first = ins[0].dims;
        let fits = |m: &Meta| {
            m.dims.rank() == first.rank()
                && m.dims.with(self.axis, first[self.axis]) == first
                && m.dtype == ins[0].dtype
        };
        if !ins.iter().all(fits) {
            let list: Vec<String> = ins.iter().map(Meta::to_string).collect();
            return Err(ShapeError::new(
                "concat",
                format!("{} differ in more than axis {}", list.join(", "), self.axis),
            ));
        }
        let total = ins.iter().map(|m| m.dims[self.axis]).sum();
        Ok(Meta { dims: first.with(self.axis, total), ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let parts: Vec<&Array> = cx.inputs().collect();
        Array::concat(&parts, self.axis)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let mut start = 0;
        let mut part = |(i, &need): (usize, &bool)| {
            let length = cx.input_dims(i)[self.axis];
            start += length;
            need.then(|| v.narrow(self.axis as i32, start - length, length))
        };
        need.iter().enumerate().map(&mut part).collect()
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Concat { axis: self.axis })
    }
}

impl Tensor {
    /// The tensors one after the other along `axis`.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (a, b) = (Tensor::from([1.0]), Tensor::from([2.0, 3.0]));
    /// assert_eq!(Tensor::concat(&[&a, &b], 0).to_f64_vec()?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When there is none, or they differ in element type or another axis.
    #[must_use]
    #[track_caller]
    #[doc(alias = "cat")]
    pub fn concat(tensors: &[&Tensor], axis: i32) -> Tensor {
        assert!(!tensors.is_empty(), "concat: there is nothing to join");
        let axis = resolve("concat", axis, tensors[0].rank());
        or_panic(run(Concat { axis }, tensors, Location::caller())).0
    }
}

/// Domain, cases and refusals of `concat`.
pub fn definition() -> Definition {
    let list: [(&str, &[&[usize]], i32); 6] = [
        ("rows", &[&[2, 3], &[1, 3]], 0),
        ("columns", &[&[2, 1], &[2, 2], &[2, 1]], -1),
        ("inner axis", &[&[2, 1, 2, 1, 3], &[2, 3, 2, 1, 3]], 1),
        ("with nothing", &[&[2, 0], &[2, 2]], 1),
        ("nothing at all", &[&[0], &[0]], 0),
        ("one", &[&[2, 2]], 0),
    ];
    let join = |axis| move |x: &[Tensor]| Tensor::concat(&x.iter().collect::<Vec<_>>(), axis);
    let case = |(label, dims, axis): (&str, &'static [&[usize]], i32)| {
        let number = resolve("concat", axis, dims[0].len());
        Case::new(label, dims.iter().copied(), join(axis)).reference(move |x| reference::concat(x, number))
    };
    Definition::new("all x", list.into_iter().map(case).collect())
        .linear()
        .smooth()
        .refuses(&["concat", "[2, 3]", "[2, 2]", "more than axis 0"], [[2, 3], [2, 2]], join(0))
        .refuses(&["concat", "no axis 2"], [[2, 3], [2, 2]], join(2))
        .refuses(&["concat", "nothing to join"], [[0; 0]; 0], join(0))
}
