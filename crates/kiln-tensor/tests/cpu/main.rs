//! The CPU's kernels against plain loops in `f64`, over views of every kind.

mod conv;
mod dtypes;
mod elementwise;
mod faults;
mod gather;
mod matmul;
mod pool;
mod reduce;
mod softmax;
mod support;
mod threads;
