//! The chunks of a PNG file (ISO/IEC 15948), without their content.
//!
//! The decoder (png 0.18.1) panics where a palette ends inside a colour. That is noticed here, before it
//! runs.

use super::PictureError;

const SIGNATURE: usize = 8;

/// Walks from chunk to chunk. Where it can't go on, the decoder can't either, and says why.
pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    while let Some((header, after)) = rest.split_first_chunk::<8>() {
        let [l0, l1, l2, l3, kind @ ..] = *header;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        if kind == *b"PLTE" && !length.is_multiple_of(3) {
            return Err(PictureError::Palette(length));
        }
        // A checksum of four bytes follows the content.
        rest = after.get(length.saturating_add(4)..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_palette_has_whole_colours() {
        let chunk = |kind: &[u8], length: u32| {
            [&length.to_be_bytes()[..], kind, &vec![0; length as usize + 4]].concat()
        };
        let file = |palette| [vec![0; SIGNATURE], chunk(b"tEXt", 5), chunk(b"PLTE", palette)].concat();
        for palette in [0, 3, 768] {
            assert!(check(&file(palette)).is_ok());
        }
        for palette in [1, 2, 4, 767] {
            let error = check(&file(palette)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("its palette of {palette} bytes")), "{error}");
        }
        for bytes in [&b""[..], b"\x89PNG", &[0xFF; 40]] {
            assert!(check(bytes).is_ok());
        }
    }
}
