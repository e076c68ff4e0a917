//! One stream of CIFAR-10 records, plain or gzip.

use std::io::{self, Read};

use super::{CLASS_NAMES, SIDE};
use crate::gzip;

/// The most records accepted in one stream, five times those of the whole set.
pub const MAX_RECORDS: usize = 300_000;

/// Bytes of an image: three planes.
const IMAGE: usize = 3 * SIDE * SIDE;

/// Bytes of a record: the label and the image.
const RECORD: usize = 1 + IMAGE;

/// Faults of a stream of CIFAR-10 records.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CifarError {
    /// The stream is empty.
    #[error("it is empty; copy or download it again")]
    Empty,
    /// The stream is not a whole number of records.
    #[error("its {0} bytes are not a whole number of records of {RECORD}; copy or download it again")]
    NotWhole(usize),
    /// The stream has more than [`MAX_RECORDS`].
    #[error("it holds more than the {MAX_RECORDS} records that are read; is it another file?")]
    TooLarge,
    /// A label that is no class.
    #[error("record {record} has label {label}, and labels are below 10; is it another file?")]
    Label {
        /// The number of the record, from 0.
        record: usize,
        /// Its label.
        label: u8,
    },
    /// The stream could not be read or decompressed.
    #[error("reading failed: {0}; copy or download it again")]
    Read(#[from] io::Error),
}

/// The records of one CIFAR-10 file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CifarBatch {
    /// One class an image, each below 10.
    pub labels: Vec<u8>,
    /// Pixels from 0 to 255, N×3×32×32.
    pub pixels: Vec<u8>,
}

/// Reads records from `stream`, decompressing it where it is gzip. Memory grows with the bytes that are
/// really there.
///
/// # Errors
/// When the stream fails, is not a whole number of records from 1 to [`MAX_RECORDS`], or has a label that
/// is no class.
pub fn parse(stream: impl Read) -> Result<CifarBatch, CifarError> {
    parse_up_to(MAX_RECORDS, stream)
}

fn parse_up_to(max_records: usize, stream: impl Read) -> Result<CifarBatch, CifarError> {
    let mut bytes = Vec::new();
    // One byte beyond the limit is read, to notice what follows it. Plain records begin with a label
    // below ten, so they can't be taken for gzip.
    let limit = (max_records * RECORD) as u64;
    let found = gzip::plain(stream)?.take(limit + 1).read_to_end(&mut bytes)?;
    if found as u64 > limit {
        return Err(CifarError::TooLarge);
    }
    if found == 0 {
        return Err(CifarError::Empty);
    }
    if !found.is_multiple_of(RECORD) {
        return Err(CifarError::NotWhole(found));
    }
    let labels: Vec<u8> = bytes.iter().copied().step_by(RECORD).collect();
    let stray = labels.iter().position(|&label| usize::from(label) >= CLASS_NAMES.len());
    if let Some(record) = stray {
        return Err(CifarError::Label { record, label: labels[record] });
    }
    // The images move together in place, over their labels.
    for record in 0..labels.len() {
        bytes.copy_within(record * RECORD + 1..(record + 1) * RECORD, record * IMAGE);
    }
    bytes.truncate(labels.len() * IMAGE);
    bytes.shrink_to_fit();
    Ok(CifarBatch { labels, pixels: bytes })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn records(labels: &[u8]) -> Vec<u8> {
        let record = |&label: &u8| std::iter::once(label).chain((0..IMAGE).map(move |at| at as u8 ^ label));
        labels.iter().flat_map(record).collect()
    }

    #[test]
    fn labels_and_planes_are_taken_apart() {
        let plain = records(&[3, 9, 0]);
        let batch = parse(&plain[..]).unwrap();
        assert_eq!((batch.labels, batch.pixels.len()), (vec![3, 9, 0], 3 * IMAGE));
        assert_eq!(
            batch.pixels[IMAGE..],
            [&plain[RECORD + 1..2 * RECORD], &plain[2 * RECORD + 1..]].concat()
        );
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&plain).unwrap();
        assert_eq!(parse(&encoder.finish().unwrap()[..]).unwrap(), parse(&plain[..]).unwrap());
    }

    #[test]
    fn every_malformed_stream_is_named() {
        for (bytes, says) in [
            (vec![], "it is empty"),
            (records(&[1, 2])[..RECORD + 9].to_vec(), "3082 bytes are not a whole number of records of 3073"),
            (records(&[1, 10]), "record 1 has label 10"),
            (vec![0x1F, 0x8B, 8, 0], "reading failed"),
        ] {
            let error = parse(&bytes[..]).unwrap_err().to_string();
            assert!(error.contains(says), "{says:?} is not in {error:?}");
        }
    }

    #[test]
    fn endless_streams_are_cut_off() {
        assert!(matches!(parse_up_to(7, io::repeat(5)), Err(CifarError::TooLarge)));
        assert_eq!(parse_up_to(7, &records(&[1; 7])[..]).unwrap().labels, [1; 7]);
    }
}
