//! Data by the words of the command line.

use super::failure::Failure;
use kiln::data::{Augment, AugmentError, Channels, DataSpec, LoadOptions, OptionError, ResizePolicy, Source};
use kiln::train::RunConfig;

/// Procedural data are drawn from this seed in every run, so that the seed of a run changes how it is
/// trained, not what on.
const DATA_SEED: u64 = 0;

/// Which data, and how its images are read.
pub struct Input<'a> {
    pub data: &'a str,
    pub image_size: Option<usize>,
    pub resize: &'a str,
    pub channels: Option<usize>,
}

impl<'a> Input<'a> {
    /// That of a run.
    pub fn of(config: &'a RunConfig) -> Self {
        let RunConfig { data, image_size, resize, channels, .. } = config;
        Input { data, image_size: *image_size, resize, channels: *channels }
    }
}

/// Reads the data.
pub fn load(input: &Input) -> Result<Source, Failure> {
    let spec = input.data.parse::<DataSpec>()?;
    let wrong = |error: OptionError| Failure::usage(error.to_string());
    let resize = match input.resize {
        "" => ResizePolicy::default(),
        name => name.parse().map_err(wrong)?,
    };
    let channels = input.channels.map(Channels::try_from).transpose().map_err(wrong)?;
    Ok(spec.load(&LoadOptions { seed: DATA_SEED, size: input.image_size, resize, channels })?)
}

/// Random changes by their words, such as `flip,crop=4`.
pub fn augment(words: &str) -> Result<Augment, Failure> {
    words.parse().map_err(|error: AugmentError| Failure::usage(error.to_string()))
}
