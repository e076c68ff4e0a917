//! Stacked MNIST: colour images whose channels are three digits, with 1000 modes that a model may miss.
//!
//! An image stacks three images of one set, drawn at random, as its red, green and blue (Metz et al., 2016, <https://arxiv.org/abs/1611.02163>;
//! Srivastava et al., 2017). Its class is the number that the three classes make as digits.

use kiln_tensor::random::Key;

use crate::dataset::Modes;
use crate::{DataError, DataKind, Dataset, Parts, idx};

/// `stacked:DIR`.
pub const KIND: DataKind = DataKind {
    name: "stacked",
    argument: "DIR",
    about: "stacked MNIST: three digits of a folder in MNIST's layout as the channels of an image, 1000 classes",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| {
        let Parts { train, test, notes, .. } = idx::mnist(folder.as_ref())?;
        let test = test.map(|test| stacked(&test, options.seed)).transpose()?;
        let stacked = Parts::new(stacked(&train, options.seed)?, test).converted(options)?;
        Ok(Parts { notes, ..stacked })
    },
};

/// Channels of an image.
const CHANNELS: usize = 3;

/// As many images as the set has, each of three of its images that are a function of the seed and its number.
///
/// # Errors
/// When the images are not grey, or have no labels.
pub fn stacked(set: &Dataset, seed: u64) -> Result<Dataset, DataError> {
    let refuse =
        |problem: &str| DataError::Dataset { name: set.name().to_owned(), problem: problem.to_owned() };
    let (Some([1, height, width]), Some(labels)) = (set.info().image, set.labels()) else {
        return Err(refuse("only grey images with labels can be stacked; choose a folder in MNIST's layout"));
    };
    let (classes, key) = (set.classes(), Key::new(seed).purpose("stacked").purpose(set.name()));
    let (mut pixels, mut modes) = (Vec::with_capacity(CHANNELS * set.len() * height * width), Vec::new());
    for index in 0..set.len() {
        let mut mode = 0;
        for channel in 0..CHANNELS {
            let drawn = key.word((CHANNELS * index + channel) as u64) as usize % set.len();
            pixels.extend(set.image(drawn)?);
            mode = mode * classes as u32 + labels[drawn];
        }
        modes.push(mode);
    }
    let name = format!("stacked {}", set.name());
    let images = Dataset::new(name, [CHANNELS, height, width], pixels)?;
    Ok(images.with_labels(modes, classes.pow(CHANNELS as u32))?.with_modes(Modes::Channels { classes }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glyphs;

    #[test]
    fn channels_are_images_of_the_digits_of_the_class() {
        let digits = glyphs::dataset(1, 50);
        let set = stacked(&digits, 7).unwrap();
        assert_eq!((set.len(), set.info().image, set.classes()), (50, Some([3, 28, 28]), 1000));
        assert_eq!(set.modes(), Some(&Modes::Channels { classes: 10 }));
        let known: Vec<Vec<u8>> = (0..50).map(|at| digits.image(at).unwrap()).collect();
        for (at, mode) in set.labels().unwrap().iter().enumerate() {
            let image = set.image(at).unwrap();
            let digit = |channel: &[u8]| {
                digits.labels().unwrap()[known.iter().position(|image| image == channel).unwrap()]
            };
            let made = image.chunks(28 * 28).fold(0, |number, channel| 10 * number + digit(channel));
            assert_eq!(made, *mode);
        }
        assert_eq!(stacked(&digits, 7).unwrap().images().unwrap(), set.images().unwrap());
        assert_ne!(stacked(&digits, 8).unwrap().images().unwrap(), set.images().unwrap());
    }

    #[test]
    fn images_without_labels_are_refused() {
        let grey = Dataset::new("grey", [1, 2, 2], vec![0; 8]).unwrap();
        assert!(stacked(&grey, 1).unwrap_err().to_string().contains("only grey images with labels"));
    }
}
