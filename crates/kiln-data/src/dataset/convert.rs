//! Data that comes in one size, in the size and channels that are asked for.

use std::sync::Arc;

use rayon::prelude::*;

use super::Dataset;
use crate::picture::{Sizing, convert};
use crate::pixels::{PixelSource, Pixels};
use crate::{Background, Channels, DataError, LoadOptions};

/// Images of up to so many bytes are converted at once, and larger sets again in each epoch. It is no option, so that
/// the fingerprint of a set doesn't depend on one.
const AT_ONCE: u64 = 1 << 28;

impl Dataset {
    /// The same in the size and channels of `options`, with masks, targets and second set; what no option is
    /// about stays as it is.
    ///
    /// # Errors
    /// When the size is impossible.
    pub(crate) fn converted(self, options: &LoadOptions) -> Result<Dataset, DataError> {
        let side = options.checked_size()?;
        let images = self.images.map(|images| {
            let conversion = Conversion::new(&images, options, side);
            let bytes = conversion.shape().iter().product::<usize>() as u64 * images.len() as u64;
            if bytes <= AT_ONCE { conversion.now(images) } else { Ok(conversion.when_needed(images)) }
        });
        let frames = self.frames.map(|frames| {
            let conversion = Conversion::new(&frames, options, side);
            conversion.when_needed(frames)
        });
        let masks = self.masks.map(|masks| resize_masks(masks, options, side));
        let partner =
            |set: Option<Box<Dataset>>| set.map(|set| set.converted(options).map(Box::new)).transpose();
        Ok(Dataset {
            images: images.transpose()?,
            frames,
            masks: masks.transpose()?,
            targets: partner(self.targets)?,
            unpaired: partner(self.unpaired)?,
            ..self
        })
    }
}

/// The way from images of one shape to another.
#[derive(Clone, Debug)]
struct Conversion {
    from: [usize; 3],
    channels: Option<Channels>,
    size: [usize; 2],
    /// `None` where the size stays.
    sizing: Option<Sizing>,
    background: Background,
}

impl Conversion {
    fn new(images: &Pixels, options: &LoadOptions, side: Option<usize>) -> Conversion {
        let from = images.shape();
        let [_, height, width] = from;
        let size = side.map_or([height, width], |side| [side; 2]);
        let sizing =
            (size != [height, width]).then(|| Sizing::of_uniform([height, width], size, options.resize));
        let channels = options.channels.filter(|channels| channels.count() != from[0]);
        Conversion { from, channels, size, sizing, background: options.background }
    }

    fn shape(&self) -> [usize; 3] {
        [self.channels.map_or(self.from[0], Channels::count), self.size[0], self.size[1]]
    }

    fn is_nothing(&self) -> bool {
        self.channels.is_none() && self.sizing.is_none()
    }

    /// One image.
    fn apply(&self, old: &[u8]) -> Vec<u8> {
        let [old_channels, height, width] = self.from;
        // Grey is made before resizing and colour after it, so that fewer planes are resized.
        let (old, old_channels) = match self.channels {
            Some(Channels::Grey) => (convert(old.to_vec(), old_channels, Channels::Grey), 1),
            _ => (old.to_vec(), old_channels),
        };
        let new = match &self.sizing {
            Some(sizing) => {
                let behind =
                    Channels::try_from(old_channels).map(|channels| self.background.planes(channels));
                let behind = behind.unwrap_or_else(|_| vec![0; old_channels]);
                let area = self.size[0] * self.size[1];
                let mut new: Vec<u8> =
                    behind.into_iter().flat_map(|value| std::iter::repeat_n(value, area)).collect();
                let planes = old.chunks_exact(height * width);
                planes.zip(new.chunks_exact_mut(area)).for_each(|(old, new)| sizing.apply(old, new));
                new
            }
            None => old,
        };
        match self.channels {
            None | Some(Channels::Grey) => new,
            Some(channels) => convert(new, old_channels, channels),
        }
    }

    /// All images, at once.
    fn now(&self, images: Pixels) -> Result<Pixels, DataError> {
        if self.is_nothing() {
            return Ok(images);
        }
        let old = images.to_bytes()?;
        let shape = self.shape();
        let len: usize = shape.iter().product();
        let mut new = vec![0; images.len() * len];
        let old = old.par_chunks_exact(self.from.iter().product());
        new.par_chunks_exact_mut(len).zip(old).for_each(|(new, old)| new.copy_from_slice(&self.apply(old)));
        let [channels, height, width] = shape;
        Ok(Pixels::in_memory(new, [1, channels, height, width]))
    }

    /// Each image or sequence when it is asked for.
    fn when_needed(self, frames: Pixels) -> Pixels {
        if self.is_nothing() {
            return frames;
        }
        let [channels, height, width] = self.shape();
        let dims = [frames.dims()[0], channels, height, width];
        Pixels::new(Arc::new(Converted { frames, conversion: self }), dims)
    }
}

/// Images or sequences that are converted when they are asked for.
#[derive(Debug)]
struct Converted {
    frames: Pixels,
    conversion: Conversion,
}

impl PixelSource for Converted {
    fn rows(&self) -> usize {
        self.frames.len()
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        let frame: usize = self.conversion.from.iter().product();
        self.frames.with(row, &mut |old| {
            let new: Vec<u8> =
                old.chunks_exact(frame).flat_map(|frame| self.conversion.apply(frame)).collect();
            take(&new);
        })
    }

