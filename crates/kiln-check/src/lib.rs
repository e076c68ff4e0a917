//! Checking gradients against finite differences.
//!
//! [`gradients`] takes a function and a point, and compares what reverse-mode differentiation says
//! with what the function does:
//!
//! ```
//! use kiln_check::{CheckOptions, gradients};
//! use kiln_grad::Tensor;
//!
//! let report = gradients(|x| x[0].tanh().matmul(&x[1]), &[
//!     Tensor::from([[0.3, -1.2], [0.7, 0.1]]),
//!     Tensor::from([[1.5], [-0.4]]),
//! ]);
//! report.assert_pass();
//! println!("{report}");
//!
//! // First order alone, and more directions.
//! let options = CheckOptions::new().order(1).directions(8);
//! options.gradients(|x| x[0].exp(), &[Tensor::from([0.5, 1.0])]).assert_pass();
//! ```
//!
//! [`strategies`] draw shapes, values and whole calls for property tests, and a [`Call`] that fails its
//! check prints the test that repeats it. `docs/checking-gradients.md` is a guide to all of it.
//!
//! [`case`] draws the point for a [`Case`](kiln_grad::Case), the plain data every op has beside its
//! definition; [`conv_cases`] makes endless cases of convolutions; [`composite`] compares a fused op
//! with the plain ops it stands for, and [`values`] a function with a naive one.
//!
//! All that runs in `f64` on the CPU: finite differences need the digits. [`parity`] compares the results of a case in
//! `f32` on another device with these.
//!
//! Ops may be recorded or not by a setting of the thread, so checks in parallel belong on threads of
//! their own and not on a work-stealing pool that the kernels use too.

mod call;
mod case;
mod composite;
mod conv_cases;
mod difference;
mod dot_product;
mod draw;
mod first;
mod guard;
mod hint;
mod layouts;
mod measured;
mod norm;
mod options;
mod parallel;
mod parity;
mod point;
mod report;
mod second;
pub mod strategies;
mod structure;
mod value;

pub use call::{Call, CheckFailure};
pub use case::case;
pub use composite::composite;
pub use conv_cases::conv_cases;
pub use draw::draw;
pub use hint::Hint;
pub use layouts::Arrangement;
pub use options::{CheckOptions, gradients};
pub use parallel::in_parallel;
pub use parity::{Deviation, Quantity, parity};
pub use point::pull;
pub use report::{Check, CheckKind, CheckReport, CheckSummary, GradientEntry, Tally, Verdict, Worst};
pub use value::{value_bounds, values};

/// The guide, whose snippets are tested.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/checking-gradients.md")]
mod guide {}
