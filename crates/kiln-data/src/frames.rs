//! Sequences of images from folders.

use std::path::Path;

use crate::file::name_of;
use crate::folder::{FolderError, Index, Listing, Look, MOST_NATIVE, PartFolders, first_folder};
use crate::pixels::CacheBudget;
use crate::tree::FileTree;
use crate::{DataError, DataKind, Dataset, LoadOptions, Parts};

/// `frames:DIR`.
pub const KIND: DataKind = DataKind {
    name: "frames",
    argument: "DIR",
    about: "sequences of images, a folder each, with its frames in the order of their names",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| open(Path::new(folder), options),
};

/// Opens a folder of sequences: each folder in it is one, and the images there and below, in the order of their
/// names, are its frames. All sequences get the length of the shortest; a longer one is as many sequences as it
/// has such lengths, and what is left at its end is left out, with a note. There may be parts, as
/// [`folder`](crate::folder) says.
///
/// # Errors
/// When the folder does not exist, can't be read or holds no folder of images; when the header of a file is broken;
/// or when the options are impossible.
pub fn open(folder: &Path, options: &LoadOptions) -> Result<Parts, DataError> {
    open_tree(name_of(folder), &FileTree::Folder(folder.to_owned()), options)
}

fn open_tree(name: String, tree: &FileTree, options: &LoadOptions) -> Result<Parts, DataError> {
    options.checked_size()?;
    let PartFolders { train, test, mut notes } = PartFolders::of(tree)?;
    let list = |tree: &FileTree| -> Result<Listing, DataError> {
        let listing = Listing::new(tree)?;
        let inside = listing.names.iter().any(|name| first_folder(name).is_some());
        if inside { Ok(listing) } else { Err(FolderError::NoSequences.of(&tree.path())) }
    };
    let train = list(&train)?;
    let test = test.as_ref().map(list).transpose()?;
    let both = || std::iter::once(&train).chain(&test);
    let lengths: Vec<usize> = both().flat_map(sequences).map(|sequence| sequence.len()).collect();
    let frames = lengths.iter().copied().min().unwrap_or(0);
    if lengths.iter().any(|length| *length != frames) {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let over: usize = lengths.iter().map(|length| length % frames).sum();
        notes.push(format!(
            "sequences have {frames} frames, as the shortest folder has; longer ones, up to {longest}, are cut \
             into several, and {over} frames at their ends are left out"
        ));
    }
    let loose = |listing: &Listing| listing.names.iter().filter(|name| first_folder(name).is_none()).count();
    let loose: usize = both().map(loose).sum();
    if loose > 0 {
        notes.push(format!("{loose} images beside the folders of sequences are left out"));
    }
    let mut index = |listing: Listing| -> Result<Index, DataError> {
        let whole = sequences(&listing).into_iter().flat_map(|sequence| {
            let whole = sequence.len() / frames * frames;
            sequence.into_iter().take(whole)
        });
        let listing = Listing { names: whole.collect(), ..listing.clone() };
        // A frame that is left out would tear its sequence, so the whole sequence is.
        let [index] = Index::read_rows([listing], frames, options, false, &mut notes)?;
        Ok(index)
    };
    let (train, test) = (index(train)?, test.map(index).transpose()?);
    let both: Vec<&Index> = std::iter::once(&train).chain(&test).collect();
    let look = Look::of(&both, options, MOST_NATIVE, &mut notes)?;
    let budget = CacheBudget::new(options.cache.bytes);
    let dataset = |name: String, index: Index| -> Result<Dataset, DataError> {
        Dataset::of_frames(name, index.into_pixels(&look, false, frames, options, &budget)?)
    };
    let test = test.map(|test| dataset(format!("{name} test"), test)).transpose()?;
    Ok(Parts::new(dataset(name, train)?, test).with_notes(notes))
}

/// The frames of each sequence of a part, in their order.
fn sequences(part: &Listing) -> Vec<Vec<&str>> {
    let mut sequences: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in part.names.iter() {
        let Some(folder) = first_folder(name) else { continue };
        match sequences.last_mut() {
            Some((last, frames)) if *last == folder => frames.push(name),
            _ => sequences.push((folder, vec![name])),
        }
    }
    sequences.into_iter().map(|(_, frames)| frames).collect()
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayImage, Luma};

    use super::*;

    #[test]
    fn a_folder_is_a_sequence_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, value: u8| {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            DynamicImage::from(GrayImage::from_pixel(2, 1, Luma([value]))).save(path).unwrap();
        };
        for (sequence, frames, first) in [("b", 5, 50u8), ("a", 2, 10), ("c", 2, 90)] {
            (0..frames).for_each(|at| write(&format!("{sequence}/{at:03}.png"), first + at));
        }
        write("loose.png", 1);
        let parts = open(folder.path(), &LoadOptions::default()).unwrap();
        let info = parts.info();
        assert_eq!((parts.train.len(), info.frames, info.image), (4, 2, Some([1, 1, 2])));
        let firsts: Vec<u8> = (0..4).map(|at| parts.train.sequence(at).unwrap()[0]).collect();
        assert_eq!(firsts, [10, 50, 52, 90]);
        assert_eq!(parts.train.sequence(1).unwrap(), [50, 50, 51, 51]);
        let notes = parts.notes.join("; ");
        assert!(notes.contains("sequences have 2 frames, as the shortest folder has"), "{notes}");
        assert!(notes.contains("up to 5, are cut into several, and 1 frames at their ends"), "{notes}");
        assert!(notes.contains("1 images beside the folders of sequences are left out"), "{notes}");
        let error = open(&folder.path().join("a"), &LoadOptions::default()).unwrap_err().to_string();
        assert!(
            error.ends_with("holds no folders; each sequence of frames is a folder of images"),
            "{error}"
        );
    }
}
