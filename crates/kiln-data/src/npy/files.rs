//! Arrays by their files and names.

use std::path::Path;

use super::array::NpyArray;
use super::header::{Element, NpyError};
use crate::file::name_of;
use crate::folder::FolderError;
use crate::tree::{Archive, ArchiveFormat, names};
use crate::{DataError, Dataset, Parts};

/// Names that arrays go by, in small letters: images to train on and their labels, and those held out.
const NAMES: [[&str; 4]; 9] = [
    ["x_train", "y_train", "x_test", "y_test"],
    ["train_images", "train_labels", "test_images", "test_labels"],
    ["train_x", "train_y", "test_x", "test_y"],
    ["images", "labels", "", ""],
    ["imgs", "labels", "", ""],
    ["x", "y", "", ""],
    ["data", "labels", "", ""],
    ["arr_0", "arr_1", "", ""],
    ["arr", "", "", ""],
];

/// Prefixes that the names of Quick Draw's files may have.
const QUICK_DRAW: &str = "full_numpy_bitmap_";

/// Opens one array, as images or points.
///
/// # Errors
/// When the file can't be read, or is no array of such a type and shape.
pub fn npy(file: &Path) -> Result<Parts, DataError> {
    let array = NpyArray::of_file(file)?;
    let set = if matches!((array.header.element, array.header.dims.len()), (Element::Float(_), 2)) {
        array.into_points(name_of(file))?
    } else {
        Dataset::of_images(name_of(file), NpyArray::into_images(vec![array])?)?
    };
    Ok(Parts::new(set, None))
}

/// Opens the arrays of a file by their names: `x_train`, `y_train`, `x_test` and `y_test`, as Keras gives its sets out;
/// `train_images`, `train_labels`, `test_images` and `test_labels`, as MedMNIST does; `images` or `imgs`, `x`, `data` or
/// `arr_0`, with `labels`, `y` or `arr_1`. Of other names, an array is read that is the only one of images. A note
/// says which arrays are left out.
///
/// # Errors
/// When the file can't be read, has no such array, or labels are not one for each image.
pub fn npz(file: &Path) -> Result<Parts, DataError> {
    let archive = Archive::open(file, ArchiveFormat::Zip)?;
    let mut arrays = Vec::new();
    for name in archive.names_in("") {
        let Some(stem) = name.strip_suffix(".npy") else { continue };
        arrays.push((stem.to_owned(), NpyArray::in_archive(&archive, name)?));
    }
    let found: Vec<String> = arrays.iter().map(|(name, _)| name.clone()).collect();
    let mut take = |wanted: &str| {
        let at = arrays.iter().position(|(name, _)| name.to_lowercase() == wanted)?;
        Some(arrays.remove(at).1)
    };
    let named = NAMES.into_iter().find_map(|[x, y, test_x, test_y]| {
        take(x).map(|images| [Some(images), take(y), take(test_x), take(test_y)])
    });
    let [train, train_labels, test, test_labels] = match named {
        Some(named) => named,
        None => {
            let only = arrays.iter().filter(|(_, array)| array.is_images()).count() == 1;
            let at = arrays.iter().position(|(_, array)| array.is_images()).filter(|_| only);
            [at.map(|at| arrays.remove(at).1), None, None, None]
        }
    };
    let refuse = |problem| DataError::Npy { path: file.to_owned(), problem };
    let Some(train) = train else {
        let found = if found.is_empty() {
            "no arrays".to_owned()
        } else {
            format!("the arrays {}", found.join(", "))
        };
        return Err(refuse(NpyError::Names { found }));
    };
    let mut left_out: Vec<String> = arrays.into_iter().map(|(name, _)| name).collect();
    let mut labels = |array: Option<NpyArray>| -> Result<Option<Vec<u32>>, DataError> {
        match array {
            Some(array) if array.is_labels() => array.into_labels().map(Some),
            Some(array) => {
                left_out.push(name_of(&array.path.with_extension("")));
                Ok(None)
            }
            None => Ok(None),
        }
    };
    let (train_labels, test_labels) = (labels(train_labels)?, labels(test_labels)?);
    // Classes may be absent from the smaller part, so both take the larger number.
    let all = train_labels.iter().chain(&test_labels).flatten();
    let classes = all.max().map_or(0, |&label| label as usize + 1);
    let dataset = |name: String, images: NpyArray, labels: Option<Vec<u32>>| -> Result<Dataset, DataError> {
        let path = images.path.clone();
        let set = Dataset::of_images(name, NpyArray::into_images(vec![images])?)?;
        let Some(labels) = labels else { return Ok(set) };
        if labels.len() != set.len() {
            let problem = NpyError::Labels { labels: labels.len(), images: set.len() };
            return Err(DataError::Npy { path, problem });
        }
        set.with_labels(labels, classes)
    };
    let name = name_of(file);
    // Labels of one part alone are of no use.
    let both = test.is_none() || train_labels.is_some() == test_labels.is_some();
    let [train_labels, test_labels] = if both { [train_labels, test_labels] } else { [None, None] };
    let test = test.map(|test| dataset(format!("{name} test"), test, test_labels)).transpose()?;
    let train = dataset(name, train, train_labels)?;
    if let Some(test) = test.as_ref().filter(|test| test.shape() != train.shape()) {
        return Err(refuse(NpyError::Sizes { found: test.shape(), wanted: train.shape() }));
    }
    let note = (!left_out.is_empty()).then(|| format!("left out: the arrays {}", left_out.join(", ")));
    Ok(Parts::new(train, test).with_notes(note))
}

