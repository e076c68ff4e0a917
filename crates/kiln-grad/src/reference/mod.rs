//! Naive references: what each op means, in loops over indices in `f64`.
//!
//! Nothing here is shared with the kernels: no broadcasting by strides, no blocks, no fused passes. Slow
//! and plain, so that a reader can see that it is right.

mod images;
mod indexing;
mod norm;
mod special;
mod values;

pub use images::{
    avg_pool2d, conv_transpose2d, conv2d, conv2d_weight, max_pool2d, resize_bilinear, resize_nearest,
};
pub use indexing::{concat, embed, gather, matmul, permute, scatter_add};
pub use norm::{affine, normalize};
pub use special::{digamma, erf, lgamma, log_softmax, logsumexp, softmax, variance};
pub use values::{Values, each_index};