    fn digest(&self, checksum: &mut crc32fast::Hasher) {
        self.frames.digest(checksum);
        checksum.update(format!("{:?}", self.conversion.shape()).as_bytes());
    }
}

/// Masks in another size: each pixel takes the class under it.
fn resize_masks(masks: Pixels, options: &LoadOptions, side: Option<usize>) -> Result<Pixels, DataError> {
    let [_, height, width] = masks.shape();
    let Some(side) = side.filter(|&side| [height, width] != [side; 2]) else { return Ok(masks) };
    let sizing = Sizing::of_uniform([height, width], [side; 2], options.resize);
    let old = masks.to_bytes()?;
    let mut new = vec![0; masks.len() * side * side];
    let planes = old.chunks_exact(height * width).zip(new.chunks_exact_mut(side * side));
    planes.for_each(|(old, new)| sizing.apply_nearest(old, new));
    Ok(Pixels::in_memory(new, [1, 1, side, side]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResizePolicy;

    fn set(name: &str, channels: usize) -> Dataset {
        Dataset::new(name, [channels, 1, 2], (0..4 * channels as u8).collect()).unwrap()
    }

    fn full(channels: usize) -> Dataset {
        set("train", channels)
            .with_labels(vec![0, 1], 2)
            .and_then(|set| set.with_masks(vec![5, 6, 7, 8], 9))
            .and_then(|train| train.with_targets(set("targets", channels)))
            .unwrap()
    }

    #[test]
    fn the_default_changes_nothing() {
        let same = full(3).converted(&LoadOptions::default()).unwrap();
        assert_eq!(same.fingerprint(), full(3).fingerprint());
    }

    #[test]
    fn all_there_is_takes_the_size_and_the_channels() {
        let options = LoadOptions { size: Some(2), channels: Some(Channels::Rgb), ..LoadOptions::default() };
        let train = full(1).converted(&options).unwrap();
        assert_eq!((train.shape(), train.len(), train.labels()), ([3, 2, 2], 2, Some(&[0, 1][..])));
        assert_eq!(train.image(1).unwrap(), [2, 3, 0, 0, 2, 3, 0, 0, 2, 3, 0, 0]);
        assert_eq!(train.mask(1).unwrap().unwrap(), [7, 8, 0, 0]);
        let targets = set("targets", 1).converted(&options).unwrap();
        assert_eq!(train.targets().unwrap().images().unwrap(), targets.images().unwrap());

        let options = LoadOptions {
            size: Some(1),
            resize: ResizePolicy::Crop,
            channels: Some(Channels::Grey),
            ..LoadOptions::default()
        };
        let train = full(3).converted(&options).unwrap();
        // The planes of image 0 are 0 1, 2 3 and 4 5: its left pixel is (0, 2, 4), with luma 1.63.
        assert_eq!((train.shape(), train.image(0).unwrap()), ([1, 1, 1], vec![2]));
        assert_eq!(train.mask(0).unwrap().unwrap(), [5]);
    }

    #[test]
    fn a_little_growth_is_a_border_of_the_background() {
        let set = Dataset::new("set", [1, 4, 4], vec![9; 16]).unwrap();
        let background = Background { rgb: [255; 3] };
        let options = LoadOptions { size: Some(5), background, ..LoadOptions::default() };
        let image = set.converted(&options).unwrap().image(0).unwrap();
        assert_eq!((&image[..5], &image[20..]), (&[9, 9, 9, 9, 255][..], &[255; 5][..]));
    }

    #[test]
    fn frames_are_converted_when_they_are_needed() {
        let frames = Pixels::in_memory((0..8).collect(), [2, 1, 2, 2]);
        let set = Dataset::of_frames("frames", frames).unwrap();
        let options = LoadOptions { size: Some(1), channels: Some(Channels::Rgb), ..LoadOptions::default() };
        let set = set.converted(&options).unwrap();
        assert_eq!((set.info().image, set.info().frames), (Some([3, 1, 1]), 2));
        assert_eq!(set.sequence(0).unwrap(), [2, 2, 2, 6, 6, 6]);
    }

    #[test]
    fn large_sets_are_converted_when_they_are_needed() {
        let options = LoadOptions { size: Some(3), channels: Some(Channels::Rgb), ..LoadOptions::default() };
        let images = Pixels::in_memory((0..4).collect(), [1, 1, 1, 2]);
        let conversion = Conversion::new(&images, &options, options.size);
        let at_once = conversion.now(images.clone()).unwrap();
        let later = conversion.when_needed(images);
        assert_eq!((later.dims(), later.len()), ([1, 3, 3, 3], 2));
        assert_eq!(at_once.to_bytes().unwrap(), later.to_bytes().unwrap());
        // 256 GiB are not made before they are asked for.
        let many = Dataset::new("many", [1, 1, 1], vec![9; 1 << 14]).unwrap();
        let many = many.converted(&LoadOptions { size: Some(4096), ..LoadOptions::default() }).unwrap();
        assert_eq!((many.shape(), many.len()), ([1, 4096, 4096], 1 << 14));
        assert_eq!(many.image(5).unwrap()[..2], [9, 9]);
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let options = |size| LoadOptions { size: Some(size), ..LoadOptions::default() };
        let error = full(1).converted(&options(0)).unwrap_err().to_string();
        assert_eq!(error, "image size can't be \"0\"; choose from 1 to 4096");
    }
}
