//! IDX files by their conventional names.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::{IdxError, IdxImages, parse_images, parse_labels};
use crate::file::{name_of, open};
use crate::{DataError, Dataset, Parts};

/// Reads a folder in MNIST's layout, as MNIST, Fashion-MNIST, KMNIST and others are given out: the
/// images and labels of the parts `train` and `t10k`, each as `train-images-idx3-ubyte` or
/// `train-images.idx3-ubyte`, with or without `.gz`.
///
/// # Errors
/// When a file is missing (all missing ones are named), unreadable or malformed, or when images and
/// labels, or the two parts, don't belong together.
pub fn mnist(folder: &Path) -> Result<Parts, DataError> {
    let wanted = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
    let found = wanted.map(|stem| find(folder, stem));
    let [Some(train_images), Some(train_labels), Some(test_images), Some(test_labels)] = &found else {
        let absent = wanted.iter().zip(&found).filter(|(_, found)| found.is_none());
        let missing = absent.map(|(stem, _)| format!("{stem}-ubyte")).collect();
        return Err(DataError::Missing { folder: folder.to_owned(), missing });
    };
    let name = name_of(folder);
    let (train, train_labels) = read_pair(train_images, train_labels)?;
    let (test, test_labels) = read_pair(test_images, test_labels)?;
    if (train.height, train.width) != (test.height, test.width) {
        let problem = format!(
            "the training images are {}×{} but the test images {}×{}; take both from the same data set",
            train.height, train.width, test.height, test.width
        );
        return Err(DataError::Dataset { name, problem });
    }
    // Classes may be absent from the smaller part, so both take the larger number.
    let classes = classes_of(&train_labels).max(classes_of(&test_labels));
    Ok(Parts::new(
        dataset(name.clone(), train)?.with_labels(train_labels, classes)?,
        Some(dataset(format!("{name} test"), test)?.with_labels(test_labels, classes)?),
    ))
}

/// Reads one file of images, with its labels where a file of the matching name (`labels` for
/// `images`, `idx1` for `idx3`) lies beside it.
///
/// # Errors
/// When a file is unreadable or malformed, or the labels are not one for each image.
pub fn images(file: &Path) -> Result<Dataset, DataError> {
    let name = name_of(file);
    match labels_beside(file) {
        Some(labels) => {
            let (images, labels) = read_pair(file, &labels)?;
            let classes = classes_of(&labels);
            dataset(name, images)?.with_labels(labels, classes)
        }
        None => dataset(name, read(file, parse_images)?),
    }
}

/// The file of a stem such as `train-images-idx3`, in any of the spellings in use.
fn find(folder: &Path, stem: &str) -> Option<PathBuf> {
    let dotted = stem.replace("-idx", ".idx");
    let names =
        [stem, &dotted].into_iter().flat_map(|stem| ["", ".gz"].map(|end| format!("{stem}-ubyte{end}")));
    names.map(|name| folder.join(name)).find(|path| path.is_file())
}

/// The labels file that belongs to an images file by its name, if there is one.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    if !name.contains("images") {
        return None;
    }
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let labels = plain.replace("images", "labels").replace("idx3", "idx1");
    let names = [labels.clone(), format!("{labels}.gz")];
    names.iter().map(|name| images.with_file_name(name)).find(|path| path.is_file())
}

fn read<T>(path: &Path, parse: impl FnOnce(BufReader<File>) -> Result<T, IdxError>) -> Result<T, DataError> {
    parse(open(path)?).map_err(|problem| DataError::Idx { path: path.to_owned(), problem })
}

fn read_pair(images_path: &Path, labels_path: &Path) -> Result<(IdxImages, Vec<u32>), DataError> {
    let images = read(images_path, parse_images)?;
    let labels = read(labels_path, parse_labels)?;
    if images.count != labels.len() {
        return Err(DataError::CountMismatch {
            images: images_path.to_owned(),
            image_count: images.count,
            labels: labels_path.to_owned(),
            label_count: labels.len(),
        });
    }
    Ok((images, labels.into_iter().map(u32::from).collect()))
}

