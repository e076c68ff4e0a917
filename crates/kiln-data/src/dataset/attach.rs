//! What a data set may know about its samples.

use std::sync::Arc;

use super::Dataset;
use crate::pixels::Pixels;
use crate::{DataError, TextUnit, Vocabulary};

impl Dataset {
    /// The same images with one label each, a class in `0..classes`.
    ///
    /// # Errors
    /// When the number of labels is not the number of images, or a label is `classes` or more.
    pub fn with_labels(self, labels: Vec<u32>, classes: usize) -> Result<Self, DataError> {
        self.one_each(labels.len(), "labels")?;
        match labels.iter().position(|&label| label as usize >= classes) {
            Some(at) => Err(self
                .refuse(format!("label {} of image {at} is not below {classes}, the classes", labels[at]))),
            None => Ok(Dataset { labels: Some(labels), classes, class_names: None, ..self }),
        }
    }

    /// The same with the names of the classes, that of class 0 first.
    ///
    /// # Errors
    /// When the number of names is not [`classes`](Dataset::classes).
    pub fn with_class_names(self, names: Vec<String>) -> Result<Self, DataError> {
        if names.len() != self.classes {
            let problem = format!("{} names for {} classes; give one each", names.len(), self.classes);
            return Err(self.refuse(problem));
        }
        Ok(Dataset { class_names: Some(names), ..self })
    }

    /// The same images with one caption each, any text; its tokens are its words.
    ///
    /// # Errors
    /// When the number of captions is not the number of images.
    pub fn with_captions(self, captions: Vec<String>) -> Result<Self, DataError> {
        self.one_each(captions.len(), "captions")?;
        let vocabulary = Vocabulary::of(captions.iter().map(String::as_str), TextUnit::Word);
        Ok(Dataset { captions: Some(captions), ..self }.with_vocabulary(Arc::new(vocabulary)))
    }

    /// The same texts, in numbers of another vocabulary that has all their tokens.
    pub(crate) fn with_vocabulary(self, vocabulary: Arc<Vocabulary>) -> Self {
        Dataset { vocabulary: Some(vocabulary), ..self }
    }

    /// The same images with one mask each: a class for every pixel, N×H×W, below `classes`, where 0 is the
    /// background.
    ///
    /// # Errors
    /// When the number of bytes is not that of the pixels, or a class is not below `classes`.
    ///
    /// # Panics
    /// When the samples are not images.
    #[track_caller]
    pub fn with_masks(self, masks: Vec<u8>, classes: usize) -> Result<Self, DataError> {
        let [_, height, width] = self.shape();
        let pixels = self.len() * height * width;
        if masks.len() != pixels {
            let problem = format!("masks of {} bytes for {pixels} pixels; give one each", masks.len());
            return Err(self.refuse(problem));
        }
        if let Some(class) = masks.iter().find(|class| usize::from(**class) >= classes) {
            return Err(self.refuse(format!("class {class} in a mask is not below {classes}, the classes")));
        }
        let masks = Some(Pixels::in_memory(masks, [1, 1, height, width]));
        Ok(Dataset { masks, mask_classes: classes, ..self })
    }

    /// The same images with one partner each: image `i` of `targets` is what a model that translates
    /// images is to make of image `i`. They may have another size and other channels.
    ///
    /// # Errors
    /// When there is not one target for each image, or when either set has partners already.
    pub fn with_targets(self, targets: Dataset) -> Result<Self, DataError> {
        self.one_each(targets.len(), "targets")?;
        self.check_alone(&targets)?;
        Ok(Dataset { targets: Some(Box::new(targets)), ..self })
    }

    /// The same with a second set of images, to translate to and from, whose images belong to none of
    /// these in particular: any number of them, with any channels.
    ///
    /// # Errors
    /// When their height or width is another, or when either set has partners already.
    pub fn with_unpaired(self, second: Dataset) -> Result<Self, DataError> {
        self.check_alone(&second)?;
        self.check_size(&second)?;
        Ok(Dataset { unpaired: Some(Box::new(second)), ..self })
    }

    /// One label a sample, each below [`classes`](Dataset::classes); `None` without labels.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    /// Number of classes; 0 without labels.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The names of the classes, one each, if they have names.
    pub fn class_names(&self) -> Option<&[String]> {
        self.class_names.as_deref()
    }

    /// One caption an image, if they have captions.
    pub fn captions(&self) -> Option<&[String]> {
        self.captions.as_deref()
    }

    /// The caption of image `index`, if the images have captions.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Dataset::len).
    #[track_caller]
    pub fn caption(&self, index: usize) -> Option<&str> {
        self.captions.as_ref().map(|captions| captions[index].as_str())
    }

    /// The tokens of the captions, if there are captions.
    pub fn vocabulary(&self) -> Option<&Arc<Vocabulary>> {
        self.vocabulary.as_ref()
    }

