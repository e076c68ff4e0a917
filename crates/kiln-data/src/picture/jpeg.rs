//! JPEG files (ITU-T T.81): their segments without their picture, and the picture by the decoder.
//!
//! The decoder fills what is missing of a truncated file and says nothing, spends time on every scan that a file
//! pretends to have, and counts the blocks of some uncommon samplings wrongly. All of that is noticed here, before it
//! runs.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};

use super::PictureError;
use super::decode::MAX_SCANS;

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// Bytes behind a file without an end marker, more than the decoder reads ahead. The first bits differ.
const FILLERS: [[u8; 64]; 2] = [[0x00; 64], [0xFE; 64]];

/// Decodes a file of this layout, upright as its EXIF orientation says.
pub(super) fn decode(layout: &Layout, bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let mut image = if layout.ended { pixels(layout, bytes)? } else { decode_without_end(layout, bytes)? };
    if let Some(orientation) = layout.orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// Decodes a file that lacks the marker at its end, if nothing but that is missing: if the picture does not depend on
/// what would follow.
fn decode_without_end(layout: &Layout, bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    // A marker may be there by half.
    let end = bytes.iter().rposition(|&byte| byte != 0xFF).map_or(0, |last| last + 1);
    let with = |filler: &[u8]| {
        let whole = [&bytes[..end], filler, &END_OF_IMAGE].concat();
        pixels(layout, &whole).map_err(|_| PictureError::Truncated)
    };
    let [one, other] = [with(&FILLERS[0])?, with(&FILLERS[1])?];
    if !layout.is_sent_whole() || one != other {
        return Err(PictureError::Truncated);
    }
    Ok(one)
}

/// The decoder's picture.
fn pixels(layout: &Layout, bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let mut decoder = Decoder::new(bytes);
    if let Some(transform) = layout.transform() {
        decoder.set_color_transform(transform);
    }
    let fail = |error: jpeg_decoder::Error| PictureError::Jpeg(error.to_string());
    let pixels = decoder.decode().map_err(fail)?;
    let format = decoder.info().map(|info| info.pixel_format);
    let (width, height) = (layout.width, layout.height);
    let image: Option<DynamicImage> = match format {
        Some(PixelFormat::L8) => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        Some(PixelFormat::RGB24) => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
        Some(PixelFormat::CMYK32) => {
            let pixels = rgb_of_ink(&pixels, layout.adobe.is_some());
            RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
        }
        _ => return Err(PictureError::Jpeg("it has more than 8 bits a channel".to_owned())),
    };
    image.ok_or(PictureError::Header)
}

/// RGB of inks. The decoder takes them for stored upside down, as Adobe's programs do.
fn rgb_of_ink(inks: &[u8], upside_down: bool) -> Vec<u8> {
    // What an ink lets through.
    let light = |ink: u8| u32::from(if upside_down { 255 - ink } else { ink });
    let through_both = |one: u32, other: u32| {
        let product = one * other + 128;
        (((product >> 8) + product) >> 8) as u8
    };
    let (inks, _) = inks.as_chunks::<4>();
    inks.iter()
        .flat_map(|&[cyan, magenta, yellow, black]| {
            [cyan, magenta, yellow].map(|ink| through_both(light(ink), light(black)))
        })
        .collect()
}

/// A file as its segments describe it.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Columns, before the image is turned upright.
    pub width: u32,
    /// Rows.
    pub height: u32,
    components: Vec<Component>,
    /// Whether there is a JFIF segment.
    jfif: bool,
    /// Colour transform of Adobe's segment.
    adobe: Option<u8>,
    orientation: Option<Orientation>,
    scans: usize,
    /// Whether the end marker is there.
    ended: bool,
}

#[derive(Debug)]
struct Component {
    id: u8,
    /// Columns and rows of samples for each of the whole image's units.
    sampling: [u32; 2],
    /// A bit for each coefficient that was sent to its last bit.
    sent: u64,
}

