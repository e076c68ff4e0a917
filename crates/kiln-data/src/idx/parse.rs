//! One IDX stream, plain or gzip, checked before anything is allocated for it.

use std::io::{self, Read};

use crate::gzip::{self, fill};

/// The largest body accepted, in bytes: 1 GiB, some twenty times MNIST's.
pub const MAX_BYTES: u64 = 1 << 30;

const UNSIGNED_BYTE: u8 = 0x08;

/// Faults of an IDX stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The stream does not begin as IDX does.
    #[error("it begins with {0:#010x}, not with two zero bytes as an IDX file does; is it another format?")]
    BadMagic(u32),
    /// The elements are not unsigned bytes.
    #[error("its elements have type {0:#04x}; only unsigned bytes (0x08) are read, so convert it")]
    ElementType(u8),
    /// The number of dimensions is not that of images, or of labels.
    #[error("it has {found} dimensions where {what} have {expected}; is it the other file of the pair?")]
    Dimensions {
        /// `images` or `labels`.
        what: &'static str,
        /// Number of dimensions those have.
        expected: usize,
        /// Number that the file declares.
        found: u8,
    },
    /// The stream ends inside the header.
    #[error("it ends inside the header, after {0} bytes; copy or download it again")]
    TruncatedHeader(usize),
    /// A size that is zero.
    #[error("its sizes are {0:?}, and none may be 0; use a file that holds samples")]
    Empty(Vec<u32>),
    /// Sizes whose product is more than [`MAX_BYTES`].
    #[error("its sizes {0:?} make more than the {MAX_BYTES} bytes that are read; is the header damaged?")]
    TooLarge(Vec<u32>),
    /// The stream ends before the declared body does.
    #[error(
        "it ends after {found} of the {expected} bytes that its header declares; copy or download it again"
    )]
    TruncatedBody {
        /// Bytes the header declares.
        expected: u64,
        /// Bytes there were.
        found: u64,
    },
    /// The stream goes on after the declared body.
    #[error("bytes follow the {0} that its header declares; is the header damaged, or were files joined?")]
    TrailingBytes(u64),
    /// The stream could not be read or decompressed.
    #[error("reading failed: {0}; copy or download it again")]
    Read(#[from] io::Error),
}

/// The images of one IDX file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdxImages {
    /// The number of images, at least 1.
    pub count: usize,
    /// Rows of an image, at least 1.
    pub height: usize,
    /// Columns of an image, at least 1.
    pub width: usize,
    /// Pixels from 0 to 255, N×H×W.
    pub pixels: Vec<u8>,
}

/// Reads images from `stream`, decompressing it where it is gzip. Memory grows with the bytes that
/// are really there, whatever the header declares.
///
/// # Errors
/// When the stream fails, or is not exactly one IDX file of images with at least one pixel.
pub fn parse_images(stream: impl Read) -> Result<IdxImages, IdxError> {
    let ([count, height, width], pixels) = parse(stream, "images")?;
    Ok(IdxImages { count: count as usize, height: height as usize, width: width as usize, pixels })
}

/// Reads labels from `stream`, as [`parse_images`] reads images.
///
/// # Errors
/// When the stream fails, or is not exactly one IDX file of labels with at least one label.
pub fn parse_labels(stream: impl Read) -> Result<Vec<u8>, IdxError> {
    parse::<1>(stream, "labels").map(|(_, labels)| labels)
}

/// Sizes and body of a stream of `RANK` dimensions, plain or gzip.
fn parse<const RANK: usize>(
    stream: impl Read,
    what: &'static str,
) -> Result<([u32; RANK], Vec<u8>), IdxError> {
    // IDX begins with two zero bytes, so the two can't be taken for each other.
    parse_plain(gzip::plain(stream)?, what)
}

