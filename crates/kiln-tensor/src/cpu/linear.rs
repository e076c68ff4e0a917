//! Dense layers: a product whose blocks get their bias and their activation while the cache has them.

use super::dense::Dense;
use super::gemm::matmul_then;
use super::simd::{Isa, compiled};
use crate::backend::{View, ViewMut};
use crate::dtype::Float;
use crate::error::Result;
use crate::fused::{Activation, Rectifier, with_rectifier};
use ndarray::ArrayViewMut2;

/// `out = f(a·b + bias)`.
pub fn run<T: Float>(f: Activation, [a, b, bias]: [&View; 3], out: &mut ViewMut) -> Result<()> {
    let isa = Isa::chosen()?;
    let bias = Dense::new::<T>(bias)?;
    let bias = bias.elements::<T>();
    with_rectifier!(f, T, f => {
        matmul_then(a, b, out, &|column, block| finish(isa, f, &bias[column..], block))
    })
}

/// Adds the bias to rows that begin where it does, and applies the function.
fn finish<T: Float>(isa: Isa, f: impl Rectifier<T>, bias: &[T], mut block: ArrayViewMut2<T>) {
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
