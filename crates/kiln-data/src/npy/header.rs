//! The header of an array, and all that can be wrong with one.

use std::io::{self, ErrorKind, Read};

/// The most bytes of an array that is read into memory: 1 GiB.
pub const MAX_BYTES: u64 = 1 << 30;

/// The longest header that is read, in bytes.
const MAX_HEADER: u32 = 1 << 16;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Faults of an array.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NpyError {
    /// It does not begin as an array does.
    #[error("it does not begin as a .npy file does; is it another format?")]
    Magic,
    /// Its header can't be understood.
    #[error("its header is damaged: {0:?}; save it again with numpy.save")]
    Header(String),
    /// Its elements are in the order of columns.
    #[error("its array is in Fortran order; save numpy.ascontiguousarray of it")]
    Fortran,
    /// Its elements are of a type that is not read.
    #[error("its elements have type {found}; {wanted}, so convert it with astype")]
    Type {
        /// The type as NumPy writes it.
        found: String,
        /// The types that are read.
        wanted: &'static str,
    },
    /// Its shape is not that of images.
    #[error(
        "its shape {0:?} is not one of images: N×H×W, N×H×W×C or N×C×H×W with 1, 3 or 4 channels, or N×S² bytes; \
         reshape it"
    )]
    Shape(Vec<usize>),
    /// It is too large for memory.
    #[error(
        "it takes more than the {MAX_BYTES} bytes that are read into memory; save it as uint8, and not compressed"
    )]
    TooLarge,
    /// The file has another length than its header declares.
    #[error("its header declares {expected} bytes and it has {found}; copy or download it again")]
    Length {
        /// Bytes that the header declares.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// Floats that are not in the range of images.
    #[error("its values run from {min} to {max}; floats of images run from 0 to 1, so scale them")]
    Range {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// Points that are not numbers.
    #[error("it holds a value that is not finite; remove that point")]
    NotFinite,
    /// A label that is no class.
    #[error("it holds the label {0}; labels run from 0 to 65535")]
    Label(i64),
    /// Labels that are not one for each image.
    #[error("it holds {labels} labels for {images} images; each image has one")]
    Labels {
        /// Number of labels.
        labels: usize,
        /// Number of images.
        images: usize,
    },
    /// No array that is known by its name.
    #[error(
        "it holds {found}; call the images x_train or images, their labels y_train or labels, and those held out \
         x_test and y_test"
    )]
    Names {
        /// The names of the arrays that there are.
        found: String,
    },
    /// Images of another size than those before them.
    #[error(
        "its images are {found:?} where others are {wanted:?} (channels, rows, columns); take all from one set"
    )]
    Sizes {
        /// `[channels, height, width]` of these.
        found: [usize; 3],
        /// That of the others.
        wanted: [usize; 3],
    },
    /// It could not be read or decompressed.
    #[error("reading failed: {0}; copy or download it again")]
    Read(#[from] io::Error),
}

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// One byte, 0 or not.
    Bool,
    /// Bytes without a sign, of so many each.
    Unsigned(usize),
    /// Bytes with a sign.
    Signed(usize),
    /// Floats.
    Float(usize),
}

/// Form of an array, as it is written before the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyHeader {
    /// The type of the elements.
    pub element: Element,
    /// Byte order: true if the most significant byte comes first (big-endian).
    pub big_endian: bool,
    /// The type as it is written.
    pub descr: String,
    /// The lengths of the axes.
    pub dims: Vec<usize>,
    /// Number of bytes before the elements.
    pub len: u64,
}

