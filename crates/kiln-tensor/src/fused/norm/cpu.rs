//! The norm on the CPU: sums of squares of pieces, which are added in order.

use super::super::{TASK, run_tasks};
use crate::backend::{View, ViewMut};
use crate::cpu::fold::LANES;
use crate::cpu::{Isa, compiled};
use crate::dtype::{Element, Float};
use crate::error::Result;

pub fn run<T: Float>(ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let mut pieces = Vec::new();
    for input in ins {
        pieces.extend(input.slice::<T>()?.chunks(TASK).map(|piece| (piece, 0.0)));
    }
    let elements = ins.iter().map(|input| input.layout.numel()).sum();
    let isa = Isa::chosen()?;
    run_tasks(pieces.iter_mut().collect(), elements, |(piece, sum)| {
        *sum = compiled(
            isa,
            #[inline(always)]
            || squares(piece),
        );
    });
    let total: f64 = pieces.iter().map(|(_, sum)| sum).sum();
    outs[0].slice_mut::<T>()?[0] = T::from_f64(total.sqrt());
    Ok(())
}

#[inline(always)]
fn squares<T: Float>(values: &[T]) -> f64 {
    let mut sums = [0.0; LANES];
    let square = |value: T| Element::to_f64(value) * Element::to_f64(value);
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += square(*value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += square(*value);
    }
    sums.iter().sum()
}
