//! Looking at graphs, and at what runs.
//!
//! A graph is looked at as [text] or as a [picture](dot). What runs on this thread can be put
//! on a [tape](tape()), [timed](Profile), and [searched for the first NaN or infinity](FiniteGuard).

mod dot;
mod finite;
mod profile;
mod text;

pub use crate::tape::{Note, Tape, tape};
pub use dot::dot;
pub use finite::{Cause, Finding, FiniteGuard};
pub use profile::{Profile, ProfileEntry, Profiling};
pub use text::{step_text, text};
