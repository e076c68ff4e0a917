//! Looking at a graph.

mod dot;
mod text;

pub use dot::dot;
pub use text::{step_text, text};
