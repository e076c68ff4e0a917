//! From the bytes of an image file to pixels, checked before anything large is allocated for it.

use std::io::Cursor;

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{Picture, colour, jpeg, png};
use crate::Channels;

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

/// What a decoder may allocate beside the image itself, for colour profiles and the like.
const MAX_EXTRA_BYTES: u64 = 1 << 26;

/// What can be wrong with an image file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The file has more than [`MAX_FILE_BYTES`].
    #[error("it has more than the {MAX_FILE_BYTES} bytes that are read; scale the image down")]
    FileSize,
    /// The file is of none of the formats.
    #[error("its content is neither PNG nor JPEG nor BMP, whatever its name says; convert or remove it")]
    Format,
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
    /// A JPEG file stops before its end.
    #[error("it is cut off: its end marker is missing; copy or download it again")]
    Truncated,
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

/// Decodes a PNG, JPEG or BMP file from its bytes, upright as its EXIF orientation says. See the module
/// for transparency; 16 bits a channel are rounded to 8, palettes are resolved, CMYK is converted.
///
/// # Errors
/// When the bytes are of no such format, larger than the limits, damaged, or cut off. JPEG and BMP have no
/// checksums: damage that leaves other pixels is not noticed.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    let format = image::guess_format(bytes).map_err(|_| PictureError::Format)?;
    match format {
        ImageFormat::Jpeg => jpeg::check(bytes)?,
        ImageFormat::Png => png::check(bytes)?,
        ImageFormat::Bmp => {}
        _ => return Err(PictureError::Format),
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_EXTRA_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(PictureError::Dimensions { width, height });
    }
    if pixels == 0 || pixels > MAX_PIXELS_PER_BYTE * bytes.len() as u64 {
        return Err(PictureError::Unfilled { width, height, bytes: bytes.len() });
    }
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(picture(image))
}

/// The image in grey or RGB, over black where it is transparent.
fn picture(image: DynamicImage) -> Picture {
    let (height, width) = (image.height() as usize, image.width() as usize);
    let (channels, pixels) = match image.color() {
        ColorType::L8 | ColorType::L16 => (Channels::Grey, image.into_luma8().into_raw()),
        ColorType::La8 | ColorType::La16 => {
            (Channels::Grey, colour::planes_over_black::<2>(&image.into_luma_alpha8()))
        }
        color if color.has_alpha() => (Channels::Rgb, colour::planes_over_black::<4>(&image.into_rgba8())),
        _ => (Channels::Rgb, colour::planes::<3>(&image.into_rgb8())),
    };
    Picture { channels, height, width, pixels }
}
