//! From the bytes of an image file to pixels, checked before anything large is allocated for it.

use std::io::{self, Cursor};

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{Picture, colour, jpeg, png};
use crate::{Background, Channels};

/// The largest file that is read, in bytes: 256 MiB.
pub const MAX_FILE_BYTES: u64 = 1 << 28;

/// The longest side that is read, in pixels.
pub const MAX_SIDE: u32 = 1 << 14;

/// The most pixels that are read: 2²⁶, some 67 million.
pub const MAX_PIXELS: u64 = 1 << 26;

/// The most scans of a JPEG file that are read; a progressive one has about ten.
pub const MAX_SCANS: usize = 100;

/// No file holds more pixels a byte: deflate grows by less than 1032 times, and a byte is 8 pixels of one
/// bit. The other formats stay far below.
const MAX_PIXELS_PER_BYTE: u64 = 8 * 1032;

/// The formats that are read.
const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Bmp,
    ImageFormat::Gif,
    ImageFormat::Tiff,
    ImageFormat::WebP,
];

/// Bytes that a decoder may allocate beside the image itself, for colour profiles and the like.
const MAX_EXTRA_BYTES: u64 = 1 << 26;

/// Faults of an image file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The file has more than [`MAX_FILE_BYTES`].
    #[error("it has more than the {MAX_FILE_BYTES} bytes that are read; scale the image down")]
    FileSize,
    /// The file is of none of the formats.
    #[error(
        "its content is neither PNG, JPEG, BMP, GIF, TIFF nor WebP, whatever its name says; convert or remove it"
    )]
    Format,
    /// The header of the file makes no sense.
    #[error("its header is damaged or cut off; copy or download it again")]
    Header,
    /// The image is larger than [`MAX_SIDE`] or [`MAX_PIXELS`] allow.
    #[error(
        "it is {width}×{height} pixels; a side may have {MAX_SIDE} and the image {MAX_PIXELS}, so scale it \
         down"
    )]
    Dimensions {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The header declares an image that the file can't hold.
    #[error(
        "its header declares {width}×{height} pixels, which {bytes} bytes can't hold; copy or download it \
         again"
    )]
    Unfilled {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes of the file.
        bytes: usize,
    },
    /// An image that should be two side by side has an odd width.
    #[error("it is {width} pixels wide, and two images side by side have an even width; mend or remove it")]
    OddWidth {
        /// Columns.
        width: usize,
    },
    /// The file is damaged in the archive that it lies in.
    #[error("unpacking it failed: {0}; copy or download the archive again")]
    Packed(io::Error),
    /// The file has no bytes.
    #[error("it is empty; copy or download it again, or remove it")]
    Empty,
    /// A JPEG file stops before its end.
    #[error("it is cut off before the end of its image; copy or download it again")]
    Truncated,
    /// Components of a JPEG file are in scans of their own, sampled in a way for which the decoder counts wrongly.
    #[error(
        "it is a JPEG file of an uncommon sampling with a scan for each component, which is not read; save it again \
         with an image editor"
    )]
    Sampling,
    /// The decoder of JPEG refused the content.
    #[error("decoding failed: {0}; copy or download it again, or convert it")]
    Jpeg(String),
    /// A JPEG file has more than [`MAX_SCANS`] scans.
    #[error("it has more than the {MAX_SCANS} scans that are read; save it again with an image editor")]
    TooManyScans,
    /// The palette of a PNG file ends inside a colour.
    #[error("its palette of {0} bytes is not whole colours of 3 bytes; copy or download it again")]
    Palette(usize),
    /// The decoder refused the content.
    #[error("decoding failed: {0}; copy or download it again, or convert it")]
    Decode(#[from] ImageError),
}

/// The format of a file by its first bytes.
pub(super) fn format_of(start: &[u8]) -> Result<ImageFormat, PictureError> {
    if start.is_empty() {
        return Err(PictureError::Empty);
    }
    let format = image::guess_format(start).ok();
    format.filter(|format| FORMATS.contains(format)).ok_or(PictureError::Format)
}

/// Whether an image is of a size that is read.
pub(super) fn check_dimensions(width: u32, height: u32) -> Result<(), PictureError> {
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::Dimensions { width, height });
    }
    Ok(())
}

/// Decodes an image file from its bytes, upright as its EXIF orientation says: PNG, JPEG, BMP, TIFF, WebP, or the
/// first frame of a GIF. See the module for transparency; 16 bits a channel are rounded to 8, palettes are
/// resolved, CMYK is converted.
///
/// # Errors
/// When the bytes are of no such format, larger than the limits, damaged, or cut off. JPEG and BMP have no
/// checksums: damage that leaves other pixels is not noticed.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    Ok(picture(read(bytes)?, None, Background::default()))
}

/// As [`decode`], in given channels. Where those have no opacity, what is transparent shows the background.
///
/// # Errors
/// As [`decode`].
pub fn decode_as(bytes: &[u8], channels: Channels, background: Background) -> Result<Picture, PictureError> {
    Ok(picture(read(bytes)?, Some(channels), background).with_channels(channels))
}

/// Whether a file of these bytes, each of which is `per_byte` pixels at most, can hold as many as its header declares.
fn check_filled(width: u32, height: u32, bytes: &[u8], per_byte: u64) -> Result<(), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > per_byte.saturating_mul(bytes.len() as u64) {
        return Err(PictureError::Unfilled { width, height, bytes: bytes.len() });
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let format = format_of(bytes)?;
    match format {
        ImageFormat::Jpeg => {
            let layout = jpeg::Layout::of(bytes)?;
            check_dimensions(layout.width, layout.height)?;
            check_filled(layout.width, layout.height, bytes, MAX_PIXELS_PER_BYTE)?;
            return jpeg::decode(&layout, bytes);
        }
        ImageFormat::Png => png::check(bytes)?,
        _ => {}
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_EXTRA_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height)?;
    // A WebP of one colour is a few bytes at any size.
    let per_byte = if format == ImageFormat::WebP { MAX_PIXELS } else { MAX_PIXELS_PER_BYTE };
    check_filled(width, height, bytes, per_byte)?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// The image in grey or RGB over a background, or with its opacity where that is `wanted`.
fn picture(image: DynamicImage, wanted: Option<Channels>, background: Background) -> Picture {
    let (height, width) = (image.height() as usize, image.width() as usize);
    let [red, green, blue] = background.rgb;
    let (channels, pixels) = match image.color() {
        _ if wanted == Some(Channels::Rgba) => (Channels::Rgba, colour::planes::<4>(&image.into_rgba8())),
        ColorType::L8 | ColorType::L16 => (Channels::Grey, image.into_luma8().into_raw()),
        ColorType::La8 | ColorType::La16 if background.is_grey() || wanted == Some(Channels::Grey) => {
            let behind = colour::luma(red, green, blue);
            (Channels::Grey, colour::planes_over::<2>(&image.into_luma_alpha8(), &[behind]))
        }
        color if color.has_alpha() => {
            (Channels::Rgb, colour::planes_over::<4>(&image.into_rgba8(), &background.rgb))
        }
        _ => (Channels::Rgb, colour::planes::<3>(&image.into_rgb8())),
    };
    Picture { channels, height, width, pixels }
}