    /// All masks, N×H×W, if the images have masks.
    ///
    /// # Errors
    /// When they are in files that can't be read.
    pub fn masks(&self) -> Result<Option<Vec<u8>>, DataError> {
        self.masks.as_ref().map(Pixels::to_bytes).transpose()
    }

    /// The mask of image `index`, H×W, if the images have masks.
    ///
    /// # Errors
    /// When it is in a file that can't be read.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Dataset::len).
    #[track_caller]
    pub fn mask(&self, index: usize) -> Result<Option<Vec<u8>>, DataError> {
        self.masks.as_ref().map(|masks| masks.gather(&[index as u32])).transpose()
    }

    /// The images that these are to be translated to, one each, if they have targets.
    pub fn targets(&self) -> Option<&Dataset> {
        self.targets.as_deref()
    }

    /// The second set of images, if there is one.
    pub fn unpaired(&self) -> Option<&Dataset> {
        self.unpaired.as_deref()
    }

    /// An error of this data set.
    pub(super) fn refuse(&self, problem: String) -> DataError {
        DataError::Dataset { name: self.name.clone(), problem }
    }

    fn one_each(&self, found: usize, what: &str) -> Result<(), DataError> {
        if found == self.len() {
            return Ok(());
        }
        Err(self.refuse(format!("{found} {what} for {} samples; give one each", self.len())))
    }

    fn check_alone(&self, other: &Dataset) -> Result<(), DataError> {
        let taken = |set: &Dataset| set.targets.is_some() || set.unpaired.is_some();
        if taken(self) || taken(other) {
            return Err(self.refuse("there are partners already; a set has targets or a second set".into()));
        }
        Ok(())
    }

    fn check_size(&self, other: &Dataset) -> Result<(), DataError> {
        let [[_, height, width], [_, other_height, other_width]] = [self.shape(), other.shape()];
        if (height, width) != (other_height, other_width) {
            return Err(self.refuse(format!(
                "images of {height}×{width} can't go with images of {other_height}×{other_width}; bring them to \
                 one size"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(channels: usize, len: usize) -> Dataset {
        Dataset::new("counting", [channels, 2, 2], (0..4 * (channels * len) as u8).collect()).unwrap()
    }

    #[test]
    fn what_is_attached_is_found() {
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let whole = set(1, 3)
            .with_labels(vec![2, 0, 1], 3)
            .and_then(|set| set.with_class_names(names.clone()))
            .and_then(|set| set.with_captions(names.clone()))
            .and_then(|set| set.with_masks((20..32).collect(), 32))
            .and_then(|whole| whole.with_targets(set(3, 3)))
            .unwrap();
        assert_eq!((whole.labels().unwrap(), whole.class_names().unwrap()), (&[2, 0, 1][..], &names[..]));
        assert_eq!((whole.caption(1), whole.mask(2).unwrap()), (Some("b"), Some(vec![28, 29, 30, 31])));
        assert_eq!(whole.targets().unwrap().image(1).unwrap()[0], 12);
        assert_eq!(set(1, 3).with_unpaired(set(3, 5)).unwrap().unpaired().unwrap().len(), 5);
        assert_eq!((set(1, 3).caption(0), set(1, 3).mask(0).unwrap()), (None, None));
        assert!(set(1, 3).unpaired().is_none());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let labelled = || set(1, 3).with_labels(vec![0; 3], 2).unwrap();
        let small = Dataset::new("small", [1, 1, 2], vec![0; 6]).unwrap();
        let paired = || set(1, 3).with_targets(set(1, 3)).unwrap();
        for (refused, says) in [
            (
                set(1, 3).with_labels(vec![0, 1], 2),
                "data set counting: 2 labels for 3 samples; give one each",
            ),
            (set(1, 3).with_labels(vec![0, 1, 2], 2), "label 2 of image 2 is not below 2, the classes"),
            (labelled().with_class_names(vec!["a".into()]), "1 names for 2 classes; give one each"),
            (set(1, 3).with_class_names(vec!["a".into()]), "1 names for 0 classes; give one each"),
            (set(1, 3).with_captions(vec![]), "0 captions for 3 samples; give one each"),
            (set(1, 3).with_masks(vec![0; 11], 1), "masks of 11 bytes for 12 pixels; give one each"),
            (set(1, 3).with_targets(set(1, 2)), "2 targets for 3 samples; give one each"),
            (set(1, 3).with_masks(vec![4; 12], 4), "class 4 in a mask is not below 4, the classes"),
            (set(1, 3).with_unpaired(small), "images of 2×2 can't go with images of 1×2; bring them"),
            (paired().with_unpaired(set(1, 3)), "there are partners already; a set has targets or a second"),
            (set(1, 3).with_targets(paired()), "there are partners already; a set has targets or a second"),
        ] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(says), "{says:?} is not in {error:?}");
        }
    }
}
