//! The same elements at other places of memory: nothing may change.

use crate::first::random;
use crate::point::{EvalPoint, elements, pull};
use crate::report::{Check, CheckKind};
use crate::structure::{Tolerance, agree};
use kiln_grad::{Array, Dims, Tensor};
use kiln_tensor::random::Key;

/// Arrangement of an array's elements in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// One after the other, the last axis fastest.
    Contiguous,
    /// With the axes in reverse order.
    Permuted,
    /// A window of a larger array of NaN, which a stray read would show.
    Sliced,
    /// Every second element of a larger array of NaN.
    Stepped,
    /// Backwards along each axis.
    Reversed,
    /// The first slice along the last axis of more than one element, repeated with stride 0. It changes
    /// the elements.
    Repeated,
}

impl Arrangement {
    /// Arrangements that keep the elements, but for the plain one.
    pub const STRIDED: [Arrangement; 4] =
        [Arrangement::Permuted, Arrangement::Sliced, Arrangement::Stepped, Arrangement::Reversed];

    /// The elements of `x` laid out like this.
    pub fn apply(self, x: &Array) -> Array {
        match self {
            Arrangement::Contiguous => x.copy(),
            Arrangement::Permuted => permuted(x),
            Arrangement::Sliced => within(x, 1),
            Arrangement::Stepped => within(x, 2),
            Arrangement::Reversed => reversed(x),
            Arrangement::Repeated => repeated(x),
        }
    }
}

/// Runs the function with inputs and cotangent in other layouts.
pub fn check(point: &EvalPoint, key: Key) -> Check {
    let mut check = Check::new(CheckKind::Structure, "layouts");
    let v = random(key, point.y.len());
    let tolerance = Tolerance { relative: 1e-12, absolute: point.grain(&v) };
    let v = point.cotangent(&v);
    let want = run(point, &point.inputs, &v);
    for layout in Arrangement::STRIDED {
        let name = format!("{layout:?}").to_lowercase();
        let inputs: Vec<Tensor> = point.inputs.iter().map(|x| layout.apply(x.array()).into()).collect();
        let strided = layout.apply(v.array()).into();
        // The cotangent alone, too: rules see one of any layout whatever the inputs are like.
        for (what, inputs) in [("inputs and cotangent", &inputs), ("cotangent", &point.inputs)] {
            let what = format!("{name} {what} (value last)");
            agree(&mut check, &what, &run(point, inputs, &strided), &want, tolerance);
        }
    }
    // Stride 0 needs equal elements, so it is a point of its own.
    let repeat = |x: &Tensor| Tensor::from(Arrangement::Repeated.apply(x.array()));
    let inputs: Vec<Tensor> = point.inputs.iter().map(repeat).collect();
    let v = repeat(&v);
    let dense: Vec<Tensor> = inputs.iter().map(|x| x.array().copy().into()).collect();
    let want = run(point, &dense, &v.array().copy().into());
    if want.iter().flatten().all(|x| x.is_finite()) {
        agree(&mut check, "repeated inputs (value last)", &run(point, &inputs, &v), &want, tolerance);
    }
    check
}

/// The gradients, and behind them the value.
fn run(point: &EvalPoint, inputs: &[Tensor], v: &Tensor) -> Vec<Vec<f64>> {
    let (y, leaves) = (point.f)(&inputs.iter().map(Tensor::tracked).collect::<Vec<_>>());
    let value = elements(&y);
    let gradients = pull(y, v, &leaves.iter().collect::<Vec<_>>(), false);
    gradients.iter().map(elements).chain([value]).collect()
}

fn permuted(x: &Array) -> Array {
    let axes: Vec<usize> = (0..x.rank()).rev().collect();
    x.permute(&axes).copy().permute(&axes)
}

fn within(x: &Array, step: usize) -> Array {
    // A scalar has no axis to be cut along, so it is given one.
    let line = if x.rank() == 0 { x.reshape([1]) } else { x.clone() };
    let room: Dims = line.dims().iter().map(|length| length * step + 2).collect();
    let places = vec![(1, step as isize); line.rank()];
    let large = line.embed(f64::NAN, room, &places);
    let window =
        (0..line.rank()).fold(large, |large, axis| large.slice(axis, 1, line.dims()[axis], step as isize));
    window.reshape(*x.dims())
}

fn reversed(x: &Array) -> Array {
    let flip = |x: Array| {
        (0..x.rank()).fold(x, |x, axis| match x.dims()[axis] {
            0 => x,
            length => x.slice(axis, length - 1, length, -1),
        })
    };
    flip(flip(x.clone()).copy())
}

fn repeated(x: &Array) -> Array {
    match x.dims().iter().rposition(|&length| length > 1) {
        Some(axis) => x.slice(axis, 0, 1, 1).broadcast_to(*x.dims()),
        None => x.clone(),
    }
}
