//! One image, which every step trains on: for models that know nothing but it.

use std::path::Path;

use crate::file::name_of;
use crate::folder::{Index, Listing, Look};
use crate::pixels::CacheBudget;
use crate::tree::FileTree;
use crate::{DataError, DataKind, Dataset, LoadOptions, MAX_SIZE, Parts};

/// `image:FILE`.
pub const KIND: DataKind = DataKind {
    name: "image",
    argument: "FILE",
    about: "one image, which is every batch; it keeps its size",
    accepts: |file| !file.is_empty(),
    open: |file, options| open(Path::new(file), options),
};

/// Opens one image file as a data set of one sample, at the size it has unless another is asked for.
///
/// # Errors
/// When the file can't be read or its header is broken, or when the options are impossible.
pub fn open(file: &Path, options: &LoadOptions) -> Result<Parts, DataError> {
    options.checked_size()?;
    crate::file::open(file)?;
    // A broken image has nothing beside it to go on with.
    let options = LoadOptions { skip_broken: false, ..*options };
    let name = name_of(file);
    let tree = FileTree::Folder(file.parent().unwrap_or(Path::new("")).to_owned());
    let names = std::iter::once(name.as_str()).collect();
    let mut notes = Vec::new();
    let listing = Listing { tree, names, left_out: Default::default() };
    let index = Index::read(listing, &options, false, &mut notes)?;
    let look = Look::of(&[&index], &options, MAX_SIZE, &mut notes)?;
    let budget = CacheBudget::new(u64::MAX);
    let set = Dataset::of_images(name, index.into_pixels(&look, false, 1, &options, &budget)?)?;
    Ok(Parts::new(set, None).with_notes(notes))
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgb, RgbImage};

    use super::*;

    #[test]
    fn one_image_is_a_data_set_at_its_own_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.png");
        let image = RgbImage::from_fn(300, 200, |x, _| Rgb([x as u8, 1, 2]));
        DynamicImage::from(image).save(&path).unwrap();
        let parts = open(&path, &LoadOptions::default()).unwrap();
        assert_eq!((parts.train.len(), parts.train.shape(), parts.test.is_some()), (1, [3, 200, 300], false));
        assert_eq!(parts.train.image(0).unwrap()[..3], [0, 1, 2]);
        let options = LoadOptions { size: Some(8), ..LoadOptions::default() };
        assert_eq!(open(&path, &options).unwrap().train.shape(), [3, 8, 8]);
        let error = open(folder.path(), &options).unwrap_err().to_string();
        assert!(
            error.contains(" is a folder; name a file in it, or a folder of image files as folder:DIR"),
            "{error}"
        );
        let error = open(&folder.path().join("none.png"), &options).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.contains("none.png"), "{error}");
    }
}
