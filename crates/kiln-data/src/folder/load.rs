//! A folder of images as a data set.

use std::path::Path;

use super::classes::Classes;
use super::{Listing, Parts, Stack, captions, same_channels};
use crate::file::name_of;
use crate::{DataError, Dataset, LoadOptions, Source};

/// Reads a folder of images, laid out as the [module](super) says.
///
/// # Errors
/// When the folder does not exist, can't be read or holds no image; when a file can't be read, decoded or
/// held in memory; when the part held out has an image in none of the classes; when captions are malformed
/// or missing; or when the options are impossible.
pub fn load(folder: &Path, options: &LoadOptions) -> Result<Source, DataError> {
    let parts = Parts::of(folder);
    let train = Listing::new(&parts.train)?;
    let test = parts.test.as_deref().map(Listing::new).transpose()?;
    let classes = Classes::of(&train);
    // All that can be wrong is found before the long work of decoding.
    let describe = |part: &Listing| -> Result<_, DataError> {
        let labels = classes.as_ref().map(|classes| classes.labels(part)).transpose()?;
        Ok((labels, captions::read(part, folder)?))
    };
    let train_known = describe(&train)?;
    let test_known = test.as_ref().map(describe).transpose()?;

    let mut train = Stack::read(&train, options)?;
    let mut test = test.map(|test| Stack::read(&test, options)).transpose()?;
    same_channels(&mut train, test.as_mut());
    let dataset = |name: String, stack: Stack, (labels, captions)| -> Result<Dataset, DataError> {
        let mut set = stack.into_dataset(name)?;
        if let Some((classes, labels)) = classes.as_ref().zip(labels) {
            set = classes.attach(set, labels)?;
        }
        match captions {
            Some(captions) => set.with_captions(captions),
            None => Ok(set),
        }
    };
    let name = name_of(folder);
    let test = test.zip(test_known);
    Ok(Source {
        train: dataset(name.clone(), train, train_known)?,
        test: test.map(|(stack, known)| dataset(format!("{name} test"), stack, known)).transpose()?,
    })
}
