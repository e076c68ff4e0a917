//! What can't be measured.

use kiln_data::DataError;

/// A set that is too small for a measure to mean anything, or a failure on the way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// Too few samples.
    #[error("the {measure} needs at least {need} samples, but there are {have}; measure more")]
    Samples {
        /// The measure, as in a sentence.
        measure: &'static str,
        /// The least number.
        need: usize,
        /// Number of samples there are.
        have: usize,
    },
    /// Images that are smaller than what a measure looks through.
    #[error(
        "{measure} needs images of at least {need}x{need} pixels, but these have {height}x{width}; measure larger ones, or leave it out"
    )]
    Size {
        /// The measure, as in a sentence.
        measure: &'static str,
        /// The least side.
        need: usize,
        /// Height of the images.
        height: usize,
        /// Width of the images.
        width: usize,
    },
    /// An error of the data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The failure of a device.
    #[error(transparent)]
    Device(#[from] kiln_grad::Error),
}

/// Fails when there are less than `need` samples.
pub(crate) fn check_samples(measure: &'static str, need: usize, have: usize) -> Result<(), MeasureError> {
    if have < need { Err(MeasureError::Samples { measure, need, have }) } else { Ok(()) }
}
