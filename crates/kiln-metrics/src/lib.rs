//! Measures of what a generative model makes.
//!
//! A [`Measure`] takes the figures of a model over a whole set, by one of its [abilities](kiln_nn::Ability); the training
//! loop and `kiln eval` take the same ones, by their names. [`MEASURES`] lists them.
//!
//! ```
//! use kiln_data::{batch, glyphs};
//! use kiln_metrics::DigitClassifier;
//! use kiln_nn::TensorOptions;
//!
//! // What the built-in classifier takes a real digit for.
//! let digits = glyphs::dataset(1, 10);
//! let batch = batch(&digits, &[3], &TensorOptions::cpu_f32())?;
//! let guess = DigitClassifier::trained().classify(batch.images())?[0];
//! assert!(guess.is_sure() && guess.digit == digits.labels().unwrap()[3]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digits;
mod direction;
mod measure;

pub use digits::{DigitClassifier, DigitGuess};
pub use direction::better;
pub use measure::{DigitShare, MEASURES, Measure, measure};