/// Sizes and body of an uncompressed stream.
fn parse_plain<const RANK: usize>(
    mut stream: impl Read,
    what: &'static str,
) -> Result<([u32; RANK], Vec<u8>), IdxError> {
    let mut header_len = 0;
    let mut word = || -> Result<u32, IdxError> {
        let (bytes, got) = fill::<4>(&mut stream)?;
        header_len += got;
        if got < 4 { Err(IdxError::TruncatedHeader(header_len)) } else { Ok(u32::from_be_bytes(bytes)) }
    };
    let magic = word()?;
    let [first, second, element, rank] = magic.to_be_bytes();
    if [first, second] != [0, 0] {
        return Err(IdxError::BadMagic(magic));
    }
    if element != UNSIGNED_BYTE {
        return Err(IdxError::ElementType(element));
    }
    if usize::from(rank) != RANK {
        return Err(IdxError::Dimensions { what, expected: RANK, found: rank });
    }
    let mut sizes = [0; RANK];
    for size in &mut sizes {
        *size = word()?;
    }
    if sizes.contains(&0) {
        return Err(IdxError::Empty(sizes.to_vec()));
    }
    let product = sizes.iter().try_fold(1u64, |product, &size| product.checked_mul(u64::from(size)));
    let expected = product.filter(|&bytes| bytes <= MAX_BYTES);
    let expected = expected.ok_or_else(|| IdxError::TooLarge(sizes.to_vec()))?;
    // No reservation by what the header says: the vector grows as bytes arrive. One byte beyond the
    // body is read, to notice what follows it.
    let mut bytes = Vec::new();
    let found = stream.take(expected + 1).read_to_end(&mut bytes)? as u64;
    if found > expected {
        return Err(IdxError::TrailingBytes(expected));
    }
    if found < expected {
        return Err(IdxError::TruncatedBody { expected, found });
    }
    bytes.shrink_to_fit();
    Ok((sizes, bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn idx(magic: u32, sizes: &[u32], body: &[u8]) -> Vec<u8> {
        let words = std::iter::once(&magic).chain(sizes);
        words.flat_map(|word| word.to_be_bytes()).chain(body.iter().copied()).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The error of `bytes` read as images, plain and compressed.
    fn refusal(bytes: &[u8]) -> String {
        let plain = parse_images(bytes).unwrap_err().to_string();
        assert_eq!(plain, parse_images(&gzip(bytes)[..]).unwrap_err().to_string());
        plain
    }

    #[test]
    fn reads_images_and_labels_plain_and_gzip() {
        let images = idx(0x803, &[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let expected = IdxImages { count: 2, height: 1, width: 3, pixels: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(parse_images(&images[..]).unwrap(), expected);
        assert_eq!(parse_images(&gzip(&images)[..]).unwrap(), expected);
        let labels = idx(0x801, &[3], &[7, 0, 9]);
        assert_eq!(parse_labels(&labels[..]).unwrap(), [7, 0, 9]);
        assert_eq!(parse_labels(&gzip(&labels)[..]).unwrap(), [7, 0, 9]);
    }

    #[test]
    fn every_malformed_stream_is_named() {
        let body = [9; 6];
        for (bytes, says) in [
            (idx(0x8950_4E47, &[], &body), "begins with 0x89504e47"),
            (idx(0xD03, &[2, 1, 3], &body), "type 0x0d"),
            (idx(0x801, &[6], &body), "has 1 dimensions where images have 3"),
            (vec![0], "header, after 1 bytes"),
            (vec![], "header, after 0 bytes"),
            (idx(0x803, &[2, 1], &[]), "header, after 12 bytes"),
            (idx(0x803, &[0, 28, 28], &[]), "[0, 28, 28], and none may be 0"),
            (idx(0x803, &[2, 0, 3], &body), "none may be 0"),
            (idx(0x803, &[u32::MAX, u32::MAX, u32::MAX], &body), "more than the 1073741824 bytes"),
            (idx(0x803, &[1 << 16, 1 << 8, 1 << 8], &body), "more than the 1073741824 bytes"),
            (idx(0x803, &[1 << 16, 1 << 7, 1 << 7], &body), "after 6 of the 1073741824 bytes"),
            (idx(0x803, &[2, 1, 3], &body[..5]), "after 5 of the 6 bytes"),
            (idx(0x803, &[2, 1, 3], &[9; 7]), "follow the 6"),
        ] {
            let error = refusal(&bytes);
            assert!(error.contains(says), "{says:?} is not in {error:?}");
        }
    }

    #[test]
    fn damaged_gzip_is_an_error() {
        let whole = gzip(&idx(0x801, &[3], &[1, 2, 3]));
        assert!(matches!(parse_labels(&whole[..whole.len() - 9]), Err(IdxError::Read(_))));
        let mut wrong_checksum = whole.clone();
        let last = whole.len() - 5;
        wrong_checksum[last] ^= 1;
        assert!(matches!(parse_labels(&wrong_checksum[..]), Err(IdxError::Read(_))));
        for behind in [&b"rubbish"[..], b"\0\0rubbish"] {
            let followed = [&whole[..], behind].concat();
            assert!(matches!(parse_labels(&followed[..]), Err(IdxError::Read(_))));
        }
        // Zero bytes fill up a block; further members go on.
        let padded = [&whole[..], &[0; 1000]].concat();
        assert_eq!(parse_labels(&padded[..]).unwrap(), [1, 2, 3]);
        let (header, body) = (gzip(&idx(0x801, &[2], &[])), gzip(&[7, 8]));
        assert_eq!(parse_labels(&[&header[..], &[0; 9], &body].concat()[..]).unwrap(), [7, 8]);
    }

    /// Bytes that often get past the first checks.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let size = prop_oneof![0u32..5, any::<u32>()];
        let magic = prop_oneof![Just(0x803u32), Just(0x801), any::<u32>()];
        let headed = (magic, prop::collection::vec(size, 0..4), prop::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(magic, sizes, body)| idx(magic, &sizes, &body));
        let plain = prop_oneof![headed, prop::collection::vec(any::<u8>(), 0..80)];
        let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (plain, any::<bool>(), flips).prop_map(|(plain, compress, flips)| {
            let mut bytes = if compress { gzip(&plain) } else { plain };
            for (at, value) in flips {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = value;
                }
            }
            bytes
        })
    }

    proptest! {
        /// No bytes panic, and what is accepted holds what its sizes say and no more than the
        /// stream could expand to (deflate grows by less than 1032 times).
        #[test]
        fn arbitrary_bytes_never_panic(bytes in hostile()) {
            if let Ok(images) = parse_images(&bytes[..]) {
                prop_assert_eq!(images.pixels.len(), images.count * images.height * images.width);
                prop_assert!(images.pixels.capacity() <= 1032 * bytes.len());
            }
            if let Ok(labels) = parse_labels(&bytes[..]) {
                prop_assert!(!labels.is_empty() && labels.len() <= 1032 * bytes.len());
            }
        }

        /// A stream is never read further than one byte beyond what its header declares, so memory
        /// is bounded by the smaller of the two.
        #[test]
        fn endless_streams_are_cut_off(count in 1u32..50, rows in 1u32..9, columns in 1u32..9) {
            let header = idx(0x803, &[count, rows, columns], &[]);
            let mut endless = header.chain(io::repeat(5));
            let result = parse_images(&mut endless);
            prop_assert!(matches!(result, Err(IdxError::TrailingBytes(_))), "{:?}", result);
        }

        #[test]
        fn what_is_written_is_read(count in 1u32..5, rows in 1u32..9, columns in 1u32..9, compress: bool) {
            let pixels: Vec<u8> = (0..count * rows * columns).map(|at| at as u8).collect();
            let plain = idx(0x803, &[count, rows, columns], &pixels);
            let images = parse_images(&if compress { gzip(&plain) } else { plain }[..]).unwrap();
            prop_assert_eq!(images.pixels, pixels);
            prop_assert_eq!([images.count, images.height, images.width], [count, rows, columns].map(|n| n as usize));
        }
    }
}