fn classes_of(labels: &[u32]) -> usize {
    labels.iter().max().map_or(0, |&label| label as usize + 1)
}

fn dataset(name: String, images: IdxImages) -> Result<Dataset, DataError> {
    Dataset::new(name, [1, images.height, images.width], images.pixels)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(folder: &Path, name: &str, sizes: &[u32], body: &[u8]) {
        let magic = 0x800 + sizes.len() as u32;
        let words = std::iter::once(&magic).chain(sizes);
        let bytes: Vec<u8> = words.flat_map(|word| word.to_be_bytes()).chain(body.iter().copied()).collect();
        fs::write(folder.join(name), bytes).unwrap();
    }

    #[test]
    fn a_folder_is_read_in_either_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        write(at, "train-images.idx3-ubyte", &[2, 1, 2], &[1, 2, 3, 4]);
        write(at, "train-labels-idx1-ubyte", &[2], &[0, 3]);
        let error = mnist(at).unwrap_err().to_string();
        assert!(error.contains("lacks t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte;"), "{error}");
        // The name says gzip, the content does not: the content counts.
        write(at, "t10k-images-idx3-ubyte.gz", &[1, 1, 2], &[5, 6]);
        write(at, "t10k-labels.idx1-ubyte", &[1], &[7]);
        let parts = mnist(at).unwrap();
        let test = parts.test.unwrap();
        assert_eq!((parts.train.classes(), test.classes()), (8, 8));
        assert_eq!((parts.train.image(1).unwrap(), test.images().unwrap()), (vec![3, 4], vec![5, 6]));
        assert_eq!(parts.train.labels().unwrap(), [0, 3]);

        write(at, "t10k-images-idx3-ubyte.gz", &[1, 2, 1], &[5, 6]);
        assert!(mnist(at).unwrap_err().to_string().contains("1×2 but the test images 2×1"));
        write(at, "train-labels-idx1-ubyte", &[3], &[0, 3, 1]);
        assert!(mnist(at).unwrap_err().to_string().contains("holds 2 images but"));
    }

    #[test]
    fn a_single_file_takes_the_labels_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("my-images-idx3-ubyte");
        let error = images(&file).unwrap_err();
        assert!(error.to_string().contains("my-images-idx3-ubyte"), "{error}");
        write(folder.path(), "my-images-idx3-ubyte", &[2, 1, 2], &[1, 2, 3, 4]);
        assert_eq!(images(&file).unwrap().labels(), None);
        write(folder.path(), "my-labels-idx1-ubyte", &[2], &[1, 4]);
        let set = images(&file).unwrap();
        assert_eq!((set.name(), set.classes()), ("my-images-idx3-ubyte", 5));
        write(folder.path(), "my-labels-idx1-ubyte", &[1], &[1]);
        assert!(matches!(
            images(&file),
            Err(DataError::CountMismatch { image_count: 2, label_count: 1, .. })
        ));
        fs::write(&file, b"GIF89a").unwrap();
        let error = images(&file).unwrap_err().to_string();
        assert!(error.contains("my-images-idx3-ubyte is not usable: it begins with 0x47494638"), "{error}");
    }

    /// The real files: `KILN_DATA_DIR` names a folder that holds `mnist/`.
    #[test]
    fn real_mnist() {
        let Some(folder) = std::env::var_os("KILN_DATA_DIR") else {
            skipped_tests::skip("set KILN_DATA_DIR to a folder that holds mnist/ to read the real files");
            return;
        };
        let parts = mnist(&Path::new(&folder).join("mnist")).unwrap();
        let (train, test) = (parts.train, parts.test.unwrap());
        assert_eq!((train.len(), test.len()), (60_000, 10_000));
        assert_eq!((train.shape(), train.classes(), test.classes()), ([1, 28, 28], 10, 10));
        assert_eq!(train.labels().unwrap()[..5], [5, 0, 4, 1, 9]);
        let images = train.images().unwrap();
        let sum: u64 = images.iter().map(|&byte| u64::from(byte)).sum();
        let mean = sum as f64 / (255.0 * images.len() as f64);
        assert!((mean - 0.1307).abs() < 1e-4, "{mean}");
    }
}
