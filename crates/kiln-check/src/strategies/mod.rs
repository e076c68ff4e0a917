//! Strategies of [proptest]: shapes, layouts, values and whole calls of ops.
//!
//! They shrink toward the smallest shape, default parameters and round values. A [`Call`](crate::Call) that
//! fails its check prints a test to paste:
//!
//! ```
//! use kiln_check::{CheckOptions, strategies};
//! use proptest::prelude::*;
//!
//! proptest! {
//! #   #![proptest_config(ProptestConfig::with_cases(8))]
//!     // In a test module, with `#[test]` in front.
//!     fn convolutions_are_right(call in strategies::conv2d()) {
//!         call.check(&CheckOptions::new())?;
//!     }
//! }
//! # convolutions_are_right();
//! ```
//!
//! For a function of your own, draw its dims and its [`NumberSource`] and make the call:
//!
//! ```
//! use kiln_check::{Call, CheckOptions, strategies};
//! use kiln_grad::Domain;
//! use proptest::prelude::*;
//!
//! proptest! {
//! #   #![proptest_config(ProptestConfig::with_cases(8))]
//!     fn softsign(dims in strategies::dims(0..=3, 20), numbers in strategies::numbers()) {
//!         let x = numbers.tensor(0, dims, Domain::AwayFromKinks);
//!         Call::new("|x| softsign(&x[0])", [x], |x| &x[0] / (x[0].abs() + 1.0)).check(&CheckOptions::new())?;
//!     }
//! }
//! # softsign();
//! ```

mod moves;
mod ops;
mod shapes;
mod values;
mod windows;

pub use moves::{dense, movement, products};
pub use ops::{elementwise, normalization, pairwise, reduction, resize, softmax};
pub use shapes::{LENGTHS, axes, axis, broadcastable, dims, layout};
pub use values::{NumberSource, numbers, values};
pub use windows::{conv_transpose2d, conv2d, pooling};
