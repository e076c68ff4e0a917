//! Measures of what a generative model makes.

mod digits;

pub use digits::{DigitClassifier, Verdict};
