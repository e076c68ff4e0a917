//! Random changes of samples that leave their meaning alone, so that a small data set goes further.
//!
//! Whether they do is for the caller to know: a mirrored heart is a heart, but a mirrored 2 is no 2, and a
//! caption that says "left" is untrue of the mirrored picture.
//!
//! An [`Augment`] says what may be changed and how far. What happens to one sample is a function of a
//! [`Key`] and the sample's number, so it doesn't depend on the batch the sample is in, on the thread, or
//! on what was augmented before. `geometry` moves pixels, `jitter` changes colours, `check` knows what
//! settings may be, and `form` how they are written, such as `flip,crop=4,affine=10:0.1:0.9-1.1,colour`.
//!
//! ```
//! use kiln_data::Augment;
//!
//! let augment: Augment = "flip,crop=2".parse()?;
//! let mut image = vec![0.5; 3 * 8 * 8];
//! augment.apply(&mut image, [3, 8, 8], Augment::key(1, 0), 42);
//! # Ok::<(), kiln_data::UsageError>(())
//! ```

mod check;
mod form;
mod geometry;
mod jitter;

use kiln_tensor::random::Key;

use geometry::Geometry;

/// Changes that may be made to a sample, and how far. None, by default.
///
/// Changes are made in the order of the fields. Each draws random numbers of its own, so that switching one
/// on or off leaves the others as they were.
///
/// It is parsed by [`str::parse`] and written by its [`Display`](std::fmt::Display): changes with commas
/// between them, each with its settings, or `none`.
///
/// | written | change |
/// |---|---|
/// | `flip`, `flip=P` | mirror, with probability P, 0.5 if not given |
/// | `crop`, `crop=N` | pad by N pixels and crop back, 4 if not given |
/// | `affine`, `affine=DEGREES:FRACTION:LOW-HIGH:BORDER` | see [`RandomAffine`] |
/// | `colour`, `colour=BRIGHTNESS:CONTRAST:SATURATION` | see [`Jitter`] |
///
/// AugmentWords may be left out from the end; the defaults stand for them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Augment {
    /// The probability of mirroring left to right, from 0 to 1.
    pub flip: f32,
    /// By how many pixels the image is padded on each side, from 0 to [`MOST_PADDING`](Self::MOST_PADDING),
    /// before a random part of the original size is cut out. The padding is the image mirrored at its edge
    /// pixels, without repeating them.
    pub crop: usize,
    /// Turning, shifting and scaling, if any.
    pub affine: Option<RandomAffine>,
    /// Changing the colours, if at all.
    pub colour: Option<Jitter>,
}

/// A random turn, shift and scale about the middle of the image, with bilinear interpolation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomAffine {
    /// The image turns by at most this, clockwise or the other way, from 0 to 180.
    pub degrees: f32,
    /// It moves by at most this fraction of its width and of its height, from 0 to 1.
    pub translate: f32,
    /// It is scaled by a factor between these two; above 1 it becomes larger. From 0.1 to 10.
    pub scale: [f32; 2],
    /// Pixels beyond its edges.
    pub border: Border,
}

/// Pixels beyond the edges of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Border {
    /// The image, mirrored at its edge pixels without repeating them.
    #[default]
    Reflect,
    /// Black, and class 0 in a mask.
    Zero,
}

/// A random change of the colours. Each strength `v`, from 0 to 1, stands for a factor between `1 - v` and
/// `1 + v`. Values stay in the unit range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter {
    /// Of the factor all values are multiplied by.
    pub brightness: f32,
    /// Of the factor by which values depart from the mean luminance of the image.
    pub contrast: f32,
    /// Of the factor by which channels depart from the luminance of their pixel. It does nothing to images
    /// that have not three channels.
    pub saturation: f32,
}

impl Default for RandomAffine {
    /// 10 degrees, a tenth of the size, from 0.9 to 1.1, reflected.
    fn default() -> Self {
        RandomAffine { degrees: 10.0, translate: 0.1, scale: [0.9, 1.1], border: Border::Reflect }
    }
}

impl Default for Jitter {
    /// 0.2 each.
    fn default() -> Self {
        Jitter { brightness: 0.2, contrast: 0.2, saturation: 0.2 }
    }
}

/// Pixels that belong to an image and move with it. It has the image's height and width, and any number of
/// channels, planar.
#[derive(Debug)]
pub enum Companion<'a> {
    /// Another image, such as the target in image-to-image: it is interpolated like the image.
    Image(&'a mut [f32]),
    /// A mask of classes: each pixel takes the class of the nearest one.
    Mask(&'a mut [u8]),
}

impl Augment {
    /// The most pixels [`crop`](Self::crop) may pad by.
    pub const MOST_PADDING: usize = 256;

    /// The key of an epoch's augmentations. A key's step has 32 bits: they repeat after 2³² epochs.
    pub fn key(seed: u64, epoch: u64) -> Key {
        Key::new(seed).purpose("augment").step(epoch as u32)
    }

    /// Changes an image in the unit range, of `shape` `[channels, height, width]`, as sample number `sample`
    /// under `key`; see [`Augment::key`].
    ///
    /// # Panics
    /// When the image has not that shape, or a setting is not in its range.
    #[track_caller]
    pub fn apply(&self, image: &mut [f32], shape: [usize; 3], key: Key, sample: u32) {
        self.apply_with(image, &mut [], shape, key, sample);
    }

    /// Changes an image as [`apply`](Self::apply) does, and moves its companions in the same way. Their colours
    /// stay.
    ///
    /// # Panics
    /// When the image has not that shape, a companion is not a whole number of channels of that height and
    /// width, or a setting is not in its range.
    #[track_caller]
    pub fn apply_with(
        &self,
        image: &mut [f32],
        companions: &mut [Companion<'_>],
        shape: [usize; 3],
        key: Key,
        sample: u32,
    ) {
        if let Err(problem) = self.check() {
            panic!("augment: {problem}");
        }
        let [channels, height, width] = shape;
        let plane = height * width;
        assert!(image.len() == channels * plane, "augment: {} values are no image of {shape:?}", image.len());
        for companion in companions.iter() {
            let len = match companion {
                Companion::Image(pixels) => pixels.len(),
                Companion::Mask(mask) => mask.len(),
            };
            assert!(
                len.checked_rem(plane).unwrap_or(len) == 0,
                "augment: a companion of {len} values is no image of {height}×{width}"
            );
        }
        if plane == 0 {
            return;
        }
        if let Some(geometry) = Geometry::draw(self, [height, width], key, sample) {
            geometry.image(image);
            for companion in companions {
                match companion {
                    Companion::Image(pixels) => geometry.image(pixels),
                    Companion::Mask(mask) => geometry.mask(mask),
                }
            }
        }
        if let Some(jitter) = &self.colour {
            jitter.apply(image, channels, key.purpose("colour").block(u64::from(sample)));
        }
    }
}

#[cfg(test)]
mod tests;
