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

mod classifier_score;
mod digits;
mod error;
mod feature_net;
mod features;
mod figure;
mod frechet;
mod information;
mod interval;
mod kernel_distance;
mod linalg;
mod manifold;
mod measure;
mod mixture;
mod modes;
mod neighbours;
mod pixels;
mod spectrum;
mod ssim;

pub use classifier_score::{ClassifierScore, classifier_score};
pub use digits::{DigitClassifier, DigitGuess};
pub use error::MeasureError;
pub use feature_net::{FeatureNet, NetView};
pub use features::FeatureSet;
pub use figure::{Figure, better, figure};
pub use frechet::{Moments, frechet_distance};
pub use information::{FactorInformation, mutual_information};
pub use interval::{jackknife_error, normal_interval, wilson_interval};
pub use kernel_distance::{KernelDistance, kernel_distance, kernel_distance_of_subsets};
pub use manifold::{DensityCoverage, PrecisionRecall, density_coverage, memorised_share, precision_recall};
pub use measure::{
    AnomalyScore, ClassShare, ClassificationScore, DigitShare, FigureValue, LatentCodes, LatentUse,
    LogLikelihood, MEASURES, Measure, MeasureCtx, MeasureEntry, MeasureResult, MemorisedShare, ModeShare,
    NearestImages, SetDistances, active_units, latent_codes, measure, nearest_images,
};
pub use mixture::GaussianMixture;
pub use modes::{MixtureCoverage, ModeCoverage, mixture_coverage, mode_coverage};
pub use neighbours::{Neighbour, nearest, nearest_others};
pub use pixels::{PixelSet, PixelSpace, l1, mse, psnr};
pub use spectrum::{power_spectrum, spectral_distance};
pub use ssim::{ms_ssim, ssim};
