//! An array as images, labels or points.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::header::{Element, MAX_BYTES, NpyError, NpyHeader};
use crate::file;
use crate::pixels::{Pixels, RawFile, RawImages};
use crate::tree::Archive;
use crate::{DataError, Dataset};

/// The most labels.
const MAX_CLASSES: i64 = 1 << 16;

/// An array, in its file or in memory.
pub(super) struct NpyArray {
    /// The file that it lies in, for messages.
    pub path: PathBuf,
    pub header: NpyHeader,
    elements: Elements,
}

enum Elements {
    /// From a place in a file on.
    InFile(PathBuf, u64),
    InMemory(Vec<u8>),
}

/// The form of an array of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    images: usize,
    /// `[channels, height, width]`.
    shape: [usize; 3],
    /// Order of the numbers: true if a pixel has all its channels together, false if a channel has all its pixels together.
    interleaved: bool,
}

impl Form {
    fn of(header: &NpyHeader) -> Option<Form> {
        let is_channels = |axis: usize| matches!(axis, 1 | 3 | 4);
        let form = |images, shape, interleaved| Some(Form { images, shape, interleaved });
        if header.dims.contains(&0) || header.bytes().is_none() {
            return None;
        }
        match header.dims[..] {
            // More likely one image in colour than many so narrow.
            [_, _, 3 | 4] => None,
            [images, height, width] => form(images, [1, height, width], false),
            [images, height, width, channels] if is_channels(channels) => {
                form(images, [channels, height, width], channels > 1)
            }
            [images, channels, height, width] if is_channels(channels) => {
                form(images, [channels, height, width], false)
            }
            [images, area] if header.element == Element::Unsigned(1) => {
                let side = area.isqrt();
                (side * side == area).then_some(Form { images, shape: [1, side, side], interleaved: false })
            }
            _ => None,
        }
    }
}

impl NpyArray {
    /// The array of a file.
    pub fn of_file(path: &Path) -> Result<NpyArray, DataError> {
        let refuse = |problem| DataError::Npy { path: path.to_owned(), problem };
        let mut stream = file::open(path)?;
        let header = NpyHeader::read(&mut stream).map_err(refuse)?;
        let length = stream.get_ref().metadata().map_err(|reason| file::unreadable(path, reason))?.len();
        check_length(&header, length).map_err(refuse)?;
        let elements = Elements::InFile(path.to_owned(), header.len);
        Ok(NpyArray { path: path.to_owned(), header, elements })
    }

    /// The array of a file in an archive. It stays there, unless it is compressed.
    pub fn in_archive(archive: &Archive, name: &str) -> Result<NpyArray, DataError> {
        let path = archive.path().join(name);
        let refuse = |problem| DataError::Npy { path: path.clone(), problem };
        let (stream, length) = archive.read(name).map_err(|error| refuse(error.into()))?;
        let header = NpyHeader::read(&mut BufReader::new(stream)).map_err(refuse)?;
        check_length(&header, length).map_err(refuse)?;
        let elements = match archive.stored_at(name) {
            Some(start) => Elements::InFile(archive.path().to_owned(), start + header.len),
            None => {
                let limit = MAX_BYTES + header.len;
                let content = archive.content(name, limit).map_err(|error| refuse(error.into()))?;
                let mut content = content.ok_or_else(|| refuse(NpyError::TooLarge))?;
                content.drain(..header.len as usize);
                Elements::InMemory(content)
            }
        };
        Ok(NpyArray { path, header, elements })
    }

    fn refuse(&self, problem: NpyError) -> DataError {
        DataError::Npy { path: self.path.clone(), problem }
    }

    /// Whether its dims are those of images: `[n, h, w]`, or four with channels.
    pub fn is_images(&self) -> bool {
        Form::of(&self.header).is_some()
    }

    /// Whether it may hold labels: one whole number for each sample.
    pub fn is_labels(&self) -> bool {
        matches!(self.header.element, Element::Unsigned(_) | Element::Signed(_) | Element::Bool)
            && matches!(self.header.dims[..], [_] | [_, 1])
    }