impl Layout {
    /// Walks from marker to marker to the end of the image. What follows it is not looked at: cameras put further
    /// pictures there.
    pub fn of(bytes: &[u8]) -> Result<Layout, PictureError> {
        let mut layout = Layout::default();
        let mut rest = bytes;
        while let Some((marker, after)) = next_marker(rest) {
            rest = match marker {
                0xD9 => {
                    layout.ended = true;
                    break;
                }
                // The start of the image, restarts in its data, and 0x01 stand alone.
                0xD0..=0xD8 | 0x01 => after,
                _ => {
                    // The length counts itself.
                    let &[high, low, ..] = after else { return Err(PictureError::Truncated) };
                    let length = usize::from(u16::from_be_bytes([high, low])).max(2);
                    let segment = after.get(2..length).ok_or(PictureError::Truncated)?;
                    layout.add(marker, segment)?;
                    &after[length..]
                }
            };
        }
        if layout.components.is_empty() || layout.scans == 0 {
            return Err(PictureError::Truncated);
        }
        Ok(layout)
    }

    fn add(&mut self, marker: u8, segment: &[u8]) -> Result<(), PictureError> {
        match marker {
            START_OF_SCAN => return self.scan(segment),
            0xE0 => self.jfif |= segment.starts_with(b"JFIF\0"),
            0xE1 => {
                let exif = segment.strip_prefix(b"Exif\0\0");
                self.orientation = self.orientation.or(exif.and_then(Orientation::from_exif_chunk));
            }
            0xEE => {
                if let Some(&[_, _, _, _, _, _, transform, ..]) = segment.strip_prefix(b"Adobe") {
                    self.adobe = Some(transform);
                }
            }
            // A frame; of these numbers, three are of other segments.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let &[_, h0, h1, w0, w1, _, ref components @ ..] = segment else {
                    return Err(PictureError::Header);
                };
                [self.height, self.width] =
                    [[h0, h1], [w0, w1]].map(|side| u32::from(u16::from_be_bytes(side)));
                let component = |&[id, sampling, _]: &[u8; 3]| Component {
                    id,
                    sampling: [sampling >> 4, sampling & 15].map(u32::from),
                    sent: 0,
                };
                self.components = components.as_chunks().0.iter().map(component).collect();
                if self.components.iter().any(|component| component.sampling.contains(&0)) {
                    return Err(PictureError::Header);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn scan(&mut self, segment: &[u8]) -> Result<(), PictureError> {
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(PictureError::TooManyScans);
        }
        let Some((&count, rest)) = segment.split_first() else { return Err(PictureError::Header) };
        let Some((chosen, &[first, last, bits, ..])) = rest.split_at_checked(2 * usize::from(count)) else {
            return Err(PictureError::Header);
        };
        let most = [0, 1].map(|axis| self.components.iter().map(|of| of.sampling[axis]).max().unwrap_or(1));
        let size = [self.width, self.height];
        for &[id, _] in chosen.as_chunks().0 {
            let Some(component) = self.components.iter_mut().find(|component| component.id == id) else {
                return Err(PictureError::Header);
            };
            if count == 1 && !component.is_counted_right(size, most) {
                return Err(PictureError::Sampling);
            }
            // Of the coefficients, the last bit is the lowest.
            if bits & 15 == 0 {
                (first..=last.min(63)).for_each(|coefficient| component.sent |= 1 << coefficient);
            }
        }
        Ok(())
    }

    /// Whether each coefficient of each component was sent to its last bit.
    fn is_sent_whole(&self) -> bool {
        self.components.iter().all(|component| component.sent == !0)
    }

    /// The colours of the components, as libjpeg takes them.
    fn transform(&self) -> Option<ColorTransform> {
        let ids: Vec<u8> = self.components.iter().map(|component| component.id).collect();
        match (ids.as_slice(), self.jfif, self.adobe) {
            ([_, _, _], true, _) => Some(ColorTransform::YCbCr),
            ([_, _, _], false, Some(0)) | (b"RGB", false, None) => Some(ColorTransform::RGB),
            ([_, _, _], false, _) => Some(ColorTransform::YCbCr),
            ([_, _, _, _], _, None | Some(0)) => Some(ColorTransform::CMYK),
            ([_, _, _, _], _, Some(_)) => Some(ColorTransform::YCCK),
            _ => None,
        }
    }
}

impl Component {
    /// Whether the decoder reads as many blocks as a scan of this component alone has (A.2.2), and keeps all of them,
    /// in an image of `[width, height]` where `most` is the largest sampling.
    fn is_counted_right(&self, size: [u32; 2], most: [u32; 2]) -> bool {
        [0, 1].into_iter().all(|axis| {
            let (size, sampling, most) = (size[axis], self.sampling[axis], most[axis]);
            let blocks = (size * sampling).div_ceil(most).div_ceil(8);
            let read = (size.div_ceil(8 * most) * sampling).min(size.div_ceil(8));
            let kept = axis == 0 || blocks.is_multiple_of(sampling) || 8 * blocks >= size;
            blocks == read && kept
        })
    }
}

/// The next marker, and what follows it. In the data between markers a byte 0xFF is followed by 0, and
/// any number of 0xFF may come before a marker.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let pairs = bytes.windows(2);
    let at = pairs.into_iter().position(|pair| pair[0] == 0xFF && pair[1] != 0 && pair[1] != 0xFF)?;
    Some((bytes[at + 1], &bytes[at + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of one component, and the beginning of a scan of it.
    const FRAME: [u8; 13] = [0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 7, 0x11, 0];
    const SCAN: [u8; 10] = [0xFF, 0xDA, 0, 8, 1, 7, 0, 0, 63, 0];

    #[test]
    fn an_image_ends_with_its_end_marker() {
        // An end marker inside a segment, as of a thumbnail, is none; nor is 0xFF 0x00 in the data.
        let start = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0xFF, 0xD9];
        let data = [7, 0xFF, 0, 9, 0xFF, 0xD0, 8];
        let whole = [&start[..], &FRAME, &SCAN, &data, &[0xFF, 0xFF, 0xD9], b"more"].concat();
        let layout = Layout::of(&whole).unwrap();
        assert!(layout.ended && layout.is_sent_whole());
        assert_eq!((layout.width, layout.height, layout.scans), (8, 8, 1));
        let before_data = start.len() + FRAME.len() + SCAN.len();
        for cut in 0..before_data {
            assert!(matches!(Layout::of(&whole[..cut]), Err(PictureError::Truncated)), "{cut}");
        }
        for cut in before_data..before_data + data.len() + 2 {
            assert!(!Layout::of(&whole[..cut]).unwrap().ended, "{cut}");
        }
    }

    #[test]
    fn scans_are_counted() {
        let scans = |count: usize| [&FRAME[..], &SCAN.repeat(count), &END_OF_IMAGE].concat();
        assert!(Layout::of(&scans(MAX_SCANS)).is_ok());
        assert!(matches!(Layout::of(&scans(MAX_SCANS + 1)), Err(PictureError::TooManyScans)));
    }

    #[test]
    fn colours_are_taken_as_libjpeg_takes_them() {
        let layout = |ids: &[u8], jfif, adobe| {
            let component = |&id: &u8| Component { id, sampling: [1; 2], sent: 0 };
            Layout { components: ids.iter().map(component).collect(), jfif, adobe, ..Layout::default() }
        };
        for (ids, jfif, adobe, want) in [
            (&[1, 2, 3][..], true, Some(0), Some(ColorTransform::YCbCr)),
            (&[1, 2, 3], false, Some(0), Some(ColorTransform::RGB)),
            (&[1, 2, 3], false, None, Some(ColorTransform::YCbCr)),
            (b"RGB", false, None, Some(ColorTransform::RGB)),
            (&[0, 1, 2], false, None, Some(ColorTransform::YCbCr)),
            (&[1, 2, 3, 4], false, None, Some(ColorTransform::CMYK)),
            (&[1, 2, 3, 4], false, Some(2), Some(ColorTransform::YCCK)),
            (&[1], true, None, None),
        ] {
            assert_eq!(layout(ids, jfif, adobe).transform(), want, "{ids:?} {jfif} {adobe:?}");
        }
    }
}
