//! The two parts of data.

use std::sync::Arc;

use kiln_nn::DataInfo;

use crate::{Binarise, DataError, Dataset, LoadOptions, UsageError, Vocabulary};

/// Data that a spec opens: a part to train on, and where there is one, a part held out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parts {
    /// The samples to train on.
    pub train: Dataset,
    /// The samples held out, of the same forms, shapes and classes.
    pub test: Option<Dataset>,
    /// Decisions on the way that a person should know, a sentence each without a full stop.
    pub notes: Vec<String>,
    /// Whether, and when, the pixels of images are drawn to be black or white; see [`drawn`](Parts::drawn).
    pub binarise: Option<Binarise>,
}

impl Parts {
    /// Parts of one data set. Texts of both get the numbers of one vocabulary.
    pub fn new(mut train: Dataset, mut test: Option<Dataset>) -> Parts {
        let held_out = test.as_ref().and_then(Dataset::vocabulary);
        if let Some((of_train, of_test)) = train.vocabulary().zip(held_out)
            && of_train != of_test
        {
            let both = Arc::new(Vocabulary::joined(of_train, of_test));
            train = train.with_vocabulary(both.clone());
            test = test.map(|test| test.with_vocabulary(both));
        }
        Parts { train, test, notes: Vec::new(), binarise: None }
    }

    /// The same with more notes.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Parts {
        self.notes.extend(notes);
        self
    }

    /// Forms and sizes of the samples.
    pub fn info(&self) -> DataInfo {
        DataInfo { binary: self.binarise.is_some(), ..self.train.info() }
    }

    /// Both parts as they are measured on and shown: where pixels [are drawn](Binarise), those held out are drawn by a fixed
    /// seed, and those to train on too, unless they are drawn anew in each epoch.
    pub fn drawn(self) -> (Dataset, Option<Dataset>) {
        let Parts { train, test, binarise, .. } = self;
        let fixed = |set: Dataset, part| set.binarised(Binarise::fixed_key(part));
        match binarise {
            None => (train, test),
            Some(Binarise::EachEpoch) => (train, test.map(|test| fixed(test, "test"))),
            Some(Binarise::Once) => (fixed(train, "train"), test.map(|test| fixed(test, "test"))),
        }
    }

    /// What is asked for whatever the kind of data: a class left out of training, and pixels that are drawn.
    pub(crate) fn with_options(mut self, options: &LoadOptions) -> Result<Parts, DataError> {
        if options.binarise.is_some() && self.train.image_pixels().is_none() {
            let (what, value) = ("binarise", options.binarise.map_or(String::new(), |when| when.to_string()));
            return Err(UsageError::new(what, value, "the data has no images; leave it out").into());
        }
        self.binarise = options.binarise;
        if let Some(class) = options.left_out {
            if self.test.is_none() {
                let remedy =
                    "the data has no part held out, in which the class would be found; choose other data";
                return Err(UsageError::new("leave_out", class.to_string(), remedy).into());
            }
            self.train = self.train.without_class(class)?;
        }
        Ok(self)
    }

    /// Both parts in the size and channels of `options`; what no option is about stays as it is.
    pub(crate) fn converted(self, options: &LoadOptions) -> Result<Parts, DataError> {
        let Parts { train, test, notes, binarise } = self;
        let test = test.map(|test| test.converted(options)).transpose()?;
        Ok(Parts { train: train.converted(options)?, test, notes, binarise })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextUnit;

    #[test]
    fn both_parts_have_one_vocabulary() {
        let texts = |text: &str| Dataset::of_texts("texts", vec![text.to_owned()], TextUnit::Word).unwrap();
        let parts = Parts::new(texts("b a"), Some(texts("c a a c")));
        assert_eq!(parts.info().vocabulary[1..], ["a", "b", "c"]);
        assert_eq!((parts.info().text_length, parts.test.unwrap().info().text_length), (4, 4));
    }
}
