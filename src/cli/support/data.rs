//! Data by the words of the command line.

use super::error::CommandError;
use crate::cli::options::image::ImageArgs;
use kiln::data::{Augment, Binarise, CacheSize, Channels, DataSpec, KINDS, LoadOptions, Parts, UsageError};
use kiln::nn::DataInfo;
use kiln::train::RunConfig;
use std::borrow::Cow;
use std::path::Path;
use std::str::FromStr;

/// The seed of procedural data, the same in every run, so that the seed of a run changes how it is trained, not on what.
const DATA_SEED: u64 = 0;

/// The environment variable with the bound on decoded pixels in memory.
const CACHE: &str = "KILN_CACHE";

/// Data by its words, with the way its images are read.
pub struct DataRequest<'a> {
    pub data: Cow<'a, str>,
    pub image_size: Option<usize>,
    /// `fit`, `crop`, or nothing for the default.
    pub resize: &'a str,
    pub channels: Option<usize>,
    /// A colour, or nothing for the default.
    pub background: &'a str,
    pub skip_broken: bool,
    /// When pixels are drawn to be black or white, or nothing for never.
    pub binarise: &'a str,
    /// A class that is left out of training.
    pub left_out: Option<u32>,
    /// Bound on decoded pixels in memory, if it is said.
    pub cache: Option<CacheSize>,
    /// Whether a run that was made before names the data, perhaps as seen from another folder.
    pub of_run: bool,
}

impl<'a> DataRequest<'a> {
    /// The data of a run.
    pub fn of(config: &'a RunConfig) -> Self {
        let RunConfig {
            data,
            image_size,
            resize,
            channels,
            background,
            skip_broken,
            binarise,
            leave_out,
            ..
        } = config;
        let (image_size, channels, skip_broken) = (*image_size, *channels, *skip_broken);
        DataRequest {
            data: data.into(),
            image_size,
            resize,
            channels,
            background,
            skip_broken,
            binarise,
            left_out: *leave_out,
            cache: None,
            of_run: false,
        }
    }

    /// The data of these words in the place of a run's, or else that of the run, with images read as the run reads them.
    pub fn of_or(config: &'a RunConfig, words: Option<&str>) -> Self {
        let run = DataRequest { of_run: words.is_none(), ..DataRequest::of(config) };
        DataRequest { data: words.map_or(run.data, |words| spec(words).into()), ..run }
    }

    /// The data of these words, with its images read as the options say.
    pub fn new(data: &'a str, images: &'a ImageArgs) -> Self {
        let size = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
        DataRequest {
            data: data.into(),
            image_size: size(images.image_size),
            resize: images.resize.as_deref().unwrap_or_default(),
            channels: size(images.channels),
            background: images.background.as_deref().unwrap_or_default(),
            skip_broken: images.skip_broken,
            binarise: "",
            left_out: None,
            cache: images.cache,
            of_run: false,
        }
    }

    /// Opens the data.
    pub fn open(&self) -> Result<Parts, CommandError> {
        let cache = match (self.cache, std::env::var(CACHE)) {
            (Some(cache), _) => cache,
            (None, Ok(words)) if !words.is_empty() => {
                words.parse().map_err(|error| CommandError::usage(format!("{CACHE}: {error}")))?
            }
            _ => CacheSize::default(),
        };
        let binarise = (!self.binarise.is_empty()).then(|| self.binarise.parse::<Binarise>());
        let options = LoadOptions {
            seed: DATA_SEED,
            size: self.image_size,
            resize: parsed(self.resize)?,
            channels: self.channels.map(Channels::try_from).transpose()?,
            background: parsed(self.background)?,
            skip_broken: self.skip_broken,
            binarise: binarise.transpose()?,
            left_out: self.left_out,
            cache,
        };
        let opened = spec(&self.data).parse::<DataSpec>()?.open(&options).map_err(CommandError::from);
        opened.map_err(|error| if self.of_run { named_elsewhere(error, &self.data) } else { error })
    }
}

impl DataRequest<'_> {
    /// Opens the data for a trained model: its images have the size that the model takes, and must have its channels.
    pub fn open_for(self, model: &DataInfo) -> Result<Parts, CommandError> {
        // Images that are not square have the size of their files.
        let side = model.image.filter(|[_, height, width]| height == width).map(|[_, height, _]| height);
        let parts = DataRequest { image_size: side.or(self.image_size), ..self }.open()?;
        let have = parts.info();
        if model.coordinates > 0 {
            let wanted = model.coordinates;
            let problem =
                format!("the model takes points of {wanted} coordinates; choose data of such points");
            return if have.coordinates == wanted { Ok(parts) } else { Err(CommandError::other(problem)) };
        }
        if have.image.is_none() || have.frames != model.frames {
            let words =
                "the data has no single images, which the model takes; choose other data, such as a folder";
            return Err(CommandError::other(words));
        }
        if have.image != model.image {
            let channels = |info: &DataInfo| info.image.map_or(0, |shape| shape[0]);
            return Err(CommandError::other(format!(
                "the data has images of {} channel(s), but the model takes {}; choose other data",
                channels(&have),
                channels(model)
            )));
        }
        Ok(parts)
    }
}

/// What the words say, or the default if there are none.
fn parsed<T: Default + FromStr<Err = UsageError>>(words: &str) -> Result<T, CommandError> {
    if words.is_empty() { Ok(T::default()) } else { Ok(words.parse()?) }
}

/// The help text of `--data`: all kinds there are.
pub fn help() -> String {
    let forms: Vec<String> = KINDS.iter().map(|kind| kind.form()).collect();
    format!("Data: {} [default: the recipe's]", forms.join(", "))
}

/// Adds to the error of a run's data that it may be somewhere else: a relative path starts where the run was started.
fn named_elsewhere(error: CommandError, data: &str) -> CommandError {
    let path = data.split_once(':').map(|(_, path)| path.split(',').next().unwrap_or(path));
    let missing = path.filter(|path| Path::new(path).is_relative() && !Path::new(path).exists());
    if missing.is_none() || data.starts_with("builtin:") {
        return error;
    }
    CommandError {
        message: format!(
            "{} (the run's data is {data}, as seen from where the run was started: call kiln there, or name the data with \
             --data)",
            error.message
        ),
        ..error
    }
}

/// The data that words stand for: themselves, or the folder that they name. A `~` that no shell has replaced is the home
/// of the user.
pub fn spec(words: &str) -> String {
    if words.parse::<DataSpec>().is_ok() {
        return words.to_owned();
    }
    let home = words.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let path = match (home, std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}{rest}"),
        _ => words.to_owned(),
    };
    if Path::new(&path).is_dir() { format!("folder:{path}") } else { words.to_owned() }
}

/// Random changes by their words, such as `flip,crop=4`.
pub fn augment(words: &str) -> Result<Augment, CommandError> {
    Ok(words.parse()?)
}