/// Opens a folder of arrays of images, one for each class, which has the file's name: the NumPy bitmaps of Quick Draw.
///
/// # Errors
/// When the folder does not exist, can't be read or holds no array, or when an array is not one of images.
pub fn quickdraw(folder: &Path) -> Result<Parts, DataError> {
    let (arrays, others): (Vec<String>, Vec<String>) = names(folder)?
        .into_iter()
        .filter(|name| !name.starts_with('.'))
        .partition(|name| name.ends_with(".npy"));
    if arrays.is_empty() {
        return Err(FolderError::NoArrays.of(folder));
    }
    let class = |name: &String| {
        let stem = name.trim_end_matches(".npy");
        stem.strip_prefix(QUICK_DRAW).unwrap_or(stem).to_owned()
    };
    let classes: Vec<String> = arrays.iter().map(class).collect();
    let arrays: Vec<NpyArray> =
        arrays.iter().map(|name| NpyArray::of_file(&folder.join(name))).collect::<Result<_, _>>()?;
    let labels: Vec<u32> = (0..)
        .zip(&arrays)
        .flat_map(|(label, array)| {
            std::iter::repeat_n(label, array.header.dims.first().copied().unwrap_or(0))
        })
        .collect();
    let mut set = Dataset::of_images(name_of(folder), NpyArray::into_images(arrays)?)?;
    if classes.len() > 1 {
        set = set.with_labels(labels, classes.len())?.with_class_names(classes)?;
    }
    let note = (!others.is_empty())
        .then(|| format!("{} files in {} left out, which are no .npy files", others.len(), folder.display()));
    Ok(Parts::new(set, None).with_notes(note))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::CompressionMethod;
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::super::header::tests::npy as array;
    use super::*;

    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn packed(method: CompressionMethod, arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in arrays {
            let options = SimpleFileOptions::default().compression_method(method);
            writer.start_file(format!("{name}.npy"), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn single(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn one_array_is_images_or_points() {
        let bytes: Vec<u8> = (0..12).collect();
        for (descr, shape, elements, want, first) in [
            ("|u1", "(3, 2, 2)", bytes.clone(), [1, 2, 2], vec![0, 1, 2, 3]),
            ("|u1", "(3, 4)", bytes.clone(), [1, 2, 2], vec![0, 1, 2, 3]),
            ("|u1", "(2, 1, 2, 3)", bytes.clone(), [3, 1, 2], vec![0, 3, 1, 4, 2, 5]),
            ("|u1", "(2, 3, 1, 2)", bytes.clone(), [3, 1, 2], vec![0, 1, 2, 3, 4, 5]),
            ("|b1", "(2, 1, 2)", vec![0, 1, 1, 1], [1, 1, 2], vec![0, 255]),
            (
                "<f4",
                "(1, 1, 2, 3)",
                single(&[0.0, 0.2, 0.4, 1.0, 0.6, 0.8]),
                [3, 1, 2],
                vec![0, 255, 51, 153, 102, 204],
            ),
        ] {
            let at = folder(&[("x.npy", array(descr, shape, &elements))]);
            let set = npy(&at.path().join("x.npy")).unwrap().train;
            assert_eq!((set.shape(), set.image(0).unwrap()), (want, first), "{descr} {shape}");
        }
        let at = folder(&[("x.npy", array("<f4", "(2, 3)", &single(&[1.0, -2.0, 3.0, 4.0, 5.0, 6.5])))]);
        assert_eq!(npy(&at.path().join("x.npy")).unwrap().train.point(1), Some(&[4.0, 5.0, 6.5][..]));
    }

    #[test]
    fn what_is_no_array_of_images_says_why() {
        for (bytes, says) in [
            (array("|u1", "(2, 2, 2)", &[0; 7]), "declares 8 bytes and it has 7"),
            (array("|u1", "(2, 2, 2)", &[0; 9]), "declares 8 bytes and it has 9"),
            (array("|u1", "(2, 2, 3)", &[0; 12]), "its shape [2, 2, 3] is not one of images"),
            (array("<i4", "(1, 2, 2)", &[0; 16]), "have type <i4; images are uint8"),
            (
                array("<f4", "(1, 1, 2)", &single(&[-1.0, 1.0])),
                "its values run from -1 to 1; floats of images",
            ),
            (array("<f4", "(1, 1, 2)", &single(&[f32::NAN, 1.0])), "floats of images run from 0 to 1"),
            (array("<f4", "(1, 2)", &single(&[f32::NAN, 1.0])), "a value that is not finite"),
            (b"\x93NUMPY".to_vec(), "does not begin as a .npy file does"),
        ] {
            let at = folder(&[("x.npy", bytes)]);
            let error = npy(&at.path().join("x.npy")).unwrap_err().to_string();
            assert!(error.contains("x.npy is not usable: ") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn arrays_of_a_file_are_known_by_their_names() {
        let images = |from: u8| array("|u1", "(2, 1, 2)", &(from..from + 4).collect::<Vec<u8>>());
        let labels =
            |of: [u8; 2]| array("<i8", "(2, 1)", &of.map(|label| i64::from(label).to_le_bytes()).concat());
        let keras = [
            ("x_train", images(0)),
            ("y_train", labels([1, 0])),
            ("x_test", images(10)),
            ("y_test", labels([2, 2])),
            ("x_val", images(20)),
        ];
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let at = folder(&[("x.npz", packed(method, &keras))]);
            let parts = npz(&at.path().join("x.npz")).unwrap();
            let test = parts.test.unwrap();
            assert_eq!(
                (parts.train.images().unwrap(), test.images().unwrap()),
                (vec![0, 1, 2, 3], vec![10, 11, 12, 13])
            );
            assert_eq!((parts.train.labels().unwrap(), test.labels().unwrap()), (&[1, 0][..], &[2, 2][..]));
            assert_eq!((parts.train.classes(), test.classes()), (3, 3));
            assert_eq!(parts.notes, ["left out: the arrays x_val"]);
        }
        let open = |arrays: &[(&str, Vec<u8>)]| {
            let at = folder(&[("x.npz", packed(CompressionMethod::Stored, arrays))]);
            npz(&at.path().join("x.npz")).map_err(|error| error.to_string())
        };
        // The only array of images may have any name.
        let parts = open(&[("sprites", images(5)), ("meta", labels([0, 1]))]).unwrap();
        assert_eq!((parts.train.image(0).unwrap(), parts.train.labels()), (vec![5, 6], None));
        let error = open(&[("a", images(0)), ("b", images(0))]).unwrap_err();
        assert!(error.contains("it holds the arrays a, b; call the images x_train or images"), "{error}");
        let error = open(&[("x", images(0)), ("y", array("|u1", "(3,)", &[0; 3]))]).unwrap_err();
        assert!(error.contains("it holds 3 labels for 2 images"), "{error}");
        let error = open(&[("x", images(0)), ("y", array("|i1", "(2,)", &[0, 0xFF]))]).unwrap_err();
        assert!(error.contains("it holds the label -1"), "{error}");
    }

    #[test]
    fn each_file_of_quick_draw_is_a_class() {
        let of = |shape: &str, value: u8, count: usize| array("|u1", shape, &vec![value; 784 * count]);
        let at = folder(&[
            ("full_numpy_bitmap_eel.npy", of("(2, 784)", 3, 2)),
            ("cat.npy", of("(1, 784)", 1, 1)),
            ("cat.ndjson", b"{}".to_vec()),
        ]);
        let parts = quickdraw(at.path()).unwrap();
        let set = parts.train;
        assert_eq!((set.shape(), set.labels().unwrap()), ([1, 28, 28], &[0, 1, 1][..]));
        assert_eq!(set.class_names().unwrap(), ["cat", "eel"]);
        assert_eq!((set.image(0).unwrap()[0], set.image(2).unwrap()[783]), (1, 3));
        assert!(parts.notes[0].starts_with("1 files in "), "{:?}", parts.notes);
        // The bytes of the files tell the set from others.
        let before = set.fingerprint();
        std::fs::write(at.path().join("cat.npy"), of("(1, 784)", 2, 1)).unwrap();
        assert_ne!(quickdraw(at.path()).unwrap().train.fingerprint(), before);
        let at = folder(&[("cat.ndjson", b"{}".to_vec())]);
        let error = quickdraw(at.path()).unwrap_err().to_string();
        assert!(error.contains("holds no .npy files"), "{error}");
        let at = folder(&[
            ("a.npy", of("(1, 784)", 0, 1)),
            ("b.npy", of("(1, 28, 28, 1)", 0, 1)),
            ("c.npy", of("(4, 196)", 0, 1)),
        ]);
        let error = quickdraw(at.path()).unwrap_err().to_string();
        assert!(
            error.contains("c.npy is not usable: its images are [1, 14, 14] where others are [1, 28, 28]"),
            "{error}"
        );
    }
}