    /// The bytes of all elements.
    fn into_bytes(self) -> Result<Vec<u8>, DataError> {
        let bytes = self.header.bytes().filter(|&bytes| bytes <= MAX_BYTES);
        let bytes = bytes.ok_or_else(|| self.refuse(NpyError::TooLarge))?;
        match self.elements {
            Elements::InMemory(bytes) => Ok(bytes),
            Elements::InFile(path, start) => {
                let mut all = Vec::new();
                let file = RawFile::open(&path, start)?;
                file.stream(bytes).read_to_end(&mut all).map_err(|reason| file::unreadable(&path, reason))?;
                Ok(all)
            }
        }
    }

    /// Whole numbers, as labels.
    pub fn into_labels(self) -> Result<Vec<u32>, DataError> {
        let (path, header) = (self.path.clone(), self.header.clone());
        let bytes = self.into_bytes()?;
        let labels: Vec<i64> =
            bytes.chunks_exact(header.element.size()).map(|at| whole(&header, at)).collect();
        match labels.iter().find(|label| !(0..MAX_CLASSES).contains(*label)) {
            Some(&label) => Err(DataError::Npy { path, problem: NpyError::Label(label) }),
            None => Ok(labels.into_iter().map(|label| label as u32).collect()),
        }
    }

    /// The rows as points, if they are floats in two axes.
    pub fn into_points(self, name: String) -> Result<Dataset, DataError> {
        let (path, header) = (self.path.clone(), self.header.clone());
        let values = floats(&header, &self.into_bytes()?);
        if values.iter().any(|value| !value.is_finite()) {
            return Err(DataError::Npy { path, problem: NpyError::NotFinite });
        }
        let coordinates = header.dims.last().copied().unwrap_or(0);
        Dataset::of_points(name, coordinates, values.into_iter().map(|value| value as f32).collect())
    }

    /// The images of several arrays, one after the other, all of one shape.
    pub fn into_images(arrays: Vec<NpyArray>) -> Result<Pixels, DataError> {
        let mut forms = Vec::new();
        for array in &arrays {
            let form = Form::of(&array.header);
            let form = form.ok_or_else(|| array.refuse(NpyError::Shape(array.header.dims.clone())))?;
            let first = *forms.first().unwrap_or(&form);
            if form.shape != first.shape || form.interleaved != first.interleaved {
                return Err(array.refuse(NpyError::Sizes { found: form.shape, wanted: first.shape }));
            }
            forms.push(form);
        }
        let Some(&Form { shape, interleaved, .. }) = forms.first() else { unreachable!("there is an array") };
        let [channels, height, width] = shape;
        let in_file = |array: &NpyArray| {
            array.header.element == Element::Unsigned(1) && matches!(array.elements, Elements::InFile(..))
        };
        if arrays.iter().all(in_file) {
            let mut rows = RawImages::new(shape, interleaved);
            for (array, form) in arrays.iter().zip(&forms) {
                if let Elements::InFile(path, start) = &array.elements {
                    rows.add(RawFile::open(path, *start)?, form.images);
                }
            }
            return Ok(rows.into_pixels());
        }
        let mut all = Vec::new();
        for array in arrays {
            let bytes = array.into_image_bytes()?;
            if interleaved {
                for image in bytes.chunks_exact(channels * height * width) {
                    RawImages::planes(image, channels, &mut all);
                }
            } else {
                all.extend(bytes);
            }
        }
        Ok(Pixels::in_memory(all, [1, channels, height, width]))
    }

    /// The elements as bytes from 0 to 255.
    fn into_image_bytes(self) -> Result<Vec<u8>, DataError> {
        let (path, header) = (self.path.clone(), self.header.clone());
        let refuse = |problem| DataError::Npy { path: path.clone(), problem };
        match header.element {
            Element::Unsigned(1) => self.into_bytes(),
            Element::Bool => {
                Ok(self.into_bytes()?.into_iter().map(|value| 255 * u8::from(value != 0)).collect())
            }
            Element::Float(_) => {
                let values = floats(&header, &self.into_bytes()?);
                // A value that is no number is in no range.
                if !values.iter().all(|value| (0.0..=1.0).contains(value)) {
                    let min = values.iter().copied().fold(f64::INFINITY, f64::min);
                    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    return Err(refuse(NpyError::Range { min, max }));
                }
                Ok(values.into_iter().map(|value| (value * 255.0).round() as u8).collect())
            }
            _ => Err(refuse(NpyError::Type {
                found: header.descr.clone(),
                wanted: "images are uint8, bool, or floats from 0 to 1",
            })),
        }
    }
}

