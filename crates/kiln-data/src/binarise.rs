//! Images of two values: each pixel white with its grey value as the probability (Salakhutdinov and Murray, 2008).
//!
//! A pixel is a function of a [`Key`], the number of its sample and its place, so it depends on no batch and no thread.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use kiln_tensor::random::{Key, unit};

use crate::pixels::{PixelSource, Pixels};
use crate::{DataError, UsageError};

/// When the pixels of a training image are drawn. Those of images held out are always drawn once, by a seed of their own that
/// is the same in every run, so that figures of different runs are of the same images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binarise {
    /// `each-epoch`: anew for each use.
    EachEpoch,
    /// `once`: by a fixed seed too.
    Once,
}

impl Binarise {
    /// The key of an epoch's pixels. A key's step has 32 bits: they repeat after 2³² epochs.
    pub fn key(seed: u64, epoch: u64) -> Key {
        Key::new(seed).purpose("binarise").step(epoch as u32)
    }

    /// The key of a part whose pixels are drawn once.
    pub(crate) fn fixed_key(part: &str) -> Key {
        Key::new(0).purpose("binarise").purpose(part)
    }
}

impl fmt::Display for Binarise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Binarise::EachEpoch => "each-epoch",
            Binarise::Once => "once",
        })
    }
}

impl FromStr for Binarise {
    type Err = UsageError;

    fn from_str(word: &str) -> Result<Self, UsageError> {
        match word {
            "each-epoch" => Ok(Binarise::EachEpoch),
            "once" => Ok(Binarise::Once),
            _ => Err(UsageError::new("binarise", word, "choose each-epoch or once, or leave it out")),
        }
    }
}

/// Draws the values, in the unit range, of an image that is sample number `sample`.
pub(crate) fn draw(image: &mut [f32], key: Key, sample: u32) {
    let key = key.purpose(&sample.to_string());
    for (block, pixels) in image.chunks_mut(4).enumerate() {
        for (pixel, word) in pixels.iter_mut().zip(key.block(block as u64)) {
            *pixel = f32::from(u8::from(unit(word) < *pixel));
        }
    }
}

/// Images whose pixels are drawn once, of those of a set.
#[derive(Debug)]
pub(crate) struct Binarised {
    pixels: Pixels,
    key: Key,
}

impl Binarised {
    /// The images of a set, by a key.
    pub fn of(pixels: &Pixels, key: Key) -> Pixels {
        let dims = pixels.dims();
        Pixels::new(Arc::new(Binarised { pixels: pixels.clone(), key }), dims)
    }
}

impl PixelSource for Binarised {
    fn rows(&self) -> usize {
        self.pixels.len()
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        self.pixels.with(row, &mut |grey| {
            let mut values: Vec<f32> = grey.iter().map(|&byte| f32::from(byte) / 255.0).collect();
            draw(&mut values, self.key, row as u32);
            take(&values.iter().map(|&value| if value > 0.5 { 255 } else { 0 }).collect::<Vec<u8>>());
        })
    }

    fn digest(&self, checksum: &mut crc32fast::Hasher) {
        self.pixels.digest(checksum);
        checksum.update(format!("binarised {:?}", self.key).as_bytes());
    }

    fn is_slow(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataSpec, Dataset, HostBatch, LoadOptions};

    fn ramp() -> Dataset {
        let grey: Vec<u8> = (0..=255).collect();
        Dataset::new("ramp", [1, 16, 16], grey.repeat(400)).unwrap()
    }

    #[test]
    fn grey_is_the_share_of_white() {
        let drawn = Binarised::of(ramp().image_pixels().unwrap(), Key::new(1));
        let bytes = drawn.to_bytes().unwrap();
        assert!(bytes.iter().all(|byte| *byte == 0 || *byte == 255));
        for grey in [0, 10, 128, 250, 255] {
            let white = bytes.chunks(256).filter(|image| image[grey] == 255).count() as f64 / 400.0;
            let want = grey as f64 / 255.0;
            assert!((white - want).abs() <= 3.5 * (want * (1.0 - want) / 400.0).sqrt(), "{grey}: {white}");
        }
        assert_eq!(bytes, drawn.to_bytes().unwrap());
        assert_ne!(bytes, Binarised::of(ramp().image_pixels().unwrap(), Key::new(2)).to_bytes().unwrap());
    }

    #[test]
    fn pixels_depend_on_the_sample_and_the_epoch_and_not_on_the_place_in_a_batch() {
        let made = |indices: &[u32], epoch| {
            let mut batch = HostBatch::gather(&ramp(), indices).unwrap();
            batch.binarise(Binarise::key(5, epoch), indices);
            batch.images.unwrap().pixels
        };
        let (all, some) = (made(&[0, 1, 2, 3], 0), made(&[3, 1], 0));
        assert_eq!((&some[..256], &some[256..]), (&all[768..], &all[256..512]));
        assert_ne!(some, made(&[3, 1], 1));
    }

    #[test]
    fn the_part_held_out_is_drawn_once_whatever_the_seed() {
        let open = |seed, binarise| {
            let options = LoadOptions { seed, binarise, ..LoadOptions::default() };
            "builtin:glyphs".parse::<DataSpec>().unwrap().open(&options).unwrap()
        };
        let parts = open(0, Some(Binarise::EachEpoch));
        assert!(parts.info().binary && !open(0, None).info().binary);
        let (train, test) = parts.clone().drawn();
        assert!(test.as_ref().unwrap().image(3).unwrap().iter().all(|byte| [0, 255].contains(byte)));
        assert!(!train.image(3).unwrap().iter().all(|byte| [0, 255].contains(byte)));
        assert_eq!(parts.drawn().1.unwrap().image(3).unwrap(), test.unwrap().image(3).unwrap());
        let (train, _) = open(0, Some(Binarise::Once)).drawn();
        assert!(train.image(3).unwrap().iter().all(|byte| [0, 255].contains(byte)));
    }

    #[test]
    fn words_are_read_and_written() {
        for word in ["each-epoch", "once"] {
            assert_eq!(word.parse::<Binarise>().unwrap().to_string(), word);
        }
        let error = "yes".parse::<Binarise>().unwrap_err().to_string();
        assert_eq!(error, "binarise can't be \"yes\"; choose each-epoch or once, or leave it out");
    }
}
