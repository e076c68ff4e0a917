//! Data by the words of the command line.

use super::error::CommandError;
use crate::cli::options::image::ImageArgs;
use kiln::data::{Augment, Channels, DataSpec, LoadOptions, ResizePolicy, Source};
use kiln::train::RunConfig;
use std::path::Path;

/// The seed of procedural data, the same in every run, so that the seed of a run changes how it is trained, not on what.
const DATA_SEED: u64 = 0;

/// Data by its words, with the size and channels its images are read with.
pub struct DataRequest<'a> {
    pub data: &'a str,
    pub image_size: Option<usize>,
    /// `fit`, `crop`, or nothing for the default.
    pub resize: &'a str,
    pub channels: Option<usize>,
}

impl<'a> DataRequest<'a> {
    /// The data of a run.
    pub fn of(config: &'a RunConfig) -> Self {
        let RunConfig { data, image_size, resize, channels, .. } = config;
        DataRequest { data, image_size: *image_size, resize, channels: *channels }
    }

    /// The data of these words, with its images read as the options say.
    pub fn new(data: &'a str, images: &'a ImageArgs) -> Self {
        let size = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
        DataRequest {
            data,
            image_size: size(images.image_size),
            resize: images.resize.as_deref().unwrap_or_default(),
            channels: size(images.channels),
        }
    }

    /// Reads the data.
    pub fn load(&self) -> Result<Source, CommandError> {
        let spec = self.data.parse::<DataSpec>()?;
        let resize = match self.resize {
            "" => ResizePolicy::default(),
            name => name.parse()?,
        };
        let channels = self.channels.map(Channels::try_from).transpose()?;
        Ok(spec.load(&LoadOptions { seed: DATA_SEED, size: self.image_size, resize, channels })?)
    }
}

/// The data that words stand for: themselves, or the folder that they name.
pub fn spec(words: &str) -> String {
    if words.parse::<DataSpec>().is_err() && Path::new(words).is_dir() {
        return format!("folder:{words}");
    }
    words.to_owned()
}

/// Random changes by their words, such as `flip,crop=4`.
pub fn augment(words: &str) -> Result<Augment, CommandError> {
    Ok(words.parse()?)
}
