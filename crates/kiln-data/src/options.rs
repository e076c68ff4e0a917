//! How data is to be opened.

use std::fmt;
use std::str::FromStr;

use crate::picture::convert;
use crate::{Binarise, UsageError};

/// The largest [`LoadOptions::size`].
pub const MAX_SIZE: usize = 4096;

/// The way a [`DataSpec`](crate::DataSpec) opens images. The default leaves them as they are
/// as far as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct LoadOptions {
    /// Seed that procedural data is drawn from; files are what they are.
    pub seed: u64,
    /// Height and width of the images, from 1 to [`MAX_SIZE`]. `None` is the size the data has: 28×28 for
    /// MNIST, 32×32 for CIFAR-10, the common size of image files, and
    /// [`folder::SIZE`](crate::folder::SIZE) for files of several sizes.
    pub size: Option<usize>,
    /// How an image that is not square, or of another size, becomes a square of that size.
    pub resize: ResizePolicy,
    /// Channels of the images. `None` is what the data has; for image files, grey where all of them
    /// are, and RGB otherwise.
    pub channels: Option<Channels>,
    /// Colour behind transparent pixels of image files, and around an image that doesn't fill its square.
    pub background: Background,
    /// Whether image files that can't be read are left out, with a note, instead of refused. Each file is then
    /// decoded once when the data is opened.
    pub skip_broken: bool,
    /// Whether, and when, the pixels of images are drawn to be black or white.
    pub binarise: Option<Binarise>,
    /// A class that is left out of the part to train on, by its number; the part held out keeps it.
    pub left_out: Option<u32>,
    /// Bound on the bytes of decoded pixels that are kept in memory.
    pub cache: CacheSize,
}

/// How an image becomes a square. It is scaled evenly in both directions with a triangle filter (linear
/// interpolation, widened where it shrinks: Pillow's `BILINEAR`), never distorted. A set whose images all have one
/// size and grow by at most a quarter in fitting (28 to 32) is not scaled: its images get a border, so
/// that their pixels stay what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ResizePolicy {
    /// `fit`: the whole image, scaled so that its longer side is the square's, in the middle of bars.
    #[default]
    Fit,
    /// `crop`: the middle of the image, scaled so that its shorter side is the square's.
    Crop,
}

/// The channels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channels {
    /// One channel. Colour becomes grey by the luma of Rec. 601, 0.299 R + 0.587 G + 0.114 B.
    Grey,
    /// Red, green and blue. Grey becomes colour by repetition.
    Rgb,
    /// Red, green, blue and opacity. What has no opacity is opaque.
    Rgba,
}

/// A colour behind images: `black`, `white`, or `#rrggbb`. Black by default: a convolution pads with it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Background {
    /// Red, green and blue.
    pub rgb: [u8; 3],
}

/// A bound on bytes in memory, written as `512MiB` or `4GiB`, or as a number of bytes; 1 GiB by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheSize {
    /// The bound in bytes.
    pub bytes: u64,
}

impl LoadOptions {
    /// The size asked for, if any.
    ///
    /// # Errors
    /// When it is not from 1 to [`MAX_SIZE`].
    pub(crate) fn checked_size(&self) -> Result<Option<usize>, UsageError> {
        match self.size {
            Some(size) if !(1..=MAX_SIZE).contains(&size) => {
                Err(UsageError::new("image size", size.to_string(), format!("choose from 1 to {MAX_SIZE}")))
            }
            size => Ok(size),
        }
    }
}

impl Channels {
    /// Number of channels: 1, 3 or 4.
    pub const fn count(self) -> usize {
        match self {
            Channels::Grey => 1,
            Channels::Rgb => 3,
            Channels::Rgba => 4,
        }
    }
}

/// From their number.
impl TryFrom<usize> for Channels {
    type Error = UsageError;

