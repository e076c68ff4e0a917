//! CIFAR-10 files by their conventional names.

use std::path::{Path, PathBuf};

use super::{CLASS_NAMES, SIDE, parse};
use crate::file::open;
use crate::folder::FolderError;
use crate::tree::names;
use crate::{DataError, Dataset, Parts};

/// The folder that the official archive unpacks to.
const OFFICIAL: &str = "cifar-10-batches-bin";

/// Reads CIFAR-10 from a folder, or from `cifar-10-batches-bin` in it: those of `data_batch_1.bin` to
/// `data_batch_5.bin` that are there, in this order, to train on; and held out, where it is there,
/// `test_batch.bin` or another file whose name begins with `test_batch` and ends with `.bin`. Each may have
/// `.gz` after its name.
///
/// # Errors
/// When there is no `data_batch`, or a file is unreadable or malformed.
pub fn cifar10(folder: &Path) -> Result<Parts, DataError> {
    let inside = folder.join(OFFICIAL);
    let folder = if inside.is_dir() { &inside } else { folder };
    let names = names(folder)?;
    let batches: Vec<PathBuf> = (1..=5).filter_map(|batch| find(folder, &names, batch)).collect();
    if batches.is_empty() {
        // The other version has the same names without an ending.
        let python = names.iter().any(|name| name == "data_batch_1");
        let problem = if python { FolderError::CifarPython } else { FolderError::NoCifar };
        return Err(problem.of(folder));
    }
    let is_test = |name: &&String| name.starts_with("test_batch") && plain_name(name).ends_with(".bin");
    let test = names.iter().find(is_test).map(|name| folder.join(name));
    let test = test.map(|file| dataset("cifar10 test", &[file])).transpose()?;
    Ok(Parts::new(dataset("cifar10", &batches)?, test))
}

/// The file of a batch, plain or else compressed.
fn find(folder: &Path, names: &[String], batch: usize) -> Option<PathBuf> {
    let wanted = format!("data_batch_{batch}.bin");
    names.iter().find(|name| plain_name(name) == wanted).map(|name| folder.join(name))
}

/// A file's name without `.gz`.
fn plain_name(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

fn dataset(name: &str, files: &[PathBuf]) -> Result<Dataset, DataError> {
    let (mut labels, mut pixels) = (Vec::new(), Vec::new());
    for path in files {
        let batch = parse(open(path)?).map_err(|problem| DataError::Cifar { path: path.clone(), problem })?;
        labels.extend(batch.labels.into_iter().map(u32::from));
        pixels.extend(batch.pixels);
    }
    Dataset::new(name, [3, SIDE, SIDE], pixels)?
        .with_labels(labels, CLASS_NAMES.len())?
        .with_class_names(CLASS_NAMES.map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn record(label: u8) -> Vec<u8> {
        std::iter::once(label).chain([label * 20; 3 * SIDE * SIDE]).collect()
    }

    #[test]
    fn the_batches_that_are_there_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        assert_eq!(
            cifar10(at).unwrap_err().to_string(),
            format!(
                "{} lacks data_batch_1.bin to data_batch_5.bin; put the binary version of CIFAR-10 there \
                 (plain or gzip), or name another folder",
                at.display()
            )
        );
        fs::write(at.join("data_batch_1"), b"pickled").unwrap();
        assert!(cifar10(at).unwrap_err().to_string().contains("the Python version"), "{:?}", cifar10(at));
        fs::write(at.join("data_batch_4.bin"), record(4)).unwrap();
        // The name says gzip, the content does not: the content counts.
        fs::write(at.join("data_batch_2.bin.gz"), record(2)).unwrap();
        let parts = cifar10(at).unwrap();
        assert_eq!((parts.train.labels().unwrap(), parts.test.is_some()), (&[2, 4][..], false));
        fs::write(at.join("test_batch_part.bin"), record(9)).unwrap();
        let parts = cifar10(at).unwrap();
        assert_eq!(parts.test.as_ref().unwrap().labels().unwrap(), [9]);
        assert_eq!((parts.train.shape(), parts.train.image(1).unwrap()[0]), ([3, 32, 32], 80));
        assert_eq!(parts.train.class_names().unwrap()[9], "truck");
        fs::write(at.join("data_batch_4.bin"), [1, 2]).unwrap();
        let error = cifar10(at).unwrap_err().to_string();
        assert!(error.contains("data_batch_4.bin is not usable: its 2 bytes are not a whole"), "{error}");
    }

    #[test]
    fn the_folder_around_the_official_one_will_do() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join(OFFICIAL);
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("data_batch_1.bin"), record(7)).unwrap();
        assert_eq!(cifar10(folder.path()).unwrap().train.len(), 1);
    }

    /// The real files: `KILN_DATA_DIR` names a folder that holds `cifar10/`.
    #[test]
    fn real_cifar10() {
        let Some(folder) = std::env::var_os("KILN_DATA_DIR") else {
            skipped_tests::skip("set KILN_DATA_DIR to a folder that holds cifar10/ to read the real files");
            return;
        };
        let parts = cifar10(&Path::new(&folder).join("cifar10")).unwrap();
        let train = parts.train;
        assert_eq!((train.shape(), train.classes()), ([3, 32, 32], 10));
        assert!(train.len().is_multiple_of(10_000));
        assert_eq!(train.labels().unwrap()[..6], [6, 9, 9, 4, 1, 1]);
        assert_eq!(parts.test.unwrap().labels().unwrap()[..4], [3, 8, 8, 0]);
        // The published mean of the red channel of the training images is 0.4914; a batch is near it.
        let images = train.images().unwrap();
        let red = images.chunks(1024).step_by(3).flatten().map(|&byte| f64::from(byte));
        let mean = red.sum::<f64>() / (255.0 * 1024.0 * train.len() as f64);
        assert!((mean - 0.4914).abs() < 0.005, "{mean}");
    }
}
