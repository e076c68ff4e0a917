//! Automatic differentiation whose derivatives can themselves be differentiated.
//!
//! A [`Tensor`] is an array that may know how it was computed. [`grad`] walks that record backwards:
//!
//! ```
//! use kiln_grad::{Tensor, grad, grad_recorded};
//!
//! let x = Tensor::from(3.0_f64).tracked();
//! let y = &x * &x * &x;
//! assert_eq!(grad(y, &[&x])[0].item()?, 27.0);
//!
//! // A recorded derivative can be differentiated again.
//! let y = &x * &x * &x;
//! let dy = grad_recorded(y, &[&x]).remove(0);
//! assert_eq!(grad(dy, &[&x])[0].item()?, 18.0);
//! # Ok::<(), kiln_grad::Error>(())
//! ```
//!
//! Read `op.rs`, `node.rs` and `sweep.rs`, in this order; everything else is ops, one file each.

mod alias;
mod attention;
mod axes;
mod case;
mod conv;
mod definition;
mod elementwise;
mod equation;
mod error;
mod functional;
mod gamma;
pub mod graph;
mod ids;
mod lengths;
mod make;
mod mode;
mod node;
mod op;
mod operators;
pub mod ops;
mod picks;
mod portable;
mod reach;
pub mod reference;
mod sample;
mod sweep;
mod tape;
mod taps;
mod tensor;

pub use axes::Axes;
pub use case::{Case, CaseFn, CaseInput, Domain, ReferenceFn};
pub use conv::Conv;
pub use definition::{AttemptFn, Definition, Refusal, Singular};
pub use elementwise::{Binary, Saves, Unary};
pub use error::GradError;
pub use functional::{
    grad, grad_recorded, hvp, jvp, try_grad, try_grad_allow_unused, try_grad_recorded, vjp, vjp_recorded,
};
pub use kiln_tensor::{Array, DType, Device, Dims, Error, Meta, ShapeError, Window, attempt};
pub use lengths::{Lengths, Place};
pub use mode::{OpSite, Scope, is_recording, no_grad, op_site, scope};
pub use node::{Node, live_nodes};
pub use op::{Forward, Op, Vjp, apply, try_apply};
pub use picks::Picks;
pub use portable::{AxisSlice, Portable};
pub use sweep::{Sweep, SweepStep};
pub use tensor::Tensor;