    fn try_from(count: usize) -> Result<Self, UsageError> {
        match count {
            1 => Ok(Channels::Grey),
            3 => Ok(Channels::Rgb),
            4 => Ok(Channels::Rgba),
            _ => Err(UsageError::new(
                "channels",
                count.to_string(),
                "choose 1 (grey), 3 (RGB) or 4 (RGB and opacity)",
            )),
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
    type Err = UsageError;

    fn from_str(name: &str) -> Result<Self, UsageError> {
        match name {
            "fit" => Ok(ResizePolicy::Fit),
            "crop" => Ok(ResizePolicy::Crop),
            _ => Err(UsageError::new("resize", name, "choose fit or crop")),
        }
    }
}

impl Background {
    /// Whether it has no hue.
    pub(crate) fn is_grey(self) -> bool {
        let [red, green, blue] = self.rgb;
        red == green && green == blue
    }

    /// The value of each channel of an image that shows the background. Where there is opacity, it is transparent.
    pub(crate) fn planes(self, channels: Channels) -> Vec<u8> {
        match channels {
            Channels::Grey => convert(self.rgb.to_vec(), 3, Channels::Grey),
            Channels::Rgb => self.rgb.to_vec(),
            Channels::Rgba => vec![0; 4],
        }
    }
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rgb {
            [0, 0, 0] => f.write_str("black"),
            [255, 255, 255] => f.write_str("white"),
            [red, green, blue] => write!(f, "#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

impl FromStr for Background {
    type Err = UsageError;

    fn from_str(name: &str) -> Result<Self, UsageError> {
        let digits = |name: &str| {
            let digits = name.strip_prefix('#')?;
            if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
            Some([red, green, blue])
        };
        let rgb = match name {
            "black" => Some([0; 3]),
            "white" => Some([255; 3]),
            _ => digits(name),
        };
        rgb.map(|rgb| Background { rgb }).ok_or_else(|| {
            UsageError::new("background", name, "choose black, white or #rrggbb, such as #ff8000")
        })
    }
}

impl Default for CacheSize {
    fn default() -> Self {
        CacheSize { bytes: 1 << 30 }
    }
}

/// The units of a size, the largest first.
const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];

impl fmt::Display for CacheSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |shift: u32| self.bytes > 0 && self.bytes.trailing_zeros() >= shift;
        match UNITS.into_iter().find(|(_, shift)| whole(*shift)) {
            Some((unit, shift)) => write!(f, "{}{unit}", self.bytes >> shift),
            None => write!(f, "{}", self.bytes),
        }
    }
}

impl FromStr for CacheSize {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let unit = UNITS.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
        let (count, shift) = unit.unwrap_or((text, 0));
        let bytes = count.trim().parse::<u64>().ok().and_then(|count| count.checked_mul(1 << shift));
        bytes
            .map(|bytes| CacheSize { bytes })
            .ok_or_else(|| UsageError::new("cache", text, "write a size such as 512MiB or 4GiB"))
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
        for channels in [Channels::Grey, Channels::Rgb, Channels::Rgba] {
            assert_eq!(Channels::try_from(channels.count()), Ok(channels));
        }
        for (text, rgb) in [("black", [0; 3]), ("white", [255; 3]), ("#ff8001", [255, 128, 1])] {
            let background: Background = text.parse().unwrap();
            assert_eq!((background.rgb, background.to_string().as_str()), (rgb, text));
        }
        for (text, bytes) in [("1GiB", 1 << 30), ("1536MiB", 1536 << 20), ("0", 0), ("1000", 1000)] {
            let size: CacheSize = text.parse().unwrap();
            assert_eq!((size.bytes, size.to_string().as_str()), (bytes, text));
        }
        assert_eq!("1GiB".parse(), Ok(CacheSize::default()));
    }

    #[test]
    fn impossible_options_say_what_is_possible() {
        let error = "stretch".parse::<ResizePolicy>().unwrap_err();
        assert_eq!(error.to_string(), "resize can't be \"stretch\"; choose fit or crop");
        let error = Channels::try_from(2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "channels can't be \"2\"; choose 1 (grey), 3 (RGB) or 4 (RGB and opacity)"
        );
        for wrong in ["#ff80", "#ff80zz", "#+f8000", "ff8000", "blue", ""] {
            let error = wrong.parse::<Background>().unwrap_err().to_string();
            assert!(error.ends_with("choose black, white or #rrggbb, such as #ff8000"), "{error}");
        }
        for wrong in ["", "much", "-1", "1TiB", "99999999999GiB", "1.5GiB"] {
            let error = wrong.parse::<CacheSize>().unwrap_err().to_string();
            assert!(error.ends_with("write a size such as 512MiB or 4GiB"), "{error}");
        }
        for (size, allowed) in [(0, false), (1, true), (4096, true), (4097, false)] {
            let options = LoadOptions { size: Some(size), ..LoadOptions::default() };
            assert_eq!(options.checked_size().is_ok(), allowed, "{size}");
        }
        let error = LoadOptions { size: Some(0), ..LoadOptions::default() }.checked_size().unwrap_err();
        assert_eq!(error.to_string(), "image size can't be \"0\"; choose from 1 to 4096");
    }
}
