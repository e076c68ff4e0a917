//! Procedural handwritten digits: a data set that needs no download.
//!
//! A glyph is made the way a hand makes it. `digits` writes down how each digit may be drawn, as
//! strokes of a pen through a few points, in the several styles people use. `hand` makes one
//! person's one attempt of it: points miss their place, the shape leans, turns and warps, corners
//! round off, ends run over, the pen presses unevenly. `raster` inks the strokes on a grey field
//! and centres it. Format and statistics are MNIST's: white ink on black, 28×28, the longer side
//! of the ink about 20 pixels, the centre of mass in the middle.

mod dice;
mod digits;
mod hand;
mod raster;
mod spline;

use kiln_tensor::random::Key;
use rayon::prelude::*;

use crate::{DataKind, Dataset, Parts};
use dice::Dice;

/// `builtin:glyphs`.
pub const KIND: DataKind = DataKind {
    name: "builtin:glyphs",
    argument: "",
    about: "procedural handwritten digits, 28×28, labelled",
    accepts: str::is_empty,
    open: |_, options| parts(options.seed).converted(options),
};

/// Height and width of a glyph in pixels.
pub const SIDE: usize = 28;

/// Pixels of a glyph.
pub const PIXELS: usize = SIDE * SIDE;

/// The digits 0 to 9.
pub const CLASSES: usize = 10;

/// Glyphs in the training part of [`parts`].
pub const TRAIN: usize = 20_000;

/// Glyphs in the test part of [`parts`].
pub const TEST: usize = 2_000;

/// The glyph number `index` of `key`: its digit, and its pixels in rows from the top, 0 for black
/// and 255 for full ink.
///
/// It is a pure function of its arguments. Each run of ten indices that begins at a multiple of
/// ten holds every digit once, in random order.
pub fn glyph(key: Key, index: u32) -> (u8, [u8; PIXELS]) {
    let order = key.purpose("digit").step(index / 10).permutation(CLASSES);
    let digit = order[(index % 10) as usize] as u8;
    let mut dice = Dice::new(key.purpose("hand").step(index));
    let sketch = digits::sketch(digit, &mut dice);
    let strokes = hand::write(&sketch, &mut dice);
    let paper = raster::Paper { softness: dice.range(1.0, 1.6), grain: dice.range(0.0, 0.4) };
    (digit, raster::ink(&strokes, &paper, key.purpose("grain").step(index)))
}

/// The first `n` glyphs of `seed`, labelled. The same for any number of threads.
///
/// # Panics
/// When `n` is 0 or more than 2³² − 1.
pub fn dataset(seed: u64, n: usize) -> Dataset {
    render("glyphs", Key::new(seed).purpose("glyphs"), n)
}

/// [`TRAIN`] glyphs to train on, those of [`dataset`], and [`TEST`] others to test with.
pub fn parts(seed: u64) -> Parts {
    let test = render("glyphs test", Key::new(seed).purpose("glyphs-test"), TEST);
    Parts::new(dataset(seed, TRAIN), Some(test))
}

#[track_caller]
fn render(name: &str, key: Key, n: usize) -> Dataset {
    assert!(n > 0 && u32::try_from(n).is_ok(), "glyphs: a data set of {n} glyphs can't be made");
    let mut images = vec![0; n * PIXELS];
    let mut labels = vec![0; n];
    images.par_chunks_exact_mut(PIXELS).zip(&mut labels).enumerate().for_each(|(index, (image, label))| {
        let (digit, pixels) = glyph(key, index as u32);
        image.copy_from_slice(&pixels);
        *label = u32::from(digit);
    });
    Dataset::new(name, [1, SIDE, SIDE], images)
        .and_then(|set| set.with_labels(labels, CLASSES))
        .expect("glyphs are of one size, at least one, with labels below ten")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| dataset(3, 503))
        };
        let one = with(1);
        assert_eq!(one.fingerprint(), with(3).fingerprint());
        let images = one.images().unwrap();
        assert_eq!(images, with(3).images().unwrap());
        let (digit, pixels) = glyph(Key::new(3).purpose("glyphs"), 101);
        assert_eq!(
            (one.labels().unwrap()[101], one.image(101).unwrap()),
            (u32::from(digit), pixels.to_vec())
        );
        // A smaller set is the beginning of a larger one.
        assert_eq!(dataset(3, 40).images().unwrap(), images[..40 * PIXELS]);
    }

    #[test]
    fn every_ten_glyphs_hold_every_digit() {
        let set = dataset(1, 200);
        assert_eq!((set.shape(), set.classes()), ([1, SIDE, SIDE], CLASSES));
        for ten in set.labels().unwrap().chunks(10) {
            let mut ten = ten.to_vec();
            ten.sort_unstable();
            assert_eq!(ten, (0..10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_two_glyphs_are_alike() {
        let sets =
            [dataset(1, 1000), dataset(2, 1000), render("test", Key::new(1).purpose("glyphs-test"), 1000)];
        let sets = sets.map(|set| set.images().unwrap());
        let mut all: Vec<&[u8]> = sets.iter().flat_map(|images| images.chunks(PIXELS)).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    /// MNIST's training images have mean 0.1307 and standard deviation 0.3081.
    #[test]
    fn grey_statistics_are_those_of_mnist() {
        let images = dataset(1, 3000).images().unwrap();
        let unit = images.iter().map(|&byte| f64::from(byte) / 255.0);
        let mean = unit.clone().sum::<f64>() / unit.len() as f64;
        let deviation = (unit.map(|x| x * x).sum::<f64>() / images.len() as f64 - mean * mean).sqrt();
        assert!((mean - 0.131).abs() < 0.006, "mean {mean}");
        assert!((deviation - 0.308).abs() < 0.008, "standard deviation {deviation}");
    }

    #[test]
    fn ink_is_whole_and_centred() {
        let images = dataset(4, 1000).images().unwrap();
        for (index, image) in images.chunks(PIXELS).enumerate() {
            let inked = |at: &usize| image[*at] > 127;
            let columns: Vec<usize> = (0..PIXELS).filter(inked).map(|at| at % SIDE).collect();
            let rows: Vec<usize> = (0..PIXELS).filter(inked).map(|at| at / SIDE).collect();
            let span = |of: &[usize]| of.iter().max().unwrap() + 1 - of.iter().min().unwrap();
            let side = span(&columns).max(span(&rows));
            assert!((16..=25).contains(&side), "glyph {index} is {side} pixels");
            let total: f64 = image.iter().map(|&byte| f64::from(byte)).sum();
            let centre = |of: fn(usize) -> usize| {
                let moment =
                    image.iter().enumerate().map(|(at, &byte)| f64::from(byte) * (of(at) as f64 + 0.5));
                moment.sum::<f64>() / total
            };
            let (x, y) = (centre(|at| at % SIDE), centre(|at| at / SIDE));
            // Within a pixel and a half: whole-pixel shifts, and ink that may not leave the field.
            assert!((x - 14.0).abs() < 1.5 && (y - 14.0).abs() < 1.5, "glyph {index} is at {x}, {y}");
        }
    }
}
