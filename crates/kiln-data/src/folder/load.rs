//! A folder of images as a data set.

use std::path::Path;

use super::classes::Classes;
use super::{Index, Listing, Look, MOST_NATIVE, PartFolders, captions};
use crate::file::name_of;
use crate::pixels::CacheBudget;
use crate::tree::FileTree;
use crate::{DataError, Dataset, LoadOptions, Parts};

/// Opens a folder of images, laid out as the [module](super) says. Nothing is decoded yet but what
/// [`skip_broken`](LoadOptions::skip_broken) asks for.
///
/// # Errors
/// When the folder does not exist, can't be read or holds no image; when the header of a file is broken; when
/// the part held out has an image in none of the classes; when captions are malformed or missing; or when the
/// options are impossible.
pub fn open(folder: &Path, options: &LoadOptions) -> Result<Parts, DataError> {
    open_tree(name_of(folder), &FileTree::Folder(folder.to_owned()), options)
}

/// As [`open`], wherever the files lie.
pub(crate) fn open_tree(name: String, tree: &FileTree, options: &LoadOptions) -> Result<Parts, DataError> {
    options.checked_size()?;
    let PartFolders { train, test, mut notes } = PartFolders::of(tree)?;
    let index =
        |tree: &FileTree, notes: &mut Vec<String>| Index::read(Listing::new(tree)?, options, false, notes);
    let train = index(&train, &mut notes)?;
    let test = test.map(|test| index(&test, &mut notes)).transpose()?;
    let both: Vec<&Index> = std::iter::once(&train).chain(&test).collect();
    let look = Look::of(&both, options, MOST_NATIVE, &mut notes)?;
    let listing = train.listing.clone();
    let classes = Classes::of(&listing);
    let budget = CacheBudget::new(options.cache.bytes);
    let dataset = |name: String, index: Index| -> Result<Dataset, DataError> {
        let labels = classes.as_ref().map(|classes| classes.labels(&index.listing)).transpose()?;
        let captions = captions::read(&index.listing, tree)?;
        let mut set = Dataset::of_images(name, index.into_pixels(&look, false, 1, options, &budget)?)?;
        if let Some((classes, labels)) = classes.as_ref().zip(labels) {
            set = classes.attach(set, labels)?;
        }
        match captions {
            Some(captions) => set.with_captions(captions),
            None => Ok(set),
        }
    };
    let test = test.map(|test| dataset(format!("{name} test"), test)).transpose()?;
    Ok(Parts::new(dataset(name, train)?, test).with_notes(notes))
}