fn check_length(header: &NpyHeader, length: u64) -> Result<(), NpyError> {
    let found = length.saturating_sub(header.len);
    match header.bytes() {
        Some(expected) if expected == found => Ok(()),
        expected => Err(NpyError::Length { expected: expected.unwrap_or(u64::MAX), found }),
    }
}

/// A whole number from its bytes; what has no sign and is too large for one is the largest.
fn whole(header: &NpyHeader, bytes: &[u8]) -> i64 {
    let negative = matches!(header.element, Element::Signed(_))
        && bytes[if header.big_endian { 0 } else { bytes.len() - 1 }] >= 0x80;
    let mut word = [if negative { 0xFF } else { 0 }; 8];
    if header.big_endian {
        word[8 - bytes.len()..].copy_from_slice(bytes);
        word.reverse();
    } else {
        word[..bytes.len()].copy_from_slice(bytes);
    }
    let value = u64::from_le_bytes(word);
    if negative { value as i64 } else { i64::try_from(value).unwrap_or(i64::MAX) }
}

/// Floats from their bytes.
fn floats(header: &NpyHeader, bytes: &[u8]) -> Vec<f64> {
    let single = |mut word: [u8; 4]| {
        if header.big_endian {
            word.reverse();
        }
        f64::from(f32::from_le_bytes(word))
    };
    let double = |mut word: [u8; 8]| {
        if header.big_endian {
            word.reverse();
        }
        f64::from_le_bytes(word)
    };
    match header.element.size() {
        4 => bytes.as_chunks().0.iter().map(|&word| single(word)).collect(),
        _ => bytes.as_chunks().0.iter().map(|&word| double(word)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_either_order_of_bytes() {
        let header = |element, big_endian| NpyHeader {
            element,
            big_endian,
            descr: String::new(),
            dims: vec![],
            len: 0,
        };
        for (element, big_endian, bytes, want) in [
            (Element::Unsigned(1), false, &[200][..], 200),
            (Element::Signed(1), false, &[0xFE], -2),
            (Element::Signed(4), true, &[0xFF, 0xFF, 0xFF, 0xFE], -2),
            (Element::Unsigned(2), false, &[1, 2], 0x0201),
            (Element::Signed(8), true, &[0, 0, 0, 0, 0, 0, 1, 2], 0x0102),
            (Element::Unsigned(8), false, &[0xFF; 8], i64::MAX),
        ] {
            assert_eq!(whole(&header(element, big_endian), bytes), want);
        }
        assert_eq!(floats(&header(Element::Float(4), true), &1.5f32.to_be_bytes()), [1.5]);
        assert_eq!(floats(&header(Element::Float(8), false), &(-2.5f64).to_le_bytes()), [-2.5]);
    }

    #[test]
    fn forms_are_known_by_their_axes() {
        let form = |dims: &[usize], element| {
            let header =
                NpyHeader { element, big_endian: false, descr: String::new(), dims: dims.to_vec(), len: 0 };
            Form::of(&header).map(|form| (form.images, form.shape, form.interleaved))
        };
        let bytes = Element::Unsigned(1);
        for (dims, want) in [
            (&[9, 5, 7][..], Some((9, [1, 5, 7], false))),
            (&[9, 5, 7, 3], Some((9, [3, 5, 7], true))),
            (&[9, 4, 5, 7], Some((9, [4, 5, 7], false))),
            (&[9, 5, 7, 1], Some((9, [1, 5, 7], false))),
            (&[9, 3, 7, 3], Some((9, [3, 3, 7], true))),
            (&[9, 784], Some((9, [1, 28, 28], false))),
            (&[9, 785], None),
            (&[64, 64, 3], None),
            (&[9, 5, 7, 2], None),
            (&[0, 5, 7], None),
            (&[9], None),
        ] {
            assert_eq!(form(dims, bytes), want, "{dims:?}");
        }
        assert_eq!(form(&[9, 784], Element::Float(4)), None);
    }
}
