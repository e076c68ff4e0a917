//! What an image file says of itself before its pixels.

use std::io::{BufReader, ErrorKind, Read};

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

use super::decode::{MAX_FILE_BYTES, PictureError, check_dimensions, format_of};
use super::{is_damage, refuse};
use crate::DataError;
use crate::file::unreadable;
use crate::tree::{Bytes, FileTree};

/// Bytes that are read of a file at a time: most headers end within.
const BUFFER: usize = 4096;

/// Size and kind of the image in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of the file.
    pub length: u64,
    /// Rows of the upright image.
    pub height: u32,
    /// Columns of the upright image.
    pub width: u32,
    /// Whether it has colours.
    pub colour: bool,
    /// Whether it may be transparent.
    pub alpha: bool,
}

impl Header {
    /// Reads the header of a file, and as little else as possible.
    pub fn read(tree: &FileTree, name: &str) -> Result<Header, DataError> {
        let (file, length) = tree.open(name)?;
        Header::of(file, length).map_err(|problem| {
            let path = tree.path_of(name);
            match problem {
                Problem::Read(reason) if is_damage(&reason) => refuse(&path, PictureError::Packed(reason)),
                Problem::Read(reason) => unreadable(&path, reason),
                Problem::Picture(problem) => refuse(&path, problem),
            }
        })
    }

    fn of(file: Box<dyn Bytes>, length: u64) -> Result<Header, Problem> {
        if length > MAX_FILE_BYTES {
            return Err(PictureError::FileSize.into());
        }
        let mut file = BufReader::with_capacity(BUFFER, file);
        let mut start = Vec::with_capacity(32);
        file.by_ref().take(32).read_to_end(&mut start)?;
        let format = format_of(&start)?;
        // Back to the start, in what is read already.
        file.seek_relative(-(start.len() as i64))?;
        let header = match format {
            ImageFormat::Png => png(&mut file, length)?,
            ImageFormat::Jpeg => jpeg(&mut file, length)?,
            _ => by_decoder(file, format, length)?,
        };
        check_dimensions(header.width, header.height)?;
        if header.width == 0 || header.height == 0 {
            return Err(PictureError::Header.into());
        }
        Ok(header)
    }

    fn upright(self, orientation: Option<Orientation>) -> Header {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        match orientation {
            Some(Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH) => {
                Header { height: self.width, width: self.height, ..self }
            }
            _ => self,
        }
    }
}

enum Problem {
    Read(std::io::Error),
    Picture(PictureError),
}

/// A file that ends too early is a damaged one.
impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Problem::Picture(PictureError::Header),
            _ => Problem::Read(error),
        }
    }
}

impl From<PictureError> for Problem {
    fn from(problem: PictureError) -> Self {
        Problem::Picture(problem)
    }
}

fn array<const N: usize>(file: &mut impl Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The chunks before the pixels (ISO/IEC 15948).
fn png(file: &mut BufReader<Box<dyn Bytes>>, length: u64) -> Result<Header, Problem> {
    let _signature: [u8; 8] = array(file)?;
    let [_, _, _, _, b'I', b'H', b'D', b'R'] = array::<8>(file)? else {
        return Err(PictureError::Header.into());
    };
    let [w0, w1, w2, w3, h0, h1, h2, h3, _, kind, rest @ ..] = array::<17>(file)?;
    let [_compression, _filter, _interlace, _crc @ ..] = rest;
    let [width, height] = [[w0, w1, w2, w3], [h0, h1, h2, h3]].map(u32::from_be_bytes);
    // Grey, RGB, palette, and the first two with opacity.
    let mut header = Header { length, height, width, colour: !matches!(kind, 0 | 4), alpha: kind >= 4 };
    let mut orientation = None;
    loop {
        let [l0, l1, l2, l3, name @ ..] = array::<8>(file)?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        match &name {
            b"IDAT" | b"IEND" => return Ok(header.upright(orientation)),
            b"tRNS" => header.alpha = true,
            b"eXIf" => {
                let mut exif = Vec::new();
                file.by_ref().take(u64::from(length)).read_to_end(&mut exif)?;
                orientation = Orientation::from_exif_chunk(&exif);
                file.seek_relative(4)?;
                continue;
            }
            _ => {}
        }
        file.seek_relative(i64::from(length) + 4)?;
    }
}

/// The segments up to that which begins the frame (ITU-T T.81, annex B).
fn jpeg(file: &mut BufReader<Box<dyn Bytes>>, length: u64) -> Result<Header, Problem> {
    let _start: [u8; 2] = array(file)?;
    let mut orientation = None;
    loop {
        let [mut byte] = array(file)?;
        // What is between segments is skipped, as decoders do; any number of 0xFF may come before a marker.
        if byte != 0xFF {
            continue;
        }
        while byte == 0xFF {
            [byte] = array(file)?;
        }
        match byte {
            // A frame; of these numbers, three are of other segments.
            0xC0..=0xCF if !matches!(byte, 0xC4 | 0xC8 | 0xCC) => {
                let [_, _, _, h0, h1, w0, w1, components] = array::<8>(file)?;
                let [height, width] = [[h0, h1], [w0, w1]].map(|side| u32::from(u16::from_be_bytes(side)));
                let header = Header { length, height, width, colour: components > 1, alpha: false };
                return Ok(header.upright(orientation));
            }
            // They stand alone.
            0 | 0x01 | 0xD0..=0xD8 => {}
            0xD9 => return Err(PictureError::Header.into()),
            _ => {
                let size = usize::from(u16::from_be_bytes(array(file)?)).saturating_sub(2);
                if byte != 0xE1 {
                    file.seek_relative(size as i64)?;
                    continue;
                }
                let mut segment = vec![0; size];
                file.read_exact(&mut segment)?;
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    orientation = orientation.or(Orientation::from_exif_chunk(exif));
                }
            }
        }
    }
}

