//! Looking at graphs, and at what runs.
//!
//! A graph is looked at as [text] or as a [picture](dot), with names, values and code by [`Labels`]. What runs on this thread can be put
//! on a [tape](tape()), [timed](Profile), and [searched for the first NaN or infinity](FiniteGuard).

mod dot;
mod finite;
mod labels;
mod profile;
mod text;

pub use crate::tape::{Note, Tape, tape};
pub use dot::dot;
pub use finite::{Cause, Finding, FiniteGuard};
pub use labels::Labels;
pub use profile::{Profile, ProfileEntry, Profiling};
pub use text::text;
