//! How data is to be loaded.

use std::fmt;
use std::str::FromStr;

/// The largest [`LoadOptions::size`].
pub const MAX_SIZE: usize = 4096;

/// What a [`DataSpec`](crate::DataSpec) does with the images it loads. The default leaves them as they are
/// as far as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct LoadOptions {
    /// Procedural data is drawn from it; files are what they are.
    pub seed: u64,
    /// Height and width of the images, from 1 to [`MAX_SIZE`]. `None` is the size the data has: 28 for
    /// MNIST, 32 for CIFAR-10, and [`folder::SIZE`](crate::folder::SIZE) for image files, which may be of
    /// any.
    pub size: Option<usize>,
    /// How an image that is not square, or of another size, becomes a square of that size.
    pub resize: ResizePolicy,
    /// The channels of the images. `None` is what the data has; for image files, grey where all of them
    /// are, and RGB otherwise.
    pub channels: Option<Channels>,
}

/// How an image becomes a square. It is scaled evenly in both directions with a triangle filter (linear
/// interpolation, widened where it shrinks: Pillow's `BILINEAR`), never distorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ResizePolicy {
    /// `fit`: the whole image, scaled so that its longer side is the square's, in the middle of black bars.
    #[default]
    Fit,
    /// `crop`: the middle of the image, scaled so that its shorter side is the square's.
    Crop,
}

/// The channels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One channel. Colour becomes grey by the luma of Rec. 601, 0.299 R + 0.587 G + 0.114 B.
    Grey,
    /// Red, green and blue. Grey becomes colour by repetition.
    Rgb,
}

/// An option that has a value it can't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option} can't be {value:?}; choose {choices}")]
pub struct OptionError {
    /// The option.
    pub option: &'static str,
    /// What it was to be.
    pub value: String,
    /// What it can be.
    pub choices: String,
}

impl LoadOptions {
    /// The options with their size, or `default` where none is given.
    ///
    /// # Errors
    /// When the size is not from 1 to [`MAX_SIZE`].
    pub(crate) fn size_or(&self, default: usize) -> Result<usize, OptionError> {
        let size = self.size.unwrap_or(default);
        if (1..=MAX_SIZE).contains(&size) {
            Ok(size)
        } else {
            let choices = format!("a size from 1 to {MAX_SIZE}");
            Err(OptionError { option: "size", value: size.to_string(), choices })
        }
    }
}

impl Channels {
    /// How many there are: 1 or 3.
    pub const fn count(self) -> usize {
        match self {
            Channels::Grey => 1,
            Channels::Rgb => 3,
        }
    }
}

/// From their number.
impl TryFrom<usize> for Channels {
    type Error = OptionError;

    fn try_from(count: usize) -> Result<Self, OptionError> {
        match count {
            1 => Ok(Channels::Grey),
            3 => Ok(Channels::Rgb),
            _ => {
                let choices = "1 (grey) or 3 (RGB)".to_owned();
                Err(OptionError { option: "channels", value: count.to_string(), choices })
            }
        }
    }
}

impl fmt::Display for ResizePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ResizePolicy::Fit => "fit",
            ResizePolicy::Crop => "crop",
        })
    }
}

impl FromStr for ResizePolicy {
    type Err = OptionError;

    fn from_str(name: &str) -> Result<Self, OptionError> {
        match name {
            "fit" => Ok(ResizePolicy::Fit),
            "crop" => Ok(ResizePolicy::Crop),
            _ => {
                let choices = "fit or crop".to_owned();
                Err(OptionError { option: "resize", value: name.to_owned(), choices })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_written() {
        for policy in [ResizePolicy::Fit, ResizePolicy::Crop] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        for channels in [Channels::Grey, Channels::Rgb] {
            assert_eq!(Channels::try_from(channels.count()), Ok(channels));
        }
    }

    #[test]
    fn impossible_options_say_what_is_possible() {
        let error = "stretch".parse::<ResizePolicy>().unwrap_err();
        assert_eq!(error.to_string(), "resize can't be \"stretch\"; choose fit or crop");
        let error = Channels::try_from(4).unwrap_err();
        assert_eq!(error.to_string(), "channels can't be \"4\"; choose 1 (grey) or 3 (RGB)");
        for (size, allowed) in [(0, false), (1, true), (4096, true), (4097, false)] {
            let options = LoadOptions { size: Some(size), ..LoadOptions::default() };
            assert_eq!(options.size_or(64).is_ok(), allowed, "{size}");
        }
        let error = LoadOptions { size: Some(0), ..LoadOptions::default() }.size_or(64).unwrap_err();
        assert_eq!(error.to_string(), "size can't be \"0\"; choose a size from 1 to 4096");
    }
}
