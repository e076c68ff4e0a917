//! Data that comes in one size, in the size and channels that are asked for.

use rayon::prelude::*;

use super::{Dataset, Source};
use crate::picture::{Square, convert};
use crate::{Channels, DataError, LoadOptions};

impl Source {
    /// Both parts in the size and channels of `options`, with their masks, targets and second sets; what
    /// no option is about stays as it is.
    ///
    /// # Errors
    /// When the size is impossible, or the images would take too much memory.
    pub(crate) fn converted(self, options: &LoadOptions) -> Result<Source, DataError> {
        let train = self.train.converted(options)?;
        Ok(Source { train, test: self.test.map(|test| test.converted(options)).transpose()? })
    }
}

impl Dataset {
    fn converted(self, options: &LoadOptions) -> Result<Dataset, DataError> {
        let from = [self.height, self.width];
        let side = options.size.map(|_| options.size_or(0)).transpose()?.filter(|&side| from != [side; 2]);
        let square = side.map(|side| Square::new(from, side, options.resize));
        let [height, width] = side.map_or(from, |side| [side; 2]);
        let channels = options.channels.map_or(self.channels, Channels::count);
        DataError::check_bytes(&self.name, self.len(), [channels, height, width])?;
        let partner =
            |set: Option<Box<Dataset>>| set.map(|set| set.converted(options).map(Box::new)).transpose();
        let (old_channels, old_plane, plane) = (self.channels, from[0] * from[1], height * width);
        let image = |old: &[u8]| {
            // Grey is made before resizing and RGB after it, so that fewer planes are resized.
            let old = match options.channels {
                Some(Channels::Grey) => convert(old.to_vec(), old_channels, Channels::Grey),
                _ => old.to_vec(),
            };
            let new = match &square {
                Some(square) => planes(&old, old_plane, plane, |old, new| square.apply(old, new)),
                None => old,
            };
            match options.channels {
                Some(Channels::Rgb) => convert(new, old_channels, Channels::Rgb),
                _ => new,
            }
        };
        let images = if square.is_none() && channels == old_channels {
            self.images
        } else {
            let mut images = vec![0; self.images.len() / (old_channels * old_plane) * channels * plane];
            let old = self.images.par_chunks_exact(old_channels * old_plane);
            let new = images.par_chunks_exact_mut(channels * plane);
            new.zip(old).for_each(|(new, old)| new.copy_from_slice(&image(old)));
            images
        };
        let masks = match (self.masks, &square) {
            (Some(masks), Some(square)) => {
                Some(planes(&masks, old_plane, plane, |old, new| square.apply_nearest(old, new)))
            }
            (masks, _) => masks,
        };
        let (targets, unpaired) = (partner(self.targets)?, partner(self.unpaired)?);
        Ok(Dataset { images, channels, height, width, masks, targets, unpaired, ..self })
    }
}

/// Planes of `old_len` bytes as planes of `new_len`; `apply` gets each, and zeros to write to.
fn planes(old: &[u8], old_len: usize, new_len: usize, apply: impl Fn(&[u8], &mut [u8])) -> Vec<u8> {
    let mut new = vec![0; old.len() / old_len * new_len];
    for (old, new) in old.chunks_exact(old_len).zip(new.chunks_exact_mut(new_len)) {
        apply(old, new);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResizePolicy;

    fn source(channels: usize) -> Source {
        let set = |name| Dataset::new(name, [channels, 1, 2], (0..4 * channels as u8).collect()).unwrap();
        let train = set("train").with_labels(vec![0, 1], 2).unwrap().with_masks(vec![5, 6, 7, 8]).unwrap();
        Source { train: train.with_targets(set("targets")).unwrap(), test: Some(set("test")) }
    }

    #[test]
    fn the_default_changes_nothing() {
        assert_eq!(source(3).converted(&LoadOptions::default()).unwrap(), source(3));
    }

    #[test]
    fn all_there_is_takes_the_size_and_the_channels() {
        let options = LoadOptions { size: Some(2), channels: Some(Channels::Rgb), ..LoadOptions::default() };
        let Source { train, test } = source(1).converted(&options).unwrap();
        assert_eq!((train.shape(), train.len(), train.labels()), ([3, 2, 2], 2, Some(&[0, 1][..])));
        assert_eq!(train.image(1), [2, 3, 0, 0, 2, 3, 0, 0, 2, 3, 0, 0]);
        assert_eq!(train.mask(1).unwrap(), [7, 8, 0, 0]);
        assert_eq!(train.targets().unwrap().images(), test.unwrap().images());

        let options = LoadOptions {
            size: Some(1),
            resize: ResizePolicy::Crop,
            channels: Some(Channels::Grey),
            seed: 0,
        };
        let Source { train, .. } = source(3).converted(&options).unwrap();
        // The planes of image 0 are 0 1, 2 3 and 4 5: its left pixel is (0, 2, 4), with luma 1.63.
        assert_eq!((train.shape(), train.image(0), train.mask(0)), ([1, 1, 1], &[2][..], Some(&[5][..])));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let options = |size| LoadOptions { size: Some(size), ..LoadOptions::default() };
        let error = source(1).converted(&options(0)).unwrap_err().to_string();
        assert_eq!(error, "size can't be \"0\"; choose a size from 1 to 4096");
        let many = Dataset::new("many", [1, 1, 1], vec![0; 1025]).unwrap();
        let error = many.converted(&options(4096)).unwrap_err().to_string();
        assert_eq!(
            error,
            "data set many: 1025 images of 1×4096×4096 take more than the 17179869184 bytes that are read; \
             choose a smaller size or fewer images"
        );
    }
}
