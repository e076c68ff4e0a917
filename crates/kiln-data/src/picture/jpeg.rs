//! The frame of a JPEG file (ITU-T T.81, annex B), without its picture.
//!
//! The decoder fills what is missing of a truncated file with grey and says nothing, and it spends time on
//! every scan that a file pretends to have. Both are noticed here, before it runs.

use super::PictureError;
use super::decode::MAX_SCANS;

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// Walks from marker to marker to the end of the image. What follows it is nobody's business: cameras put
/// further pictures there.
pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let mut rest = bytes;
    let mut scans = 0;
    loop {
        let (marker, after) = next_marker(rest).ok_or(PictureError::Truncated)?;
        rest = match marker {
            END_OF_IMAGE => return Ok(()),
            // The start of the image, restarts in its data, and 0x01 stand alone.
            0xD0..=0xD8 | 0x01 => after,
            _ => {
                scans += usize::from(marker == START_OF_SCAN);
                if scans > MAX_SCANS {
                    return Err(PictureError::TooManyScans);
                }
                // The length counts itself.
                let &[high, low, ..] = after else { return Err(PictureError::Truncated) };
                let length = usize::from(u16::from_be_bytes([high, low])).max(2);
                after.get(length..).ok_or(PictureError::Truncated)?
            }
        };
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

    const HEADER: [u8; 12] = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2];

    #[test]
    fn an_image_ends_with_its_end_marker() {
        // An end marker inside a segment, as of a thumbnail, is none; nor is 0xFF 0x00 in the data.
        let data = [7, 0xFF, 0, 9, 0xFF, 0xD0, 8];
        let whole = [&HEADER[..], &data, &[0xFF, 0xFF, 0xD9], b"more"].concat();
        assert!(check(&whole).is_ok());
        for cut in 0..HEADER.len() + data.len() + 2 {
            assert!(matches!(check(&whole[..cut]), Err(PictureError::Truncated)), "{cut}");
        }
    }

    #[test]
    fn scans_are_counted() {
        let scans = |count: usize| [&HEADER[..8], &HEADER[8..].repeat(count), &[0xFF, 0xD9]].concat();
        assert!(check(&scans(MAX_SCANS)).is_ok());
        assert!(matches!(check(&scans(MAX_SCANS + 1)), Err(PictureError::TooManyScans)));
    }
}