/// The header as the decoder of the format reads it.
fn by_decoder(file: BufReader<Box<dyn Bytes>>, format: ImageFormat, length: u64) -> Result<Header, Problem> {
    let fail = |error| Problem::Picture(PictureError::Decode(error));
    let mut decoder = ImageReader::with_format(file, format).into_decoder().map_err(fail)?;
    let (width, height) = decoder.dimensions();
    let kind = decoder.color_type();
    let colour = !matches!(kind, ColorType::L8 | ColorType::L16 | ColorType::La8 | ColorType::La16);
    let orientation = decoder.orientation().map_err(fail)?;
    let header = Header { length, height, width, colour, alpha: kind.has_alpha() };
    Ok(header.upright(Some(orientation)))
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageEncoder};

    use super::*;

    fn header(bytes: &[u8]) -> Result<Header, DataError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("image"), bytes).unwrap();
        Header::read(&FileTree::Folder(folder.path().to_owned()), "image")
    }

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_format_says_what_decoding_finds() {
        for image in [
            DynamicImage::new_luma8(5, 3),
            DynamicImage::new_rgb8(5, 3),
            DynamicImage::new_luma_a8(5, 3),
            DynamicImage::new_rgba8(5, 3),
            DynamicImage::new_rgb16(5, 3),
        ] {
            for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Gif] {
                let mut bytes = std::io::Cursor::new(Vec::new());
                if image.write_to(&mut bytes, format).is_err() {
                    continue;
                }
                let bytes = bytes.into_inner();
                let header = header(&bytes).unwrap();
                let picture = super::super::decode(&bytes).unwrap();
                assert_eq!((header.height, header.width, header.length), (3, 5, bytes.len() as u64));
                assert_eq!(header.colour, picture.channels().count() > 1, "{format:?} {:?}", image.color());
                if format == ImageFormat::Png {
                    assert_eq!(header.alpha, image.color().has_alpha(), "{:?}", image.color());
                }
            }
        }
    }

    #[test]
    fn turned_images_are_upright() {
        let exif =
            [&b"MM\0*\0\0\0\x08\0\x01"[..], &[1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]].concat();
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif.clone()).unwrap();
        encoder.write_image(&[9; 15], 5, 3, image::ExtendedColorType::L8).unwrap();
        let of_jpeg = header(&bytes).unwrap();
        assert_eq!((of_jpeg.height, of_jpeg.width), (5, 3));
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.write_image(&[9; 15], 5, 3, image::ExtendedColorType::L8).unwrap();
        let of_png = header(&bytes).unwrap();
        assert_eq!((of_png.height, of_png.width), (5, 3));
    }

    #[test]
    fn a_cut_header_is_an_error() {
        let image = DynamicImage::new_rgb8(5, 3);
        for (format, whole) in [(ImageFormat::Png, 41), (ImageFormat::Jpeg, 25), (ImageFormat::Bmp, 26)] {
            let bytes = encoded(&image, format);
            for cut in 0..whole {
                let error = header(&bytes[..cut]).unwrap_err();
                assert!(matches!(error, DataError::Picture { .. }), "{format:?} {cut} {error}");
            }
        }
    }
}