impl NpyHeader {
    /// Reads a header, and nothing behind it.
    ///
    /// # Errors
    /// When the stream does not begin with the header of an array of numbers in C order, or fails.
    pub fn read(stream: &mut impl Read) -> Result<NpyHeader, NpyError> {
        let [m0, m1, m2, m3, m4, m5, major, _minor] = array(stream)?;
        if [m0, m1, m2, m3, m4, m5] != *MAGIC {
            return Err(NpyError::Magic);
        }
        // The length has two bytes in the first version, and four in later ones.
        let (size, before) = if major == 1 {
            (u32::from(u16::from_le_bytes(array(stream)?)), 10)
        } else {
            (u32::from_le_bytes(array(stream)?), 12)
        };
        if size > MAX_HEADER {
            return Err(NpyError::Header(format!("{size} bytes")));
        }
        let mut text = Vec::new();
        stream.take(u64::from(size)).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text).trim_end().to_owned();
        let damaged = || NpyError::Header(text.chars().take(100).collect());
        let value = |key: &str| text.split_once(&format!("'{key}':")).map(|(_, value)| value.trim_start());
        let descr = value("descr").ok_or_else(damaged)?;
        // An array of records has a list there.
        let descr =
            descr.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map_or(descr, |(name, _)| name);
        match value("fortran_order") {
            Some(value) if value.starts_with("False") => {}
            Some(value) if value.starts_with("True") => return Err(NpyError::Fortran),
            _ => return Err(damaged()),
        }
        let shape = value("shape").and_then(|value| value.strip_prefix('(')?.split_once(')'));
        let (shape, _) = shape.ok_or_else(damaged)?;
        let axes = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
        let dims = axes.map(|axis| axis.trim_end_matches('L').parse()).collect::<Result<Vec<usize>, _>>();
        let (element, big_endian) = element(descr).ok_or_else(|| NpyError::Type {
            found: descr.chars().take(40).collect(),
            wanted: "whole numbers, floats and bool are read",
        })?;
        let (descr, dims) = (descr.to_owned(), dims.map_err(|_| damaged())?);
        Ok(NpyHeader { element, big_endian, descr, dims, len: before + u64::from(size) })
    }

    /// Number of elements; `None` where it is more than can be counted.
    pub fn count(&self) -> Option<usize> {
        self.dims.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis))
    }

    /// Bytes of the elements; `None` where they are more than can be counted.
    pub fn bytes(&self) -> Option<u64> {
        (self.count()? as u64).checked_mul(self.element.size() as u64)
    }
}

impl Element {
    /// Bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Element::Bool => 1,
            Element::Unsigned(size) | Element::Signed(size) | Element::Float(size) => size,
        }
    }
}

fn element(descr: &str) -> Option<(Element, bool)> {
    let (order, kind) = descr.split_at_checked(1)?;
    let element = match kind {
        "b1" => Element::Bool,
        "u1" => Element::Unsigned(1),
        "u2" => Element::Unsigned(2),
        "u4" => Element::Unsigned(4),
        "u8" => Element::Unsigned(8),
        "i1" => Element::Signed(1),
        "i2" => Element::Signed(2),
        "i4" => Element::Signed(4),
        "i8" => Element::Signed(8),
        "f4" => Element::Float(4),
        "f8" => Element::Float(8),
        _ => return None,
    };
    matches!(order, "<" | ">" | "|" | "=").then_some((element, order == ">"))
}

fn array<const N: usize>(stream: &mut impl Read) -> Result<[u8; N], NpyError> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => NpyError::Magic,
        _ => NpyError::Read(error),
    })?;
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An array as `numpy.save` writes it.
    pub fn npy(descr: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
        let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        while !(text.len() + 11).is_multiple_of(64) {
            text.push(' ');
        }
        text.push('\n');
        [&MAGIC[..], &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes(), elements].concat()
    }

    #[test]
    fn headers_are_read() {
        for (descr, shape, element, big_endian, dims) in [
            ("|u1", "(2, 3)", Element::Unsigned(1), false, &[2, 3][..]),
            (">i4", "(7,)", Element::Signed(4), true, &[7]),
            ("<f8", "(10L, 2L)", Element::Float(8), false, &[10, 2]),
            ("|b1", "()", Element::Bool, false, &[]),
        ] {
            let bytes = npy(descr, shape, &[1, 2]);
            let header = NpyHeader::read(&mut &bytes[..]).unwrap();
            let descr = descr.to_owned();
            let len = bytes.len() as u64 - 2;
            assert_eq!(header, NpyHeader { element, big_endian, descr, dims: dims.to_vec(), len });
        }
    }

    #[test]
    fn what_is_no_header_is_named() {
        let whole = npy("|u1", "(2, 3)", &[]);
        for (bytes, says) in [
            (&b"PK\x03\x04aaaaaaaa"[..], "does not begin as a .npy file does"),
            (b"", "does not begin as a .npy file does"),
            (&npy("<c8", "(2,)", &[]), "have type <c8"),
            (&npy("|u1", "(2, x)", &[]), "its header is damaged"),
            (&whole[..60], "its header is damaged"),
        ] {
            let error = NpyHeader::read(&mut &bytes[..]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let columns = String::from_utf8_lossy(&whole[10..]).replace("False", "True ");
        let columns = [&whole[..10], columns.as_bytes()].concat();
        assert!(matches!(NpyHeader::read(&mut &columns[..]), Err(NpyError::Fortran)));
        assert_eq!(
            NpyHeader::read(&mut &npy("<f8", "(4294967296, 4294967296)", &[])[..]).unwrap().bytes(),
            None
        );
    }
}
