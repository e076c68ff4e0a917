//! Measures of what a generative model makes.
//!
//! A [`Measure`] takes the figures of a model over a whole set, by one of its [abilities](kiln_nn::Ability); the training
//! loop and `kiln eval` take the same ones, by their names.

mod digits;
mod measure;

pub use digits::{DigitClassifier, DigitGuess};
pub use measure::{DigitShare, MEASURES, Measure, measure};
