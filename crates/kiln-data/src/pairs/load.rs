//! The two sides as data sets.

use std::path::Path;

use super::layout::{PairLayout, both_parts, check_side_by_side, match_up};
use crate::file::name_of;
use crate::folder::{Index, Listing, Look, MOST_NATIVE, SIZE};
use crate::pixels::{CacheBudget, Pixels};
use crate::tree::FileTree;
use crate::{DataError, Dataset, LoadOptions, Parts};

/// Opens a folder of pairs, laid out as the [module](super) says. Each side is grey where all its images
/// are, and has the size of its files where they have one.
///
/// # Errors
/// When the folder does not exist, can't be read or holds no image; when an image has no partner, or is
/// side by side with none for want of an even width; when the header of a file is broken; or when the options are
/// impossible.
pub fn paired(folder: &Path, options: &LoadOptions) -> Result<Parts, DataError> {
    options.checked_size()?;
    let (train, test, mut notes) = PairLayout::find(&FileTree::Folder(folder.to_owned()))?;
    let mut index = |pairs: PairLayout| -> Result<Sides, DataError> {
        match pairs {
            PairLayout::SideBySide(folder) => {
                let listing = Listing::new(&folder)?;
                check_side_by_side(&listing)?;
                Ok(Sides::InOne(Index::read(listing, options, true, &mut notes)?))
            }
            PairLayout::Folders([a, b]) => {
                let both = Index::read_rows(match_up(&a, &b)?, 1, options, false, &mut notes)?;
                Ok(Sides::InTwo(Box::new(both)))
            }
        }
    };
    let (train, test) = (index(train)?, test.map(index).transpose()?);
    let name = name_of(folder);
    open(train, test, [&name, &format!("{name} targets")], Dataset::with_targets, options, notes)
}

/// Opens two folders of images, laid out as the [module](super) says. Each side is grey where all its images
/// are; both have the size of the files where all have one.
///
/// # Errors
/// When a folder does not exist, can't be read or holds no image; when the header of a file is broken; or when the
/// options are impossible.
pub fn unpaired(a: &Path, b: &Path, options: &LoadOptions) -> Result<Parts, DataError> {
    options.checked_size()?;
    let [tree_a, tree_b] = [a, b].map(|folder| FileTree::Folder(folder.to_owned()));
    let (train, test, mut notes) = both_parts(&tree_a, &tree_b)?;
    let mut index = |[a, b]: [FileTree; 2]| -> Result<Sides, DataError> {
        let mut read = |folder: &FileTree| Index::read(Listing::new(folder)?, options, false, &mut notes);
        Ok(Sides::InTwo(Box::new([read(&a)?, read(&b)?])))
    };
    let (train, test) = (index(train)?, test.map(index).transpose()?);
    // Images of two sizes can't be translated both ways.
    let size = match (options.size, train.uniform(), test.as_ref().map(Sides::uniform)) {
        (None, Some([a, b]), None) if a == b => None,
        (None, Some([a, b]), Some(Some([test_a, test_b]))) if [b, test_a, test_b] == [a; 3] => None,
        (size, ..) => Some(size.unwrap_or(SIZE)),
    };
    if size != options.size {
        notes.push(format!("images are {SIZE}×{SIZE}, as files of the two sets have several sizes"));
    }
    let options = LoadOptions { size, ..*options };
    open(train, test, [&name_of(a), &name_of(b)], Dataset::with_unpaired, &options, notes)
}

/// The files of both sides of one part.
enum Sides {
    /// Side by side in each file.
    InOne(Index),
    /// In files of their own.
    InTwo(Box<[Index; 2]>),
}

impl Sides {
    fn of(&self, side: usize) -> &Index {
        match self {
            Sides::InOne(index) => index,
            Sides::InTwo(indices) => &indices[side],
        }
    }

    /// The size of each side's files, where each has one.
    fn uniform(&self) -> Option<[[usize; 2]; 2]> {
        Some([self.of(0).uniform()?, self.of(1).uniform()?])
    }
}

/// The two sides of both parts.
fn open(
    train: Sides,
    test: Option<Sides>,
    names: [&str; 2],
    with: fn(Dataset, Dataset) -> Result<Dataset, DataError>,
    options: &LoadOptions,
    mut notes: Vec<String>,
) -> Result<Parts, DataError> {
    let mut look = |side: usize| {
        let both: Vec<&Index> = std::iter::once(&train).chain(&test).map(|sides| sides.of(side)).collect();
        Look::of(&both, options, MOST_NATIVE, &mut notes)
    };
    let looks = [look(0)?, look(1)?];
    notes.dedup();
    let budget = CacheBudget::new(options.cache.bytes);
    let dataset = |sides: Sides, end: &str| -> Result<Dataset, DataError> {
        let [a, b]: [Pixels; 2] = match sides {
            Sides::InOne(index) => {
                let a = index.into_pixels(&looks[0], true, 1, options, &budget)?;
                let b = a.behind();
                [a, b]
            }
            Sides::InTwo(indices) => {
                let [a, b] = *indices;
                [
                    a.into_pixels(&looks[0], false, 1, options, &budget)?,
                    b.into_pixels(&looks[1], false, 1, options, &budget)?,
                ]
            }
        };
        let set = Dataset::of_images(format!("{}{end}", names[0]), a)?;
        with(set, Dataset::of_images(format!("{}{end}", names[1]), b)?)
    };
    let test = test.map(|test| dataset(test, " test")).transpose()?;
    Ok(Parts::new(dataset(train, "")?, test).with_notes(notes))
}
