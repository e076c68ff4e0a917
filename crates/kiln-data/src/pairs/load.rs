//! The two sides as data sets.

use std::path::{Path, PathBuf};

use super::layout::{Pairs, both_parts, match_up};
use crate::file::name_of;
use crate::folder::{Listing, Stack, same_channels};
use crate::{DataError, Dataset, LoadOptions, Source};

/// Reads a folder of pairs, laid out as the [module](super) says. Each side is grey where all its images
/// are.
///
/// # Errors
/// When the folder does not exist, can't be read or holds no image; when an image has no partner, or is
/// side by side with none for want of an even width; when a file can't be read, decoded or held in memory;
/// or when the options are impossible.
pub fn paired(folder: &Path, options: &LoadOptions) -> Result<Source, DataError> {
    let (train, test) = Pairs::find(folder)?;
    let read = |pairs: Pairs| match pairs {
        Pairs::SideBySide(folder) => Stack::read_halves(&Listing::new(&folder)?, options),
        Pairs::Folders([a, b]) => {
            let [a, b] = match_up(&a, &b)?;
            Ok([Stack::read(&a, options)?, Stack::read(&b, options)?])
        }
    };
    let (train, test) = (read(train)?, test.map(read).transpose()?);
    let name = name_of(folder);
    join(train, test, [&name, &format!("{name} targets")], Dataset::with_targets)
}

/// Reads two folders of images, laid out as the [module](super) says. Each side is grey where all its images
/// are.
///
/// # Errors
/// When a folder does not exist, can't be read or holds no image; when a file can't be read, decoded or
/// held in memory; or when the options are impossible.
pub fn unpaired(a: &Path, b: &Path, options: &LoadOptions) -> Result<Source, DataError> {
    let read = |[a, b]: [PathBuf; 2]| -> Result<[Stack; 2], DataError> {
        Ok([Stack::read(&Listing::new(&a)?, options)?, Stack::read(&Listing::new(&b)?, options)?])
    };
    let (train, test) = both_parts(a, b);
    let (train, test) = (read(train)?, test.map(read).transpose()?);
    join(train, test, [&name_of(a), &name_of(b)], Dataset::with_unpaired)
}

/// The two sides of both parts as one source.
fn join(
    mut train: [Stack; 2],
    mut test: Option<[Stack; 2]>,
    names: [&str; 2],
    with: fn(Dataset, Dataset) -> Result<Dataset, DataError>,
) -> Result<Source, DataError> {
    for (side, train) in train.iter_mut().enumerate() {
        same_channels(train, test.as_mut().map(|test| &mut test[side]));
    }
    let dataset = |[a, b]: [Stack; 2], end: &str| {
        let set = a.into_dataset(format!("{}{end}", names[0]))?;
        with(set, b.into_dataset(format!("{}{end}", names[1]))?)
    };
    Ok(Source { train: dataset(train, "")?, test: test.map(|stacks| dataset(stacks, " test")).transpose()? })
}
