//! Dense layers on the CPU: blocks of the product get their bias and their activation while the cache has them.

use crate::activation::Pointwise;
use crate::backend::{View, ViewMut};
use crate::cpu::{Isa, compiled, matmul_then};
use crate::dtype::Float;
use crate::error::Result;
use ndarray::ArrayViewMut2;

pub fn run<T: Float>(f: impl Pointwise<T>, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let ([x, weight, bias], [y]) = (ins, outs) else {
        unreachable!("the check wants three inputs and an output")
    };
    let (isa, bias) = (Isa::chosen()?, bias.slice::<T>()?);
    let transposed = weight.layout.permute(&[1, 0]);
    let weight = View { layout: &transposed, ..*weight };
    matmul_then(x, &weight, y, &|column, block| finish(isa, f, &bias[column..], block))
}

/// Adds the bias to rows that begin where it does, and applies the function.
fn finish<T: Float>(isa: Isa, f: impl Pointwise<T>, bias: &[T], mut block: ArrayViewMut2<T>) {
    compiled(
        isa,
        #[inline(always)]
        move || {
            for mut row in block.rows_mut() {
                let row = row.as_slice_mut().expect("rows are contiguous");
                for (y, bias) in row.iter_mut().zip(bias) {
                    *y = f.value(*y + *bias);
                }
            }
        },
    );
}
